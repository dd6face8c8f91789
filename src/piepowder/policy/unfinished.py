"""A version that is being written, as it is kept: a plain object that may lack anything and hold what was mistyped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from piepowder.kernel.errors import FieldProblem
from piepowder.policy.drafts import Draft, Measure, Wording, code_problems, draft_problems
from piepowder.policy.logic import day_of
from piepowder.policy.models import PolicyText, PolicyVersion

Content = dict[str, Any]

TEXTS = ("title", "rule", "reviewer_note", "recipient_text")
EXAMPLES = ("examples_good", "examples_bad")


def blank(day: date) -> Content:
    """Where a new policy begins."""
    return tidied({"effective_from": day.isoformat(), "severity": 3, "ground": "terms"})


def content_of(version: PolicyVersion, texts: Iterable[PolicyText], day: date) -> Content:
    """Where the next version begins: what ``version`` says, from ``day`` on."""
    told = {text.language: {name: getattr(text, name) for name in (*TEXTS, *EXAMPLES)} for text in texts}
    names = ("markets", "severity", "ground", "legal_reference", "terms_clause", "category", "keywords")
    fields = {name: getattr(version, name) for name in (*names, "default_enforcement", "sensitive_media")}
    return tidied({**fields, "effective_from": day.isoformat(), "texts": told})


def tidied(raw: Mapping[str, Any]) -> Content:
    """``raw`` in the shape in which it is kept: every field there, texts without blanks around them, empty rows left out.

    A language in which nothing is written is no language of the version.
    """
    texts = raw.get("texts") or {}
    worded = {str(language).strip(): _wording(words) for language, words in texts.items()}
    return {
        "effective_from": _text(raw, "effective_from"),
        "markets": _list(raw, "markets"),
        "severity": raw.get("severity"),
        "ground": _text(raw, "ground"),
        "legal_reference": _text(raw, "legal_reference"),
        "terms_clause": _text(raw, "terms_clause"),
        "category": _text(raw, "category"),
        "keywords": _list(raw, "keywords"),
        "default_enforcement": [_measure(one) for one in raw.get("default_enforcement") or ()],
        "sensitive_media": bool(raw.get("sensitive_media")),
        "texts": {language: words for language, words in sorted(worded.items()) if any(words.values())},
        "confirmed": sorted(set(_list(raw, "confirmed")) & set(worded)),
    }


def read_content(content: Mapping[str, Any]) -> tuple[Draft, list[FieldProblem]]:
    """The draft that ``content`` is, and what in it could not be read; a field that could not has a value that passes."""
    problems: list[FieldProblem] = []
    day = _day(content["effective_from"], problems)
    severity = content["severity"]
    if isinstance(severity, bool) or not isinstance(severity, int):
        problems.append(FieldProblem("/severity", "bad_severity", "a whole number from 0 (worst) to 3"))
        severity = 3
    measures = []
    for place, one in enumerate(content["default_enforcement"]):
        days = one["duration_days"]
        if days is not None and not isinstance(days, int):
            problems.append(
                FieldProblem(f"/default_enforcement/{place}/duration_days", "bad_duration", "a whole number")
            )
            days = None
        measures.append(Measure(one["family"], one["measure"], days))
    draft = Draft(
        effective_from=day,
        texts={language: _read_wording(words) for language, words in content["texts"].items()},
        markets=tuple(content["markets"]),
        severity=severity,
        ground=content["ground"],
        legal_reference=content["legal_reference"],
        terms_clause=content["terms_clause"],
        category=content["category"],
        keywords=tuple(content["keywords"]),
        default_enforcement=tuple(measures),
        sensitive_media=content["sensitive_media"],
    )
    return draft, problems


def content_problems(code: str, content: Mapping[str, Any], *, is_leaf: bool, at: datetime) -> list[FieldProblem]:
    """Everything that keeps ``content`` from being published at ``at``, each with a pointer into it."""
    draft, problems = read_content(content)
    found = [*problems, *draft_problems(draft, is_leaf=is_leaf)]
    if new := content.get("new"):
        found += code_problems(code, new["kinds"])
    unread = {problem.pointer for problem in problems}
    if "/effective_from" not in unread and draft.effective_from < day_of(at):
        detail = f"a version cannot take effect before the day it is published ({day_of(at).isoformat()})"
        found.append(FieldProblem("/effective_from", "version_backdated", detail))
    return found


def _day(text: str, problems: list[FieldProblem]) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        problems.append(FieldProblem("/effective_from", "bad_day", "a day such as 2027-01-31"))
        return date.max


def _text(raw: Mapping[str, Any], name: str) -> str:
    return str(raw.get(name) or "").strip()


def _list(raw: Mapping[str, Any], name: str) -> list[str]:
    found: Sequence[Any] = raw.get(name) or ()
    return [str(one).strip() for one in found if str(one).strip()]


def _wording(words: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _text(words, name) for name in TEXTS} | {name: _list(words, name) for name in EXAMPLES}


def _read_wording(words: Mapping[str, Any]) -> Wording:
    return Wording(
        title=words["title"],
        rule=words["rule"],
        examples_good=tuple(words["examples_good"]),
        examples_bad=tuple(words["examples_bad"]),
        reviewer_note=words["reviewer_note"],
        recipient_text=words["recipient_text"],
    )


def _measure(one: Mapping[str, Any]) -> dict[str, Any]:
    days = one.get("duration_days")
    return {"family": _text(one, "family"), "measure": _text(one, "measure"), "duration_days": days}
