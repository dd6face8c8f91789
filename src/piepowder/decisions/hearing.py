"""The front door for a person's judgement: whether it decides, is one opinion of several, or waits for approval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from piepowder.database.turns import turn
from piepowder.decisions import panels
from piepowder.decisions.agreement import part, sense_of
from piepowder.decisions.approvals import asked_of, propose
from piepowder.decisions.deciding import Examined, decide, examine, handling_ms, in_hand
from piepowder.decisions.logic import propose_enforcement
from piepowder.decisions.models import Decision, Opinion, Panel, Proposal
from piepowder.decisions.ruling import Ruling
from piepowder.decisions.states import Outcome, PanelState
from piepowder.intake.models import Item
from piepowder.intake.states import Kind
from piepowder.kernel.actor import Actor
from piepowder.review.models import Case, Lease
from piepowder.review.opening import violations_of


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of a judgement. A decision with a proposal beside it was urgent: the proposal is what waits or is
    looked at afterwards. An opinion with a decision was the one that was missing."""

    decision: Decision | None = None
    opinion: Opinion | None = None
    proposal: Proposal | None = None
    split: bool = False


def judge(
    *,
    actor: Actor,
    lease_id: UUID,
    ruling: Ruling,
    at: datetime,
    second: bool = False,
    intervention: Mapping[str, Any] | None = None,
    batch: UUID | None = None,
    timed: bool = True,
) -> Judged:
    """Judge the case that ``actor`` holds by ``lease_id``.

    Where the queue has several people judge independently, or with ``second`` the person asks for another opinion, the
    ruling is kept as an opinion; where a measure asks for four eyes, as a proposal; else it decides at once. Raises what
    ``decide`` raises, and ``OpinionGiven``. ``batch`` and ``timed`` are for cases decided together, ``intervention`` for
    a stream that is on, which never waits.
    """
    with turn(), transaction.atomic():
        return _judged(actor, lease_id, ruling, at, second, intervention, batch, timed)


def _judged(
    actor: Actor,
    lease_id: UUID,
    ruling: Ruling,
    at: datetime,
    second: bool,
    intervention: Mapping[str, Any] | None,
    batch: UUID | None,
    timed: bool,
) -> Judged:
    held = lease, item, case = in_hand(actor, lease_id, at)
    examined = examine(item, ruling, at, since=case.opened_at)
    if not case.queue.shows_enforcement and intervention is None:
        ruling = _by_policy(ruling, examined, case, at)
        examined = examine(item, ruling, at, since=case.opened_at)
    panel = panels.sitting(case.pk) if intervention else panels.panel_for(case, second=second, at=at)
    if panel is not None and panel.state == PanelState.OPEN and intervention is None:
        counted = panels.opine(
            actor=actor, panel=panel, lease=lease, case=case, ruling=ruling, at=at, batch=batch, timed=timed
        )
        return Judged(decision=counted.decision, opinion=counted.opinion, split=counted.split)
    if panel is not None:
        panels.require_not_heard(panel, actor)
    return _alone(actor, held, ruling, examined, panel, at, intervention=intervention, batch=batch, timed=timed)


def _alone(
    actor: Actor,
    held: tuple[Lease, Item, Case],
    ruling: Ruling,
    examined: Examined,
    panel: Panel | None,
    at: datetime,
    *,
    intervention: Mapping[str, Any] | None,
    batch: UUID | None,
    timed: bool,
) -> Judged:
    """One person rules, or adjudicates what ``panel`` could not."""
    lease, _item, case = held
    shared = panel is not None and sense_of(ruling) in panels.senses(panels.standing(panel))
    asked = frozenset[str]() if shared else asked_of(actor)
    parting = part(ruling.enforcements, asked, urgent=_is_urgent(case, examined) or intervention is not None)
    took = handling_ms(lease, at)
    if parting.waiting and not parting.now:
        return Judged(
            proposal=propose(
                actor=actor, case=case, ruling=ruling, why=parting.asking, at=at, handling_ms=took, lease_id=lease.pk
            )
        )
    decision = decide(
        actor=actor,
        lease_id=lease.pk,
        ruling=replace(ruling, enforcements=parting.now),
        at=at,
        intervention=intervention,
        batch=batch,
        timed=timed,
        held=held,
        examined=examined,
        others=tuple(one.user_id for one in panels.standing(panel)) if panel is not None else (),
    )
    if panel is not None and panel.state == PanelState.SPLIT:
        panels.adjudicated(panel, decision=decision, actor=actor, at=at)
    elif panel is not None:
        panels.dismiss(panel, actor=actor, at=at)
    if not parting.asking:
        return Judged(decision=decision)
    rest = replace(ruling, enforcements=parting.waiting) if parting.waiting else ruling
    proposal = propose(
        actor=actor,
        case=case,
        ruling=rest,
        why=parting.asking,
        at=at,
        handling_ms=took,
        issued=None if parting.waiting else decision,
        urgent=True,
    )
    return Judged(decision=decision, proposal=proposal)


def _is_urgent(case: Case, examined: Examined) -> bool:
    """A stream that is on, or the gravest harm: what then takes effect late has taken effect too late."""
    return case.kind == Kind.LIVESTREAM or min([case.severity, *(one.severity for one in examined.versions)]) == 0


def _by_policy(ruling: Ruling, examined: Examined, case: Case, at: datetime) -> Ruling:
    """The ruling with the enforcement that follows from its main policy, in queues where the person does not see it."""
    if ruling.outcome != Outcome.VIOLATION:
        return ruling
    earlier = violations_of([case.seller_ref], at).get(case.seller_ref, 0)
    return replace(ruling, enforcements=propose_enforcement(examined.versions[0], earlier, case.kind).enforcements)
