"""The bench for programs: a person takes a case, judges it and goes on, from a console of the marketplace's own."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, NotRequired
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router
from pydantic import Field, TypeAdapter, with_config
from pydantic_core import ValidationError
from typing_extensions import TypedDict

from piepowder.access.preferences import preferences_of
from piepowder.access.visibility import require
from piepowder.api.auth import AT_WORK, caller
from piepowder.api.bodies import NotJson, TooLarge, json_body
from piepowder.api.contract import answer_shape, contract
from piepowder.api.decisions import RulingWords, ruling_of
from piepowder.api.repeats import IDEMPOTENCY_KEY, REPEAT_REFUSALS, answered, answered_once
from piepowder.decisions.operations import (
    BadRuling,
    Judged,
    LeaseLost,
    NewerSnapshot,
    NoSuchDecision,
    NoTemplate,
    StatementIncomplete,
    TooLate,
    judge,
    withdraw,
)
from piepowder.decisions.panels import OpinionGiven
from piepowder.intake.queries import item_shown, reports_about
from piepowder.intake.schemas.fields import CLOSED, Label
from piepowder.intake.schemas.wording import field_problems
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import Malformed
from piepowder.kernel.permissions import Permission
from piepowder.review.operations import (
    ExposureSpent,
    HandsFull,
    NotAvailable,
    claim_next,
    heartbeat,
    release,
    set_availability,
)
from piepowder.review.queries import ConsoleCase, console_case
from piepowder.review.states import Availability

router = Router(tags=["bench"])


@with_config(CLOSED)
class JudgementField(RulingWords):
    """What a person rules about the case they hold; with ``next`` the answer brings the case after it."""

    second: NotRequired[bool]
    next: NotRequired[bool]


@with_config(CLOSED)
class TakeField(TypedDict):
    queues: NotRequired[Annotated[list[Label], Field(max_length=100)]]


JUDGEMENTS: TypeAdapter[Any] = TypeAdapter(JudgementField)
TAKES: TypeAdapter[Any] = TypeAdapter(TakeField)

_CASE: dict[str, Any] = {
    "type": "object",
    "required": ["lease_id", "expires_at", "case", "item", "reports"],
    "properties": {
        "lease_id": {"type": "string", "format": "uuid", "description": "the token of every further step"},
        "expires_at": {"type": "string", "format": "date-time", "description": "beat before then to keep it"},
        "case": {"type": "object", "description": "queue, severity, due time, policy suspected by routing"},
        "item": {"type": "object", "description": "the newest snapshot: content, media, detections"},
        "reports": {"type": "array", "items": {"type": "object"}},
    },
}
_TAKEN: dict[str, Any] = {
    "type": "object",
    "required": ["next"],
    "properties": {"next": {"anyOf": [_CASE, {"type": "null"}]}},
}
_JUDGED: dict[str, Any] = {
    "type": "object",
    "required": ["decision", "opinion", "proposal", "split", "next"],
    "properties": {
        "decision": {
            "type": ["object", "null"],
            "properties": {
                "id": {"type": "string", "format": "uuid"},
                "state": {"type": "string"},
                "final_at": {"type": "string", "format": "date-time", "description": "until then it can be taken back"},
            },
        },
        "opinion": {"type": ["string", "null"], "description": "where several judge independently"},
        "proposal": {"type": ["string", "null"], "description": "where a second person has to approve"},
        "split": {"type": "boolean", "description": "the opinions differ; somebody adjudicates"},
        "next": {"type": ["object", "null"], "description": "the next case, if it was asked for and there is one"},
    },
}
_TAKING = (NotAvailable, HandsFull, ExposureSpent)


@router.post(
    "/bench/next",
    auth=AT_WORK,
    response={200: None},
    url_name="bench_next",
    summary="Take the next case",
    **contract(
        "take_next_case",
        permission=Permission.CASE_CLAIM,
        repeating="Each call is a case of its own, up to as many as the person may have in hand.",
        refuses=(NotJson, Malformed, TooLarge, *_TAKING),
        more={"responses": {200: answer_shape("In hand, or null when nothing waits", _TAKEN)}},
    ),
)
def take_next(request: HttpRequest) -> HttpResponse:
    """The best case that waits for whoever is logged in, with what is needed to judge it. They are set available."""
    given = _read(request, TAKES)[0]
    actor, now = caller(request), timezone.now()
    require(actor, Permission.CASE_CLAIM)
    set_availability(actor=actor, state=Availability.AVAILABLE, at=now)
    return answered(200, {"next": _next(request, actor, tuple(given.get("queues", ())), now)})


@router.get(
    "/bench/{uuid:lease_id}",
    auth=AT_WORK,
    response={200: None},
    url_name="bench_case",
    summary="The case in hand",
    **contract(
        "read_case_in_hand",
        permission=Permission.CASE_CLAIM,
        refuses=(LeaseLost,),
        more={"responses": {200: answer_shape("In hand", _CASE)}},
    ),
)
def read_in_hand(request: HttpRequest, lease_id: UUID) -> HttpResponse:
    """What lies before the person, as it is now."""
    return answered(200, _shown(caller(request), lease_id, timezone.now()))


@router.post(
    "/bench/{uuid:lease_id}/beat",
    auth=AT_WORK,
    response={200: None},
    url_name="bench_beat",
    summary="Keep the case in hand",
    **contract(
        "keep_case_in_hand",
        permission=Permission.CASE_CLAIM,
        repeating="Each call moves the end of the lease.",
        refuses=(LeaseLost,),
        more={"responses": {200: answer_shape("Kept", {"type": "object"})}},
    ),
)
def beat(request: HttpRequest, lease_id: UUID) -> HttpResponse:
    """Tell that somebody is still working on it."""
    expires_at = heartbeat(actor=caller(request), lease_id=lease_id, at=timezone.now())
    return answered(200, {"expires_at": expires_at.isoformat()})


@router.post(
    "/bench/{uuid:lease_id}/release",
    auth=AT_WORK,
    response={200: None},
    url_name="bench_release",
    summary="Give the case back",
    **contract(
        "give_case_back",
        permission=Permission.CASE_CLAIM,
        repeating="The second time there is no lease any more (`lease_lost`).",
        refuses=(LeaseLost,),
        more={"responses": {200: answer_shape("Given back", {"type": "object"})}},
    ),
)
def give_back(request: HttpRequest, lease_id: UUID) -> HttpResponse:
    """Somebody else may have it."""
    release(actor=caller(request), lease_id=lease_id, at=timezone.now(), reason="")
    return answered(200, {"released": str(lease_id)})


@router.post(
    "/bench/{uuid:lease_id}/judge",
    auth=AT_WORK,
    response={201: None},
    url_name="bench_judge",
    summary="Judge the case in hand",
    **contract(
        "judge_case_in_hand",
        permission=Permission.CASE_DECIDE,
        repeating="Send an `Idempotency-Key` to get the same answer again; without one the lease has ended (`lease_lost`).",
        refuses=(
            *(NotJson, Malformed, TooLarge, LeaseLost, BadRuling, NewerSnapshot, OpinionGiven),
            *(NoTemplate, StatementIncomplete, *REPEAT_REFUSALS),
        ),
        more={
            "parameters": [IDEMPOTENCY_KEY],
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Judgement"}}},
            },
            "responses": {201: answer_shape("Judged", _JUDGED)},
        },
    ),
)
def judge_in_hand(request: HttpRequest, lease_id: UUID) -> HttpResponse:
    """Judge it as in the console: the same rules decide whether it stands, is an opinion, or waits for approval.

    With `next` the answer brings the next case, so that one round trip is one case; null when none waits or the person may
    not take another now, which taking the next case says.
    """
    given, raw = _read(request, JUDGEMENTS)
    actor = caller(request)

    def work() -> tuple[int, dict[str, Any]]:
        judged = judge(
            actor=actor,
            lease_id=lease_id,
            ruling=ruling_of(given),
            at=timezone.now(),
            second=given.get("second", False),
        )
        return 201, _told(judged)

    response = answered_once(request, actor, raw, work)
    if not given.get("next"):
        return response
    # Taken after what was judged is stored: a fault here must not undo that, nor a refusal look as if it had not been.
    try:
        following = _next(request, actor, (), timezone.now())
    except _TAKING:
        following = None
    return answered(201, {**orjson.loads(response.content), "next": following})


@router.post(
    "/bench/decisions/{uuid:decision_id}/withdraw",
    auth=AT_WORK,
    response={200: None},
    url_name="bench_withdraw",
    summary="Take one's decision back",
    **contract(
        "take_decision_back",
        permission=Permission.CASE_DECIDE,
        repeating="The second time there is nothing left to take back.",
        refuses=(NoSuchDecision, TooLate),
        more={"responses": {200: answer_shape("In hand again", {"type": "object"})}},
    ),
)
def take_back(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """Within the time to undo: nothing has left, and the case is in hand again when its lease could be given back."""
    decision = withdraw(actor=caller(request), decision_id=decision_id, at=timezone.now())
    return answered(200, {"id": str(decision.pk), "state": decision.state})


def _read(request: HttpRequest, shape: TypeAdapter[Any]) -> tuple[Any, bytes]:
    sent, raw = json_body(request)
    try:
        return shape.validate_python(sent), raw
    except ValidationError as error:
        problems = field_problems(error, shape, "", tagged=False)
        raise Malformed("this cannot be read", problems=problems) from None


def _next(request: HttpRequest, actor: Actor, queues: tuple[str, ...], now: datetime) -> dict[str, Any] | None:
    starred = preferences_of(request.user).starred  # type: ignore[arg-type]
    claim = claim_next(actor=actor, at=now, queues=queues, starred=starred, seen=True)
    return _shown(actor, claim.lease_id, now) if claim else None


def _shown(actor: Actor, lease_id: UUID, now: datetime) -> dict[str, Any]:
    case = console_case(actor, lease_id, now=now)
    item = item_shown(actor, case.item_id)
    return {
        "lease_id": lease_id,
        "expires_at": case.expires_at,
        "case": _case_told(case),
        "item": item,
        "reports": [asdict(one) for one in reports_about(actor, case.item_id)] if case.reports else [],
    }


def _case_told(case: ConsoleCase) -> dict[str, Any]:
    return {
        "id": case.case_id,
        "queue": case.queue_code,
        "severity": case.severity,
        "policy_code": case.policy_code,
        "opened_at": case.opened_at,
        "due_at": case.due_at,
        "draft": case.draft,
    }


def _told(judged: Judged) -> dict[str, Any]:
    decision = judged.decision
    return {
        "decision": decision
        and {"id": str(decision.pk), "state": decision.state, "final_at": decision.final_at.isoformat()},
        "opinion": str(judged.opinion.pk) if judged.opinion else None,
        "proposal": str(judged.proposal.pk) if judged.proposal else None,
        "split": judged.split,
        "next": None,
    }
