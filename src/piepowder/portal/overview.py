"""What a seller sees first: what holds against them, what happened to which item, and what waits for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from piepowder.decisions.models import Decision, Enforcement
from piepowder.decisions.states import DecisionState, EnforcementState, Family
from piepowder.decisions.wording import Wording
from piepowder.intake.models import Item
from piepowder.intake.states import ItemState, Kind
from piepowder.portal.links import Subject
from piepowder.portal.models import AppealDraft, Resubmission
from piepowder.portal.retelling import measure_in, wording_in
from piepowder.portal.theirs import (
    SILENT,
    accepted,
    changed_last_first,
    decisions_of,
    in_force,
    items_of,
    newest_first,
    restrictions_of,
    told,
)
from piepowder.review.models import Case
from piepowder.review.states import ACTIVE_STATES


@dataclass(frozen=True, slots=True)
class Holding:
    """What one decision restricts, in force now. ``decision_id`` is empty where its reasons are not told here."""

    text: str
    decision_id: UUID | None
    item_title: str
    since: datetime
    until: datetime | None
    complaint_until: date | None


@dataclass(frozen=True, slots=True)
class Happening:
    """One decision in a list. ``state`` is ``in_force``, ``ended``, ``lifted``, ``corrected``, ``replaced`` or ``noted``."""

    id: UUID
    item_title: str
    kind: str
    text: str
    decided_at: datetime
    state: str
    until: datetime | None
    complaint_until: date | None


@dataclass(frozen=True, slots=True)
class ItemRow:
    """``state`` is ``restricted``, ``looked_at`` (corrected and sent in again), ``gone`` or ``available``."""

    id: UUID
    title: str
    ref: str
    kind: str
    state: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Overview:
    account: tuple[Holding, ...]
    items: tuple[Holding, ...]
    """The newest; ``restricted_items`` counts them all."""
    restricted_items: int
    recent: tuple[Happening, ...]
    drafts: tuple[Happening, ...]


MOST_SHOWN = 5


def overview(subject: Subject, *, at: datetime, language: str) -> Overview:
    """The first page. A fixed number of queries however many items there are."""
    holding = restrictions_of(subject, at).filter(in_force(at)).select_related("decision__item", "statement")
    on_account = list(holding.filter(family=Family.ACCOUNT).order_by("-starts_at", "id")[:MOST_SHOWN])
    elsewhere = holding.exclude(family=Family.ACCOUNT)
    newest = list(elsewhere.order_by("-starts_at", "decision", "id")[: 4 * MOST_SHOWN])
    drafts = AppealDraft.objects.filter(kind=subject.kind, ref=subject.ref).order_by("-saved_at")
    begun = decisions_of(subject, at).filter(pk__in=drafts.values("decision"))
    return Overview(
        account=_holdings(on_account, language),
        items=_holdings(newest, language)[:MOST_SHOWN],
        restricted_items=elsewhere.values("decision__item").distinct().count(),
        recent=happenings(_tellable(decisions_of(subject, at))[:MOST_SHOWN], at=at, language=language),
        drafts=happenings(newest_first(begun)[:MOST_SHOWN], at=at, language=language),
    )


def decisions_listed(subject: Subject, at: datetime) -> QuerySet[Decision]:
    """Every decision whose reasons are told, the newest first."""
    return _tellable(decisions_of(subject, at))


def happenings(rows: Iterable[Decision], *, at: datetime, language: str) -> tuple[Happening, ...]:
    """Decisions in one line each. Five queries."""
    decisions = list(rows)
    if not decisions:
        return ()
    wording = wording_in(language)
    found: dict[UUID, list[Enforcement]] = {}
    for row in Enforcement.objects.filter(decision__in=decisions).order_by("starts_at", "id"):
        found.setdefault(row.decision_id, []).append(row)
    corrected = set(accepted(at).filter(decision__in=decisions).values_list("decision", flat=True))
    return tuple(
        _happening(
            one,
            found.get(one.pk, []),
            [measure_in(wording, row) for row in found.get(one.pk, [])],
            at,
            corrected=one.pk in corrected,
        )
        for one in decisions
    )


def _happening(
    decision: Decision, rows: Sequence[Enforcement], words: Sequence[str], at: datetime, *, corrected: bool
) -> Happening:
    standing = [row for row in rows if row.state not in (EnforcementState.REVERSED, EnforcementState.CANCELLED)]
    state = "in_force"
    if decision.state == DecisionState.SUPERSEDED:
        state = "replaced"
    elif decision.state == DecisionState.OVERTURNED or (rows and not standing):
        state = "lifted"
    elif not rows:
        state = "noted"
    elif corrected and any(row.family != Family.ACCOUNT for row in standing):
        state = "corrected"
    elif all(row.ends_at is not None and row.ends_at <= at for row in standing):
        state = "ended"
    ends = [row.ends_at for row in standing]
    return Happening(
        id=decision.pk,
        item_title=decision.item.title or decision.item.external_id,
        kind=decision.item.kind,
        text=" ".join(words),
        decided_at=decision.decided_at,
        state=state,
        until=max((end for end in ends if end), default=None) if ends and all(ends) else None,
        complaint_until=_until(decision),
    )


def _until(decision: Decision) -> date | None:
    statement = getattr(decision, "statement", None)
    return statement.complaint_until if statement else None


def _tellable(rows: QuerySet[Decision]) -> QuerySet[Decision]:
    return newest_first(rows.exclude(statement__exclusion__in=SILENT)).select_related("item", "statement")


def _holdings(rows: Sequence[Enforcement], language: str) -> tuple[Holding, ...]:
    if not rows:
        return ()
    wording = wording_in(language)
    together: dict[UUID, list[Enforcement]] = {}
    for row in rows:
        together.setdefault(row.decision_id, []).append(row)
    return tuple(_holding(of_one, wording) for of_one in together.values())


def _holding(rows: Sequence[Enforcement], wording: Wording) -> Holding:
    """What one decision restricts, in one line."""
    first, ends = rows[0], [row.ends_at for row in rows]
    return Holding(
        text=" ".join(dict.fromkeys(measure_in(wording, row) for row in rows)),
        decision_id=None if first.statement.exclusion in SILENT else first.decision_id,
        item_title=first.decision.item.title or first.decision.item.external_id,
        since=min(row.starts_at for row in rows),
        until=max((end for end in ends if end), default=None) if all(ends) else None,
        complaint_until=first.statement.complaint_until,
    )


def items_listed(subject: Subject, *, at: datetime, text: str = "", restricted: bool = False) -> QuerySet[Item]:
    """The seller's items, the last changed first, narrowed to words of the title or the start of the number."""
    rows = changed_last_first(items_of(subject))
    if text:
        rows = rows.filter(Q(title__icontains=text) | Q(external_id__istartswith=text))
    if restricted:
        holding = restrictions_of(subject, at).filter(in_force(at), decision__item=OuterRef("pk"))
        rows = rows.filter(Exists(holding.exclude(family=Family.ACCOUNT)))
    return rows


