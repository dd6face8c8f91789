"""The registry of rights, and notices on a right about many items."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Path, Query, Router
from pydantic import TypeAdapter
from pydantic_core import ValidationError

from piepowder.access.visibility import require
from piepowder.api.auth import READING, WRITING, caller
from piepowder.api.bodies import NotJson, TooLarge, json_body
from piepowder.api.contract import answer_shape, contract
from piepowder.api.repeats import IDEMPOTENCY_KEY, REPEAT_REFUSALS, answered_once
from piepowder.api.rights_shapes import (
    ClaimsGiven,
    ClaimsListed,
    ClaimsPageShape,
    RightGiven,
    RightShape,
    RightsListed,
    RightsPageShape,
)
from piepowder.intake.schemas.wording import field_problems
from piepowder.kernel.errors import Malformed
from piepowder.kernel.permissions import Permission
from piepowder.rights.models import Claim, ClaimBatch, Right
from piepowder.rights.operations import (
    BadClaims,
    BadRight,
    ClaimReferenceReused,
    NoSuchRight,
    RightFields,
    RightRegistered,
    RightRetired,
    Sender,
    file_claims,
    register_right,
)
from piepowder.rights.queries import ClaimFilters, RightFilters, claims_page, progress_of, registry, right_page

router = Router(tags=["rights"])

_BODY_LIMIT = 4 * 1024 * 1024
_LINES_TOLD = 500


@router.get(
    "/rights",
    auth=READING,
    response=RightsPageShape,
    url_name="rights",
    summary="The registry of rights",
    **contract("list_rights", permission=Permission.RIGHT_VIEW, refuses=(Malformed,)),
)
def list_rights(request: HttpRequest, asked: Query[RightsListed]) -> Any:
    """The newest first. Names and addresses of owners and agents are not told here."""
    filters = RightFilters(type=asked.type, state=asked.state, owner=asked.owner)
    found = registry(caller(request), filters, offset=asked.offset, limit=asked.limit + 1)
    more = asked.offset + asked.limit if len(found) > asked.limit else None
    return {"rows": [_right(one) for one in found[: asked.limit]], "next": more}


@router.post(
    "/rights",
    auth=WRITING,
    response={201: None},
    url_name="rights",
    summary="Enter a right",
    **contract(
        "register_right",
        permission=Permission.RIGHT_EDIT,
        repeating="A number is entered once for each register; send an idempotency key for rights without a number.",
        refuses=(NotJson, Malformed, TooLarge, BadRight, RightRegistered, *REPEAT_REFUSALS),
        more={
            "parameters": [IDEMPOTENCY_KEY],
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/RightGiven"}}},
            },
            "responses": {201: answer_shape("Entered; a person verifies it", {"type": "object"})},
        },
    ),
)
def enter_right(request: HttpRequest) -> HttpResponse:
    """Enter a right in the registry; it can be claimed on at once, with a warning until a person has verified it."""
    sent, raw = json_body(request)
    given = _read(_RIGHT, sent)
    actor = caller(request)
    require(actor, Permission.RIGHT_EDIT)
    said: dict[str, Any] = given.model_dump()
    evidence = said.pop("evidence")
    for name in ("territories", "classes", "categories"):
        said[name] = tuple(said[name])

    def store() -> tuple[int, dict[str, Any]]:
        fields = RightFields(**said)
        right = register_right(actor=actor, fields=fields, evidence=evidence, at=timezone.now())
        return 201, _plain(_right(right))

    return answered_once(request, actor, raw, store)


@router.get(
    "/rights/{right_id}",
    auth=READING,
    response=RightShape,
    url_name="right",
    summary="One right",
    **contract("read_right", permission=Permission.RIGHT_VIEW, refuses=(Malformed, NoSuchRight)),
)
def read_right(request: HttpRequest, right_id: Annotated[UUID, Path(...)]) -> Any:
    return _right(right_page(caller(request), right_id))


@router.get(
    "/rights/{right_id}/claims",
    auth=READING,
    response=ClaimsPageShape,
    url_name="right_claims",
    summary="The claims on a right",
    **contract("list_claims", permission=Permission.RIGHT_VIEW, refuses=(Malformed, NoSuchRight)),
)
def list_claims(request: HttpRequest, right_id: Annotated[UUID, Path(...)], asked: Query[ClaimsListed]) -> Any:
    """The last filed first, those about items within the caller's reach."""
    actor = caller(request)
    right_page(actor, right_id)
    filters = ClaimFilters(outcome=asked.outcome, right=right_id)
    found = claims_page(actor, filters, offset=asked.offset, limit=asked.limit + 1)
    more = asked.offset + asked.limit if len(found) > asked.limit else None
    return {"rows": [_claim(one) for one in found[: asked.limit]], "next": more}


