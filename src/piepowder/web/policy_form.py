"""The form of a policy version: what was typed, in and out, with every problem at its field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from piepowder.kernel.errors import FieldProblem
from piepowder.policy.dsa import CATEGORY_KEYWORDS, MEASURES
from piepowder.policy.states import Severity
from piepowder.policy.translating import source_language
from piepowder.policy.unfinished import EXAMPLES, TEXTS, tidied
from piepowder.web.facts_form import LANGUAGES
from piepowder.web.words import MEASURE_NAMES

MOST_ROWS = 8
_SPARE_ROWS = 2
_LONGEST = 20_000

FAMILY_NAMES: Mapping[str, Any] = {
    "visibility": _("Visibility"),
    "monetary": _("Payments"),
    "provision": _("Service"),
    "account": _("Account"),
}

PROBLEMS: Mapping[str, Any] = {
    "missing_text": _("This is missing."),
    "too_long": _("This is too long."),
    "bad_language": _("Use a code such as en or zh-Hans."),
    "bad_market": _("Use codes such as DE, or EU and EEA for all their members."),
    "bad_severity": _("Choose how grave it is."),
    "bad_ground": _("Choose the ground."),
    "missing_reference": _("Name the law for an illegal ground, or the clause for one in our terms."),
    "unknown_category": _("Choose a category of the DSA Transparency Database."),
    "keyword_needs_text": _("“Other” needs a text of its own in each decision and cannot stand here."),
    "unknown_keyword": _("One of these does not belong to the category."),
    "unknown_measure": _("Choose a measure."),
    "measure_needs_text": _("“Other” needs a text of its own in each decision and cannot be proposed."),
    "bad_duration": _("1 to 3650 days, and none for what ends for good."),
    "same_measure_twice": _("Each measure can stand here once."),
    "one_measure_per_family": _("Only measures of visibility can be combined with one of their own family."),
    "bad_day": _("Choose a day."),
    "version_backdated": _("Choose today or a later day: nobody can have followed a rule before it was published."),
}
"""What the rules of ``policy.drafts`` complain about, as the form says it."""


@dataclass(frozen=True, slots=True)
class MeasureRow:
    place: int
    chosen: str = ""
    days: str = ""
    problems: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class LanguageTexts:
    """The texts of one language; ``problems`` by field. Examples stand one per line."""

    code: str
    texts: Mapping[str, str]
    confirmed: bool
    is_source: bool
    problems: Mapping[str, tuple[Any, ...]]

    @property
    def is_open(self) -> bool:
        return self.is_source or bool(self.problems)

    @property
    def is_empty(self) -> bool:
        return not any(self.texts.values())


@dataclass(frozen=True, slots=True)
class PolicyForm:
    content: Mapping[str, Any]
    is_leaf: bool
    rows: tuple[MeasureRow, ...]
    languages: tuple[LanguageTexts, ...]
    problems: Mapping[str, tuple[Any, ...]]
    count: int

    @property
    def categories(self) -> list[tuple[str, str]]:
        return [(code, told(code)) for code in CATEGORY_KEYWORDS]

    @property
    def keywords(self) -> list[tuple[str, str, bool]]:
        """Those that can stand with the chosen category, and such as are chosen without belonging to it."""
        own = [code for code in CATEGORY_KEYWORDS.get(self.content["category"], ()) if code != "OTHER"]
        chosen = self.content["keywords"]
        return [(code, told(code), code in chosen) for code in dict.fromkeys([*own, *chosen])]

    @property
    def severities(self) -> list[int]:
        return [*Severity.values]

    @property
    def markets(self) -> str:
        return ", ".join(self.content["markets"])

    @property
    def measures(self) -> list[tuple[Any, list[tuple[str, Any]]]]:
        return [
            (FAMILY_NAMES[family], [(f"{family}:{one}", MEASURE_NAMES[one]) for one in measures if one != "other"])
            for family, measures in MEASURES.items()
        ]


def told(code: str) -> str:
    """A category or keyword of the DSA's lists, readable: those lists are published in English capitals only."""
    return code.replace("_", " ").capitalize()


