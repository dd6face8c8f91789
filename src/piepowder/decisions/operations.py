"""The only writers of decisions: issue one as a person or a machine, take one back, and say what is in force."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.access.visibility import NotPermitted, require
from piepowder.database.fitting import refuse_unfit
from piepowder.decisions.circumstances import evidence_of, found_by_machine, source_of, words_of
from piepowder.decisions.events import DecisionIssued, DecisionWithdrawn
from piepowder.decisions.issuing import Bench, NoTemplate, Sound, StatementIncomplete, store
from piepowder.decisions.judging import Circumstances, problems, unwritable
from piepowder.decisions.logic import grace
from piepowder.decisions.models import Decision, Enforcement
from piepowder.decisions.ruling import EnforcementOrder, Ruling
from piepowder.decisions.states import DECISION_FLOW, ENFORCEMENT_FLOW, DecisionState, EnforcementState, Outcome, Source
from piepowder.decisions.templates import load_shipped_templates, publish_template
from piepowder.intake.models import Item, Snapshot
from piepowder.kernel.actor import SYSTEM, Actor, ActorKind, Place
from piepowder.kernel.errors import Conflict, FieldProblem, Malformed, NotFound
from piepowder.kernel.events import publish
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import Entry, record, record_many
from piepowder.outbox.events import DeliveryTaken
from piepowder.outbox.operations import KEPT, Outgoing, TooLate, cancel_group, enqueue_many
from piepowder.policy.queries import versions_in_force
from piepowder.review.models import Case, Lease
from piepowder.review.operations import LeaseLost, close_for_decision, note_violation, reopen
from piepowder.review.states import ACTIVE_STATES, CaseState

__all__ = [
    "BadRuling",
    "CaseTaken",
    "EnforcementOrder",
    "LeaseLost",
    "NewerSnapshot",
    "NoSuchDecision",
    "NoSuchItem",
    "NoTemplate",
    "Ruling",
    "StatementIncomplete",
    "TooLate",
    "decide",
    "decide_by_machine",
    "load_shipped_templates",
    "on_delivery_taken",
    "publish_template",
    "withdraw",
]

GRACE_WITHOUT_QUEUE = timedelta(seconds=10)


class BadRuling(Malformed):
    code = "bad_ruling"


class NewerSnapshot(Conflict):
    code = "newer_snapshot"


class CaseTaken(Conflict):
    code = "case_taken"


class NoSuchItem(NotFound):
    code = "no_such_item"


class NoSuchDecision(NotFound):
    code = "no_such_decision"


@transaction.atomic
def decide(
    *, actor: Actor, lease_id: UUID, ruling: Ruling, at: datetime, intervention: Mapping[str, Any] | None = None
) -> Decision:
    """Decide the case that ``actor`` holds by ``lease_id`` and close it.

    Everything is stored at once or nothing is: a lease that ran out, a ruling with a fault, a snapshot that is no longer
    the newest leave no trace. Raises ``LeaseLost``, ``BadRuling``, ``NewerSnapshot``, ``NoTemplate`` or
    ``StatementIncomplete``. Nothing leaves before ``Decision.final_at``; until then it can be withdrawn. An ``intervention``
    in a stream (``intervening.py``) leaves at once.
    """
    lease = Lease.objects.filter(pk=lease_id).select_related("case").first()
    if lease is None:
        raise LeaseLost(_("your time on this case ran out; nothing was decided"))
    # Intake locks an item before its case, so this does too.
    item = _locked_item(lease.case.item_id)
    case = Case.objects.select_related("queue").get(pk=lease.case_id)
    require(actor, Permission.CASE_DECIDE, _place_of(case, actor))
    told = {"intervention": dict(intervention)} if intervention else None
    close_for_decision(actor=actor, case_id=case.pk, lease_id=lease_id, at=at, told=told)
    bench = Bench(
        actor=actor,
        case_id=case.pk,
        queue=case.queue.code,
        decider_id=int(actor.ref),
        handling_ms=max(0, (at - lease.taken_at) // timedelta(milliseconds=1)),
        urgent=case.severity == 0,
        intervention=intervention,
    )
    return _issue(bench, item, ruling, at, case)


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
) -> Decision:
    """Store what a model or rule decided alone, the same way as a person's decision.

    Give the item or its case. A case that waits is closed by it; one that somebody works on or put on hold raises
    ``CaseTaken``, because a person's judgement goes first.
    """
    if not machine or not version:
        raise BadRuling(_("a machine that decides has a name and a version"))
    refuse_unfit(Decision(machine=machine, machine_version=version))
    if item_id is None:
        item_id = Case.objects.filter(pk=case_id).values_list("item_id", flat=True).first() if case_id else None
    item = _locked_item(item_id)
    require(actor, Permission.DECISION_ISSUE_MACHINE, Place(market=item.market, language=item.language))
    case = _waiting_case(item, case_id)
    if case is not None:
        require(actor, Permission.DECISION_ISSUE_MACHINE, _place_of(case, actor))
        close_for_decision(actor=actor, case_id=case.pk, lease_id=None, at=at)
    bench = Bench(
        actor=actor,
        case_id=case.pk if case else None,
        queue=case.queue.code if case else "",
        machine=machine,
        machine_version=version,
        urgent=case is not None and case.severity == 0,
    )
    return _issue(bench, item, ruling, at, case)


@transaction.atomic
def withdraw(*, actor: Actor, decision_id: UUID, at: datetime) -> Decision:
    """Take a decision back before anything of it has left: restrictions and messages are cancelled, the case reopens.

    For the decider within the grace period, or for whoever may withdraw any. Raises ``TooLate`` from ``final_at`` on and
    as soon as a single message was taken; then nothing changes. The decision stays in the record as withdrawn. A person
    who takes their own decision back has the case in hand again: ``decision.case.lease``.
    """
    decision = Decision.objects.select_related("item").filter(pk=decision_id).first()
    if decision is None:
        raise NoSuchDecision(_("there is no such decision"))
    _locked_item(decision.item_id)
    _require_withdrawal(actor, decision)
    if at >= decision.final_at:
        raise TooLate(_("the time to undo is over"))
    DECISION_FLOW.step("withdraw", DecisionState(decision.state))
    # Deliveries first: the sender locks them before it touches the restrictions, and so does this.
    cancel_group(group_ref=str(decision.pk), at=at)
    _move(decision, "withdraw", withdrawn_at=at)
    cancelled = Enforcement.objects.filter(decision=decision, state__in=ENFORCEMENT_FLOW.sources("cancel")).update(
        state=ENFORCEMENT_FLOW.target("cancel")
    )
    if decision.case_id is not None:
        decision.case = reopen(
            actor=actor, case_id=decision.case_id, at=at, reason=_("the decision was withdrawn"), hand_back=True
        )
    if decision.outcome == Outcome.VIOLATION and decision.item.seller_ref:
        note_violation(seller_ref=decision.item.seller_ref, at=decision.decided_at, count=-1)
    record(
        actor=actor,
        at=at,
        verb="decision.withdraw",
        subject_kind="decision",
        subject_id=decision.pk,
        vendor=decision.vendor,
        case=str(decision.case_id) if decision.case_id else None,
        item=str(decision.item_id),
        enforcements=cancelled,
    )
    publish(DecisionWithdrawn(decision.pk, decision.case_id, decision.item_id, at, actor))
    return decision


def on_delivery_taken(event: DeliveryTaken) -> None:
    """A restriction is in force from the moment its message is first taken to be sent.

    A message that no endpoint subscribes to is taken at the same time by the place that keeps it; the fact then says
    that nobody was told.
    """
    if event.topic != "enforcement.applied":
        return
    # A restriction and the message about it have one id.
    moved = Enforcement.objects.filter(pk=event.message_id, state__in=ENFORCEMENT_FLOW.sources("dispatch")).update(
        state=ENFORCEMENT_FLOW.target("dispatch"), dispatched_at=event.at
    )
    if not moved:
        return
    row = Enforcement.objects.select_related("decision").get(pk=event.message_id)
    record(
        actor=SYSTEM,
        at=event.at,
        verb="enforcement.dispatch",
        subject_kind="enforcement",
        subject_id=row.pk,
        vendor=row.decision.vendor,
        decision=str(row.decision_id),
        told=event.endpoint != KEPT,
    )


def _issue(bench: Bench, item: Item, ruling: Ruling, at: datetime, case: Case | None) -> Decision:
    if garbled := list(unwritable(ruling)):
        raise BadRuling(_("the ruling cannot stand as it is"), problems=garbled)
    snapshot = _judged(item, ruling)
    since = case.opened_at if case else _last_decided(item, at)
    source = source_of(item.pk, since=since, at=at)
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
    cited = tuple(versions[code] for code in ruling.policy_codes)
    former = _former(item, snapshot, case)
    if former is not None and former.state == DecisionState.ISSUED:
        _supersede(bench.actor, former, at)
    time_to_undo = grace(
        outcome=ruling.outcome,
        restricts=bool(ruling.enforcements),
        severity=min([version.severity for version in cited] + ([case.severity] if case else []), default=3),
        kind=item.kind,
        queue_grace=timedelta(seconds=case.queue.grace_s) if case else GRACE_WITHOUT_QUEUE,
    )
    if bench.intervention is not None:
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
    if ruling.outcome == Outcome.VIOLATION and item.seller_ref:
        note_violation(seller_ref=item.seller_ref, at=at)
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
            actor=bench.actor,
        )
    )
    return decision


def _locked_item(item_id: UUID | None) -> Item:
    item = Item.objects.select_for_update(no_key=True).filter(pk=item_id).first() if item_id else None
    if item is None:
        raise NoSuchItem(_("there is no such item"))
    return item


def _place_of(case: Case, actor: Actor) -> Place:
    return Place(vendor=case.vendor or actor.vendor, queue=case.queue.code, market=case.market, language=case.language)


def _waiting_case(item: Item, case_id: UUID | None) -> Case | None:
    """The item's active case, which must be waiting; with ``case_id`` it must be that one."""
    active = Case.objects.select_related("queue").filter(item=item, state__in=ACTIVE_STATES).first()
    if case_id is not None and (active is None or active.pk != case_id):
        raise CaseTaken(_("this case is closed"))
    if active is not None and active.state != CaseState.OPEN:
        raise CaseTaken(_("somebody is working on this case"))
    return active


