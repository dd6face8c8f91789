"""Which statements are for the database: queued in the transaction that issues the decision, or later by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from piepowder.access.options import chosen
from piepowder.access.visibility import require_whole
from piepowder.decisions.events import DecisionIssued, DecisionOverturned, DecisionWithdrawn
from piepowder.decisions.models import Decision, Enforcement, Statement
from piepowder.decisions.states import DecisionState, EnforcementState
from piepowder.interop.models import Submission
from piepowder.interop.options import SUBMITS
from piepowder.interop.states import SUBMISSION_FLOW, THERE, Reversal, SubmissionState, Why
from piepowder.kernel.actor import SYSTEM, Actor
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import Entry, record, record_many

_AT_ONCE = 500
_MARGIN = timedelta(minutes=1)
"""After a decision is final, so that one which was being taken back in the last moment is seen as withdrawn."""


def on_decision_issued(event: DecisionIssued) -> None:
    """Queue the decision's statement; it may leave once the decision is final. Nothing happens while this is off.

    A decision that takes the place of another leaves a note at what was submitted for the former.
    """
    if not chosen(SUBMITS):
        return
    if event.supersedes_id is not None:
        _note_reversal(event.supersedes_id, Reversal.REPLACED, event.at)
    statement = Statement.objects.filter(decision_id=event.decision_id).select_related("decision").first()
    if statement is not None:
        _queue([statement], actor=SYSTEM, at=event.at)


def on_decision_withdrawn(event: DecisionWithdrawn) -> None:
    """What was taken back before it was final is never sent."""
    found = Submission.objects.filter(
        statement__decision_id=event.decision_id, state__in=SUBMISSION_FLOW.sources("withdraw")
    )
    for submission in found:
        _withdraw(submission, event.at)


def on_decision_overturned(event: DecisionOverturned) -> None:
    """The database takes nothing back: a note beside what was submitted says that it holds no more."""
    reversal = Reversal.REPLACED if event.replacement_id else Reversal.OVERTURNED
    _note_reversal(event.decision_id, reversal, event.at)


def queue_past(*, actor: Actor, since: datetime, at: datetime) -> int:
    """Queue statements of final decisions from ``since`` on that were never queued; how many.

    For the day on which submitting begins, and for decisions that came in while it was off. Needs ``submission:edit``
    everywhere; doing it twice queues nothing twice.
    """
    require_whole(actor, Permission.SUBMISSION_EDIT)
    none_yet = ~Exists(Submission.objects.filter(statement=OuterRef("pk")))
    wanted = (
        Statement.objects.filter(none_yet, issued_at__gte=since, decision__final_at__lte=at)
        .exclude(decision__state=DecisionState.WITHDRAWN)
        .select_related("decision")
        .order_by("issued_at", "id")
    )
    total = 0
    while lot := list(wanted[:_AT_ONCE]):
        with transaction.atomic():
            _queue(lot, actor=actor, at=at)
        total += len(lot)
    if total:
        with transaction.atomic():
            record(
                actor=actor,
                at=at,
                verb="submission.queue_past",
                subject_kind="submission_line",
                subject_id="dsa",
                since=since.isoformat(),
                queued=total,
            )
    return total


def _queue(statements: list[Statement], *, actor: Actor, at: datetime) -> None:
    rows = [_row(statement, at) for statement in statements]
    Submission.objects.bulk_create(rows, ignore_conflicts=True)
    record_many(
        actor=actor,
        at=at,
        entries=[
            Entry(
                "submission.queue" if row.state == SubmissionState.QUEUED else "submission.leave_out",
                "submission",
                str(row.pk),
                {"statement": str(row.statement_id), **({"why": row.why} if row.why else {})},
            )
            for row in rows
        ],
    )


def _row(statement: Statement, at: datetime) -> Submission:
    decision, fields = statement.decision, statement.structured
    why = statement.exclusion or ("" if fields.get("territorial_scope") else Why.NO_EEA)
    return Submission(
        statement=statement,
        puid=statement.puid,
        state=SubmissionState.NOT_NEEDED if why else SubmissionState.QUEUED,
        why=why,
        decided_at=decision.decided_at,
        stream=stream_of(decision),
        source_type=fields.get("source_type", ""),
        category=fields.get("category", ""),
        automated_detection=fields.get("automated_detection", ""),
        automated_decision=fields.get("automated_decision", ""),
        next_at=None if why else max(decision.final_at + _MARGIN, at),
        created_at=at,
    )


def stream_of(decision: Decision) -> str:
    """Who makes statements like this one: the machine, or the people of a vendor."""
    return f"machine:{decision.machine}" if decision.machine else f"people:{decision.vendor}"


def never_in_force(statement: Statement) -> bool:
    """Whether every restriction of it was cancelled before it took effect, so that nobody was ever restricted."""
    states = Enforcement.objects.filter(statement=statement).values_list("state", flat=True)
    return bool(states) and all(state == EnforcementState.CANCELLED for state in states)


def _withdraw(submission: Submission, at: datetime) -> None:
    changed = Submission.objects.filter(pk=submission.pk, state__in=SUBMISSION_FLOW.sources("withdraw")).update(
        state=SUBMISSION_FLOW.target("withdraw"), next_at=None
    )
    if changed:
        record(actor=SYSTEM, at=at, verb="submission.withdraw", subject_kind="submission", subject_id=submission.pk)


def _note_reversal(decision_id: UUID, reversal: Reversal, at: datetime) -> None:
    found = Submission.objects.filter(statement__decision_id=decision_id, reversal="").exclude(
        state__in=[SubmissionState.NOT_NEEDED, SubmissionState.WITHDRAWN]
    )
    for submission in found:
        Submission.objects.filter(pk=submission.pk).update(reversal=reversal, reversed_at=at)
        record(
            actor=SYSTEM,
            at=at,
            verb="submission.note_reversal",
            subject_kind="submission",
            subject_id=submission.pk,
            reversal=reversal.value,
            submitted=submission.state in THERE,
        )
