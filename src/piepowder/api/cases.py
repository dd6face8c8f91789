"""Cases: where an item stands in review, step by step."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from piepowder.access.visibility import require
from piepowder.api.auth import READING, WRITING, caller
from piepowder.api.bodies import NotJson, TooLarge, json_body
from piepowder.api.contract import answer_shape, contract
from piepowder.api.paging import BadCursor, Moment, Page, Word, cursor_in
from piepowder.api.repeats import IDEMPOTENCY_KEY, REPEAT_REFUSALS, answered_once
from piepowder.http.tables import csv_response
from piepowder.kernel.errors import FieldProblem, Malformed
from piepowder.kernel.permissions import Permission
from piepowder.review.export import export_cases
from piepowder.review.leases import NoSuchCase
from piepowder.review.models import CaseClock
from piepowder.review.operations import AlreadyAnswered, BadAnswer, NoSuchQuestion, answer
from piepowder.review.queries import CaseFilters, one_case, search_cases, timeline
from piepowder.review.questions import LONGEST

router = Router(tags=["cases"])


class CaseShape(Schema):
    """A case. `person` holds it, put it on hold or decided it; `severity` 0 is the gravest."""

    case_id: UUID
    item_id: UUID
    kind: str
    external_id: str
    title: str
    seller_ref: str
    item_state: str
    market: str
    language: str
    policy_code: str
    severity: int
    state: str
    queue_code: str
    queue_name: str
    vendor: str
    person_id: int | None
    person: str
    reports: int
    trust: int
    opened_at: datetime
    due_at: datetime | None
    at_risk_at: datetime | None
    first_claimed_at: datetime | None
    claimed_at: datetime | None
    first_viewed_at: datetime | None
    hold_until: datetime | None
    decided_at: datetime | None


class CasePageShape(Schema):
    rows: list[CaseShape]
    next: str = Field(description="cursor of the next page; empty at the end")


class StepShape(Schema):
    """One step; what another vendor's people did is told without who and why."""

    kind: str
    words: str
    at: datetime
    who: str
    vendor: str
    reason: str


class ClockShape(Schema):
    """One cycle of one clock; recomputable from the events. No `due_at` while it is paused in time."""

    metric: str
    cycle: int
    state: str
    started_at: datetime
    target_s: int
    calendar: str
    due_at: datetime | None
    remaining_s: float | None
    breached_at: datetime | None
    ended_at: datetime | None


class CaseDetailShape(Schema):
    case: CaseShape
    events: list[StepShape]
    clocks: list[ClockShape]


class CaseNarrowing(Schema):
    """An empty field does not narrow."""

    item: Word = Field("", description="the marketplace's id of the item")
    seller: Word = ""
    policy: Word = Field("", description="a policy's code, or a family's")
    person_id: int | None = Field(None, ge=1, le=2**63 - 1)
    state: Literal["", "active", "open", "claimed", "held", "proposed", "decided", "closed"] = ""
    queue: Word = ""
    market: Word = ""
    language: Word = ""
    kind: Word = ""
    severity: int | None = Field(None, ge=0, le=3)
    vendor: Word = ""
    since: Moment | None = Field(None, description="opened then or later")
    until: Moment | None = Field(None, description="opened before then")
    late_at: Moment | None = Field(None, description="due by then and still open")
    at_risk_at: Moment | None = Field(None, description="at risk by then, not late and still open")
    site: Word = Field("", description="site of the person who has it or decided it")
    text: Word = Field("", description="searched for in titles")


class CasesAsked(CaseNarrowing, Page):
    pass


@router.get(
    "/cases",
    auth=READING,
    response=CasePageShape,
    url_name="cases",
    summary="Cases, newest first",
    **contract("list_cases", permission=Permission.CASE_VIEW, refuses=(Malformed, BadCursor)),
)
def list_cases(request: HttpRequest, narrowed: Query[CasesAsked]) -> Any:
    """A page of the cases the caller may see: what nobody has yet, and what their vendor has or had."""
    actor = caller(request)
    require(actor, Permission.CASE_VIEW)
    return search_cases(actor, _filters(narrowed), cursor=cursor_in(narrowed), limit=narrowed.limit)