def _judged(item: Item, ruling: Ruling) -> Snapshot:
    snapshot = Snapshot.objects.filter(pk=ruling.snapshot_id, item=item).first()
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
    rows = Decision.objects.select_for_update(of=("self",), no_key=True).filter(superseded_by__isnull=True)
    rows = rows.filter(case=case) if case else rows.filter(case__isnull=True, item=item, snapshot=snapshot)
    return rows.order_by("-decided_at", "-id").first()


def _supersede(actor: Actor, former: Decision, at: datetime) -> None:
    """End a decision in favour of the next: what never left is cancelled, what is in force is reversed."""
    group = str(former.pk)
    try:
        cancel_group(group_ref=group, at=at)
        verb, told = "cancel", False
    except TooLate:
        verb, told = "reverse", True
    _move(former, "supersede")
    rows = list(
        Enforcement.objects.select_for_update(no_key=True)
        .filter(decision=former, state__in=ENFORCEMENT_FLOW.sources(verb))
        .order_by("id")
    )
    target: EnforcementState = ENFORCEMENT_FLOW.target(verb)
    Enforcement.objects.filter(pk__in=[row.pk for row in rows]).update(state=target, reversed_at=at if told else None)
    if told:
        enqueue_many(outgoing=[_reversal(row, former, at) for row in rows], at=at)
    entries = [Entry(f"enforcement.{verb}", "enforcement", str(row.pk), {"decision": group}) for row in rows]
    record_many(actor=actor, at=at, entries=[Entry("decision.supersede", "decision", group), *entries])
    if former.outcome == Outcome.VIOLATION and former.item.seller_ref:
        note_violation(seller_ref=former.item.seller_ref, at=former.decided_at, count=-1)


