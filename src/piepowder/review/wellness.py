"""How much of the grave people see: a person's own need of a break, and what a lead sees of everybody.

A lead sees minutes and breaks, which say how work is spread; nothing here asks or stores how anybody feels.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce

from piepowder.access.models import User
from piepowder.access.options import chosen
from piepowder.access.visibility import require, scope_q, visible
from piepowder.database.prepared import Prepared
from piepowder.kernel.actor import Actor
from piepowder.kernel.permissions import Permission
from piepowder.review.exposure import (
    GRAVE,
    SEVERITIES,
    Budget,
    Share,
    Spent,
    local_day,
    midnight,
    shares,
    stretch_s,
)
from piepowder.review.models import Allowance, AvailabilityEvent, Case, CaseEvent, Exposure, Lease
from piepowder.review.standing import user_id_of
from piepowder.review.states import Availability, CaseEventKind

_LOOK_BACK = timedelta(hours=12)
_DAYS = 7
_MOST_PEOPLE = 500


@dataclass(frozen=True, slots=True)
class Rest:
    """How long somebody has worked on grave cases without a rest, and whether a break is due."""

    stretch_s: float
    due: bool
    break_s: int


def rest_of(actor: Actor, now: datetime) -> Rest:
    """Whether a break is due: grave cases decided or in hand, one after the other. Two queries."""
    user = user_id_of(actor)
    rest = timedelta(minutes=chosen("wellness.break_minutes"))
    spans = [(start, end) for start, end in _decided(user, now - _LOOK_BACK) if start and end]
    spans += [(start, min(now, beaten)) for start, beaten in _shown(user) if start]
    spent = stretch_s(spans, now=now, rest=rest)
    return Rest(spent, spent >= chosen("wellness.break_after_minutes") * 60, int(rest.total_seconds()))


# What waits for approval, or waited for it, is no longer before anybody's eyes from when it was proposed.
_proposed_at = CaseEvent.objects.filter(
    case=OuterRef("pk"), kind=CaseEventKind.PROPOSED, at__gte=OuterRef("claimed_at")
).order_by("-at")
_decided = Prepared(
    lambda user, since: (
        Case.objects.filter(holder_id=user, severity__in=GRAVE, claimed_at__gte=since)
        .annotate(judged_at=Coalesce(Subquery(_proposed_at.values("at")[:1]), "decided_at"))
        .filter(judged_at__isnull=False)
        .values_list("claimed_at", "judged_at")
    ),
    Case.holder,
    Case.claimed_at,
)
_shown = Prepared(
    lambda user: Lease.objects.filter(user_id=user, case__severity__in=GRAVE, shown_at__isnull=False).values_list(
        "shown_at", "beaten_at"
    ),
    Lease.user,
)


@dataclass(frozen=True, slots=True)
class ExposureLine:
    """One person: their day and their week, in seconds by severity, and the breaks they took today."""

    user_id: int
    name: str
    vendor: str
    site: str
    team: str
    today: tuple[Share, ...]
    week_s: tuple[float, float, float, float]
    cases: int
    revealed: int
    breaks: int
    break_s: float
    lifted: bool

    @property
    def by_severity(self) -> tuple[tuple[Share, float], ...]:
        """Today and the week of each severity."""
        return tuple(zip(self.today, self.week_s, strict=True))


def exposure_board(actor: Actor, now: datetime, *, team: str = "") -> list[ExposureLine]:
    """Who in the actor's scope had what before them, the most burdened first. Four queries.

    Only people who had a case before them in the last seven days are told of.
    """
    require(actor, Permission.EXPOSURE_VIEW)
    scope = scope_q(actor, Permission.EXPOSURE_VIEW, vendor="vendor__code")
    people = visible(User.objects.select_related("vendor", "site", "team"), scope).filter(
        exposures__on__gte=(now - timedelta(days=_DAYS)).date()
    )
    if team:
        people = people.filter(team__code=team)
    rows = list(people.distinct().order_by("name", "id")[:_MOST_PEOPLE])
    ids = [row.pk for row in rows]
    days = _days(ids, now)
    own = {one.user_id: one for one in Allowance.objects.filter(user_id__in=ids)}
    breaks = _breaks(rows, now)
    lines = [_line(row, days.get(row.pk, {}), own.get(row.pk), breaks.get(row.pk, (0, 0.0)), now) for row in rows]
    return sorted(lines, key=lambda line: (-max((one.share or 0 for one in line.today), default=0), line.name))


@dataclass(slots=True)
class _Day:
    seconds: tuple[float, float, float, float]
    cases: int = 0
    revealed: int = 0


def _days(ids: list[int], now: datetime) -> dict[int, dict[date, _Day]]:
    since = (now - timedelta(days=_DAYS)).date()
    rows = Exposure.objects.filter(user_id__in=ids, on__gte=since).values_list(
        "user_id", "on", "severity", "seconds", "cases", "revealed"
    )
    found: dict[int, dict[date, _Day]] = defaultdict(dict)
    for user, on, severity, seconds, cases, revealed in rows:
        day = found[user].setdefault(on, _Day((0, 0, 0, 0)))
        amounts = list(day.seconds)
        amounts[severity] += seconds
        day.seconds = (amounts[0], amounts[1], amounts[2], amounts[3])
        day.cases += cases
        day.revealed += revealed
    return found


def _line(
    person: User, days: dict[date, _Day], own: Allowance | None, breaks: tuple[int, float], now: datetime
) -> ExposureLine:
    today = local_day(now, person.timezone)
    lifted = own is not None and own.lifted_on == today
    minutes = own.exposure_minutes if own is not None else {}
    budget = Budget() if lifted else Budget.of_minutes(chosen("wellness.exposure_minutes"), minutes)
    day = days.get(today, _Day((0, 0, 0, 0)))
    week = [
        sum(one.seconds[severity] for on, one in days.items() if on > today - timedelta(days=_DAYS))
        for severity in SEVERITIES
    ]
    return ExposureLine(
        user_id=person.pk,
        name=person.name,
        vendor=person.vendor.code,
        site=person.site.code if person.site else "",
        team=person.team.code if person.team else "",
        today=shares(budget, Spent(day.seconds)),
        week_s=(week[0], week[1], week[2], week[3]),
        cases=day.cases,
        revealed=day.revealed,
        breaks=breaks[0],
        break_s=breaks[1],
        lifted=lifted,
    )


def _breaks(people: Iterable[User], now: datetime) -> dict[int, tuple[int, float]]:
    """How many breaks each took today, and for how long."""
    since = {person.pk: midnight(now, person.timezone) for person in people}
    if not since:
        return {}
    rows = AvailabilityEvent.objects.filter(user_id__in=list(since), at__gte=min(since.values()), at__lte=now)
    found: dict[int, tuple[int, float]] = {}
    open_since: dict[int, datetime] = {}
    for user, state, at in rows.order_by("at", "id").values_list("user_id", "state", "at"):
        if at < since[user]:
            continue
        if user in open_since:
            count, seconds = found.get(user, (0, 0.0))
            found[user] = (count + 1, seconds + (at - open_since.pop(user)).total_seconds())
        if state == Availability.BREAK:
            open_since[user] = at
    for user, at in open_since.items():
        count, seconds = found.get(user, (0, 0.0))
        found[user] = (count + 1, seconds + (now - at).total_seconds())
    return found
