"""How often somebody misused what, of how many, in the period that counts: two counters that never mix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet

from piepowder.access.options import chosen
from piepowder.access.visibility import require_whole
from piepowder.appeals.models import Appeal
from piepowder.duties.misuse.options import COUNT
from piepowder.duties.misuse.weighing import Counts
from piepowder.duties.models import ManifestFlag, Misuse
from piepowder.duties.states import FlagState, MisuseSide, MisuseState
from piepowder.intake.models import Item, Report, Reporter
from piepowder.kernel.actor import Actor
from piepowder.kernel.clocks.calendars import zone
from piepowder.kernel.clocks.periods import counted_back
from piepowder.kernel.permissions import Permission
from piepowder.policy.options import ZONE
from piepowder.policy.packs import period_of


@dataclass(frozen=True, slots=True)
class Whose:
    """Somebody by what is counted: a seller for content, a reporter for notices, either for complaints."""

    side: str
    seller_ref: str = ""
    reporter_id: UUID | None = None

    @property
    def subject(self) -> Q:
        return Q(seller_ref=self.seller_ref) if self.seller_ref else Q(reporter_id=self.reporter_id)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody with so many confirmed cases that a person should weigh them; ``misuse`` is the warning that stands."""

    whose: Whose
    confirmed: int
    last_at: datetime
    reporter: Reporter | None
    misuse: Misuse | None


def window_begins(at: datetime) -> datetime:
    """From when on cases count."""
    period = period_of("eu_dsa", "misuse_count", at.date())
    assert period is not None, "the rule has a default"
    return counted_back(at, period, zone(str(chosen(ZONE))))


def counts_of(whose: Whose, at: datetime) -> Counts:
    """The absolute number and the total it is a share of (DSA Art. 23(3)(a), (b)). Two queries.

    The total is what somebody provided in the same time: items, notices, or complaints.
    """
    since = window_begins(at)
    absolute = confirmed(whose).filter(happened_at__gte=since, happened_at__lte=at).count()
    return Counts(absolute, _provided(whose, since, at), since.date().isoformat(), at.date().isoformat())


def confirmed(whose: Whose) -> QuerySet[ManifestFlag]:
    return ManifestFlag.objects.filter(whose.subject, side=whose.side, state=FlagState.CONFIRMED)


def who_to_look_at(actor: Actor, at: datetime) -> list[Candidate]:
    """Those who reach the chosen number, or went on after a warning; nobody who is suspended. Three queries."""
    require_whole(actor, Permission.DUTY_VIEW)
    since = window_begins(at)
    open_ones = Misuse.objects.filter(state__in=(MisuseState.WARNED, MisuseState.SUSPENDED))
    standing = {(one.side, one.seller_ref, one.reporter_id): one for one in open_ones}
    counted = list(
        ManifestFlag.objects.filter(state=FlagState.CONFIRMED, happened_at__gte=since, happened_at__lte=at)
        .exclude(seller_ref="", reporter=None)
        .values("side", "seller_ref", "reporter_id")
        .annotate(confirmed=Count("id"), last_at=Max("happened_at"))
        .order_by("-confirmed", "side", "seller_ref", "reporter_id")
    )
    reporters = Reporter.objects.in_bulk({row["reporter_id"] for row in counted if row["reporter_id"]})
    found = []
    for row in counted:
        key = (row["side"], row["seller_ref"], row["reporter_id"])
        misuse = standing.get(key)
        if misuse is not None and (misuse.state == MisuseState.SUSPENDED or row["last_at"] <= misuse.warned_at):
            continue
        if misuse is None and row["confirmed"] < int(chosen(COUNT)):
            continue
        whose = Whose(row["side"], row["seller_ref"], row["reporter_id"])
        reporter = reporters.get(row["reporter_id"]) if row["reporter_id"] else None
        found.append(Candidate(whose, row["confirmed"], row["last_at"], reporter, misuse))
    return found


def suspension_counts(since: datetime, until: datetime) -> dict[str, int]:
    """How many suspensions were imposed in a period, by what was misused (DSA Art. 24(1)(b))."""
    rows = Misuse.objects.filter(suspended_at__gte=since, suspended_at__lt=until).values_list("side")
    counted = dict(rows.order_by("side").annotate(count=Count("id")))
    return {side: counted.get(side, 0) for side in MisuseSide.values}


def flags_list(actor: Actor, state: str = "") -> QuerySet[ManifestFlag]:
    """Flags, those that wait for a person first."""
    require_whole(actor, Permission.DUTY_VIEW)
    rows = ManifestFlag.objects.select_related("reporter").order_by("settled_at", "-happened_at", "-id")
    return rows.filter(state=state) if state else rows


def misuses_list(actor: Actor, states: Sequence[str] = ()) -> QuerySet[Misuse]:
    require_whole(actor, Permission.DUTY_VIEW)
    rows = Misuse.objects.select_related("reporter", "decision").order_by("-warned_at", "-id")
    return rows.filter(state__in=states) if states else rows


def _provided(whose: Whose, since: datetime, at: datetime) -> int:
    if whose.side == MisuseSide.CONTENT:
        return Item.objects.filter(seller_ref=whose.seller_ref, updated_at__gte=since).exclude(kind="seller").count()
    if whose.side == MisuseSide.NOTICE and whose.reporter_id is not None:
        return Report.objects.filter(reporter_id=whose.reporter_id, received_at__gte=since, received_at__lte=at).count()
    mine = (
        Q(complainant_ref=whose.seller_ref, report=None)
        if whose.seller_ref
        else Q(report__reporter_id=whose.reporter_id)
    )
    return Appeal.objects.filter(mine, filed_at__gte=since, filed_at__lte=at).count()
