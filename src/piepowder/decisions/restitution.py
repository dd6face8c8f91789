"""What an overturned decision leaves behind that no machine can undo: what was said, what was paid, what time passed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from piepowder.decisions.models import Decision, Enforcement, Statement
from piepowder.decisions.states import DecisionState, EnforcementState, Family


@dataclass(frozen=True, slots=True)
class Task:
    """Something that a person still has to see to.

    ``kind`` is ``message``, ``money``, ``time``, ``account`` or ``decision``; ``about`` names the thing as ``table:id``;
    ``text_code`` says what to do, with ``values`` for its places. No personal data.
    """

    kind: str
    about: str
    text_code: str
    values: Mapping[str, str]


def tasks_of(decision: Decision, rows: Sequence[Enforcement], at: datetime, *, told: bool) -> tuple[Task, ...]:
    """What remains to be done by hand after the restrictions ``rows`` of ``decision`` ended at ``at``.

    ``told`` says that its messages had left, or leave still because the first of them had.
    """
    return (
        *(_said(decision) if told else ()),
        *(task for row in rows if _was_in_force(row) for task in _suffered(row, at)),
        *_neighbours(decision),
    )


def _said(decision: Decision) -> Iterator[Task]:
    for statement in Statement.objects.filter(decision=decision, exclusion=""):
        values = {"puid": statement.puid, "language": statement.language}
        yield Task("message", f"statement:{statement.pk}", "statement_was_sent", values)


def _was_in_force(row: Enforcement) -> bool:
    return row.state == EnforcementState.REVERSED and row.dispatched_at is not None


def _suffered(row: Enforcement, at: datetime) -> Iterator[Task]:
    assert row.dispatched_at is not None
    until = min(at, row.ends_at) if row.ends_at else at
    about = f"enforcement:{row.pk}"
    values = {
        "family": row.family,
        "measure": row.measure,
        "from": row.dispatched_at.isoformat(),
        "until": until.isoformat(),
    }
    yield Task("time", about, "was_restricted", values)
    if row.family == Family.MONETARY:
        yield Task("money", about, "payments_were_held", values)
    if row.family == Family.ACCOUNT:
        yield Task("account", about, "account_was_restricted", values)


def _neighbours(decision: Decision) -> Iterator[Task]:
    """Decisions that this one ended, or that were approved beside it: a person looks whether they should stand."""
    if decision.supersedes_id is not None:
        yield Task("decision", f"decision:{decision.supersedes_id}", "ended_an_earlier_one", {})
    if decision.case_id is not None:
        beside = Decision.objects.filter(
            proposal__case_id=decision.case_id, case__isnull=True, state=DecisionState.ISSUED
        )
        for ref in beside.order_by("id").values_list("pk", flat=True):
            yield Task("decision", f"decision:{ref}", "another_stands_beside", {})
