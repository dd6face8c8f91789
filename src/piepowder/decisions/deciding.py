"""Issuing a decision, as a person or as a machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from piepowder.access.options import chosen
from piepowder.access.visibility import require
from piepowder.database.fitting import refuse_unfit
from piepowder.database.prepared import Prepared
from piepowder.decisions.circumstances import evidence_of, found_by_machine, source_of, words_of
from piepowder.decisions.ending import supersede
from piepowder.decisions.events import DecisionIssued
from piepowder.decisions.issuing import Bench, Sound, store
from piepowder.decisions.judging import Circumstances, problems, unwritable
from piepowder.decisions.logic import grace, sums_up
from piepowder.decisions.models import Decision, Panel
from piepowder.decisions.options import FOUR_EYES
from piepowder.decisions.ruling import Ruling
from piepowder.decisions.states import DecisionState, Outcome, Source
from piepowder.intake.models import Item, Snapshot
from piepowder.intake.operations import note_outcome
from piepowder.kernel.actor import Actor, Place
from piepowder.kernel.errors import Conflict, FieldProblem, Malformed, NotFound, Refused
from piepowder.kernel.events import publish
from piepowder.kernel.permissions import Permission
from piepowder.policy.models import PolicyVersion
from piepowder.policy.queries import versions_in_force
from piepowder.review.leases import locked_lease
from piepowder.review.models import Case, Lease
from piepowder.review.operations import LeaseLost, close_for_decision, note_violation
from piepowder.review.states import ACTIVE_STATES, CaseState

GRACE_WITHOUT_QUEUE = timedelta(seconds=10)


class BadRuling(Malformed):
    code = "bad_ruling"


class NewerSnapshot(Conflict):
    code = "newer_snapshot"


class CaseTaken(Conflict):
    code = "case_taken"


class NeedsPeople(Refused):
    """A machine alone ordered what asks for four eyes."""

    code = "needs_people"


class NoSuchItem(NotFound):
    code = "no_such_item"


class NoSuchDecision(NotFound):
    code = "no_such_decision"


@dataclass(frozen=True, slots=True)
class Examined:
    """A ruling that may stand, with what it was held against; ``versions`` are in the order of its policies."""

    snapshot: Snapshot
    versions: tuple[PolicyVersion, ...]
    source: Source


@dataclass(frozen=True, slots=True)
class Apart:
    """A decision that belongs to no case and leaves those about the item alone, but for one that it may supersede.

    ``at_once``: nothing of it waits for a time to undo.
    """

    source: Source | None = None
    supersedes: Decision | None = None
    at_once: bool = False


def decide(
    *,
    actor: Actor,
    lease_id: UUID,
    ruling: Ruling,
    at: datetime,
    intervention: Mapping[str, Any] | None = None,
    batch: UUID | None = None,
    timed: bool = True,
    held: tuple[Lease, Item, Case] | None = None,
    examined: Examined | None = None,
    others: tuple[int, ...] = (),
) -> Decision:
    """Decide the case that ``actor`` holds by ``lease_id`` and close it; ``judge`` says whether it may be done alone.

    Everything is stored at once or nothing is: a lease that ran out, a ruling with a fault, a snapshot that is no longer
    the newest leave no trace. Raises ``LeaseLost``, ``BadRuling``, ``NewerSnapshot``, ``NoTemplate`` or
    ``StatementIncomplete``. Nothing leaves before ``Decision.final_at``; until then it can be withdrawn. An ``intervention``
    in a stream (``intervening.py``) leaves at once. Without ``timed`` the time in hand says nothing about the work.
    ``held`` and ``examined`` are what ``in_hand`` and ``examine`` have said already; ``others`` gave their opinion on it.
    """
    # Whoever locked it all has begun the step that this is a part of.
    with transaction.atomic(savepoint=held is None):
        lease, item, case = held or in_hand(actor, lease_id, at)
        told = {"intervention": dict(intervention)} if intervention else None
        close_for_decision(actor=actor, case_id=case.pk, lease_id=lease_id, at=at, told=told, lease=lease)
        bench = Bench(
            actor=actor,
            case_id=case.pk,
            queue=case.queue.code,
            decider_id=int(actor.ref),
            handling_ms=handling_ms(lease, at) if timed else None,
            urgent=case.severity == 0,
            intervention=intervention,
            batch=batch,
            others=others,
        )
        return issue(bench, item, ruling, at, case, examined=examined)


def in_hand(actor: Actor, lease_id: UUID, at: datetime) -> tuple[Lease, Item, Case]:
    """What is about to be judged, all of it locked; raises ``LeaseLost`` and ``NotPermitted``."""
    item_id = _leased.first(lease_id)
    if item_id is None:
        raise LeaseLost(_("your time on this case ran out; nothing was decided"))
    # Intake locks an item before its case, so this does too.
    item = locked_item(item_id)
    lease = locked_lease(actor, lease_id, at)
    require(actor, Permission.CASE_DECIDE, place_of(lease.case, actor))
    return lease, item, lease.case


_leased = Prepared(lambda lease: Lease.objects.filter(pk=lease).values_list("case__item_id", flat=True), Lease.id)
_item = Prepared(lambda item: Item.objects.select_for_update(no_key=True).filter(pk=item), Item.id)
_snapshot = Prepared(
    lambda snapshot, item: Snapshot.objects.filter(pk=snapshot, item_id=item), Snapshot.id, Snapshot.item
)


def handling_ms(lease: Lease, at: datetime) -> int:
    """How long it was in hand."""
    return max(0, (at - lease.taken_at) // timedelta(milliseconds=1))


@transaction.atomic
def decide_by_machine(
    *,
    actor: Actor,
    ruling: Ruling,
    machine: str,
    version: str,
    at: datetime,
    item_id: UUID | None = None,
    case_id: UUID | None = None,
    apart: Apart | None = None,
) -> Decision:
    """Store what a model or rule decided alone, the same way as a person's decision.

    Give the item or its case. A case that waits is closed by it; one that somebody works on or put on hold raises
    ``CaseTaken``, because a person's judgement goes first; so does one on which several people are giving their opinions. A
    measure that asks for four eyes raises ``NeedsPeople``. With ``apart`` (a sanction for what was decided already) no case
    is touched and no report judged.
    """
    if not machine or not version:
        raise BadRuling(_("a machine that decides has a name and a version"))
    refuse_unfit(Decision(machine=machine, machine_version=version))
    if asking := sorted({order.key for order in ruling.enforcements} & set(chosen(FOUR_EYES))):
        raise NeedsPeople(_("two people are needed for %(measures)s") % {"measures": ", ".join(asking)})
    if item_id is None:
        item_id = Case.objects.filter(pk=case_id).values_list("item_id", flat=True).first() if case_id else None
    item = locked_item(item_id)
    require(actor, Permission.DECISION_ISSUE_MACHINE, Place(market=item.market, language=item.language))
    case = _waiting_case(item, case_id) if apart is None else None
    if case is not None:
        require(actor, Permission.DECISION_ISSUE_MACHINE, place_of(case, actor))
        close_for_decision(actor=actor, case_id=case.pk, lease_id=None, at=at)
    bench = Bench(
        actor=actor,
        case_id=case.pk if case else None,
        queue=case.queue.code if case else "",
        machine=machine,
        machine_version=version,
        urgent=case is not None and case.severity == 0,
    )
    return issue(bench, item, ruling, at, case, apart=apart)


def examine(
    item: Item, ruling: Ruling, at: datetime, *, since: datetime | None, source: Source | None = None
) -> Examined:
    """Hold the ruling against the item, its reports since ``since`` and the policies in force.

    ``source`` is what made us look, where that is known otherwise than from reports. Raises ``BadRuling`` with everything
    that is wrong at once, and ``NewerSnapshot``.
    """
    if garbled := list(unwritable(ruling)):
        raise BadRuling(_("the ruling cannot stand as it is"), problems=garbled)
    snapshot = _judged(item, ruling)
    source = source or source_of(item.pk, since=since, at=at)
    versions = versions_in_force(ruling.policy_codes, item.market, at)
    found = problems(
        ruling,
        Circumstances(
            kind=item.kind,
            seller_ref=item.seller_ref,
            versions=versions,
            policy_words=words_of(versions.values()),
            ordered_by_authority=source is Source.AUTHORITY,
        ),
    )
    if found:
        raise BadRuling(_("the ruling cannot stand as it is"), problems=found)
    return Examined(snapshot, tuple(versions[code] for code in ruling.policy_codes), source)


def issue(
    bench: Bench,
    item: Item,
    ruling: Ruling,
    at: datetime,
    case: Case | None,
    *,
    beside: Case | None = None,
    examined: Examined | None = None,
    apart: Apart | None = None,
) -> Decision:
    """Examine the ruling and store the decision; the caller has locked the item and closed the case.

    ``beside`` is a case that was decided already, which this decision comes in addition to.
    """
    about = case or beside
    sound_so_far = examined or examine(
        item,
        ruling,
        at,
        since=about.opened_at if about else _last_decided(item, at),
        source=apart.source if apart else None,
    )
    snapshot, cited, source = sound_so_far.snapshot, sound_so_far.versions, sound_so_far.source
    former = apart.supersedes if apart else None if beside else _former(item, snapshot, case)
    if former is not None and former.state == DecisionState.ISSUED:
        supersede(bench.by or bench.actor, former, at)
    time_to_undo = grace(
        outcome=ruling.outcome,
        restricts=bool(ruling.enforcements),
        severity=min([version.severity for version in cited] + ([about.severity] if about else []), default=3),
        kind=item.kind,
        queue_grace=timedelta(seconds=about.queue.grace_s) if about else GRACE_WITHOUT_QUEUE,
    )
    if bench.intervention is not None or (apart is not None and apart.at_once):
        time_to_undo = timedelta(0)
    sound = Sound(
        ruling=ruling,
        item=item,
        snapshot=snapshot,
        versions=cited,
        source=source,
        automated_detection=found_by_machine(snapshot.pk, ruling.policy_codes, source)
        or (bool(bench.machine) and source is Source.OWN_INITIATIVE),
        evidence=evidence_of(snapshot, item.kind),
        at=at,
        final_at=at + time_to_undo,
        supersedes_id=former.pk if former else None,
    )
    decision = store(sound, bench)
    if ruling.outcome == Outcome.VIOLATION and item.seller_ref and beside is None and not sums_up(bench.machine):
        note_violation(seller_ref=item.seller_ref, at=at)
    if apart is None or not bench.machine:
        note_outcome(item_id=item.pk, founded=ruling.outcome == Outcome.VIOLATION, at=at)
    publish(
        DecisionIssued(
            decision_id=decision.pk,
            case_id=bench.case_id,
            item_id=item.pk,
            snapshot_id=snapshot.pk,
            kind=item.kind,
            market=item.market,
            language=item.language,
            seller_ref=item.seller_ref,
            outcome=decision.outcome,
            policy_codes=ruling.policy_codes,
            supersedes_id=decision.supersedes_id,
            at=at,
            final_at=decision.final_at,
            actor=bench.by or bench.actor,
        )
    )
    return decision


def locked_item(item_id: UUID | None) -> Item:
    item = _item.first(item_id) if item_id else None
    if item is None:
        raise NoSuchItem(_("there is no such item"))
    return item


def place_of(case: Case, actor: Actor) -> Place:
    return Place(vendor=case.vendor or actor.vendor, queue=case.queue.code, market=case.market, language=case.language)


def _waiting_case(item: Item, case_id: UUID | None) -> Case | None:
    """The item's active case, which must be waiting; with ``case_id`` it must be that one."""
    active = Case.objects.select_related("queue").filter(item=item, state__in=ACTIVE_STATES).first()
    if case_id is not None and (active is None or active.pk != case_id):
        raise CaseTaken(_("this case is closed"))
    judged_by_people = active is not None and Panel.objects.filter(case=active, state__in=["open", "split"]).exists()
    if active is not None and (active.state != CaseState.OPEN or judged_by_people):
        raise CaseTaken(_("somebody is working on this case"))
    return active


