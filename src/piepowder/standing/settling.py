"""Bringing what is stored about a seller in line with an evaluation: what is due is imposed, what is not is undone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from piepowder.intake.models import Item
from piepowder.intake.states import Kind
from piepowder.kernel.actor import SYSTEM, Actor
from piepowder.ledger.operations import record
from piepowder.standing.catalogue import Known, known_ladder, ladders_on
from piepowder.standing.gathering import happened_to, stand
from piepowder.standing.imposing import impose, lift, take_back
from piepowder.standing.ladder import Due, Standing
from piepowder.standing.letters import announce, tell_lifted, warn
from piepowder.standing.models import Account, Sanction, Tally
from piepowder.standing.moving import move
from piepowder.standing.states import SANCTION_FLOW, Part, SanctionState

Key = tuple[str, str, str, str, datetime]
"""Counter, threshold, part, what it was reached with, and when: the same sanction whenever it is worked out."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    due: Due
    part: Part


def locked_account(account_id: UUID) -> Account:
    """The account, locked. The seller's item first: whoever decides about it has locked that already."""
    account = Account.objects.get(pk=account_id)
    if account.seller_ref:
        items = Item.objects.select_for_update(no_key=True).filter(kind=Kind.SELLER, external_id=account.seller_ref)
        items.first()
    return Account.objects.select_for_update(no_key=True).get(pk=account_id)


def settle_now(account_id: UUID, at: datetime) -> None:
    """Undo at once what no longer follows from anything; what newly follows is left to the sweep."""
    account = locked_account(account_id)
    known = {one.id: one for one in ladders_on()}
    for ladder_id in Sanction.objects.filter(account=account).values_list("ladder", flat=True).distinct():
        known.setdefault(ladder_id, known_ladder(ladder_id))
    for one in known.values():
        if one.ready:
            settle(account, one, at, may_impose=False)


@transaction.atomic
def settle(account: Account, known: Known, at: datetime, *, may_impose: bool) -> Standing | None:
    """Work out where a locked ``account`` stands and act on it. Without ``may_impose`` things only get better.

    The account is looked at again when something changes by itself, or at once when something waits to be imposed.
    """
    standing = stand(known, happened_to([account])[account.pk], at)
    if standing is None:
        return None
    rows = {_key_of(row): row for row in Sanction.objects.filter(account=account, ladder=known.id).order_by("at", "id")}
    wanted = {_key(due, part): _Wanted(due, part) for due in standing.sanctions for part in _parts(due)}
    for key, row in rows.items():
        if key not in wanted and row.state in SANCTION_FLOW.sources("undo"):
            undo(row, at, SYSTEM)
    waits = False
    for key, one in wanted.items():
        waits |= _bring(account, known, rows.get(key), one, at, may_impose=may_impose)
    _keep(account, known, standing, at, waits=waits)
    return standing


def undo(row: Sanction, at: datetime, actor: Actor) -> None:
    """A decision that the sanction rests on was undone: so is the sanction, with what it restricted."""
    was = SanctionState(row.state)
    move(row, "undo", actor=actor, at=at)
    if row.decision_id is not None:
        take_back(row, at)
    if was is SanctionState.IN_FORCE or (was is SanctionState.ANNOUNCED and row.warned_at):
        tell_lifted(row, at, undone=True)


def undone_by_itself(row: Sanction, at: datetime, actor: Actor) -> None:
    """Its own decision was undone, on appeal or otherwise; it does not come again."""
    if row.state in SANCTION_FLOW.sources("undo"):
        move(row, "undo", actor=actor, at=at)


