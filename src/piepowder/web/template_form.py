"""The form of a statement template: subject, body and every phrase, with what may stand in each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from piepowder.decisions.wording import KNOWN, PHRASES, REQUIRED, parse
from piepowder.kernel.errors import FieldProblem

_LONGEST = 20_000

GROUPS: Mapping[str, Any] = {
    "item": _("The item"),
    "kind": _("Kinds of item"),
    "restriction": _("The restriction"),
    "measure": _("Measures"),
    "where": _("Where it applies"),
    "how_long": _("How long"),
    "source": _("What made us look"),
    "detection": _("How it was found"),
    "decision": _("How it was decided"),
    "ground": _("The ground"),
    "complaint": _("Complaint"),
    "out_of_court": _("Out-of-court settlement"),
    "court": _("Court"),
    "day": _("Dates and countries"),
}


@dataclass(frozen=True, slots=True)
class Phrase:
    name: str
    text: str
    fields: tuple[str, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    label: Any
    phrases: tuple[Phrase, ...]

    @property
    def has_problem(self) -> bool:
        return any(phrase.problems for phrase in self.phrases)


@dataclass(frozen=True, slots=True)
class TemplateForm:
    """``months`` and ``countries`` stand one per line, countries as ``DE: Germany``."""

    subject: str
    body: str
    groups: tuple[Group, ...]
    months: str
    countries: str
    problems: Mapping[str, tuple[str, ...]]
    count: int
    required: tuple[str, ...] = tuple(sorted(REQUIRED))
    optional: tuple[str, ...] = tuple(sorted(KNOWN - REQUIRED))


def raw_typed(form: QueryDict) -> dict[str, Any]:
    """What the form says, in the shape in which templates are stored and shipped."""
    phrases: dict[str, Any] = {}
    for name in PHRASES:
        *path, last = name.split(".")
        place = phrases
        for step in path:
            place = place.setdefault(step, {})
        place[last] = _typed(form, f"phrase.{name}")
    months = [line.strip() for line in _typed(form, "months").splitlines() if line.strip()]
    countries = dict(_pair(line) for line in _typed(form, "countries").splitlines() if line.strip())
    return {
        "subject": _typed(form, "subject"),
        "body": _typed(form, "body"),
        "phrases": {**phrases, "months": months, "countries": countries},
    }


def _typed(form: QueryDict, name: str) -> str:
    return form.get(name, "")[:_LONGEST].replace("\r\n", "\n").strip()


def _pair(line: str) -> tuple[str, str]:
    code, _colon, name = line.partition(":")
    return code.strip().upper(), name.strip() or code.strip().upper()


def template_form(language: str, raw: Mapping[str, Any], problems: Sequence[FieldProblem]) -> TemplateForm:
    wording = parse(language, raw)
    by_field: dict[str, tuple[str, ...]] = {}
    for problem in problems:
        field = _field(problem.pointer)
        by_field[field] = (*by_field.get(field, ()), problem.detail)
    groups: dict[str, list[Phrase]] = {name: [] for name in GROUPS}
    for name, fields in PHRASES.items():
        phrase = Phrase(name, wording.phrases.get(name, ""), tuple(sorted(fields)), by_field.get(f"phrase.{name}", ()))
        groups[name.split(".")[0].replace("item_untitled", "item")].append(phrase)
    return TemplateForm(
        subject=wording.subject,
        body=wording.body,
        groups=tuple(Group(name, label, tuple(groups[name])) for name, label in GROUPS.items()),
        months="\n".join(wording.months),
        countries="\n".join(f"{code}: {name}" for code, name in wording.countries.items()),
        problems=by_field,
        count=len(problems),
    )


def _field(pointer: str) -> str:
    """``/phrases/measure/account/suspended`` is ``phrase.measure.account.suspended``; months and countries are themselves."""
    parts = pointer.strip("/").split("/")
    if parts[0] == "phrases" and len(parts) > 1:
        return parts[1] if parts[1] in ("months", "countries") else f"phrase.{'.'.join(parts[1:])}"
    return parts[0]
