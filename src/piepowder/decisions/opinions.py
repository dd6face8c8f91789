"""Reading opinions: only when nobody's judgement can be swayed by them any more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from piepowder.database.prepared import Prepared
from piepowder.decisions.models import Decision, Opinion, Panel
from piepowder.decisions.panels import SITTING, standing
from piepowder.decisions.ruling import EnforcementOrder, from_json
from piepowder.decisions.states import PanelState, ProposalState
from piepowder.kernel.actor import Actor, ActorKind, Place
from piepowder.kernel.permissions import Permission
from piepowder.review.models import Case


@dataclass(frozen=True, slots=True)
class OpinionLine:
    """What one person said. ``who`` is a name within the reader's vendor, else a pseudonym; ``facts`` and ``note`` are empty
    where the reader may not read that vendor's words."""

    id: UUID
    who: str
    outcome: str
    policies: tuple[str, ...]
    orders: tuple[EnforcementOrder, ...]
    facts: str
    note: str
    handling_ms: int
    at: datetime


@dataclass(frozen=True, slots=True)
class PanelView:
    """A panel that is over, or whose opinions are to be adjudicated."""

    state: str
    opinions: int
    agreeing: int
    asked: bool
    given: tuple[OpinionLine, ...]


_last_panel = Prepared(lambda case: Panel.objects.filter(case_id=case).order_by("-round")[:1], Panel.case)


def panel_told(actor: Actor, case_id: UUID) -> PanelView | None:
    """The last panel of the case with what was said, for those who may know it now; ``None`` for everybody else.

    While opinions are still being given nobody may. Once they differ, who has the case in hand may, and who may adjudicate
    it but does not have to give an opinion; once it is over, whoever sees the case's decision.
    """
    panel = _last_panel.first(case_id)
    if panel is None or panel.state == PanelState.OPEN:
        return None
    case = Case.objects.select_related("queue").get(pk=case_id)
    place = Place(vendor=case.vendor or actor.vendor, queue=case.queue.code, market=case.market, language=case.language)
    given = standing(panel)
    if panel.state in SITTING:
        holds = actor.kind is ActorKind.PERSON and case.holder_id == int(actor.ref)
        if not holds and not actor.may(Permission.CASE_ADJUDICATE, place):
            return None
    elif not actor.may(Permission.DECISION_VIEW, place):
        return None
    return PanelView(panel.state, panel.opinions, panel.agreeing, panel.asked, _lines(actor, given, case, place.queue))


@dataclass(frozen=True, slots=True)
class Behind:
    """Who else stands behind a decision. ``approver`` is a name within the reader's sight; ``to_approve`` a proposal that
    still waits for approval of what was urgent; ``together`` counts the other decisions of its batch."""

    panel: PanelView | None
    approver: str
    to_approve: UUID | None
    together: int


def company_behind(actor: Actor, decision_id: UUID) -> Behind:
    """For a decision that the actor may see. Up to seven queries."""
    decision = Decision.objects.select_related("approver__vendor", "decider", "proposal__settled_by__vendor").get(
        pk=decision_id
    )
    proposal = getattr(decision, "proposal", None)
    approver = decision.approver
    if approver is None and proposal is not None and proposal.state == ProposalState.APPROVED:
        approver = proposal.settled_by
    seen = approver is not None and (
        approver.vendor.code == actor.vendor or actor.may(Permission.PERSON_VIEW, Place(vendor=approver.vendor.code))
    )
    pending = proposal is not None and proposal.state == ProposalState.PENDING
    batch = Decision.objects.filter(batch=decision.batch).exclude(pk=decision.pk) if decision.batch else None
    return Behind(
        panel=panel_told(actor, decision.case_id) if decision.case_id and hasattr(decision, "panel") else None,
        approver=approver.name if approver is not None and seen else "",
        to_approve=proposal.pk if proposal is not None and pending else None,
        together=batch.count() if batch is not None else 0,
    )


def _lines(actor: Actor, given: Sequence[Opinion], case: Case, queue: str) -> tuple[OpinionLine, ...]:
    names = {opinion.pk: opinion.user.name for opinion in _with_names(given) if opinion.vendor == actor.vendor}
    lines, strangers = [], 0
    for opinion in given:
        ruling = from_json(opinion.ruling)
        who = names.get(opinion.pk, "")
        if not who:
            who, strangers = _("Reviewer %(letter)s") % {"letter": chr(ord("A") + strangers)}, strangers + 1
        place = Place(vendor=opinion.vendor, queue=queue, market=case.market, language=case.language)
        shown = actor.may(Permission.DECISION_VIEW, place)
        lines.append(
            OpinionLine(
                id=opinion.pk,
                who=who,
                outcome=opinion.outcome,
                policies=ruling.policy_codes,
                orders=ruling.enforcements,
                facts=ruling.facts if shown else "",
                note=ruling.note if shown else "",
                handling_ms=opinion.handling_ms,
                at=opinion.at,
            )
        )
    return tuple(lines)


def _with_names(given: Sequence[Opinion]) -> Sequence[Opinion]:
    return list(Opinion.objects.filter(pk__in=[one.pk for one in given]).select_related("user")) if given else []
