"""Which bodies of law the organisation keeps, what each of their rules asks, and until when something is due under one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.utils.translation import get_language

from piepowder.access.options import chosen
from piepowder.kernel.clocks.calendars import CalendarError, zone
from piepowder.kernel.clocks.periods import Ends, LegalCalendar, Period, ends, plain_ends
from piepowder.kernel.kept import Kept
from piepowder.policy.logic import best_language
from piepowder.policy.models import Pack
from piepowder.policy.options import COUNTRY, REGION, ZONE
from piepowder.policy.pack_files import PackDefinition, Rule, shipped_packs

KEPT_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a pack is on, between which days, and the numbers chosen by rule."""

    on: bool = False
    from_on: date | None = None
    until_on: date | None = None
    choices: Mapping[str, Period] | None = None

    def holds(self, definition: PackDefinition, on: date) -> bool:
        starts = max(filter(None, (self.from_on, definition.valid_from)))
        stops = min(filter(None, (self.until_on, definition.valid_until)), default=None)
        return self.on and starts <= on and (stops is None or on <= stops)


def definitions() -> tuple[PackDefinition, ...]:
    """Every pack there is."""
    return shipped_packs()


def definition_of(code: str) -> PackDefinition:
    """Raises ``KeyError``."""
    for pack in shipped_packs():
        if pack.code == code:
            return pack
    raise KeyError(f"there is no pack {code}")


def rule_of(pack: str, code: str) -> Rule:
    """Raises ``KeyError``."""
    return definition_of(pack).rule(code)


def standing_of(code: str) -> Standing:
    """What the organisation chose; a pack that nobody touched is off."""
    return _standings().get(code, _OFF)


def in_force(code: str, on: date) -> bool:
    """Whether the pack is on and holds on that day."""
    return standing_of(code).holds(definition_of(code), on)


def period_of(pack: str, rule: str, on: date) -> Period | None:
    """How long under the rule: the number chosen while the pack is in force, else the law's, else the suggested one;
    ``None`` for a rule without a clock."""
    standing, asked = standing_of(pack), rule_of(pack, rule)
    if standing.choices and rule in standing.choices and standing.holds(definition_of(pack), on):
        return standing.choices[rule]
    return asked.default


def deadline(pack: str, rule: str, start: datetime, *, country: str | None = None, region: str | None = None) -> Ends:
    """When that which began at ``start`` is due under the rule, counted as its law counts, by the calendar of ``country``
    (by default where the organisation is established). Raises ``ValueError`` for a rule without a clock."""
    at = zone(str(chosen(ZONE)))
    period = period_of(pack, rule, start.astimezone(at).date())
    if period is None:
        raise ValueError(f"{pack}.{rule} has no clock")
    if definition_of(pack).counting == "calendar_days":
        return plain_ends(start, period, at)
    return ends(start, period, calendar_of(country, region), at)


def calendar_of(country: str | None = None, region: str | None = None) -> LegalCalendar:
    """The public holidays that move a last day: of ``country``, by default of where the organisation is established.

    An unknown region counts as none, and a country without a known calendar has Saturdays and Sundays only.
    """
    if country is None:
        country, region = str(chosen(COUNTRY)), str(chosen(REGION)).strip() if region is None else region
    for calendar in (LegalCalendar(country, region or ""), LegalCalendar(country)):
        try:
            calendar(date(2026, 1, 1))
        except CalendarError:
            continue
        return calendar
    return LegalCalendar()


def words(texts: Mapping[str, str]) -> str:
    """A pack's words in the reader's language, else in English."""
    language = best_language(texts, get_language() or "en")
    return texts[language] if language else ""


def forget() -> None:
    """Read what was chosen anew at the next question."""
    _standings.forget()


def as_period(written: object) -> Period:
    """A choice as it is stored; raises ``PeriodError``."""
    return Period.read(str(written))


def _load() -> dict[str, Standing]:
    rows = Pack.objects.all()
    return {
        row.code: Standing(
            row.on, row.from_on, row.until_on, {rule: as_period(text) for rule, text in row.choices.items()}
        )
        for row in rows
    }


_OFF = Standing()
_standings: Kept[dict[str, Standing]] = Kept(_load, KEPT_S)
