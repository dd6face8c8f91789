"""What a calendar looks like, and what publishing another version of it would change; nothing is written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from piepowder.access.models import User
from piepowder.kernel.actor import ActorKind
from piepowder.kernel.clocks import Calendar, CalendarHistory, Timeline, timeline_of
from piepowder.ledger.models import Fact
from piepowder.review.calendars import built, holiday_names
from piepowder.review.case_clocks import CLOCK_STEPS, Step, cycles
from piepowder.review.models import CalendarVersion, Case, CaseClock, CaseEvent
from piepowder.review.reference import Reference
from piepowder.review.states import ClockState

SAMPLES = 20


@dataclass(frozen=True, slots=True)
class Day:
    """``name`` is the holiday's, empty on other days; ``special`` when an override is in force."""

    on: date
    open_s: int
    windows: tuple[tuple[int, int], ...]
    name: str
    special: bool


def year_of(calendar: Calendar, year: int, *, country: str, region: str, overrides: Mapping[str, Any]) -> list[Day]:
    """Every day of the year with how long it is open."""
    names = holiday_names(country, region, year)
    first = date(year, 1, 1)
    days = [first + timedelta(days=number) for number in range((date(year + 1, 1, 1) - first).days)]
    return [
        Day(
            on=day,
            open_s=sum(end - start for start, end in calendar.windows(day)),
            windows=calendar.windows(day),
            name=names.get(day, ""),
            special=day.isoformat() in overrides,
        )
        for day in days
    ]


@dataclass(frozen=True, slots=True)
class DueChange:
    case_id: UUID
    queue: str
    severity: int
    before: datetime | None
    after: datetime | None

    @property
    def earlier(self) -> bool:
        return self.before is not None and self.after is not None and self.after < self.before


@dataclass(slots=True)
class DuePreview:
    """How many open clocks count in the calendar, and what becomes of them."""

    open: int = 0
    earlier: int = 0
    later: int = 0
    newly_late: int = 0
    samples: tuple[DueChange, ...] = ()

    @property
    def changed(self) -> int:
        return self.earlier + self.later


def preview_of(
    known: Reference, code: str, calendar: Calendar, effective_from: datetime | None, *, now: datetime
) -> DuePreview:
    """What publishing ``calendar`` as the next version of ``code`` would change for clocks that are open. Four queries."""
    line = _with_version(code, calendar, effective_from, now)
    calendars = {**known.calendars, code: line}
    preview = DuePreview()
    samples: list[DueChange] = []
    steps = _steps_of_open(code)
    cases = Case.objects.filter(pk__in=list(steps)).order_by("due_at", "id")
    for case in cases.only("pk", "queue_id", "severity", "due_at"):
        preview.open += 1
        rows = cycles(steps[case.pk], calendars=calendars, now=now)
        after = rows[-1].due_at if rows else None
        if after == case.due_at:
            continue
        change = DueChange(case.pk, known.queues[case.queue_id].name, case.severity, case.due_at, after)
        preview.earlier += change.earlier
        preview.later += not change.earlier
        was_late = case.due_at is not None and case.due_at <= now
        preview.newly_late += after is not None and after <= now and not was_late
        if len(samples) < SAMPLES:
            samples.append(change)
    preview.samples = tuple(samples)
    return preview


def _with_version(code: str, calendar: Calendar, effective_from: datetime | None, now: datetime) -> Timeline:
    versions = CalendarVersion.objects.filter(calendar__code=code).order_by("number")
    history: list[tuple[datetime | None, Calendar]] = [(one.effective_from, built(one)) for one in versions]
    start = (effective_from or now) if history else effective_from
    return timeline_of(CalendarHistory((*[one for one in history if one[0] != start], (start, calendar))))


def _steps_of_open(code: str) -> dict[UUID, list[Step]]:
    clocks = CaseClock.objects.filter(calendar=code, ended_at__isnull=True).exclude(
        state__in=[ClockState.MET, ClockState.CANCELLED]
    )
    ids = sorted(set(clocks.values_list("case_id", flat=True)))
    found: defaultdict[UUID, list[Step]] = defaultdict(list)
    for start in range(0, len(ids), 1_000):
        some = ids[start : start + 1_000]
        events = CaseEvent.objects.filter(case_id__in=some, kind__in=CLOCK_STEPS).order_by("at", "id")
        for case_id, kind, at, body in events.values_list("case_id", "kind", "at", "body"):
            found[case_id].append(Step(kind, at, body))
    return found


@dataclass(frozen=True, slots=True)
class Publication:
    at: datetime
    who: str


def publications(code: str) -> dict[int, Publication]:
    """When and by whom each version of the calendar was published, as the ledger holds it. Two queries."""
    facts = list(Fact.objects.filter(verb="calendar.publish", subject_id=code).order_by("id"))
    refs = {int(fact.actor_ref) for fact in facts if fact.actor_kind == ActorKind.PERSON}
    names = {str(pk): name for pk, name in User.objects.filter(pk__in=refs).values_list("pk", "name")}
    return {fact.body["number"]: Publication(fact.at, names.get(fact.actor_ref, fact.actor_ref)) for fact in facts}
