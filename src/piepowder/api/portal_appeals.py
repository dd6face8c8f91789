"""Appeals from the marketplace's own pages, in a seller's name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field, StringConstraints

from piepowder.api.auth import READING, WRITING, caller
from piepowder.api.bodies import NotJson, TooLarge
from piepowder.api.contract import answer_shape, contract
from piepowder.api.portal_guests import (
    ONE,
    Language,
    Place,
    Strict,
    guest_in,
    in_words,
    one_page,
    read_with,
    reading,
    unkept,
)
from piepowder.api.repeats import IDEMPOTENCY_KEY, REPEAT_REFUSALS, answered, answered_once
from piepowder.appeals.models import Appeal
from piepowder.appeals.operations import (
    AlreadyAppealed,
    AppealEnded,
    BadAppeal,
    NotAppealable,
    NothingAsked,
    TooLateToAppeal,
)
from piepowder.kernel.errors import Malformed
from piepowder.kernel.permissions import Permission
from piepowder.portal import account_data as plain
from piepowder.portal.complaints import (
    add_to_appeal,
    answer_question,
    appeal_of,
    appeals_of,
    file_appeal,
    lines_of,
    take_back,
    tell_appeal,
)
from piepowder.portal.theirs import decision_of
from piepowder.portal.visits import Guest, NoSuchThing

router = Router(tags=["portal"])

_Text = Annotated[str, StringConstraints(min_length=1, max_length=20_000)]
_Evidence = Annotated[list[Annotated[str, StringConstraints(max_length=2_000)]], Field(max_length=50)]


class AppealAsked(Strict):
    """What is wrong with which decision; `evidence` are digests of uploads or addresses."""

    decision: UUID
    text: _Text
    evidence: _Evidence = []
    language: Language = "en"


class AdditionAsked(Strict):
    text: Annotated[str, StringConstraints(max_length=20_000)] = ""
    evidence: _Evidence = []


class AnswerAsked(Strict):
    text: _Text


@router.get(
    "/portal/{path:subject}/appeals",
    auth=READING,
    response={200: None},
    url_name="portal_appeals",
    summary="A seller's appeals",
    **reading("portal_appeals", "One page of appeals"),
)
def portal_appeals(request: HttpRequest, subject: str, asked: Query[Place]) -> HttpResponse:
    """The newest first, a hundred to a page."""
    guest = guest_in(request, subject, asked.language)
    page, more = one_page(appeals_of(guest.subject, timezone.now()).select_related("decision__item"), asked.page)
    told = [plain.appeal_line(one) for one in lines_of(page)]
    return unkept(answered(200, {"rows": told, "page": asked.page, "more": more}))


@router.get(
    "/portal/{path:subject}/appeals/{uuid:appeal_id}",
    auth=READING,
    response={200: None},
    url_name="portal_appeal",
    summary="One appeal in full",
    **reading("portal_appeal", "What was said, asked and answered"),
)
def portal_appeal(request: HttpRequest, subject: str, appeal_id: UUID, asked: Query[Place]) -> HttpResponse:
    """How an appeal goes, as its complainant sees it."""
    guest = guest_in(request, subject, asked.language)
    with in_words(asked.language):
        told = plain.appeal_told(tell_appeal(appeal_of(guest.subject, appeal_id, timezone.now())))
    return unkept(answered(200, told))


def _writing(operation_id: str, asked: type[Schema], status: int, *refuses: type[Any]) -> dict[str, Any]:
    return contract(
        operation_id,
        permission=Permission.PORTAL_LINK,
        repeating="With the same idempotency key it is done once and answered alike.",
        refuses=(NotJson, Malformed, TooLarge, NoSuchThing, *refuses, *REPEAT_REFUSALS),
        more={
            "parameters": [IDEMPOTENCY_KEY],
            "requestBody": {"required": True, "content": {"application/json": {"schema": asked.model_json_schema()}}},
            "responses": {status: answer_shape("The appeal", ONE)},
        },
    )


@router.post(
    "/portal/{path:subject}/appeals",
    auth=WRITING,
    response={201: None},
    url_name="portal_appeals",
    summary="Appeal for a seller",
    **_writing("portal_file_appeal", AppealAsked, 201, NotAppealable, TooLateToAppeal, AlreadyAppealed, BadAppeal),
)
def portal_file_appeal(request: HttpRequest, subject: str) -> HttpResponse:
    """File an appeal in the seller's name, as they would in the portal."""
    asked, raw = read_with(AppealAsked, request)
    guest, now = guest_in(request, subject, asked.language), timezone.now()

    def work() -> tuple[int, dict[str, Any]]:
        decision = decision_of(guest.subject, asked.decision, now)
        filed = file_appeal(guest=guest, decision=decision, text=asked.text, evidence=list(asked.evidence), at=now)
        return 201, plain.appeal_told(tell_appeal(filed))

    return unkept(answered_once(request, caller(request), raw, work))


@router.post(
    "/portal/{path:subject}/appeals/{uuid:appeal_id}/evidence",
    auth=WRITING,
    response={200: None},
    url_name="portal_appeal_evidence",
    summary="Add to an appeal",
    **_writing("portal_add_evidence", AdditionAsked, 200, AppealEnded, BadAppeal),
)
def portal_add_evidence(request: HttpRequest, subject: str, appeal_id: UUID) -> HttpResponse:
    """Bring words or files forward while the appeal is open."""
    asked, raw = read_with(AdditionAsked, request)

    def add(guest: Guest, found: Appeal) -> None:
        evidence = list(asked.evidence)
        add_to_appeal(guest=guest, appeal=found, text=asked.text, evidence=evidence, at=timezone.now())

    return _changed(request, subject, appeal_id, raw, add)


@router.post(
    "/portal/{path:subject}/appeals/{uuid:appeal_id}/answer",
    auth=WRITING,
    response={200: None},
    url_name="portal_appeal_answer",
    summary="Answer a question about an appeal",
    **_writing("portal_answer", AnswerAsked, 200, AppealEnded, NothingAsked, BadAppeal),
)
def portal_answer(request: HttpRequest, subject: str, appeal_id: UUID) -> HttpResponse:
    """The seller's answer to what whoever hears the appeal asked."""
    asked, raw = read_with(AnswerAsked, request)

    def say(guest: Guest, found: Appeal) -> None:
        answer_question(guest=guest, appeal=found, text=asked.text, at=timezone.now())

    return _changed(request, subject, appeal_id, raw, say)


@router.post(
    "/portal/{path:subject}/appeals/{uuid:appeal_id}/withdraw",
    auth=WRITING,
    response={200: None},
    url_name="portal_appeal_withdraw",
    summary="Withdraw an appeal",
    **_writing("portal_withdraw_appeal", Strict, 200, AppealEnded),
)
def portal_withdraw_appeal(request: HttpRequest, subject: str, appeal_id: UUID) -> HttpResponse:
    """Take the appeal back; the decision stays as it is."""
    _asked, raw = read_with(Strict, request)
    return _changed(
        request, subject, appeal_id, raw, lambda guest, found: take_back(guest=guest, appeal=found, at=timezone.now())
    )


def _changed(
    request: HttpRequest, subject: str, appeal_id: UUID, raw: bytes, change: Callable[[Guest, Appeal], None]
) -> HttpResponse:
    guest = guest_in(request, subject, "en")

    def work() -> tuple[int, dict[str, Any]]:
        found = appeal_of(guest.subject, appeal_id, timezone.now())
        change(guest, found)
        found.refresh_from_db()
        return 200, plain.appeal_told(tell_appeal(found))

    return unkept(answered_once(request, caller(request), raw, work))
