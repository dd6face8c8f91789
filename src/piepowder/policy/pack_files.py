"""Reading packs of law from YAML, strictly: every mistake is named with its file and field.

A pack has ``code``, ``law``, ``valid_from``, perhaps ``valid_until``, how its periods are counted, its words and its
rules. A rule with a ``limit`` says with ``bound`` on which side one's own number may lie; one with a ``default`` alone
leaves the number open; one with neither asks for something without a clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from piepowder.kernel.clocks.periods import Period, PeriodError
from piepowder.policy.library import SHIPPED, SHIPPED_LANGUAGES, BrokenLibrary

FOLDER: Final = SHIPPED / "packs"
BOUNDS: Final = ("at_least", "at_most", "exactly")
COUNTINGS: Final = ("regulation_1182_71", "calendar_days")
_PACK_FIELDS = {"code", "law", "valid_from", "counting", "title", "about", "rules"}
_RULE_FIELDS = {"code", "source", "title", "what"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing a law asks for. ``limit`` is the law's own number, ``default`` what holds unless another is chosen.

    Words are by language. ``bound`` says whether one's own number must be at least or at most the limit.
    """

    pack: str
    code: str
    title: Mapping[str, str]
    what: Mapping[str, str]
    source: str
    limit: Period | None = None
    bound: str = ""
    default: Period | None = None

    @property
    def may_change(self) -> bool:
        """Whether one may choose a number of one's own: stricter than the limit, or any where the law names none."""
        return self.default is not None and self.bound != "exactly"


@dataclass(frozen=True, slots=True)
class PackDefinition:
    """A body of law with its rules; it can be in force from ``valid_from`` to ``valid_until``, both days included."""

    code: str
    law: str
    valid_from: date
    valid_until: date | None
    counting: str
    title: Mapping[str, str]
    about: Mapping[str, str]
    rules: tuple[Rule, ...]

    def rule(self, code: str) -> Rule:
        """Raises ``KeyError``."""
        for rule in self.rules:
            if rule.code == code:
                return rule
        raise KeyError(f"{self.code} has no rule {code}")


@cache
def shipped_packs() -> tuple[PackDefinition, ...]:
    """The packs that come with Piepowder, in the order of their files."""
    return read_packs(FOLDER)


def read_packs(folder: Path) -> tuple[PackDefinition, ...]:
    """Every ``*.yaml`` in ``folder``; raises ``BrokenLibrary`` with all that is wrong."""
    packs, problems = [], []
    for path in sorted(folder.glob("*.yaml")):
        try:
            packs.append(_pack(yaml.safe_load(path.read_text(encoding="utf-8"))))
        except (_Bad, PeriodError, yaml.YAMLError) as bad:
            problems.append(f"{path.name}: {bad}")
    codes = [pack.code for pack in packs]
    problems += [f"{code}: used twice" for code in sorted({code for code in codes if codes.count(code) > 1})]
    if problems:
        raise BrokenLibrary(problems)
    return tuple(packs)


class _Bad(Exception):
    pass


def _pack(raw: Any) -> PackDefinition:
    fields = _fields(raw, _PACK_FIELDS, {"valid_until"}, "pack")
    code = str(fields["code"])
    if fields["counting"] not in COUNTINGS:
        raise _Bad(f"counting: one of {', '.join(COUNTINGS)}")
    if not isinstance(fields["rules"], list) or not fields["rules"]:
        raise _Bad("rules: a list of rules")
    rules = tuple(_rule(code, place, one) for place, one in enumerate(fields["rules"]))
    if len({rule.code for rule in rules}) < len(rules):
        raise _Bad("rules: a code is used twice")
    return PackDefinition(
        code=code,
        law=str(fields["law"]),
        valid_from=_day(fields["valid_from"], "valid_from"),
        valid_until=_day(fields["valid_until"], "valid_until") if "valid_until" in fields else None,
        counting=str(fields["counting"]),
        title=_words(fields["title"], "title"),
        about=_words(fields["about"], "about"),
        rules=rules,
    )


def _rule(pack: str, place: int, raw: Any) -> Rule:
    where = f"rules/{place}"
    fields = _fields(raw, _RULE_FIELDS, {"limit", "bound", "default"}, where)
    limit = Period.read(str(fields["limit"])) if "limit" in fields else None
    default = Period.read(str(fields["default"])) if "default" in fields else limit
    bound = str(fields.get("bound", ""))
    if (limit is None) != (bound == "") or (bound and bound not in BOUNDS):
        raise _Bad(f"{where}/bound: one of {', '.join(BOUNDS)} goes with a limit, and with nothing else")
    if limit is not None and "default" in fields:
        raise _Bad(f"{where}/default: the limit is the default")
    return Rule(
        pack=pack,
        code=str(fields["code"]),
        title=_words(fields["title"], f"{where}/title"),
        what=_words(fields["what"], f"{where}/what"),
        source=str(fields["source"]),
        limit=limit,
        bound=bound,
        default=default,
    )


def _fields(raw: Any, wanted: set[str], optional: set[str], where: str) -> Mapping[str, Any]:
    if not isinstance(raw, dict):
        raise _Bad(f"{where}: named fields are expected")
    if unknown := sorted(set(raw) - wanted - optional):
        raise _Bad(f"{where}/{unknown[0]}: unknown field")
    if missing := sorted(wanted - set(raw)):
        raise _Bad(f"{where}/{missing[0]}: missing")
    return raw


def _words(raw: Any, where: str) -> Mapping[str, str]:
    fields = _fields(raw, set(SHIPPED_LANGUAGES), set(), where)
    for language, words in fields.items():
        if not isinstance(words, str) or not words.strip():
            raise _Bad(f"{where}/{language}: a text is expected")
    return {language: words.strip() for language, words in fields.items()}


def _day(raw: Any, where: str) -> date:
    if not isinstance(raw, date):
        raise _Bad(f"{where}: a date such as 2026-01-01 is expected")
    return raw
