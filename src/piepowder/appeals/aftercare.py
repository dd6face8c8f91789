"""What is left to do when a decision did not stand: things that only a person can make good, and the audit of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.access.visibility import require
from piepowder.appeals.desk import require_person
from piepowder.appeals.models import Appeal, AuditRequest, OutOfCourtCase, Restitution
from piepowder.appeals.states import TASK_FLOW, AuditState, TaskState
from piepowder.correspondence.queries import letters_about
from piepowder.decisions.models import Decision
from piepowder.decisions.operations import Overturned
from piepowder.decisions.overturning import place_of_decision
from piepowder.decisions.restitution import Task
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import Malformed, NotFound
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record

_LONGEST_NOTE = 500


class NoSuchTask(NotFound):
    code = "no_such_task"


class BadNote(Malformed):
    code = "bad_note"


def keep_tasks(
    done: Overturned, *, at: datetime, appeal: Appeal | None = None, case: OutOfCourtCase | None = None
) -> None:
    """Keep what is left to do after a decision was overturned, with the letters about it that were sent."""
    tasks = [*done.tasks, *_letters_sent(done.decision, at)]
    Restitution.objects.bulk_create(
        Restitution(
            decision=done.decision,
            appeal=appeal,
            case=case,
            kind=task.kind,
            about=task.about,
            text_code=task.text_code,
            values=dict(task.values),
            created_at=at,
        )
        for task in tasks
    )


def ask_for_audit(appeal: Appeal, at: datetime) -> None:
    """Have the decision that did not stand looked at by those who audit."""
    AuditRequest.objects.create(appeal=appeal, decision_id=appeal.decision_id, asked_at=at)


@transaction.atomic
def finish_task(*, actor: Actor, task_id: UUID, note: str, at: datetime) -> Restitution:
    """Say that something was made good by hand, and how."""
    task = Restitution.objects.select_related("decision").select_for_update(of=("self",)).filter(pk=task_id).first()
    if task is None or not actor.may(Permission.APPEAL_VIEW, place_of_decision(task.decision)):
        raise NoSuchTask(_("there is no such task"))
    require(actor, Permission.APPEAL_HEAR, place_of_decision(task.decision))
    if not 3 <= len(note.strip()) <= _LONGEST_NOTE or "\x00" in note:
        raise BadNote(_("say in 3 to %(most)d characters what was done") % {"most": _LONGEST_NOTE})
    task.state = TASK_FLOW.step("finish", TaskState(task.state))
    task.note, task.done_at, task.done_by_id = note.strip(), at, require_person(actor)
    task.save(update_fields=["state", "note", "done_at", "done_by"])
    record(
        actor=actor,
        at=at,
        verb="restitution.finish",
        subject_kind="restitution",
        subject_id=task.pk,
        vendor=task.decision.vendor,
        decision=str(task.decision_id),
        kind=task.kind,
    )
    return task


@transaction.atomic
def finish_audit(*, actor: Actor, appeal_id: UUID, at: datetime) -> AuditRequest:
    """Say that the decision behind an appeal was looked at."""
    rows = AuditRequest.objects.select_related("decision").select_for_update(of=("self",))
    request = rows.filter(appeal_id=appeal_id, state=AuditState.OPEN).first()
    if request is None or not actor.may(Permission.APPEAL_VIEW, place_of_decision(request.decision)):
        raise NoSuchTask(_("there is no such task"))
    require(actor, Permission.APPEAL_ASSIGN, place_of_decision(request.decision))
    request.state, request.done_at = AuditState.DONE, at
    request.save(update_fields=["state", "done_at"])
    record(
        actor=actor,
        at=at,
        verb="audit_request.finish",
        subject_kind="decision",
        subject_id=request.decision_id,
        vendor=request.decision.vendor,
        appeal=str(appeal_id),
    )
    return request


def _letters_sent(decision: Decision, at: datetime) -> Iterator[Task]:
    for letter in letters_about("decision", str(decision.pk)).filter(created_at__lt=at).order_by("created_at", "id"):
        values = {"event": letter.event, "recipient_kind": letter.recipient_kind}
        yield Task("message", f"letter:{letter.pk}", "letter_was_sent", values)