def content_typed(form: QueryDict) -> dict[str, Any]:
    """What the form says, as it is kept."""
    severity = form.get("severity", "")
    codes = [code.strip()[:10] for code in form.getlist("language")]
    return tidied(
        {
            **{name: form.get(name, "") for name in ("effective_from", "ground", "category")},
            **{name: form.get(name, "")[:1_000] for name in ("legal_reference", "terms_clause")},
            "markets": form.get("markets", "").upper().replace(",", " ").split()[:100],
            "severity": int(severity) if severity in ("0", "1", "2", "3") else None,
            "keywords": form.getlist("keywords")[:50],
            "sensitive_media": "sensitive_media" in form,
            "default_enforcement": [
                _measure(form, place) for place in range(MOST_ROWS) if form.get(f"measure-{place}")
            ],
            "texts": {code: _texts(form, code) for code in dict.fromkeys(codes) if code},
            "confirmed": form.getlist("confirmed"),
        }
    )


def languages_typed(form: QueryDict) -> list[str]:
    """The languages that were on the page, and the one that was asked for in addition."""
    return [code for code in (*form.getlist("language"), form.get("more_language", "").strip()[:10]) if code]


def _measure(form: QueryDict, place: int) -> dict[str, Any]:
    family, _colon, measure = form.get(f"measure-{place}", "").partition(":")
    days = form.get(f"days-{place}", "").strip()[:20]
    told_days: int | str | None = int(days) if days.isdecimal() and days.isascii() else days or None
    return {"family": family, "measure": measure, "duration_days": told_days}


def _texts(form: QueryDict, code: str) -> dict[str, Any]:
    found: dict[str, Any] = {name: form.get(f"{code}.{name}", "").replace("\r\n", "\n")[:_LONGEST] for name in TEXTS}
    return found | {name: form.get(f"{code}.{name}", "")[:_LONGEST].splitlines() for name in EXAMPLES}


def policy_form(
    content: Mapping[str, Any], problems: Sequence[FieldProblem], *, is_leaf: bool, more: Sequence[str] = ()
) -> PolicyForm:
    """The form filled with ``content``; ``more`` languages get room although nothing is written in them."""
    by_field: dict[str, list[Any]] = {}
    for problem in problems:
        found = by_field.setdefault(_field(problem.pointer), [])
        words = PROBLEMS.get(problem.code, problem.detail)
        if words not in found:
            found.append(words)
    told_problems = {field: tuple(words) for field, words in by_field.items()}
    rows = [_row(place, one, told_problems) for place, one in enumerate(content["default_enforcement"])]
    spare = min(_SPARE_ROWS, MOST_ROWS - len(rows))
    rows += [MeasureRow(len(rows) + extra) for extra in range(spare)]
    source = _source(content)
    codes = dict.fromkeys([source, *LANGUAGES, *content["texts"], *more])
    return PolicyForm(
        content=content,
        is_leaf=is_leaf,
        rows=tuple(rows),
        languages=tuple(_language(code, content, code == source, told_problems) for code in codes),
        problems=told_problems,
        count=len(problems),
    )


def _source(content: Mapping[str, Any]) -> str:
    texts: dict[str, Any] = content["texts"]
    return source_language(texts) if texts else "en"


def _field(pointer: str) -> str:
    """The field of the form that a pointer means: a text of a language, a row, or a field of its own."""
    parts = pointer.strip("/").split("/")
    if parts[0] == "texts":
        return ".".join(parts[:3])
    if parts[0] == "default_enforcement" and len(parts) > 1:
        return f"row.{parts[1]}"
    return parts[0]


def _row(place: int, one: Mapping[str, Any], problems: Mapping[str, tuple[Any, ...]]) -> MeasureRow:
    days = one["duration_days"]
    chosen = f"{one['family']}:{one['measure']}"
    return MeasureRow(place, chosen, "" if days is None else str(days), problems.get(f"row.{place}", ()))


def _language(
    code: str, content: Mapping[str, Any], is_source: bool, problems: Mapping[str, tuple[Any, ...]]
) -> LanguageTexts:
    words: Mapping[str, Any] = content["texts"].get(code, {})
    texts = {name: words.get(name, "") for name in TEXTS} | {name: "\n".join(words.get(name, ())) for name in EXAMPLES}
    own = {
        field.removeprefix(f"texts.{code}.") if field.count(".") > 1 else "language": found
        for field, found in problems.items()
        if field == f"texts.{code}" or field.startswith(f"texts.{code}.")
    }
    return LanguageTexts(code, texts, code in content["confirmed"], is_source, own)
