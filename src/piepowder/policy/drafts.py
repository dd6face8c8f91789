"""What a version will say, before it is published, and everything that may be wrong with it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from piepowder.kernel.errors import FieldProblem
from piepowder.policy.dsa import CATEGORY_KEYWORDS, FOR_GOOD, MEASURES
from piepowder.policy.states import Ground, Severity

KINDS: Final = ("seller", "listing", "short_video", "livestream", "text", "document", "ip_claim")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_MARKET = re.compile(r"[A-Z][A-Z0-9-]{1,9}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_MOST_DAYS = 3_650


@dataclass(frozen=True, slots=True)
class Measure:
    """One enforcement proposed by default; without ``duration_days`` it lasts until it is lifted."""

    family: str
    measure: str
    duration_days: int | None = None

    def as_json(self) -> dict[str, Any]:
        return {"family": self.family, "measure": self.measure, "duration_days": self.duration_days}


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of a version in one language. Good examples are allowed, bad ones are violations."""

    title: str
    rule: str = ""
    examples_good: tuple[str, ...] = ()
    examples_bad: tuple[str, ...] = ()
    reviewer_note: str = ""
    recipient_text: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "rule": self.rule,
            "examples_good": list(self.examples_good),
            "examples_bad": list(self.examples_bad),
            "reviewer_note": self.reviewer_note,
            "recipient_text": self.recipient_text,
        }


@dataclass(frozen=True, slots=True)
class Draft:
    """A version to be published. ``markets`` empty means all; ``category`` and ``keywords`` stand without their prefixes.

    A family or group of the tree has a title and nothing else.
    """

    effective_from: date
    texts: Mapping[str, Wording]
    markets: tuple[str, ...] = ()
    severity: int = Severity.SEV3
    ground: str = Ground.TERMS
    legal_reference: str = ""
    terms_clause: str = ""
    category: str = ""
    keywords: tuple[str, ...] = ()
    default_enforcement: tuple[Measure, ...] = ()
    sensitive_media: bool = False


def code_problems(code: str, kinds: Sequence[str]) -> list[FieldProblem]:
    """What is wrong with a node's own fields; empty when nothing is."""
    problems = []
    if not _CODE.fullmatch(code):
        problems.append(_problem("/code", "bad_code", "up to 40 letters, digits, dots, hyphens and underscores"))
    problems += [
        _problem(f"/kinds/{index}", "unknown_kind", f"'{kind}' is no kind of item")
        for index, kind in enumerate(kinds)
        if kind not in KINDS
    ]
    return problems


def draft_problems(draft: Draft, *, is_leaf: bool) -> list[FieldProblem]:
    """What is wrong with a version; empty when it can be published. Pointers are into the draft."""
    problems = [*_text_problems(draft, is_leaf)]
    problems += [
        _problem(f"/markets/{index}", "bad_market", f"'{market}' is no market code")
        for index, market in enumerate(draft.markets)
        if not _MARKET.fullmatch(market)
    ]
    if draft.severity not in Severity.values:
        problems.append(_problem("/severity", "bad_severity", "a whole number from 0 (worst) to 3"))
    if draft.ground not in Ground.values:
        problems.append(_problem("/ground", "bad_ground", "'illegal' or 'terms'"))
    if is_leaf:
        problems += [
            *_ground_problems(draft),
            *_category_problems(draft),
            *_measure_problems(draft.default_enforcement),
        ]
    return problems


def _text_problems(draft: Draft, is_leaf: bool) -> Iterator[FieldProblem]:
    if not draft.texts:
        yield _problem("/texts", "missing_text", "at least one language")
    required = ("title", "recipient_text") if is_leaf else ("title",)
    if is_leaf and not any(wording.rule.strip() for wording in draft.texts.values()):
        # Further languages may have only what recipients are told; those who judge read the rule in one that has it.
        for language in draft.texts:
            yield _problem(f"/texts/{language}/rule", "missing_text", "the rule is written in at least one language")
    for language, wording in draft.texts.items():
        if not _LANGUAGE.fullmatch(language) or len(language) > 10:
            yield _problem(f"/texts/{language}", "bad_language", "a code such as en or zh-Hans")
        for name in required:
            if not getattr(wording, name).strip():
                yield _problem(f"/texts/{language}/{name}", "missing_text", "must not be empty")
        if len(wording.title) > 200:
            yield _problem(f"/texts/{language}/title", "too_long", "at most 200 characters")
        for name in ("examples_good", "examples_bad"):
            for index, example in enumerate(getattr(wording, name)):
                if not example.strip():
                    yield _problem(f"/texts/{language}/{name}/{index}", "missing_text", "must not be empty")


def _ground_problems(draft: Draft) -> Iterator[FieldProblem]:
    for name, most in (("legal_reference", 300), ("terms_clause", 200)):
        if len(getattr(draft, name)) > most:
            yield _problem(f"/{name}", "too_long", f"at most {most} characters")
    if draft.ground == Ground.ILLEGAL and not draft.legal_reference:
        yield _problem("/legal_reference", "missing_reference", "an illegal ground names the law")
    if draft.ground == Ground.TERMS and not draft.terms_clause:
        yield _problem("/terms_clause", "missing_reference", "a ground in our terms names the clause")


def _category_problems(draft: Draft) -> Iterator[FieldProblem]:
    if draft.category not in CATEGORY_KEYWORDS:
        yield _problem("/category", "unknown_category", f"'{draft.category}' is no category of the DSA database")
        return
    for index, keyword in enumerate(draft.keywords):
        if keyword == "OTHER":
            # The report wants a description of its own for each OTHER; only a decision could supply one.
            yield _problem(f"/keywords/{index}", "keyword_needs_text", "OTHER needs a text and cannot be a default")
        elif keyword not in CATEGORY_KEYWORDS[draft.category]:
            yield _problem(f"/keywords/{index}", "unknown_keyword", f"'{keyword}' does not belong to {draft.category}")


def _measure_problems(measures: Sequence[Measure]) -> Iterator[FieldProblem]:
    for index, measure in enumerate(measures):
        pointer = f"/default_enforcement/{index}"
        if measure.measure not in MEASURES.get(measure.family, ()):
            yield _problem(pointer, "unknown_measure", f"'{measure.measure}' is no measure of '{measure.family}'")
        if measure.measure == "other":
            yield _problem(pointer, "measure_needs_text", "'other' needs a text and cannot be a default")
        days = measure.duration_days
        if days is not None and (measure.measure in FOR_GOOD or not 1 <= days <= _MOST_DAYS):
            detail = f"1 to {_MOST_DAYS} days, and none for what ends for good"
            yield _problem(f"{pointer}/duration_days", "bad_duration", detail)
    if len({(measure.family, measure.measure) for measure in measures}) < len(measures):
        yield _problem("/default_enforcement", "same_measure_twice", "each measure once")
    for family, count in Counter(measure.family for measure in measures).items():
        if count > 1 and family != "visibility":
            yield _problem("/default_enforcement", "one_measure_per_family", f"only one measure of '{family}'")


def _problem(pointer: str, code: str, detail: str) -> FieldProblem:
    return FieldProblem(pointer=pointer, code=code, detail=detail)
