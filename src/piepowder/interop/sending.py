"""From the queue to the database and back: take, send outside any transaction, settle.

Every step commits before the next begins. Who dies between taking and settling leaves rows whose outcome nobody knows;
they are asked after (``checking.py``) before they are sent again, so nothing is lost and nothing is submitted twice.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from piepowder.access.options import chosen
from piepowder.decisions.states import DecisionState
from piepowder.decisions.transparency import MOST_TOGETHER, SCHEMA_VERSION, FieldError, validate_batch
from piepowder.interop import line
from piepowder.interop.answers import Fate, Reading, Turn, read
from piepowder.interop.backing_off import next_try
from piepowder.interop.client import Answer, Client
from piepowder.interop.lint import Finding
from piepowder.interop.models import Submission
from piepowder.interop.options import SECOND_PERSON
from piepowder.interop.payloads import hash_of, payload_of, personal_data_in
from piepowder.interop.queueing import never_in_force
from piepowder.interop.states import SUBMISSION_FLOW, How, SubmissionState, Why
from piepowder.kernel.actor import SYSTEM
from piepowder.ledger.operations import Entry, record_many

LEASE = timedelta(minutes=10)
"""Longer than an attempt can last, so that what is taken longer belongs to somebody who died."""

ALONE_AFTER = 3
"""Attempts after which a statement goes alone, so that one on which the database breaks does not keep the others."""

log = logging.getLogger("piepowder.interop")


@dataclass(frozen=True, slots=True)
class Taken:
    """One statement in hand."""

    id: UUID
    puid: str
    payload: dict[str, Any]
    decided_at: datetime
    attempts: int


def the_client(where: line.Standing) -> Client:
    """A client for the line as it stands."""
    return Client(where.address, where.token, allow_private=settings.ALLOW_PRIVATE_ADDRESSES)


def submit(
    *,
    now: datetime,
    connect: Callable[[line.Standing], Client] = the_client,
    jitter: Callable[[], float] = lambda: random.random(),
) -> int:
    """Send what is due, one batch; how many statements were settled. Zero while the line is off, halted or resting."""
    where = line.standing()
    if not where.usable or where.rests(now):
        return 0
    taken = take(now=now)
    if not taken:
        return 0
    with connect(where) as client:
        answer = client.post_many([one.payload for one in taken])
    return settle(taken, answer, token=where.token, now=now, jitter=jitter)


@transaction.atomic
def take(*, now: datetime) -> list[Taken]:
    """Up to a hundred due statements, each judged and searched for personal data once more before it leaves."""
    due = Submission.objects.filter(state=SubmissionState.QUEUED, next_at__lte=now).order_by("next_at", "id")
    rows = list(
        due.select_related("statement__decision").select_for_update(skip_locked=True, of=("self",))[:MOST_TOGETHER]
    )
    if rows and rows[0].attempts >= ALONE_AFTER:
        rows = rows[:1]
    sound = [row for row in rows if _may_leave(row)]
    payloads = [payload_of(row.statement) for row in sound]
    errors = validate_batch({"statements": payloads}, "strict", now.date()) if sound else {}
    taken: list[Taken] = []
    for index, (row, payload) in enumerate(zip(sound, payloads, strict=True)):
        found = [error for error in errors.get(f"statement_{index}", ()) if error.severity == "error"]
        if found:
            _refuse_here(row, found, now)
        elif hits := _personal_data(row, payload):
            _block(row, hits, now)
        else:
            taken.append(Taken(row.pk, row.puid, payload, row.decided_at, row.attempts + 1))
    Submission.objects.filter(pk__in=[one.id for one in taken]).update(
        state=SUBMISSION_FLOW.target("take"), taken_until=now + LEASE, attempts=F("attempts") + 1
    )
    return taken


def _may_leave(row: Submission) -> bool:
    """Whether the decision still stands as something that was in force; else it is left out, and why is noted."""
    statement = row.statement
    if statement.decision.state == DecisionState.WITHDRAWN:
        Submission.objects.filter(pk=row.pk).update(state=SubmissionState.WITHDRAWN, next_at=None)
        return False
    if never_in_force(statement):
        Submission.objects.filter(pk=row.pk).update(
            state=SubmissionState.NOT_NEEDED, why=Why.NEVER_IN_FORCE, next_at=None
        )
        return False
    return True


def _personal_data(row: Submission, payload: dict[str, Any]) -> tuple[Finding, ...]:
    if row.overridden_at is not None or not chosen(SECOND_PERSON):
        return ()
    return personal_data_in(row.statement, payload)


def _refuse_here(row: Submission, errors: Sequence[FieldError], at: datetime) -> None:
    told = [{"field": error.field, "rule": error.rule} for error in errors]
    Submission.objects.filter(pk=row.pk).update(
        state=SUBMISSION_FLOW.target("refuse"), errors=told, next_at=None, status=None
    )
    _record("submission.refuse", {str(row.pk): {"here": True, "fields": sorted({error.field for error in errors})}}, at)


def _block(row: Submission, found: Sequence[Finding], at: datetime) -> None:
    Submission.objects.filter(pk=row.pk).update(
        state=SUBMISSION_FLOW.target("block"), found=[asdict(one) for one in found], next_at=None
    )
    _record("submission.block", {str(row.pk): {"kinds": sorted({one.kind for one in found})}}, at)


@transaction.atomic
def settle(
    taken: Sequence[Taken],
    answer: Answer,
    *,
    token: str,
    now: datetime,
    jitter: Callable[[], float] = lambda: random.random(),
) -> int:
    """Write down what came of an attempt; how many statements it settled."""
    reading = read(answer, [one.puid for one in taken])
    by_puid = {one.puid: one for one in taken}
    mine = Q(pk__in=[one.id for one in taken], state=SubmissionState.TAKEN)
    doubted = set(Submission.objects.filter(mine, doubted=True).values_list("puid", flat=True))
    again_at = _line_after(reading, answer, token=token, now=now, jitter=jitter)
    settled = 0
    for puid, fate in reading.fates.items():
        own = next_try(now, by_puid[puid].attempts, jitter()) if reading.failed else now
        changes = _changes(fate, puid in doubted, answer, reading, max(again_at, own), now)
        if fate.turn in {Turn.STORED, Turn.KNOWN}:
            changes |= evidence(by_puid[puid].payload, by_puid[puid].decided_at, now)
        settled += _write(by_puid[puid], changes, now)
    return settled if not reading.failed else 0


def evidence(payload: dict[str, Any], decided_at: datetime, now: datetime) -> dict[str, Any]:
    """What is kept of a statement that is there: what was sent, by which schema, and how long it took."""
    return {
        "payload_hash": hash_of(payload),
        "schema_version": SCHEMA_VERSION,
        "lag_s": max(0, int((now - decided_at).total_seconds())),
    }


def _line_after(
    reading: Reading, answer: Answer, *, token: str, now: datetime, jitter: Callable[[], float]
) -> datetime:
    """What the answer means for the line; the time from which those that were not settled may go again."""
    if reading.refuses_token:
        if line.halt(token=token, problem=reading.problem, at=now):
            log.error("the Transparency Database refuses the token: submitting is halted")
        return now
    if not reading.failed:
        line.works()
        return now
    until = next_try(now, line.standing().failures + 1, jitter(), answer.retry_after)
    line.rest(until=until, problem=reading.problem)
    return until


def _changes(
    fate: Fate, doubted: bool, answer: Answer, reading: Reading, again_at: datetime, now: datetime
) -> dict[str, Any]:
    told: dict[str, Any] = {"status": answer.status, "problem": reading.problem, "response": dict(fate.response)}
    if fate.turn is Turn.STORED:
        there: dict[str, Any] = {
            "uuid": fate.uuid,
            "permalink": fate.permalink,
            "made_there_at": fate.made_at,
            "errors": [],
        }
        return told | there | {"state": SubmissionState.SENT, "how": How.ANSWERED, "sent_at": now, "next_at": None}
    if fate.turn is Turn.KNOWN:
        state = SubmissionState.SENT if doubted else SubmissionState.DUPLICATE
        how = How.FOUND if doubted else How.REFUSED_AS_KNOWN
        return told | {"state": state, "how": how, "sent_at": now, "next_at": None, "errors": []}
    if fate.turn is Turn.REFUSED:
        return told | {"state": SubmissionState.REPAIR, "errors": [*map(dict, fate.errors)], "next_at": None}
    if fate.turn is Turn.DOUBT:
        return told | {"state": SubmissionState.UNSURE, "doubted": True, "next_at": again_at}
    return told | {"state": SubmissionState.QUEUED, "next_at": again_at}


_VERBS: Mapping[str, str] = {
    SubmissionState.SENT: "submission.send",
    SubmissionState.DUPLICATE: "submission.recognise",
    SubmissionState.REPAIR: "submission.refuse",
    SubmissionState.UNSURE: "submission.doubt",
}


def _write(one: Taken, changes: dict[str, Any], at: datetime) -> int:
    """Compare and swap: whoever lost the lease meanwhile changes nothing."""
    changed = Submission.objects.filter(pk=one.id, state=SubmissionState.TAKEN).update(taken_until=None, **changes)
    verb = _VERBS.get(changes["state"])
    if changed and verb:
        body = {"status": changes["status"], **({"uuid": changes["uuid"]} if changes.get("uuid") else {})}
        _record(verb, {str(one.id): body}, at)
    return changed


def _record(verb: str, bodies: Mapping[str, Mapping[str, Any]], at: datetime) -> None:
    record_many(
        actor=SYSTEM, at=at, entries=[Entry(verb, "submission", ref, dict(body)) for ref, body in bodies.items()]
    )
