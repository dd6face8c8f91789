"""What differs between two configurations, as values: parts, each a mapping from keys to plain JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final

from piepowder.kernel.errors import FieldProblem

FORMAT: Final = 1
"""Of the file; a later program reads every earlier one."""

Parts = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Field:
    """A value within an entry that changes; ``None`` stands for what is not there."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Change:
    """One entry that the file would add or change. ``fields`` says what; for a new entry they have no before."""

    part: str
    key: str
    is_new: bool
    fields: tuple[Field, ...]

    @property
    def pointer(self) -> str:
        return f"/{self.part}/{escaped(self.key)}"


def escaped(key: str) -> str:
    """A key as a step of a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


def shape_problems(document: Any, known: Mapping[str, Any]) -> list[FieldProblem]:
    """What keeps ``document`` from being a configuration at all; ``known`` has the parts there are."""
    if not isinstance(document, dict):
        return [FieldProblem("", "not_a_configuration", "a mapping with 'piepowder' and the parts")]
    found = []
    if document.get("piepowder") != FORMAT:
        found.append(FieldProblem("/piepowder", "unknown_format", f"the format of the file, {FORMAT}"))
    for part, entries in document.items():
        if part == "piepowder":
            continue
        if part not in known:
            found.append(FieldProblem(f"/{part}", "unknown_part", f"there is no part '{part}'"))
        elif not isinstance(entries, dict) or not all(isinstance(key, str) for key in entries):
            found.append(FieldProblem(f"/{part}", "not_a_mapping", "a mapping from codes, in quotes where needed"))
        else:
            found += _strange(entries, f"/{part}")
    return found


def _strange(value: Any, pointer: str) -> Iterator[FieldProblem]:
    """Where ``value`` holds what JSON has no word for, or a text that no database keeps."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if not isinstance(key, str) or "\x00" in key:
                yield FieldProblem(pointer, "bad_key", "its keys are texts, in quotes where needed")
            else:
                yield from _strange(inner, f"{pointer}/{escaped(key)}")
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _strange(inner, f"{pointer}/{place}")
    elif isinstance(value, float) and not isfinite(value):
        yield FieldProblem(pointer, "bad_number", "a number that can be written down")
    elif not isinstance(value, str | int | float | bool | None) or (isinstance(value, str) and "\x00" in value):
        yield FieldProblem(pointer, "bad_value", "a text, a number, true, false or nothing")


def changes(now: Parts, wanted: Parts) -> list[Change]:
    """What ``wanted`` says otherwise than ``now``. What it does not mention stays: a file never removes an entry."""
    return [
        Change(part, key, key not in now.get(part, {}), tuple(_fields(now.get(part, {}).get(key), value)))
        for part, entries in wanted.items()
        for key, value in entries.items()
        if key not in now.get(part, {}) or now[part][key] != value
    ]


def untouched(now: Parts, wanted: Parts) -> dict[str, list[str]]:
    """By part, the keys that are here and not in the file."""
    missing = {part: [key for key in entries if key not in wanted.get(part, {})] for part, entries in now.items()}
    return {part: keys for part, keys in missing.items() if keys}


def _fields(before: Any, after: Any, path: str = "") -> Iterator[Field]:
    """The innermost values that differ; lists are compared whole."""
    if isinstance(after, dict) and (before is None or isinstance(before, dict)):
        for name in [*after, *(name for name in before or () if name not in after)]:
            old, new = (before or {}).get(name), after.get(name)
            if old != new or (before is None and new is not None):
                yield from _fields(old, new, f"{path}.{name}" if path else str(name))
    elif before != after:
        yield Field(path, before, after)
