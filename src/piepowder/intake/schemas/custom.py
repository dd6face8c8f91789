"""The fields an organisation adds to a kind of item: their definition, and whether an item's attributes keep to it.

A field is ``{"name", "type", "labels": {"en": …}, "required", "choices", "hint"}``; its value arrives in ``attributes``
under its name. Attributes without a field are taken as they come.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from piepowder.kernel.errors import FieldProblem

TYPES: Final = ("text", "number", "yes_no", "date", "choice", "list")
MOST_FIELDS: Final = 100
MOST_CHOICES: Final = 200
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_KEYS = {"name", "type", "labels", "required", "choices", "hint"}
_LONGEST_LABEL = 80
_LONGEST_HINT = 300


@dataclass(frozen=True, slots=True)
class CustomField:
    """One added field. ``labels`` are its names by language; ``choices`` limit a ``choice`` or the parts of a ``list``."""

    name: str
    type: str
    labels: Mapping[str, str] = field(default_factory=dict)
    required: bool = False
    choices: tuple[str, ...] = ()
    hint: str = ""

    def label(self, language: str) -> str:
        """Its name in ``language``, else in English, else made from its code."""
        return self.labels.get(language) or self.labels.get("en") or self.name.replace("_", " ").capitalize()


def definition_problems(fields: Any) -> list[FieldProblem]:
    """What is wrong with a list of fields; empty when it can be published."""
    if not isinstance(fields, list):
        return [FieldProblem("", "not_a_list", "a list of fields")]
    found = [problem for place, one in enumerate(fields) for problem in _field_problems(f"/{place}", one)]
    names = [one.get("name") for one in fields if isinstance(one, dict)]
    for place, name in enumerate(names):
        if name in names[:place]:
            found.append(FieldProblem(f"/{place}/name", "repeated", "another field has this name"))
    if len(fields) > MOST_FIELDS:
        found.append(FieldProblem("", "too_many", f"at most {MOST_FIELDS} fields"))
    return found


def _field_problems(at: str, one: Any) -> Iterator[FieldProblem]:
    if not isinstance(one, dict):
        yield FieldProblem(at, "not_a_field", "a field is an object")
        return
    for key in sorted(set(one) - _KEYS):
        yield FieldProblem(f"{at}/{key}", "unknown_field", "there is no such property")
    if not isinstance(one.get("name"), str) or not _NAME.fullmatch(one["name"]):
        yield FieldProblem(f"{at}/name", "bad_name", "small letters, digits and underscores, a letter first")
    if one.get("type") not in TYPES:
        yield FieldProblem(f"{at}/type", "unknown_type", f"one of {', '.join(TYPES)}")
    if not isinstance(one.get("required", False), bool):
        yield FieldProblem(f"{at}/required", "not_a_truth_value", "true or false")
    hint = one.get("hint", "")
    if not isinstance(hint, str) or len(hint) > _LONGEST_HINT:
        yield FieldProblem(f"{at}/hint", "bad_text", f"a text of at most {_LONGEST_HINT} characters")
    yield from _label_problems(at, one.get("labels", {}))
    yield from _choice_problems(at, one)


def _label_problems(at: str, labels: Any) -> Iterator[FieldProblem]:
    if not isinstance(labels, dict):
        yield FieldProblem(f"{at}/labels", "not_an_object", "a name for each language")
        return
    for language, text in labels.items():
        if not _LANGUAGE.fullmatch(str(language)):
            yield FieldProblem(f"{at}/labels/{language}", "bad_language", "a code such as en or zh-Hans")
        elif not isinstance(text, str) or not text.strip() or len(text) > _LONGEST_LABEL or "\x00" in text:
            yield FieldProblem(f"{at}/labels/{language}", "bad_text", f"1 to {_LONGEST_LABEL} characters")


def _choice_problems(at: str, one: Mapping[str, Any]) -> Iterator[FieldProblem]:
    choices = one.get("choices", [])
    if not isinstance(choices, list) or not all(isinstance(c, str) and c.strip() and "\x00" not in c for c in choices):
        yield FieldProblem(f"{at}/choices", "not_a_list", "a list of words")
    elif len(set(choices)) < len(choices) or len(choices) > MOST_CHOICES:
        yield FieldProblem(f"{at}/choices", "bad_choices", f"each once, at most {MOST_CHOICES}")
    elif one.get("type") == "choice" and not choices:
        yield FieldProblem(f"{at}/choices", "missing", "a choice needs something to choose from")
    elif choices and one.get("type") not in ("choice", "list"):
        yield FieldProblem(f"{at}/choices", "not_for_this_type", "only a choice or a list has choices")


def fields_of(stored: Sequence[Mapping[str, Any]]) -> tuple[CustomField, ...]:
    """The fields as a published version keeps them."""
    return tuple(CustomField(**{**one, "choices": tuple(one.get("choices", ()))}) for one in stored)


def attribute_problems(fields: Sequence[CustomField], content: Mapping[str, Any]) -> list[FieldProblem]:
    """Where the attributes of ``content`` do not keep to ``fields``; pointers are into the submission."""
    if not fields:
        return []
    given = content.get("attributes") or {}
    found = []
    for one in fields:
        pointer = f"/content/attributes/{one.name}"
        value = given.get(one.name)
        if value is None or value in ("", []):
            if one.required:
                found.append(FieldProblem(pointer, "missing", "is required by this marketplace"))
        elif problem := _CHECKS[one.type](one, value):
            found.append(FieldProblem(pointer, "wrong_value", problem))
    return found


def _text(_one: CustomField, value: Any) -> str:
    return "" if isinstance(value, str) else "a text"


def _number(_one: CustomField, value: Any) -> str:
    return "" if isinstance(value, int | float) and not isinstance(value, bool) else "a number"


def _yes_no(_one: CustomField, value: Any) -> str:
    return "" if isinstance(value, bool) else "true or false"


def _date(_one: CustomField, value: Any) -> str:
    try:
        date.fromisoformat(value)
    except (TypeError, ValueError):
        return "a day such as 2026-03-04"
    return ""


def _choice(one: CustomField, value: Any) -> str:
    return "" if value in one.choices else f"one of {', '.join(one.choices)}"


def _list(one: CustomField, value: Any) -> str:
    if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
        return "a list of texts"
    strange = [part for part in value if one.choices and part not in one.choices]
    return f"none of {', '.join(one.choices)}: {', '.join(strange)}" if strange else ""


_CHECKS: Mapping[str, Callable[[CustomField, Any], str]] = {
    "text": _text,
    "number": _number,
    "yes_no": _yes_no,
    "date": _date,
    "choice": _choice,
    "list": _list,
}
