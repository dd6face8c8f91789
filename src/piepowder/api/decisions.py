"""Decisions: what machines decide comes in, what everybody decided goes out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, NotRequired
from uuid import UUID

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field, StringConstraints, TypeAdapter, with_config
from pydantic_core import ValidationError
from typing_extensions import TypedDict

from piepowder.access.visibility import require
from piepowder.api.auth import READING, WRITING, caller
from piepowder.api.bodies import NotJson, TooLarge, json_body
from piepowder.api.contract import answer_shape, contract
from piepowder.api.paging import BadCursor, Moment, Page, Word, cursor_in
from piepowder.api.repeats import IDEMPOTENCY_KEY, REPEAT_REFUSALS, answered_once
from piepowder.decisions.export import export_decisions
from piepowder.decisions.operations import (
    BadRuling,
    CaseTaken,
    NewerSnapshot,
    NoSuchDecision,
    NoSuchItem,
    NoTemplate,
    StatementIncomplete,
    decide_by_machine,
)
from piepowder.decisions.queries import DecisionFilters, decision_page, recent_decisions
from piepowder.decisions.ruling import EnforcementOrder, Ruling
from piepowder.http.tables import csv_response
from piepowder.intake.models import Item
from piepowder.intake.schemas.fields import CLOSED, ItemRef, Label, PolicyCode, Version
from piepowder.intake.schemas.wording import field_problems
from piepowder.kernel.errors import Malformed
from piepowder.kernel.permissions import Permission

router = Router(tags=["decisions"])

Words = Annotated[str, StringConstraints(max_length=20_000, pattern=r"^[^\x00]*$")]


@with_config(CLOSED)
class OrderField(TypedDict):
    """A restriction as ordered: no territories means everywhere, no days means no end."""

    family: Literal["visibility", "monetary", "provision", "account"]
    measure: Label
    territories: NotRequired[Annotated[list[Label], Field(max_length=300)]]
    days: NotRequired[int | None]
    description: NotRequired[Words]


class RulingWords(TypedDict):
    """A ruling about one snapshot. The first policy is the one it mainly rests on."""

    snapshot_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
    outcome: Literal["violation", "no_violation"]
    policy_codes: NotRequired[Annotated[list[PolicyCode], Field(max_length=20)]]
    ground: NotRequired[Literal["illegal", "terms"]]
    facts: NotRequired[Words]
    note: NotRequired[Words]
    enforcements: NotRequired[Annotated[list[OrderField], Field(max_length=20)]]
    exclusion: NotRequired[Label]
    confirm_older_snapshot: NotRequired[bool]


@with_config(CLOSED)
class RulingField(RulingWords):
    """What a model or rule decided alone about one snapshot."""

    item: ItemRef
    machine: Label
    version: Version


RULINGS: TypeAdapter[Any] = TypeAdapter(RulingField)


_RECEIPT: dict[str, Any] = {
    "type": "object",
    "required": ["id", "state", "final_at"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "state": {"type": "string"},
        "final_at": {"type": "string", "format": "date-time", "description": "until then it can be withdrawn"},
    },
}


class ImposedShape(Schema):
    """A restriction as it stands; no `ends_at` is for good, no `territories` is everywhere."""

    id: UUID
    family: str
    measure: str
    description: str
    target_kind: str
    target_external_id: str
    territories: list[str]
    state: str
    starts_at: datetime
    ends_at: datetime | None


class DecisionShape(Schema):
    """A decision; times in UTC, `decider` is empty when a machine decided alone."""

    id: UUID
    case_id: UUID | None
    item_id: UUID
    kind: str
    external_id: str
    title: str
    seller_ref: str
    market: str
    language: str
    decided_at: datetime
    final_at: datetime
    state: str
    outcome: str
    ground: str
    policies: list[str]
    enforcements: list[ImposedShape]
    source: str
    automated_detection: bool
    machine: str
    machine_version: str
    facts: str
    note: str
    decider_id: int | None
    decider: str
    vendor: str
    site: str
    team: str
    queue: str
    handling_ms: int | None


class CitedShape(Schema):
    code: str
    number: int
    title: str
    primary: bool
    legal_reference: str
    terms_clause: str


class StatementShape(Schema):
    """The statement of reasons, or why there is none (`exclusion`)."""

    puid: str
    exclusion: str
    language: str
    subject: str
    text: str
    structured: dict[str, Any]


class DecisionDetailShape(Schema):
    row: DecisionShape
    snapshot_id: UUID
    snapshot_number: int
    evidence: list[str]
    cited: list[CitedShape]
    statement: StatementShape | None
    supersedes_id: UUID | None
    superseded_by_id: UUID | None
    withdrawn_at: datetime | None


class DecisionPageShape(Schema):
    rows: list[DecisionShape]
    next: str = Field(description="cursor of the next page; empty at the end")


class DecisionNarrowing(Schema):
    """An empty field does not narrow."""

    item: Word = Field("", description="the marketplace's id of the item")
    seller: Word = ""
    policy: Word = Field("", description="a policy's code")
    outcome: Literal["", "violation", "no_violation"] = ""
    state: Literal["", "issued", "withdrawn", "superseded", "overturned"] = ""
    kind: Word = ""
    market: Word = ""
    language: Word = ""
    queue: Word = ""
    vendor: Word = ""
    site: Word = ""
    team: Word = ""
    decider_id: int | None = Field(None, ge=1, le=2**63 - 1)
    automated: bool | None = None
    since: Moment | None = None
    until: Moment | None = Field(None, description="not included")
    text: Word = Field("", description="searched for in facts and notes")


class DecisionsAsked(DecisionNarrowing, Page):
    pass


@router.post(
    "/decisions",
    auth=WRITING,
    response={201: None},
    url_name="decide_by_machine",
    summary="Store what a model or rule decided alone",
    **contract(
        "decide_by_machine",
        permission=Permission.DECISION_ISSUE_MACHINE,
        repeating="Send an `Idempotency-Key`: without one the same ruling again is a new decision that supersedes.",
        refuses=(
            NotJson,
            Malformed,
            BadRuling,
            TooLarge,
            NoSuchItem,
            NewerSnapshot,
            CaseTaken,
            NoTemplate,
            StatementIncomplete,
            *REPEAT_REFUSALS,
        ),
        more={
            "parameters": [IDEMPOTENCY_KEY],
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/MachineRuling"}}},
            },
            "responses": {201: answer_shape("Decided", _RECEIPT)},
        },
    ),
)
def issue_decision(request: HttpRequest) -> HttpResponse:
    """Decide an item as a model or rule, with its name and version; the same rules hold as for people.

    A case of the item that waits is closed by it; one that a person works on is theirs to decide (`case_taken`). Nothing
    leaves before `final_at`, and no restriction is stored without its statement of reasons.
    """
    sent, raw = json_body(request)
    try:
        given = RULINGS.validate_python(sent)
    except ValidationError as error:
        problems = field_problems(error, RULINGS, "", tagged=False)
        raise Malformed("the decision cannot be read", problems=problems) from None
    actor = caller(request)

    def store() -> tuple[int, dict[str, Any]]:
        decision = decide_by_machine(
            actor=actor,
            ruling=ruling_of(given),
            machine=given["machine"],
            version=given["version"],
            item_id=_item_id(given["item"]["kind"], given["item"]["id"]),
            at=timezone.now(),
        )
        return 201, {"id": str(decision.pk), "state": decision.state, "final_at": decision.final_at.isoformat()}

    return answered_once(request, actor, raw, store)


@router.get(
    "/decisions",
    auth=READING,
    response=DecisionPageShape,
    url_name="decisions",
    summary="Decisions, newest first",
    **contract("list_decisions", permission=Permission.DECISION_VIEW, refuses=(Malformed, BadCursor)),
)
def list_decisions(request: HttpRequest, narrowed: Query[DecisionsAsked]) -> Any:
    """A page of the decisions the caller may see. Decisions that land meanwhile neither shift nor repeat a row."""
    actor = caller(request)
    require(actor, Permission.DECISION_VIEW)
    return recent_decisions(actor, _filters(narrowed), after=cursor_in(narrowed), limit=narrowed.limit)


@router.get(
    "/decisions.csv",
    auth=READING,
    response={200: None},
    url_name="decisions_csv",
    summary="All decisions as CSV",
    **contract(
        "export_decisions",
        permission=Permission.DECISION_EXPORT,
        refuses=(Malformed,),
        repeating="Reading changes nothing but the ledger, which records each export.",
        more={"responses": {200: answer_shape("Oldest first, each once", {"type": "string"}, "text/csv")}},
    ),
)
def export(request: HttpRequest, narrowed: Query[DecisionNarrowing]) -> StreamingHttpResponse:
    """Every decision the caller may export, streamed."""
    table = export_decisions(actor=caller(request), filters=_filters(narrowed), at=timezone.now())
    return csv_response(table)


@router.get(
    "/decisions/{uuid:decision_id}",
    auth=READING,
    response=DecisionDetailShape,
    url_name="decision",
    summary="One decision in full",
    **contract("read_decision", permission=Permission.DECISION_VIEW, refuses=(NoSuchDecision,)),
)
def read_decision(request: HttpRequest, decision_id: UUID) -> Any:
    """With what it cites and its statement of reasons. One outside the caller's scope does not exist for them."""
    actor = caller(request)
    require(actor, Permission.DECISION_VIEW)
    return decision_page(actor, decision_id)


