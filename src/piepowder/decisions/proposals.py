"""Reading proposals: what waits for approval, one in full, and why one came back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from piepowder.access.visibility import scope_q, visible
from piepowder.database.prepared import Prepared
from piepowder.decisions.approvals import NoSuchProposal, asked_of, place_of_proposal
from piepowder.decisions.models import Proposal
from piepowder.decisions.ruling import Ruling, from_json
from piepowder.decisions.states import ProposalState
from piepowder.kernel.actor import Actor, ActorKind
from piepowder.kernel.permissions import Permission
from piepowder.review.states import CaseState

_WAITS = Q(state=ProposalState.PENDING, case__state__in=(CaseState.PROPOSED, CaseState.DECIDED))


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """A proposal in a list. ``newer`` says that the item has changed since; ``urgent`` that what could not wait did not."""

    id: UUID
    case_id: UUID
    item_id: UUID
    kind: str
    external_id: str
    title: str
    language: str
    market: str
    severity: int
    queue_name: str
    proposer: str
    vendor: str
    own: bool
    may_settle: bool
    why: tuple[str, ...]
    outcome: str
    policies: tuple[str, ...]
    state: str
    urgent: bool
    issued: bool
    newer: bool
    proposed_at: datetime
    due_at: datetime | None
    at_risk_at: datetime | None


@dataclass(frozen=True, slots=True)
class ProposalView:
    """One proposal in full."""

    row: ProposalRow
    ruling: Ruling
    snapshot_number: int
    decision_id: UUID | None
    handling_ms: int
    settled_at: datetime | None
    settled_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class SentBack:
    """Why the last proposal about a case did not stand."""

    reason: str
    by: str
    proposer: str
    own: bool
    at: datetime


def waiting_proposals(actor: Actor, *, limit: int = 200) -> list[ProposalRow]:
    """What ``actor`` may approve and what they proposed themselves, the most urgent first. One query."""
    rows = _seen(actor).filter(_WAITS)
    return [
        _row(one, actor)
        for one in rows.order_by("-urgent", "case__severity", "case__due_at", "proposed_at", "id")[:limit]
    ]


def waiting_number(actor: Actor) -> int:
    """How many wait for this person's approval. One query."""
    own = Q(proposer_id=int(actor.ref)) if actor.kind is ActorKind.PERSON else Q(pk__in=[])
    return visible(Proposal.objects.filter(_WAITS), _scope(actor)).exclude(own).count()


def proposal_page(actor: Actor, proposal_id: UUID) -> ProposalView:
    """One proposal; raises ``NoSuchProposal`` also for one out of the actor's sight. Two queries."""
    found = _seen(actor).select_related("settled_by").filter(pk=proposal_id).first()
    if found is None:
        raise NoSuchProposal(_("there is no such proposal"))
    ruling = from_json(found.ruling)
    number = found.case.item.snapshots.filter(pk=ruling.snapshot_id).values_list("number", flat=True).first()
    return ProposalView(
        row=_row(found, actor),
        ruling=ruling,
        snapshot_number=number or 1,
        decision_id=found.decision_id,
        handling_ms=found.handling_ms,
        settled_at=found.settled_at,
        settled_by=found.settled_by.name
        if found.settled_by and found.settled_by.vendor_id == found.proposer.vendor_id
        else "",
        reason=found.reason,
    )


_newest = Prepared(
    lambda case: (
        Proposal.objects.select_related("proposer", "settled_by").filter(case_id=case).order_by("-proposed_at")[:1]
    ),
    Proposal.case,
)


def sent_back(actor: Actor, case_id: UUID) -> SentBack | None:
    """Why the newest proposal about the case was sent back, for people of the proposer's vendor. One query."""
    found = _newest.first(case_id)
    if found is None or found.state != ProposalState.SENT_BACK or found.vendor != actor.vendor:
        return None
    assert found.settled_at is not None
    same_house = found.settled_by is not None and found.settled_by.vendor_id == found.proposer.vendor_id
    return SentBack(
        reason=found.reason,
        by=found.settled_by.name if found.settled_by and same_house else "",
        proposer=found.proposer.name,
        own=str(found.proposer_id) == actor.ref,
        at=found.settled_at,
    )


def waits_for_approval(actor: Actor) -> frozenset[str]:
    """The measures (``family:measure``) that wait for somebody else's approval when ``actor`` orders them. One query."""
    return asked_of(actor)


def _scope(actor: Actor) -> Q:
    return scope_q(
        actor,
        Permission.DECISION_APPROVE,
        vendor="vendor",
        queue="case__queue__code",
        market="case__market",
        language="case__language",
    )


def _seen(actor: Actor) -> QuerySet[Proposal]:
    own = Q(proposer_id=int(actor.ref)) if actor.kind is ActorKind.PERSON else Q(pk__in=[])
    rows = Proposal.objects.select_related("case__item", "case__queue", "proposer")
    scope = _scope(actor)
    # An empty condition is everything, and would be dropped beside another.
    return visible(rows, scope | own if scope else scope)


def _row(one: Proposal, actor: Actor) -> ProposalRow:
    case, item, ruling = one.case, one.case.item, from_json(one.ruling)
    own = str(one.proposer_id) == actor.ref
    return ProposalRow(
        id=one.pk,
        case_id=case.pk,
        item_id=item.pk,
        kind=item.kind,
        external_id=item.external_id,
        title=item.title,
        language=item.language,
        market=case.market,
        severity=case.severity,
        queue_name=case.queue.name,
        proposer=one.proposer.name,
        vendor=one.vendor,
        own=own,
        may_settle=not own and actor.may(Permission.DECISION_APPROVE, place_of_proposal(one, case.queue)),
        why=tuple(one.why),
        outcome=ruling.outcome,
        policies=ruling.policy_codes,
        state=one.state,
        urgent=one.urgent,
        issued=one.decision_id is not None and one.state == ProposalState.PENDING,
        newer=one.state == ProposalState.PENDING and item.snapshot_id != ruling.snapshot_id,
        proposed_at=one.proposed_at,
        due_at=case.due_at,
        at_risk_at=case.at_risk_at,
    )