def _bring(
    account: Account, known: Known, row: Sanction | None, one: _Wanted, at: datetime, *, may_impose: bool
) -> bool:
    """Take one part of a sanction where it should be; says whether it waits for being imposed."""
    if one.part is Part.WARNING:
        return _bring_warning(account, known, row, one.due, at, may_impose=may_impose)
    if one.part is Part.FOR_GOOD:
        return _bring_for_good(account, known, row, one.due, at, may_impose=may_impose)
    due = one.due
    if row is None:
        if due.dropped or (due.starts_at <= at and not due.in_force(at)):
            return False
        if not may_impose:
            return True
        row = _row(account, known, one, SanctionState.ANNOUNCED)
        if due.starts_at > at:
            announce(row, at)
        else:
            impose(row, due, at)
    elif row.state == SanctionState.ANNOUNCED:
        if due.dropped:
            move(row, "drop", actor=SYSTEM, at=at)
            tell_lifted(row, at, undone=False)
        elif due.starts_at <= at:
            if not may_impose:
                return True
            impose(row, due, at)
    elif row.state == SanctionState.WAITING and not due.in_force(at):
        move(row, "drop", actor=SYSTEM, at=at)
    elif row.state == SanctionState.IN_FORCE and not due.in_force(at):
        if due.threshold.until_recovered:
            move(row, "lift", actor=SYSTEM, at=at, ends_at=at)
            lift(row, at)
            tell_lifted(row, at, undone=False)
        else:
            move(row, "end", actor=SYSTEM, at=at)
    return False


def _bring_warning(
    account: Account, known: Known, row: Sanction | None, due: Due, at: datetime, *, may_impose: bool
) -> bool:
    if row is not None or due.recovered_at is not None:
        return False
    if may_impose:
        warn(_row(account, known, _Wanted(due, Part.WARNING), SanctionState.GIVEN), at)
    return not may_impose


def _bring_for_good(
    account: Account, known: Known, row: Sanction | None, due: Due, at: datetime, *, may_impose: bool
) -> bool:
    """What is for good only ever waits for a person; it no longer does when the score has recovered."""
    if row is None and due.awaits_person(at):
        if may_impose:
            _row(account, known, _Wanted(due, Part.FOR_GOOD), SanctionState.WAITING)
        return not may_impose
    if row is not None and row.state == SanctionState.WAITING and not due.awaits_person(at):
        move(row, "drop", actor=SYSTEM, at=at)
    return False


def _row(account: Account, known: Known, one: _Wanted, state: SanctionState) -> Sanction:
    due = one.due
    measures = {
        Part.WARNING: (),
        Part.MEASURES: due.threshold.automatic,
        Part.FOR_GOOD: due.threshold.by_person,
    }[one.part]
    version = known.version_at(due.at) or known.versions[0]
    ends_at = due.ends_at() if one.part is Part.MEASURES and not due.threshold.until_recovered else None
    row = Sanction.objects.create(
        account=account,
        ladder_id=known.id,
        version_id=version.id,
        counter=due.counter,
        threshold=due.threshold.code,
        part=one.part,
        measures=[
            {"family": m.family, "measure": m.measure, "days": m.days, "description": m.description} for m in measures
        ],
        at=due.at,
        by_ref=due.by,
        score=due.score,
        basis=list(due.basis),
        starts_at=due.starts_at,
        ends_at=ends_at,
        state=state,
    )
    record(
        actor=SYSTEM,
        at=due.at,
        verb="sanction.open",
        subject_kind="sanction",
        subject_id=row.pk,
        account=str(account.pk),
        ladder=[known.code, version.ladder.number],
        threshold=due.threshold.code,
        part=one.part.value,
        state=state.value,
        score=due.score,
    )
    return row


def _parts(due: Due) -> Iterator[Part]:
    if due.threshold.warning:
        yield Part.WARNING
    if due.threshold.automatic:
        yield Part.MEASURES
    if due.threshold.by_person:
        yield Part.FOR_GOOD


def _key(due: Due, part: Part) -> Key:
    return (due.counter, due.threshold.code, part.value, due.by, due.at)


def _key_of(row: Sanction) -> Key:
    return (row.counter, row.threshold, row.part, row.by_ref, row.at)


def _keep(account: Account, known: Known, standing: Standing, at: datetime, *, waits: bool) -> None:
    points = standing.counts[0] if standing.counts else None
    reached = [
        one.threshold for one in standing.thresholds if one.beyond and points and one.counter == points.counter.code
    ]
    furthest = max(reached, key=lambda one: points.counter.burden_of(one.at) if points else 0, default=None)
    Tally.objects.update_or_create(
        account=account,
        ladder_id=known.id,
        defaults={
            "score": standing.score,
            "strikes": dict(standing.strikes),
            "burden": points.burden if points else 0,
            "reached": furthest.code if furthest else "",
            "worked_out_at": at,
            "next_at": at if waits else standing.next_change,
            "problem": "",
        },
    )
