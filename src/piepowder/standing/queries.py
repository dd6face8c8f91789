"""Where sellers stand, for screens, the portal and the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from piepowder.access.visibility import require, scope_q, visible
from piepowder.kernel.actor import Actor
from piepowder.kernel.permissions import Permission
from piepowder.policy.states import LadderMode
from piepowder.standing.catalogue import Known, ladders_on
from piepowder.standing.explaining import EntryLine, Forecast, entry_lines, forecast
from piepowder.standing.gathering import Happened, happened_to, stand
from piepowder.standing.ladder import Earning, Ladder, Standing, Threshold
from piepowder.standing.models import Account, Sanction, Tally
from piepowder.standing.states import SanctionState
from piepowder.standing.wording import said

SHOWN_TO_SELLERS = (
    SanctionState.ANNOUNCED,
    SanctionState.IN_FORCE,
    SanctionState.GIVEN,
    SanctionState.ENDED,
    SanctionState.LIFTED,
)


@dataclass(frozen=True, slots=True)
class CountLine:
    """One count of a ladder: its points, or strikes with a title of their own."""

    counter: str
    title: str
    direction: str
    score: int
    start: int
    least: int
    most: int | None
    next_at: int | None
    next_title: str
    thresholds: tuple[ThresholdLine, ...]


@dataclass(frozen=True, slots=True)
class ThresholdLine:
    code: str
    title: str
    at: int
    reached: bool


@dataclass(frozen=True, slots=True)
class SanctionLine:
    """What followed from a milestone. ``measures`` as ``{"family", "measure", "days", "description"}``."""

    id: UUID
    counter: str
    threshold: str
    title: str
    part: str
    state: str
    at: datetime
    starts_at: datetime
    ends_at: datetime | None
    score: int
    measures: tuple[Mapping[str, Any], ...]
    decision_id: UUID | None


@dataclass(frozen=True, slots=True)
class Health:
    """Where a seller stands on one ladder, and why."""

    ladder: str
    title: str
    note: str
    number: int
    mode: str
    market: str
    """Whose rules hold for this seller."""
    counts: tuple[CountLine, ...]
    entries: tuple[EntryLine, ...]
    earnings: tuple[Earning, ...]
    sanctions: tuple[SanctionLine, ...]
    ways_back: tuple[Forecast, ...]
    """What the score becomes by itself if nothing new happens, step by step."""
    next_expiry: datetime | None

    @property
    def score(self) -> int | None:
        return next((one.score for one in self.counts if one.counter == "points"), None)


def health(seller_ref: str, at: datetime, *, language: str = "en", with_shadow: bool = False) -> tuple[Health, ...]:
    """Where a seller stands on every ladder in force; ``with_shadow`` on those too that only count, which is for our eyes.

    Somebody of whom nothing is known stands at the start. Eight queries, none while every ladder is off.
    """
    ladders = [one for one in ladders_on() if with_shadow or one.mode == LadderMode.LIVE]
    if not ladders:
        return ()
    account = Account.objects.filter(seller_ref=seller_ref).first()
    happened = happened_to([account])[account.pk] if account else Happened(Account(seller_ref=seller_ref))
    rows = list(Sanction.objects.filter(account=account).order_by("-at", "id")) if account else []
    found = []
    for known in ladders:
        standing = stand(known, happened, at)
        if standing is not None:
            mine = [row for row in rows if row.ladder_id == known.id]
            found.append(_health(known, happened, standing, mine, at, language, ours=with_shadow))
    return tuple(found)


def _health(
    known: Known,
    happened: Happened,
    standing: Standing,
    rows: Sequence[Sanction],
    at: datetime,
    language: str,
    *,
    ours: bool,
) -> Health:
    version = known.version_at(at)
    assert version is not None
    ladder = version.ladder.in_market(happened.account.market)
    return Health(
        ladder=known.code,
        title=said(ladder.title, language),
        note=said(ladder.note, language),
        number=ladder.number,
        mode=known.mode,
        market=happened.account.market,
        counts=_counts(standing, language),
        entries=entry_lines(standing, happened, language),
        earnings=standing.earnings,
        sanctions=tuple(_sanction(row, known, language) for row in rows if ours or row.state in SHOWN_TO_SELLERS),
        ways_back=forecast(known, happened, standing, at),
        next_expiry=standing.next_expiry,
    )


def _counts(standing: Standing, language: str) -> tuple[CountLine, ...]:
    return tuple(
        CountLine(
            counter=one.counter.code,
            title=said(one.counter.title, language),
            direction=one.counter.direction.value,
            score=one.score,
            start=one.counter.start,
            least=one.counter.least,
            most=one.counter.most,
            next_at=one.next_threshold.at if one.next_threshold else None,
            next_title=said(one.next_threshold.title, language) if one.next_threshold else "",
            thresholds=tuple(
                ThresholdLine(
                    reached.threshold.code,
                    said(reached.threshold.title, language),
                    reached.threshold.at,
                    reached.beyond,
                )
                for reached in standing.thresholds
                if reached.counter == one.counter.code
            ),
        )
        for one in standing.counts
    )


def threshold_title(ladder: Ladder, counter: str, code: str, language: str) -> str:
    known = ladder.counter(counter)
    found: Threshold | None = next((one for one in known.thresholds if one.code == code), None) if known else None
    return said(found.title, language) if found else code


def _sanction(row: Sanction, known: Known, language: str) -> SanctionLine:
    ladder = next((one.ladder for one in known.versions if one.id == row.version_id), known.versions[-1].ladder)
    return SanctionLine(
        id=row.pk,
        counter=row.counter,
        threshold=row.threshold,
        title=threshold_title(ladder, row.counter, row.threshold, language),
        part=row.part,
        state=row.state,
        at=row.at,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        score=row.score,
        measures=tuple(row.measures),
        decision_id=row.decision_id,
    )


@dataclass(frozen=True, slots=True)
class Score:
    """The least that a panel says about a seller: the score last worked out, and how far the next milestone is."""

    ladder: str
    title: str
    mode: str
    score: int | None
    strikes: tuple[tuple[str, int], ...]
    reached: str
    next_at: int | None


def scores_of(seller_ref: str, at: datetime, language: str = "en") -> tuple[Score, ...]:
    """One query, none while every ladder is off or no seller is named."""
    known = {one.id: one for one in ladders_on()}
    if not known or not seller_ref:
        return ()
    rows = Tally.objects.filter(account__seller_ref=seller_ref, ladder__in=list(known), worked_out_at__isnull=False)
    found = []
    for row in rows.order_by("ladder__code"):
        version = known[row.ladder_id].version_at(at)
        if version is None:
            continue
        ladder = version.ladder
        points = ladder.counter("points")
        ahead = [one for one in points.thresholds if points.burden_of(one.at) > row.burden] if points else []
        nearest = min(ahead, key=lambda one: abs(one.at - (row.score or 0)), default=None)
        strikes = [(ladder.counter(code), count) for code, count in sorted(row.strikes.items())]
        found.append(
            Score(
                ladder=known[row.ladder_id].code,
                title=said(ladder.title, language),
                mode=known[row.ladder_id].mode,
                score=row.score,
                strikes=tuple((said(one.title, language), count) for one, count in strikes if one and count),
                reached=threshold_title(ladder, "points", row.reached, language) if row.reached else "",
                next_at=nearest.at if nearest else None,
            )
        )
    return tuple(found)


def tallies(actor: Actor, *, ladder: str, text: str = "", reached: bool = False) -> QuerySet[Tally]:
    """Sellers on a ladder that ``actor`` may see, those furthest from the start first."""
    require(actor, Permission.STANDING_VIEW)
    rows = visible(Tally.objects.all(), scope_q(actor, Permission.STANDING_VIEW, market="account__market"))
    rows = rows.filter(ladder__code=ladder, worked_out_at__isnull=False, account__seller_ref__isnull=False)
    if text:
        rows = rows.filter(account__seller_ref__startswith=text)
    if reached:
        rows = rows.exclude(reached="")
    return rows.select_related("account").order_by("-burden", "id")


def may_see_seller(actor: Actor, seller_ref: str) -> bool:
    """Whether the standing of this seller is within ``actor``'s scope; of somebody unknown it is, unless no id is like that."""
    require(actor, Permission.STANDING_VIEW)
    if "\x00" in seller_ref:
        return False
    rows = Account.objects.filter(seller_ref=seller_ref)
    known = visible(rows, scope_q(actor, Permission.STANDING_VIEW, market="market")).exists()
    return known or not rows.exists()


def sanctions(actor: Actor, *, state: str = "", ladder: str = "") -> QuerySet[Sanction]:
    """Sanctions that ``actor`` may see: those that wait the oldest first, others the newest first."""
    require(actor, Permission.STANDING_VIEW)
    rows = visible(Sanction.objects.all(), scope_q(actor, Permission.STANDING_VIEW, market="account__market"))
    if state:
        rows = rows.filter(state=state)
    if ladder:
        rows = rows.filter(ladder__code=ladder)
    order = ("starts_at", "id") if state == SanctionState.WAITING else ("-at", "-id")
    return (
        rows.filter(Q(account__seller_ref__isnull=False))
        .select_related("account", "ladder", "version")
        .order_by(*order)
    )
