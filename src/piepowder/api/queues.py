"""Queues, and how the work in them stands."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from piepowder.api.auth import READING, caller
from piepowder.api.contract import contract
from piepowder.kernel.permissions import Permission
from piepowder.review.queries import AGE_BANDS, Tally, waiting_board

router = Router(tags=["queues"])


class TallyShape(Schema):
    """Open work of one place; `at_risk` and `late` count waiting and claimed cases alike."""

    waiting: int
    in_progress: int
    held: int
    at_risk: int
    late: int
    oldest_at: datetime | None = Field(description="when the oldest of those that wait was opened")
    ages: list[int] = Field(description="waiting cases by age, in the bands of `age_bands_s`; the last has no end")
    people: int = Field(description="people who have a case of it in hand")


class PartShape(Schema):
    code: str
    tally: TallyShape


class QueueShape(Schema):
    code: str
    name: str
    tally: TallyShape
    by_market: list[PartShape]
    by_language: list[PartShape]
    by_vendor: list[PartShape]


class BoardShape(Schema):
    at: datetime
    age_bands_s: list[int]
    rows: list[QueueShape]
    total: TallyShape
    people: dict[str, int] = Field(description="people by state of availability, without those offline")


@router.get(
    "/queues",
    auth=READING,
    response=BoardShape,
    url_name="queues",
    summary="Queues and the work in them",
    **contract("list_queues", permission=Permission.BOARD_VIEW),
)
def list_queues(request: HttpRequest) -> Any:
    """The numbers of the live board, over what the caller may see."""
    now = timezone.now()
    board = waiting_board(caller(request), now)
    return {
        "at": now,
        "age_bands_s": [int(band.total_seconds()) for band in AGE_BANDS],
        "rows": [
            {
                "code": line.code,
                "name": line.name,
                "tally": _tally(line.tally),
                "by_market": _parts(line.by_market),
                "by_language": _parts(line.by_language),
                "by_vendor": _parts(line.by_vendor),
            }
            for line in board.queues
        ],
        "total": _tally(board.total),
        "people": board.people,
    }


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "waiting": tally.waiting,
        "in_progress": tally.in_progress,
        "held": tally.held,
        "at_risk": tally.at_risk,
        "late": tally.late,
        "oldest_at": tally.oldest_at,
        "ages": tally.ages,
        "people": len(tally.people),
    }


def _parts(parts: Iterable[tuple[str, Tally]]) -> list[dict[str, Any]]:
    return [{"code": code, "tally": _tally(tally)} for code, tally in parts]
