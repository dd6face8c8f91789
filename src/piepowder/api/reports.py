"""Notices that something breaks the law or the terms."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router

from piepowder.api.auth import WRITING, caller
from piepowder.api.bodies import NotJson, TooLarge, json_body
from piepowder.api.contract import answer_shape, contract
from piepowder.api.repeats import IDEMPOTENCY_KEY, REPEAT_REFUSALS, answered_once
from piepowder.intake.notices import NoticeRefused, ReferenceReused
from piepowder.intake.operations import report
from piepowder.intake.schemas import Notice, parse_notice
from piepowder.kernel.errors import Malformed
from piepowder.kernel.permissions import Permission

router = Router(tags=["reports"])

_RECEIPT: dict[str, Any] = {
    "type": "object",
    "required": ["result", "reference", "received_at", "reports"],
    "properties": {
        "result": {"enum": ["created", "duplicate"]},
        "reference": {"type": "string", "description": "the sender's, else one made from what the notice says"},
        "received_at": {"type": "string", "format": "date-time"},
        "reports": {"type": "array", "items": {"type": "string", "format": "uuid"}, "description": "one for each item"},
    },
}


@router.post(
    "/reports",
    auth=WRITING,
    response={200: None, 201: None},
    url_name="submit_report",
    summary="Report items",
    **contract(
        "submit_report",
        permission=Permission.REPORT_SUBMIT,
        repeating=(
            "The same notice counts once: the first receipt is given again (200)."
            " Another notice under a reference that was used is refused (`reference_reused`)."
        ),
        refuses=(NotJson, Malformed, TooLarge, NoticeRefused, ReferenceReused, *REPEAT_REFUSALS),
        more={
            "parameters": [IDEMPOTENCY_KEY],
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Notice"}}},
            },
            "responses": {
                200: answer_shape("Received before", _RECEIPT),
                201: answer_shape("Received", _RECEIPT),
            },
        },
    ),
)
def submit_report(request: HttpRequest) -> HttpResponse:
    """Receive a notice (DSA Art. 16) about one or several items, and open or join their cases."""
    sent, raw = json_body(request)
    given = parse_notice(sent)
    if not isinstance(given, Notice):
        raise Malformed("the notice cannot be read", problems=given)
    actor = caller(request)

    def store() -> tuple[int, dict[str, Any]]:
        receipt = report(actor=actor, notice=given, at=timezone.now())
        return 200 if receipt.duplicate else 201, {
            "result": "duplicate" if receipt.duplicate else "created",
            "reference": receipt.reference,
            "received_at": receipt.received_at.isoformat(),
            "reports": [str(one) for one in receipt.reports],
        }

    return answered_once(request, actor, raw, store)