@router.post(
    "/rights/{right_id}/claims",
    auth=WRITING,
    response={200: None, 201: None},
    url_name="right_claims",
    summary="Claim many items on a right",
    **contract(
        "file_claims",
        permission=Permission.REPORT_SUBMIT,
        repeating=(
            "The same notice counts once: what became of it is told again (200)."
            " Another notice under a reference that was used is refused (`claim_reference_reused`)."
        ),
        refuses=(
            NotJson,
            Malformed,
            TooLarge,
            BadClaims,
            NoSuchRight,
            RightRetired,
            ClaimReferenceReused,
            *REPEAT_REFUSALS,
        ),
        more={
            "parameters": [IDEMPOTENCY_KEY],
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ClaimsGiven"}}},
            },
            "responses": {
                200: answer_shape("Received before", {"type": "object"}),
                201: answer_shape("Received; lines that are `waiting` are filed by the worker", {"type": "object"}),
            },
        },
    ),
)
def claim_items(request: HttpRequest, right_id: Annotated[UUID, Path(...)]) -> HttpResponse:
    """File a notice on a right about up to 5,000 items. Each line becomes a report bound to the right, or says why not."""
    sent, raw = json_body(request, _BODY_LIMIT)
    given = _read(_CLAIMS, sent)
    actor = caller(request)

    def store() -> tuple[int, dict[str, Any]]:
        filed = file_claims(
            actor=actor,
            right_id=right_id,
            sender=Sender(given.sender.ref, given.sender.name, given.sender.email),
            locations=given.locations,
            reason=given.reason,
            good_faith=given.good_faith,
            evidence=given.evidence,
            language=given.language,
            reference=given.reference,
            policy_code=given.policy,
            at=timezone.now(),
        )
        return 200 if filed.repeated else 201, _told(filed.batch)

    return answered_once(request, actor, raw, store)


_RIGHT: TypeAdapter[Any] = TypeAdapter(RightGiven)
_CLAIMS: TypeAdapter[Any] = TypeAdapter(ClaimsGiven)


def _read(shape: TypeAdapter[Any], sent: Any) -> Any:
    try:
        return shape.validate_python(sent)
    except ValidationError as error:
        problems = field_problems(error, shape, "", tagged=False)
        raise Malformed("the body cannot be read as what it should be", problems=problems) from None


def _right(one: Right) -> dict[str, Any]:
    return {name: getattr(one, "pk" if name == "id" else name) for name in RightShape.model_fields}


def _claim(one: Claim) -> dict[str, Any]:
    return {
        "id": one.pk,
        "notice": one.batch_id,
        "report": one.report_id,
        "kind": one.item.kind,
        "external_id": one.item.external_id,
        "outcome": one.outcome,  # type: ignore[attr-defined]  # annotated by the query
        "warnings": one.warnings,
        "filed_at": one.filed_at,
        "judged_at": one.report.judged_at,
    }


def _told(batch: ClaimBatch) -> dict[str, Any]:
    progress = progress_of(batch)
    lines = batch.lines.select_related("claim").order_by("position")[:_LINES_TOLD]
    return {
        "notice": str(batch.pk),
        "reference": batch.reference,
        "received_at": batch.received_at.isoformat(),
        "lines": batch.total,
        "filed": progress.filed,
        "known": progress.known,
        "refused": progress.refused,
        "waiting": progress.waiting,
        "first_lines": [
            {
                "line": one.position,
                "location": one.location,
                "result": one.state,
                "problem": one.problem,
                "claim": str(one.claim_id) if one.claim_id else None,
                "warnings": one.claim.warnings if one.claim else [],
            }
            for one in lines
        ],
    }


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, date) else str(value) if isinstance(value, UUID) else value
        for name, value in values.items()
    }
