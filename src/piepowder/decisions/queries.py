"""Reading decisions: what is known about an item or seller, the list, one in full, and what can still be undone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from piepowder.access.visibility import scope_q, visible
from piepowder.decisions.listing import (
    PAGE_SIZE,
    BadCursor,
    DecisionFilters,
    DecisionList,
    DecisionRow,
    Imposed,
    decision_row,
    decisions_matching,
    imposed,
    recent_decisions,
    with_parts,
)
from piepowder.decisions.logic import Proposal, propose_enforcement
from piepowder.decisions.models import Citation, Decision, Statement
from piepowder.decisions.operations import NoSuchDecision
from piepowder.decisions.states import DecisionState
from piepowder.kernel.actor import Actor, ActorKind
from piepowder.kernel.permissions import Permission
from piepowder.outbox.models import Delivery
from piepowder.policy.models import PolicyVersion
from piepowder.policy.queries import readings_in
from piepowder.review.opening import violations_of

__all__ = [
    "PAGE_SIZE",
    "BadCursor",
    "Cited",
    "DecisionFilters",
    "DecisionList",
    "DecisionRow",
    "DecisionView",
    "Imposed",
    "Sent",
    "Undoable",
    "decision_page",
    "decision_row",
    "decisions_about",
    "decisions_matching",
    "imposed",
    "proposed_enforcement",
    "recent_decisions",
    "undoable",
    "with_parts",
]


@dataclass(frozen=True, slots=True)
class Cited:
    code: str
    number: int
    title: str
    primary: bool
    legal_reference: str
    terms_clause: str


@dataclass(frozen=True, slots=True)
class Sent:
    """One delivery of what the decision sent. ``endpoint`` and ``problem`` only for those who may see the outbox."""

    topic: str
    state: str
    attempts: int
    finished_at: datetime | None
    endpoint: str
    problem: str


@dataclass(frozen=True, slots=True)
class DecisionView:
    """One decision in full."""

    row: DecisionRow
    snapshot_id: UUID
    snapshot_number: int
    evidence: tuple[str, ...]
    cited: tuple[Cited, ...]
    statement: Statement | None
    sent: tuple[Sent, ...]
    supersedes_id: UUID | None
    superseded_by_id: UUID | None
    withdrawn_at: datetime | None
    facts_key: str


@dataclass(frozen=True, slots=True)
class Undoable:
    """A decision of the actor's own that can still be taken back, until ``final_at``."""

    decision_id: UUID
    case_id: UUID | None
    kind: str
    external_id: str
    outcome: str
    final_at: datetime


def decisions_about(
    actor: Actor, *, item_id: UUID | None = None, seller_ref: str = "", limit: int = 20
) -> list[DecisionRow]:
    """What was decided about an item, or about everything of a seller, newest first, without what was withdrawn.

    Decisions of all vendors, so that history is the same for everyone; another vendor's shows only what was decided, not
    by whom nor in which words. Three queries.
    """
    if item_id is None and not seller_ref:
        return []
    # The vendor does not narrow here: it decides how much of a row is shown.
    scope = scope_q(actor, Permission.DECISION_VIEW, market="market", language="language")
    rows = visible(with_parts(), scope).exclude(state=DecisionState.WITHDRAWN)
    rows = rows.filter(item_id=item_id) if item_id is not None else rows.filter(item__seller_ref=seller_ref)
    return [decision_row(decision, actor) for decision in rows.order_by("-decided_at", "-id")[:limit]]


def decision_page(actor: Actor, decision_id: UUID, *, language: str = "en") -> DecisionView:
    """One decision in full; raises ``NoSuchDecision`` also for one outside the actor's scope."""
    scope = scope_q(
        actor, Permission.DECISION_VIEW, vendor="vendor", queue="queue", market="market", language="language"
    )
    rows = visible(with_parts(), scope).select_related("item", "decider", "snapshot", "statement", "superseded_by")
    decision = rows.filter(pk=decision_id).first()
    if decision is None:
        raise NoSuchDecision(_("there is no such decision"))
    citations = list(decision.citations.all())
    titles = readings_in([citation.version for citation in citations], language)
    return DecisionView(
        row=decision_row(decision, actor),
        snapshot_id=decision.snapshot_id,
        snapshot_number=decision.snapshot.number,
        evidence=tuple(decision.evidence),
        cited=tuple(_cited(citation, titles[citation.version_id].title) for citation in citations),
        statement=getattr(decision, "statement", None),
        sent=_sent(actor, decision),
        supersedes_id=decision.supersedes_id,
        superseded_by_id=decision.superseded_by.pk if hasattr(decision, "superseded_by") else None,
        withdrawn_at=decision.withdrawn_at,
        facts_key=decision.facts_key,
    )


def undoable(actor: Actor, now: datetime) -> list[Undoable]:
    """The actor's own decisions that can still be taken back, newest first. One query."""
    if actor.kind is not ActorKind.PERSON:
        return []
    rows = Decision.objects.filter(decider_id=int(actor.ref), state=DecisionState.ISSUED, final_at__gt=now)
    return [
        Undoable(*row)
        for row in rows.order_by("-decided_at", "-id").values_list(
            "pk", "case_id", "item__kind", "item__external_id", "outcome", "final_at"
        )
    ]


def proposed_enforcement(version: PolicyVersion, *, seller_ref: str, kind: str, at: datetime) -> Proposal:
    """What the console suggests for a violation of ``version`` by this seller. One query."""
    return propose_enforcement(version, violations_of([seller_ref], at).get(seller_ref, 0), kind)


def _cited(citation: Citation, title: str) -> Cited:
    version = citation.version
    return Cited(
        code=version.policy.code,
        number=version.number,
        title=title,
        primary=citation.primary,
        legal_reference=version.legal_reference,
        terms_clause=version.terms_clause,
    )


def _sent(actor: Actor, decision: Decision) -> tuple[Sent, ...]:
    rows = Delivery.objects.filter(message__group_ref=str(decision.pk)).select_related("message", "endpoint")
    shown = actor.may(Permission.OUTBOX_VIEW)
    return tuple(
        Sent(
            topic=row.message.topic,
            state=row.state,
            attempts=row.attempts,
            finished_at=row.finished_at,
            endpoint=row.endpoint.code if shown else "",
            problem=row.last_problem if shown else "",
        )
        for row in rows.order_by("created_at", "endpoint_id", "sequence")
    )
