"""Whether something is still pending."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from piepowder.api.auth import READING, caller
from piepowder.api.contract import contract
from piepowder.api.paging import Word
from piepowder.decisions.pending import item_pending, policy_pending
from piepowder.kernel.errors import Malformed
from piepowder.kernel.permissions import Permission

router = Router(tags=["cases"])


class PendingAsked(Schema):
    """One of the two."""

    item: Word = Field("", description="the marketplace's id of an item, of whichever kind")
    policy: Word = Field("", description="a policy's code, or a family's")


class PendingCaseShape(Schema):
    """A case of the item; those that ended come after those that are pending."""

    case_id: UUID
    kind: str
    external_id: str
    state: str
    queue_code: str
    queue_name: str
    person: str
    severity: int
    opened_at: datetime
    due_at: datetime | None
    hold_until: datetime | None
    decided_at: datetime | None
    ahead: int | None = Field(description="cases that are handed out before it in its queue, while it waits")
    expected_at: datetime | None = Field(description="its turn, if the queue goes on as in the last hour")


class PendingShape(Schema):
    item: str
    policy: str
    pending: int = Field(description="how many cases are pending; 0 is a no")
    asked_at: datetime
    everything: bool = Field(description="false when the caller sees only a part of all cases")
    cases: list[PendingCaseShape] = Field(description="of the item, at most 20")
    by_state: dict[str, int]
    by_queue: dict[str, int] = Field(description="of the policy, by the queue's code")


@router.get(
    "/pending",
    auth=READING,
    response=PendingShape,
    url_name="pending",
    summary="Whether an item or a policy has anything pending",
    **contract("pending", permission=Permission.CASE_VIEW, refuses=(Malformed,)),
)
def pending(request: HttpRequest, asked: Query[PendingAsked]) -> Any:
    """Pending is what waits, is in progress, on hold or awaits approval. By policy it needs `board:view`."""
    actor, now = caller(request), timezone.now()
    if bool(asked.item) == bool(asked.policy):
        raise Malformed("ask for one item or for one policy")
    if asked.item:
        found = item_pending(actor, asked.item, now)
        states: dict[str, int] = {}
        open_cases = [case for case in found.cases if case.is_pending]
        for case in open_cases:
            states[case.state] = states.get(case.state, 0) + 1
        return {
            "item": asked.item,
            "policy": "",
            "pending": len(open_cases),
            "asked_at": found.asked_at,
            "everything": found.everything,
            "cases": found.cases,
            "by_state": states,
            "by_queue": {},
        }
    counted = policy_pending(actor, asked.policy, now)
    return {
        "item": "",
        "policy": asked.policy,
        "pending": counted.pending,
        "asked_at": counted.asked_at,
        "everything": counted.everything,
        "cases": [],
        "by_state": dict(counted.by_state),
        "by_queue": {code: number for code, _name, number in counted.by_queue},
    }
