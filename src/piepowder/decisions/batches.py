"""Bulk decisions of leads: chosen cases, one ruling, facts per case, and for each case what became of it.

The batch is kept with its cases, so that a page that is closed or a request that is repeated loses and doubles nothing: a
case leaves the state ``planned`` in the very transaction that decides it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from piepowder.access.visibility import require
from piepowder.decisions.deciding import NewerSnapshot, locked_item, place_of
from piepowder.decisions.hearing import Judged, judge
from piepowder.decisions.models import Batch, BatchLine, Decision
from piepowder.decisions.ruling import Ruling, as_json, from_json
from piepowder.decisions.states import LineState
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import Conflict, Malformed, NotFound, PiepowderError
from piepowder.kernel.flow import WrongState
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record
from piepowder.review.claiming import hand_over
from piepowder.review.leases import locked_case
from piepowder.review.listing import seen_cases
from piepowder.review.models import Case
from piepowder.review.standing import user_id_of
from piepowder.review.states import CASE_FLOW, CaseState

MOST_CASES = 500


class NoSuchBatch(NotFound):
    code = "no_such_batch"


class NoCases(Malformed):
    code = "no_cases"


class BatchBegun(Conflict):
    """Cases of it are decided already: its ruling is settled."""

    code = "batch_begun"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch has come: cases by what became of them."""

    total: int
    planned: int
    decided: int
    opined: int
    proposed: int
    skipped: int

    @property
    def done(self) -> int:
        return self.total - self.planned


def open_batch(*, actor: Actor, case_ids: Sequence[UUID], at: datetime) -> Batch:
    """Gather cases to be decided together, in the order given; those out of the actor's reach are left out.

    Raises ``NoCases`` when none is left or there are more than ``MOST_CASES``.
    """
    require(actor, Permission.CASE_DECIDE_MANY)
    user = user_id_of(actor)
    wanted = list(dict.fromkeys(case_ids))
    seen = seen_cases(actor, Permission.CASE_DECIDE_MANY).filter(pk__in=wanted[: MOST_CASES + 1])
    snapshots = dict(seen.values_list("pk", "snapshot_id"))
    kept = [one for one in wanted if one in snapshots]
    if not kept or len(wanted) > MOST_CASES:
        raise NoCases(_("choose from 1 to %(most)d cases") % {"most": MOST_CASES})
    with transaction.atomic():
        batch = Batch.objects.create(user_id=user, vendor=actor.vendor, opened_at=at)
        BatchLine.objects.bulk_create(
            BatchLine(batch=batch, position=position, case_id=case_id, snapshot_id=snapshots[case_id])
            for position, case_id in enumerate(kept, 1)
        )
        record(actor=actor, at=at, verb="batch.open", subject_kind="batch", subject_id=batch.pk, cases=len(kept))
    return batch


def plan_batch(
    *,
    actor: Actor,
    batch_id: UUID,
    ruling: Ruling,
    facts: str,
    facts_of: Mapping[UUID, str],
    left_out: Collection[UUID] = (),
    at: datetime,
) -> Batch:
    """Set the shared ruling, what is said of each case (by its id), and which cases are left out after all.

    ``facts`` is the text with its places as typed. Raises ``BatchBegun`` once a case is decided.
    """
    with transaction.atomic():
        batch = Batch.objects.select_for_update(no_key=True).filter(pk=own_batch(actor, batch_id).pk).get()
        if batch.lines.exclude(state__in=[LineState.PLANNED]).exists():
            raise BatchBegun(_("some of these cases are decided already"))
        batch.ruling, batch.facts = as_json(replace(ruling, facts="")), facts
        batch.save(update_fields=["ruling", "facts"])
        lines = list(batch.lines.all())
        for line in lines:
            line.facts = facts_of.get(line.case_id, line.facts)
            line.left_out = line.case_id in left_out
        BatchLine.objects.bulk_update(lines, ["facts", "left_out"], batch_size=500)
        told: dict[str, Any] = {
            "outcome": ruling.outcome,
            "policies": list(ruling.policy_codes),
            "left_out": len(left_out),
        }
        record(actor=actor, at=at, verb="batch.plan", subject_kind="batch", subject_id=batch.pk, **told)
    return batch