def _reversal(row: Enforcement, former: Decision, at: datetime) -> Outgoing:
    body = {
        "decision": str(former.pk),
        "enforcement": str(row.pk),
        "family": row.family,
        "measure": row.measure,
        "target": {"kind": row.target_kind, "id": row.target_external_id},
        "reversed_at": at.isoformat(),
    }
    return Outgoing("enforcement.reversed", str(former.item_id), body, not_before=at)


def _move(decision: Decision, verb: str, withdrawn_at: datetime | None = None) -> None:
    """Compare-and-swap along the flow; somebody who was faster raises ``WrongState`` like any other wrong state."""
    target = DECISION_FLOW.target(verb)
    moved = Decision.objects.filter(pk=decision.pk, state__in=DECISION_FLOW.sources(verb)).update(
        state=target, withdrawn_at=withdrawn_at
    )
    if not moved:
        decision.refresh_from_db(fields=["state"])
        DECISION_FLOW.step(verb, DecisionState(decision.state))
    decision.state, decision.withdrawn_at = target, withdrawn_at


def _require_withdrawal(actor: Actor, decision: Decision) -> None:
    place = Place(vendor=decision.vendor, queue=decision.queue, market=decision.market, language=decision.language)
    own = actor.kind is ActorKind.PERSON and str(decision.decider_id) == actor.ref
    if own and actor.may(Permission.CASE_DECIDE, place):
        return
    if not actor.may(Permission.DECISION_WITHDRAW_ANY, place):
        raise NotPermitted(_("only the person who decided, or who may withdraw any decision, can take this one back"))
