"""Asking after statements of which nobody knows whether they arrived."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from piepowder.interop import line
from piepowder.interop.backing_off import next_try
from piepowder.interop.client import Answer, Client
from piepowder.interop.models import Submission
from piepowder.interop.payloads import payload_of
from piepowder.interop.sending import evidence, the_client
from piepowder.interop.states import SUBMISSION_FLOW, How, SubmissionState
from piepowder.kernel.actor import SYSTEM
from piepowder.ledger.operations import record

AT_ONCE = 50


def doubt_abandoned(*, now: datetime) -> int:
    """Statements whose taker never came back: whether they arrived is unknown from here on."""
    with transaction.atomic():
        lost = list(
            Submission.objects.filter(state=SubmissionState.TAKEN, taken_until__lte=now)
            .select_for_update(skip_locked=True)
            .values_list("pk", flat=True)[:1_000]
        )
        Submission.objects.filter(pk__in=lost, state=SubmissionState.TAKEN).update(
            state=SUBMISSION_FLOW.target("doubt"),
            doubted=True,
            taken_until=None,
            next_at=now,
            problem="whoever sent it did not come back",
        )
    return len(lost)


def check(
    *,
    now: datetime,
    connect: Callable[[line.Standing], Client] = the_client,
    jitter: Callable[[], float] = lambda: random.random(),
) -> int:
    """Ask the database about each; found ones are there, others go back into the queue. How many were settled."""
    where = line.standing()
    if not where.usable or where.rests(now):
        return 0
    due = Submission.objects.filter(state=SubmissionState.UNSURE, next_at__lte=now).order_by("next_at", "id")
    rows = list(due.select_related("statement")[:AT_ONCE])
    if not rows:
        return 0
    settled = 0
    with connect(where) as client:
        for row in rows:
            answer = client.existing(row.puid)
            if not _settle(row, answer, token=where.token, now=now, jitter=jitter):
                break
            settled += 1
    return settled


@transaction.atomic
def _settle(row: Submission, answer: Answer, *, token: str, now: datetime, jitter: Callable[[], float]) -> bool:
    """What the answer says about one; false when it says nothing and the line is better left alone."""
    mine = Submission.objects.filter(pk=row.pk, state=SubmissionState.UNSURE)
    if answer.status == 302 and _about(answer, row.puid):
        line.works()
        mine.update(
            state=SUBMISSION_FLOW.target("confirm"),
            how=How.FOUND,
            sent_at=now,
            next_at=None,
            status=302,
            problem="",
            **evidence(payload_of(row.statement), row.decided_at, now),
        )
        record(actor=SYSTEM, at=now, verb="submission.find", subject_kind="submission", subject_id=row.pk)
        return True
    if answer.status == 404 and isinstance(answer.body, dict) and "message" in answer.body:
        line.works()
        mine.update(state=SUBMISSION_FLOW.target("return"), next_at=now, status=404, problem="")
        return True
    if answer.status in {401, 403}:
        line.halt(token=token, problem=f"answered {answer.status}: the token is refused", at=now)
        return False
    problem = answer.problem or f"answered {answer.status}"
    line.rest(until=next_try(now, line.standing().failures + 1, jitter(), answer.retry_after), problem=problem)
    return False


def _about(answer: Answer, puid: str) -> bool:
    """A redirect of somebody else on the way is no answer: the database names the puid in its own."""
    return isinstance(answer.body, dict) and str(answer.body.get("puid", "")) == puid