def item_rows(subject: Subject, items: Sequence[Item], *, at: datetime) -> tuple[ItemRow, ...]:
    """One page of items with how each stands. Two queries."""
    states = item_states(subject, items, at=at)
    return tuple(
        ItemRow(item.pk, item.title or item.external_id, item.external_id, item.kind, states[item.pk], item.updated_at)
        for item in items
    )


def item_states(subject: Subject, items: Sequence[Item], *, at: datetime) -> Mapping[UUID, str]:
    """How each of ``items`` stands. Two queries.

    That an item is being looked at is said only when the seller sent it in again here: of other reviews, such as after a
    report, sellers are not told while they go on.
    """
    ids = [item.pk for item in items]
    holding = restrictions_of(subject, at).filter(in_force(at), decision__item__in=ids).exclude(family=Family.ACCOUNT)
    restricted = set(holding.values_list("decision__item", flat=True))
    open_cases = Case.objects.filter(item=OuterRef("item"), state__in=ACTIVE_STATES, snapshot=OuterRef("snapshot"))
    again = set(Resubmission.objects.filter(Exists(open_cases), item__in=ids).values_list("item", flat=True))
    return {item.pk: _state(item, restricted, again) for item in items}


def _state(item: Item, restricted: set[UUID], again: set[UUID]) -> str:
    if item.state != ItemState.LIVE:
        return "gone"
    if item.pk in again:
        return "looked_at"
    return "restricted" if item.pk in restricted else "available"


def item_history(subject: Subject, item: Item, *, at: datetime, language: str) -> tuple[Happening, ...]:
    """What was decided about one item, the newest first."""
    rows = _tellable(decisions_of(subject, at).filter(item=item))
    return happenings(rows[:50], at=at, language=language)


def silent_restriction(subject: Subject, item: Item, *, at: datetime) -> bool:
    """Whether something holds against the item whose reasons are not told here."""
    holding = restrictions_of(subject, at).filter(in_force(at), decision__item=item)
    return holding.filter(statement__exclusion__in=SILENT).exists()


def account_restrictions(subject: Subject, *, at: datetime, language: str) -> tuple[Holding, ...]:
    """What holds against the account itself."""
    rows = told(restrictions_of(subject, at)).filter(in_force(at), target_kind=Kind.SELLER)
    return _holdings(
        list(rows.select_related("decision__item", "statement").order_by("-starts_at", "id")[:50]), language
    )
