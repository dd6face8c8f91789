"""Every table, with what each column means."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from django.apps import apps
from django.db import models

from pages.markdown import code, codes, document, plain, table
from pages.source import PACKAGE, attribute_notes, sources

FILE = "tables.md"
TITLE = "Tables"
TOLD = """\
The database, package by package from the ground up, the same on both databases. Reading is welcome; write through operations
only. Triggers hold what must not change, whoever asks."""

_TRIGGERS = {
    "append_only": "**Append-only**: rows are neither changed nor deleted.",
    "frozen_columns": "**Superseded, never edited**: rows are not deleted, and what they were issued with does not change.",
}


def page() -> str:
    parts = []
    for config in apps.get_app_configs():
        found = [model for model in config.get_models() if model.__module__.startswith("piepowder.")]
        if found:
            parts.append(f"## {config.label}")
            for model in found:
                parts += _table(model)
    return document(TITLE, TOLD, "tables", *parts)


def _table(model: type[models.Model]) -> list[str]:
    source = next(s for s in sources() if f"piepowder.{s.name}" == model.__module__)
    notes = attribute_notes(source, model.__name__)
    rows = [
        (code(f.column), _type(f), "yes" if f.null else "", plain(notes.get(f.name)))
        for f in model._meta.concrete_fields
    ]
    kept = [code(constraint.name) for constraint in model._meta.constraints]
    held = _held().get(model._meta.db_table, "")
    own_doc = model.__doc__ if not str(model.__doc__).startswith(f"{model.__name__}(") else ""
    return [
        f"### {model._meta.db_table}",
        plain(own_doc),
        table(("column", "type", "null", "meaning"), rows),
        " ".join(part for part in (held, f"Constraints: {', '.join(kept)}." if kept else "") if part),
    ]


@cache
def _held() -> dict[str, str]:
    """What the migrations' triggers hold, by table."""
    found = {}
    for path in PACKAGE.glob("*/migrations/*.py"):
        for kind, name in re.findall(r'(append_only|frozen_columns)\(\s*"(\w+)"', path.read_text(encoding="utf-8")):
            found[name] = _TRIGGERS[kind]
    return found


def _type(field: models.Field[Any, Any]) -> str:
    if isinstance(field, models.ForeignKey):
        return f"→ {field.related_model._meta.db_table}"
    name = type(field).__name__.removesuffix("Field").removeprefix("Positive")
    words = {
        "Char": f"text ≤ {field.max_length}", "Text": "text", "UUID": "uuid", "JSON": "JSON", "DateTime": "time",
        "Date": "date", "Boolean": "yes/no", "Float": "number", "BigAuto": "id", "BigInteger": "integer",
        "Integer": "integer", "SmallInteger": "integer", "Email": f"text ≤ {field.max_length}", "Decimal": "decimal",
    }  # fmt: skip
    choices = [value for value, _ in field.choices or () if value != ""]
    return words[name] + (f": {codes(choices)}" if choices else "")
