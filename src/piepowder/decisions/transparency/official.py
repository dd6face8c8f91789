"""The database's own rules, in its order, for one statement sent alone or among others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

from piepowder.decisions.transparency import vocabulary as known
from piepowder.decisions.transparency.preparing import members
from piepowder.decisions.transparency.rules import (
    DAY,
    LIST,
    NULLABLE,
    TEXT,
    URL,
    DroppedUnless,
    Fields,
    From,
    In,
    Matches,
    Max,
    OneOfAll,
    Required,
    Rule,
    Until,
)

Severity = Literal["error", "warning"]
EAN_FIELD: Final = "content_id.EAN-13"
DECISIONS: Final = ("decision_visibility", "decision_monetary", "decision_provision", "decision_account")

_LATEST: Final = date(2038, 1, 1)
_PUID: Final = re.compile(r"[a-zA-Z0-9_-]+")
_EAN: Final = re.compile(r"[0-9]{13}")


@dataclass(frozen=True, slots=True, order=True)
class FieldError:
    """What is wrong with one field of a statement; a warning does not keep it from being sent."""

    field: str
    rule: str
    severity: Severity = "error"


@dataclass(frozen=True, slots=True)
class Run:
    """What the rules made of one statement: what failed, and which fields would be dropped unseen."""

    errors: tuple[FieldError, ...]
    dropped: frozenset[str]


def judge(fields: Fields, *, among_others: bool) -> Run:
    """Apply the rules of the endpoint for one statement, or of that for several, to prepared fields."""
    errors: list[FieldError] = []
    dropped: set[str] = set()
    for field, rules in _MANY if among_others else _ALONE:
        present, value = _find(fields, field)
        skip_null = value is None and NULLABLE in rules
        for rule in rules:
            if rule.excludes:
                if not rule.holds(value, fields):
                    dropped.add(field)
                    break
                continue
            if not rule.implicit and (not present or skip_null):
                continue
            if not rule.holds(value, fields):
                errors.append(FieldError(field, rule.code))
                if rule.implicit:
                    break
    return Run(tuple(errors), frozenset(dropped))


def _find(fields: Fields, field: str) -> tuple[bool, Any]:
    if field != EAN_FIELD:
        return field in fields, fields.get(field)
    within = fields.get("content_id")
    if not isinstance(within, dict) or "EAN-13" not in within:
        return False, None
    return True, within["EAN-13"]


def _is(field: str, value: str) -> Callable[[Fields], bool]:
    return lambda fields: isinstance(fields.get(field), str) and fields[field] == value


def _has(field: str, value: str) -> Callable[[Fields], bool]:
    """Whether a list holds a value; where a statement comes alone, a bare text counts as a list of one."""
    return lambda fields: value in [*(members(fields.get(field)) or [fields.get(field)])]


def _has_listed(field: str, value: str) -> Callable[[Fields], bool]:
    return lambda fields: value in (members(fields.get(field)) or ())


def _decision(field: str, values: frozenset[str]) -> tuple[Rule, ...]:
    others = tuple(other for other in DECISIONS if other != field)
    return (In(values, null_word=True), OneOfAll(others), NULLABLE)


def _needed_if(field: str, value: str, most: int) -> tuple[Rule, ...]:
    """Required where another field says so, dropped where not, and only then measured."""
    return (Required(_is(field, value), "required_if"), DroppedUnless(_is(field, value)), Max(most))


def _other_text(when: Callable[[Fields], bool]) -> tuple[Rule, ...]:
    """The text of an "other": measured before it is dropped."""
    return (Max(500), Required(when), DroppedUnless(when))


def _enum(values: Iterable[str]) -> tuple[Rule, ...]:
    return (Required(), In(frozenset(values)))


def _table(*, among_others: bool) -> Sequence[tuple[str, tuple[Rule, ...]]]:
    has = _has_listed if among_others else _has
    end: tuple[Rule, ...] = (DAY, NULLABLE, Until(_LATEST))
    ean: list[tuple[str, tuple[Rule, ...]]] = [("content_id", (LIST, NULLABLE)), (EAN_FIELD, (TEXT, Matches(_EAN)))]
    identity: tuple[Rule, ...] = (
        (Max(500), NULLABLE)
        if among_others
        else (
            Max(500),
            DroppedUnless(lambda fields: not _has("source_type", known.VOLUNTARY)(fields)),
        )
    )
    rows: list[tuple[str, tuple[Rule, ...]]] = [
        (
            "decision_visibility",
            (LIST, In(known.VISIBILITIES, listed=True, null_word=True), OneOfAll(DECISIONS[1:]), NULLABLE),
        ),
        ("decision_visibility_other", _other_text(has("decision_visibility", known.VISIBILITY_OTHER))),
        ("decision_monetary", _decision("decision_monetary", known.MONETARIES)),
        ("decision_monetary_other", _needed_if("decision_monetary", known.MONETARY_OTHER, 500)),
        ("decision_provision", _decision("decision_provision", known.PROVISIONS)),
        ("decision_account", _decision("decision_account", known.ACCOUNTS)),
        ("account_type", (In(known.ACCOUNT_TYPES, null_word=True), NULLABLE)),
        ("category_specification", (LIST, In(known.KEYWORDS, listed=True, null_word=True), NULLABLE)),
        ("category_specification_other", (Max(500),)),
        ("decision_ground", _enum(known.GROUNDS)),
        ("decision_ground_reference_url", (URL, NULLABLE, Max(500))),
        ("illegal_content_legal_ground", _needed_if("decision_ground", known.ILLEGAL, 500)),
        ("illegal_content_explanation", _needed_if("decision_ground", known.ILLEGAL, 2_000)),
        ("incompatible_content_ground", _needed_if("decision_ground", known.INCOMPATIBLE, 500)),
        ("incompatible_content_explanation", _needed_if("decision_ground", known.INCOMPATIBLE, 2_000)),
        (
            "incompatible_content_illegal",
            (In(known.YES_NO), DroppedUnless(_is("decision_ground", known.INCOMPATIBLE))),
        ),
        ("content_type", (LIST, Required(), In(known.CONTENT_TYPES, listed=True))),
        ("content_type_other", _other_text(has("content_type", known.CONTENT_TYPE_OTHER))),
        ("category", _enum(known.CATEGORIES)),
        ("category_addition", (LIST, In(known.CATEGORIES, listed=True))),
        ("territorial_scope", (LIST, NULLABLE, In(known.COUNTRIES, listed=True))),
        ("content_language", (In(known.CONTENT_LANGUAGES), NULLABLE)),
        ("content_date", (Required(), DAY, From(date(2000, 1, 1)), Until(_LATEST))),
        ("application_date", (Required(), DAY, From(date(2020, 1, 1)), Until(_LATEST))),
        *((f"end_date_{what}_restriction", end) for what in ("account", "monetary", "service", "visibility")),
        ("decision_facts", (Required(), Max(5_000))),
        ("source_type", _enum(known.SOURCES)),
        ("source_identity", identity),
        ("automated_detection", _enum(known.YES_NO)),
        ("automated_decision", _enum(known.AUTOMATED_DECISIONS)),
        ("puid", (Required(), Max(500), Matches(_PUID))),
    ]
    if among_others:
        return (*rows, *ean)
    return (*ean, ("content_id_ean", (NULLABLE, TEXT, Matches(_EAN))), *rows)


_ALONE: Final = _table(among_others=False)
_MANY: Final = _table(among_others=True)
FIELDS: Final = tuple(field for field, _rules in _ALONE if field not in {"content_id", EAN_FIELD, "content_id_ean"})
"""Every field of a statement but those of the product's code."""
