"""What became of a submission."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from piepowder.kernel.errors import FieldProblem


class Result(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """``REFUSED`` has problems and nothing else; all others name the item and its newest snapshot."""

    result: Result
    item_id: UUID | None = None
    snapshot_id: UUID | None = None
    snapshot_number: int = 0
    problems: tuple[FieldProblem, ...] = ()


def refused(*problems: FieldProblem) -> Outcome:
    return Outcome(Result.REFUSED, problems=problems)