def _filters(narrowed: DecisionNarrowing) -> DecisionFilters:
    return DecisionFilters(**{name: getattr(narrowed, name) for name in DecisionNarrowing.model_fields})


def ruling_of(given: dict[str, Any]) -> Ruling:
    """The ruling that was sent, as ``RulingWords`` describes it."""
    return Ruling(
        outcome=given["outcome"],
        snapshot_id=UUID(given["snapshot_id"]),
        policy_codes=tuple(given.get("policy_codes", ())),
        ground=given.get("ground", ""),
        facts=given.get("facts", ""),
        note=given.get("note", ""),
        enforcements=tuple(
            EnforcementOrder(
                family=order["family"],
                measure=order["measure"],
                territories=tuple(order.get("territories", ())),
                days=order.get("days"),
                description=order.get("description", ""),
            )
            for order in given.get("enforcements", ())
        ),
        confirm_older_snapshot=given.get("confirm_older_snapshot", False),
        exclusion=given.get("exclusion", ""),
    )


def _item_id(kind: str, external_id: str) -> UUID:
    """Whoever may decide an item need not be allowed to read it, so this does not go through what the caller sees."""
    found = Item.objects.filter(kind=kind, external_id=external_id).values_list("pk", flat=True).first()
    if found is None:
        raise NoSuchItem(f"there is no {kind} with the id '{external_id}'")
    return found