@router.get(
    "/cases.csv",
    auth=READING,
    response={200: None},
    url_name="cases_csv",
    summary="All cases as CSV",
    **contract(
        "export_cases",
        permission=Permission.BOARD_EXPORT,
        refuses=(Malformed,),
        repeating="Reading changes nothing but the ledger, which records each export.",
        more={"responses": {200: answer_shape("Newest first, each once", {"type": "string"}, "text/csv")}},
    ),
)
def export(request: HttpRequest, narrowed: Query[CaseNarrowing]) -> StreamingHttpResponse:
    """Every case the caller may export, streamed."""
    table = export_cases(actor=caller(request), filters=_filters(narrowed), at=timezone.now())
    return csv_response(table)


@router.get(
    "/cases/{uuid:case_id}",
    auth=READING,
    response=CaseDetailShape,
    url_name="case",
    summary="One case with its steps and clocks",
    **contract("read_case", permission=Permission.CASE_VIEW, refuses=(NoSuchCase,)),
)
def read_case(request: HttpRequest, case_id: UUID) -> Any:
    """Every step with its time: opened, offered, claimed, first viewed, decided, and whatever came between."""
    actor = caller(request)
    require(actor, Permission.CASE_VIEW)
    return {
        "case": one_case(actor, case_id),
        "events": timeline(actor, case_id),
        "clocks": list(CaseClock.objects.filter(case_id=case_id).order_by("metric", "cycle")),
    }


_ANSWER_GIVEN: dict[str, Any] = {
    "type": "object",
    "required": ["text"],
    "additionalProperties": False,
    "properties": {
        "text": {"type": "string", "minLength": 1, "maxLength": LONGEST, "description": "in the answerer's own words"},
        "question_id": {
            "type": "string",
            "format": "uuid",
            "description": "as `case.question` told it; without it the case's oldest open one is meant",
        },
    },
}
_ANSWERED: dict[str, Any] = {
    "type": "object",
    "required": ["question_id", "case_id", "answered_at"],
    "properties": {
        "question_id": {"type": "string", "format": "uuid"},
        "case_id": {"type": "string", "format": "uuid"},
        "answered_at": {"type": "string", "format": "date-time"},
    },
}


@router.post(
    "/cases/{uuid:case_id}/answer",
    auth=WRITING,
    response={200: None},
    url_name="answer_question",
    summary="Answer what a held case waits for",
    **contract(
        "answer_question",
        permission=Permission.QUESTION_ANSWER,
        repeating=(
            "A question is answered once: another answer is refused (`already_answered`)."
            " With an `Idempotency-Key` the same request is answered as the first time."
        ),
        refuses=(NotJson, Malformed, TooLarge, BadAnswer, NoSuchQuestion, AlreadyAnswered, *REPEAT_REFUSALS),
        more={
            "parameters": [IDEMPOTENCY_KEY],
            "requestBody": {"required": True, "content": {"application/json": {"schema": _ANSWER_GIVEN}}},
            "responses": {200: answer_shape("Answered", _ANSWERED)},
        },
    ),
)
def answer_question(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The answer to a question that left as `case.question`, or that a lead, legal or the policy team was asked.

    It ends the case's hold, and whoever asked gets the case back first.
    """
    sent, raw = json_body(request)
    text, question_id = _answer_in(sent)
    actor = caller(request)

    def store() -> tuple[int, dict[str, Any]]:
        row = answer(actor=actor, at=timezone.now(), text=text, case_id=case_id, question_id=question_id)
        assert row.answered_at is not None
        told = {"question_id": str(row.pk), "case_id": str(row.case_id), "answered_at": row.answered_at.isoformat()}
        return 200, told

    return answered_once(request, actor, raw, store)


def _answer_in(sent: Any) -> tuple[str, UUID | None]:
    found = []
    given = sent if isinstance(sent, dict) else {}
    if not isinstance(given.get("text"), str):
        found.append(FieldProblem("/text", "bad_text", "a text is required"))
    if unknown := sorted(set(given) - {"text", "question_id"}):
        found += [FieldProblem(f"/{name}", "unknown_field", "there is no such field") for name in unknown]
    question_id = None
    if given.get("question_id") is not None:
        try:
            question_id = UUID(str(given["question_id"]))
        except ValueError:
            found.append(FieldProblem("/question_id", "bad_id", "an id is a UUID"))
    if found:
        raise Malformed("the answer cannot be read", problems=found)
    return given["text"], question_id


def _filters(narrowed: CaseNarrowing) -> CaseFilters:
    return CaseFilters(**{name: getattr(narrowed, name) for name in CaseNarrowing.model_fields})
