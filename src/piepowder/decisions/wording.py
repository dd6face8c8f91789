"""The words around the reasons in one language: which there must be, and what may stand in them.

A template without a place for each element of DSA Art. 17(3) would make incomplete statements, so it cannot be published.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml
from django.utils.translation import gettext as _

from piepowder.decisions.states import MEASURES
from piepowder.intake.states import Kind
from piepowder.kernel.errors import FieldProblem

SHIPPED: Final = Path(__file__).parent / "shipped"

PLACEHOLDER: Final = re.compile(r"\{\{\s*(\w+)\s*\}\}")
FIELD: Final = re.compile(r"\{(\w+)\}")

REQUIRED: Final = frozenset(
    {"reference", "item", "restrictions", "facts", "source", "detection", "decision", "grounds", "complaint"}
    | {"out_of_court", "court"}
)
"""Placeholders that the body of every template has: the elements of Art. 17(3) and what identifies the case."""
KNOWN: Final = REQUIRED | {"marketplace", "date"}

PHRASES: Final[Mapping[str, frozenset[str]]] = {
    "day": frozenset({"day", "month", "year"}),
    "item": frozenset({"kind", "title", "id"}),
    "item_untitled": frozenset({"kind", "id"}),
    **{f"kind.{kind}": frozenset() for kind in Kind.values},
    "restriction": frozenset({"measure", "where", "how_long"}),
    **{
        f"measure.{family}.{measure}": frozenset({"description"} if measure == "other" else ())
        for family, measures in MEASURES.items()
        for measure in measures
    },
    "where.everywhere": frozenset({"marketplace"}),
    "where.eea": frozenset(),
    "where.countries": frozenset({"countries"}),
    "how_long.open": frozenset({"start"}),
    "how_long.until": frozenset({"start", "end"}),
    **{f"source.{name}": frozenset() for name in ("own_initiative", "notice", "trusted_flagger", "authority")},
    **{f"{name}.{how}": frozenset() for name in ("detection", "decision") for how in ("automated", "not_automated")},
    "ground.illegal": frozenset({"title", "reference", "why"}),
    "ground.terms": frozenset({"title", "reference", "why"}),
    "complaint": frozenset({"until", "marketplace", "reference"}),
    "out_of_court.eea": frozenset(),
    "out_of_court.elsewhere": frozenset(),
    "court": frozenset(),
}
"""Every phrase a template has, with the fields that stand in it; fields not named here are not filled."""

_MAY_LACK: Final = {("complaint", "marketplace"), ("where.everywhere", "marketplace")}


@dataclass(frozen=True, slots=True)
class Wording:
    """One language's template: subject and body with ``{{ placeholders }}``, phrases with ``{fields}``.

    ``phrases`` is flat (``measure.account.suspended``); ``countries`` gives names to country codes, and a code without
    a name is shown as it is. ``months`` are the twelve names from January on.
    """

    language: str
    subject: str
    body: str
    phrases: Mapping[str, str]
    countries: Mapping[str, str]
    months: tuple[str, ...]


def parse(language: str, raw: Mapping[str, Any]) -> Wording:
    """A template as it is stored and shipped: ``subject``, ``body`` and nested ``phrases`` with ``countries`` and ``months``."""
    nested = raw.get("phrases")
    phrases = dict(nested) if isinstance(nested, dict) else {}
    named, months = phrases.pop("countries", None), phrases.pop("months", None)
    return Wording(
        language=language,
        subject=str(raw.get("subject", "")).strip(),
        body=str(raw.get("body", "")).strip(),
        phrases=dict(_flat(phrases)),
        countries={str(code): str(name) for code, name in named.items()} if isinstance(named, dict) else {},
        months=tuple(str(month) for month in months) if isinstance(months, list) else (),
    )


def shipped_wordings() -> list[tuple[Wording, dict[str, Any]]]:
    """The templates that come with the program, each with its raw form, by language."""
    wordings = []
    for path in sorted(SHIPPED.glob("*.yaml")):
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        wordings.append((parse(path.stem, raw), raw))
    return wordings


def problems(wording: Wording) -> list[FieldProblem]:
    """Everything that would make an incomplete or broken statement, each with a pointer."""
    return [*_body_problems(wording), *_phrase_problems(wording)]


def _flat(nested: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in nested.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", str(value).strip()


def _body_problems(wording: Wording) -> Iterator[FieldProblem]:
    if len(wording.subject) > 300:
        yield FieldProblem("/subject", "too_long", _("at most %(most)s characters") % {"most": 300})
    if not wording.subject:
        yield FieldProblem("/subject", "required", _("a statement needs a subject"))
    for name in sorted(set(PLACEHOLDER.findall(wording.subject)) - {"item", "reference", "marketplace"}):
        yield FieldProblem("/subject", "unknown_placeholder", _("%(name)s cannot stand in a subject") % {"name": name})
    used = set(PLACEHOLDER.findall(wording.body))
    for name in sorted(used - KNOWN):
        yield FieldProblem("/body", "unknown_placeholder", _("%(name)s is not known here") % {"name": name})
    for name in sorted(REQUIRED - used):
        yield FieldProblem(
            "/body", "missing_placeholder", _("%(name)s has no place; a statement must say it") % {"name": name}
        )


def _phrase_problems(wording: Wording) -> Iterator[FieldProblem]:
    if len(wording.months) != 12 or not all(wording.months):
        yield FieldProblem("/phrases/months", "not_twelve", _("a year has twelve months"))
    for name, fields in PHRASES.items():
        pointer = "/phrases/" + name.replace(".", "/")
        phrase = wording.phrases.get(name, "")
        if not phrase:
            yield FieldProblem(pointer, "required", _("this phrase is missing"))
            continue
        used = set(FIELD.findall(phrase))
        for field in sorted(used - fields):
            yield FieldProblem(pointer, "unknown_placeholder", _("%(name)s is not known here") % {"name": field})
        for field in sorted(fields - used):
            if (name, field) not in _MAY_LACK:
                yield FieldProblem(
                    pointer,
                    "missing_placeholder",
                    _("%(name)s has no place; a statement must say it") % {"name": field},
                )
    for name in sorted(set(wording.phrases) - set(PHRASES)):
        yield FieldProblem("/phrases/" + name.replace(".", "/"), "unknown_phrase", _("there is no such phrase"))