def _judged(item: Item, ruling: Ruling) -> Snapshot:
    snapshot = _snapshot.first(ruling.snapshot_id, item.pk)
    if snapshot is None:
        problem = FieldProblem("/snapshot_id", "unknown_snapshot", _("is no snapshot of this item"))
        raise BadRuling(_("the ruling cannot stand as it is"), problems=[problem])
    if snapshot.pk != item.snapshot_id and not ruling.confirm_older_snapshot:
        raise NewerSnapshot(
            _("a newer version of the item has arrived; look at it, or confirm that you judge the older one")
        )
    return snapshot


def _last_decided(item: Item, at: datetime) -> datetime | None:
    rows = Decision.objects.filter(item=item, decided_at__lt=at).exclude(state=DecisionState.WITHDRAWN)
    return rows.order_by("-decided_at").values_list("decided_at", flat=True).first()


def _former(item: Item, snapshot: Snapshot, case: Case | None) -> Decision | None:
    """What the new decision refers to as the one before: the last of the case; without a case, of the same snapshot."""
    return _former_of_case.first(case.pk) if case else _former_of_snapshot.first(item.pk, snapshot.pk)


def _standing() -> QuerySet[Decision]:
    rows = Decision.objects.select_for_update(of=("self",), no_key=True).filter(superseded_by__isnull=True)
    return rows.order_by("-decided_at", "-id")


_former_of_case = Prepared(lambda case: _standing().filter(case_id=case)[:1], Decision.case)
_former_of_snapshot = Prepared(
    lambda item, snapshot: _standing().filter(case__isnull=True, item_id=item, snapshot_id=snapshot)[:1],
    Decision.item,
    Decision.snapshot,
)
