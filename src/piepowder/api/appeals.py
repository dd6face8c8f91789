"""Appeals: filed in the name of a seller or a reporter, and followed to their end."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema, Status
from pydantic import Field, StringConstraints

from piepowder.access.visibility import require
from piepowder.api.auth import READING, WRITING, caller
from piepowder.api.contract import contract
from piepowder.api.paging import BadCursor, Moment, Page, Word, cursor_in
from piepowder.appeals.models import Appeal
from piepowder.appeals.operations import (
    AlreadyAppealed,
    BadAppeal,
    Complainant,
    NoSuchAppeal,
    NotAppealable,
    NotComplainant,
    TooLateToAppeal,
    file,
)
from piepowder.appeals.queries import DeskFilters, appeals_after, second_until, seen_appeal
from piepowder.appeals.telling import reference_of
from piepowder.decisions.operations import NoSuchDecision
from piepowder.kernel.errors import Malformed
from piepowder.kernel.permissions import Permission

router = Router(tags=["appeals"])

Words = Annotated[str, StringConstraints(min_length=1, max_length=20_000, pattern=r"^[^\x00]*$")]
Language = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,6})?$")]
KINDS = Literal["recipient", "reporter"]
BASES = Literal[
    "", "visibility", "monetary", "provision", "account", "no_action", "no_action_flagger", "proactive", "other"
]


class AppealSent(Schema):
    """A complaint about a decision; `complainant` is the seller's id, or the reporter's as sent with the report."""

    decision: UUID
    complainant_kind: KINDS
    complainant: str = Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")
    report: UUID | None = Field(None, description="which report, where a reporter sent several about the item")
    basis: BASES = Field("", description="empty: worked out from the decision")
    text: Words = Field(description="what is wrong with the decision, in the complainant's words")
    evidence: list[Annotated[str, StringConstraints(max_length=2_000, pattern=r"^[^\x00]*$")]] = Field(
        [], max_length=50, description="digests of uploads, or addresses"
    )
    language: Language = Field(description="in which the complainant writes and is answered")


class AppealShape(Schema):
    """An appeal as it stands; times in UTC. `replacement` is the decision that took the place of the one complained about."""

    id: UUID
    reference: str
    decision: UUID
    stage: int
    complainant_kind: str
    basis: str
    language: str
    state: str
    filed_at: datetime
    until: date = Field(description="the last day on which it could be filed")
    due_at: datetime | None = Field(description="when it should be concluded; empty while the complainant is asked")
    ended_at: datetime | None
    outcome: str
    omission: str
    reasons: str
    replacement: UUID | None
    second_until: date | None = Field(description="until when a second complaint is possible")


class AppealPageShape(Schema):
    rows: list[AppealShape]
    next: str = Field(description="cursor of the next page; empty at the end")


class AppealsAsked(Page):
    """An empty field does not narrow."""

    state: Literal["", "open", "filed", "admitted", "in_hand", "concluded", "omitted", "withdrawn"] = ""
    outcome: Literal["", "upheld", "overturned", "modified", "omitted"] = ""
    complainant_kind: Literal["", "recipient", "reporter"] = ""
    decision: UUID | None = None
    market: Word = ""
    policy: Word = Field("", description="a policy's code")
    ended_since: Moment | None = Field(None, description="only what ended at this moment or later")


@router.post(
    "/appeals",
    auth=WRITING,
    response={201: AppealShape},
    url_name="file_appeal",
    summary="File an appeal for somebody",
    **contract(
        "file_appeal",
        permission=Permission.APPEAL_FILE,
        repeating="One appeal per decision, stage and complainant: sent again it is refused (`already_appealed`).",
        refuses=(
            Malformed,
            BadAppeal,
            NoSuchDecision,
            NotComplainant,
            NotAppealable,
            TooLateToAppeal,
            AlreadyAppealed,
        ),
    ),
)
def file_appeal(request: HttpRequest, sent: AppealSent) -> Any:
    """Complain about a decision in the name of the seller whom it restricts, or of somebody who reported the item.

    It is free, and possible until the day that the statement of reasons names. The complainant gets a receipt at once and
    a reasoned answer from a person who had no part in the decision. After the answer that the decision stands, another
    appeal is the second stage.
    """
    appeal = file(
        actor=caller(request),
        decision_id=sent.decision,
        complainant=Complainant(sent.complainant_kind, sent.complainant, sent.report),
        basis=sent.basis,
        text=sent.text,
        evidence=sent.evidence,
        language=sent.language,
        at=timezone.now(),
    )
    return Status(201, _shown(appeal))


@router.get(
    "/appeals",
    auth=READING,
    response=AppealPageShape,
    url_name="appeals",
    summary="Appeals, newest first",
    **contract("list_appeals", permission=Permission.APPEAL_VIEW, refuses=(Malformed, BadCursor)),
)
def list_appeals(request: HttpRequest, asked: Query[AppealsAsked]) -> Any:
    """A page of the appeals the caller may see. Appeals that come meanwhile neither shift nor repeat a row."""
    filters = DeskFilters(
        state=asked.state,
        outcome=asked.outcome,
        complainant=asked.complainant_kind,
        decision=asked.decision,
        market=asked.market,
        policy=asked.policy,
        ended_since=asked.ended_since,
    )
    rows, more = appeals_after(caller(request), filters, now=timezone.now(), after=cursor_in(asked), limit=asked.limit)
    return {"rows": [_shown(row) for row in rows], "next": more}


@router.get(
    "/appeals/{uuid:appeal_id}",
    auth=READING,
    response=AppealShape,
    url_name="appeal",
    summary="One appeal",
    **contract("read_appeal", permission=Permission.APPEAL_VIEW, refuses=(NoSuchAppeal,)),
)
def read_appeal(request: HttpRequest, appeal_id: UUID) -> Any:
    """As it stands at this moment. One outside the caller's scope does not exist for them."""
    actor = caller(request)
    require(actor, Permission.APPEAL_VIEW)
    return _shown(seen_appeal(actor, appeal_id))


def _shown(appeal: Appeal) -> dict[str, Any]:
    return {
        "id": appeal.pk,
        "reference": reference_of(appeal.pk),
        "decision": appeal.decision_id,
        "stage": appeal.stage,
        "complainant_kind": appeal.complainant_kind,
        "basis": appeal.basis,
        "language": appeal.language,
        "state": appeal.state,
        "filed_at": appeal.filed_at,
        "until": appeal.until,
        "due_at": appeal.due_at,
        "ended_at": appeal.ended_at,
        "outcome": appeal.outcome,
        "omission": appeal.omission,
        "reasons": appeal.reasons,
        "replacement": appeal.replacement_id,
        "second_until": second_until(appeal),
    }