def run_batch(*, actor: Actor, batch_id: UUID, at: datetime, limit: int) -> Progress:
    """Decide up to ``limit`` further cases of a planned batch, each in a transaction of its own."""
    batch = own_batch(actor, batch_id)
    if not batch.ruling:
        raise NoCases(_("say first what is decided"))
    ruling = from_json(batch.ruling)
    waiting = batch.lines.filter(state=LineState.PLANNED).order_by("position")
    for line in list(waiting[:limit]):
        _decide_line(actor, batch, line, ruling, at)
    return progress_of(batch)


def own_batch(actor: Actor, batch_id: UUID) -> Batch:
    """A batch of the actor's own; that of another does not exist for them."""
    require(actor, Permission.CASE_DECIDE_MANY)
    batch = Batch.objects.filter(pk=batch_id, user_id=user_id_of(actor)).first()
    if batch is None:
        raise NoSuchBatch(_("there is no such batch"))
    return batch


def lines_of(batch: Batch) -> QuerySet[BatchLine]:
    """Its cases in their order, with what a list of them shows."""
    return batch.lines.select_related("case__item", "case__holder", "case__queue", "snapshot", "decision").order_by(
        "position"
    )


def progress_of(batch: Batch) -> Progress:
    states = Counter(batch.lines.values_list("state", flat=True))
    return Progress(total=sum(states.values()), **{state: states[state] for state in LineState.values})


def _decide_line(actor: Actor, batch: Batch, line: BatchLine, ruling: Ruling, at: datetime) -> None:
    try:
        with transaction.atomic():
            # Whoever is second finds it done: the line leaves its state with the decision.
            mine = BatchLine.objects.filter(pk=line.pk, state=LineState.PLANNED)
            if not list(mine.select_for_update(no_key=True).values_list("pk")):
                return
            judged = _judged(actor, batch, line, replace(ruling, facts=line.facts), at)
            state, decision = _came_to(judged)
            BatchLine.objects.filter(pk=line.pk).update(state=state, decision=decision, done_at=at)
    except PiepowderError as error:
        detail = "; ".join(dict.fromkeys(problem.detail for problem in error.problems)) or error.detail
        BatchLine.objects.filter(pk=line.pk, state=LineState.PLANNED).update(
            state=LineState.SKIPPED, problem=error.code, detail=detail[:500], done_at=at
        )


def _judged(actor: Actor, batch: Batch, line: BatchLine, ruling: Ruling, at: datetime) -> Judged:
    if line.left_out:
        raise LeftOut(_("left out"))
    item = locked_item(line.case.item_id)
    case = locked_case(line.case_id)
    require(actor, Permission.CASE_DECIDE_MANY, place_of(Case.objects.select_related("queue").get(pk=case.pk), actor))
    if case.state not in CASE_FLOW.sources("claim"):
        raise WrongState(_("it no longer waits: %(state)s") % {"state": CaseState(case.state).label})
    if item.snapshot_id != line.snapshot_id:
        raise NewerSnapshot(_("a newer version of the item has arrived; judge it by itself"))
    claim = hand_over(case, actor=actor, user=user_id_of(actor), at=at)
    own = replace(ruling, snapshot_id=line.snapshot_id)
    return judge(actor=actor, lease_id=claim.lease_id, ruling=own, at=at, batch=batch.pk, timed=False)


class LeftOut(Conflict):
    """Whoever decides chose not to decide this case with the others."""

    code = "left_out"


def _came_to(judged: Judged) -> tuple[LineState, Decision | None]:
    if judged.decision is not None:
        return LineState.DECIDED, judged.decision
    return (LineState.PROPOSED if judged.proposal is not None else LineState.OPINED), None
