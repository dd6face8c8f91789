"""Reading decisions: what is known about an item or seller, the list, one in full, and what can still be undone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from piepowder.access.visibility import scope_q, visible
from piepowder.decisions.logic import Proposal, propose_enforcement
from piepowder.decisions.models import Citation, Decision, Enforcement, Statement
from piepowder.decisions.operations import NoSuchDecision
from piepowder.decisions.states import DecisionState
from piepowder.intake.models import Item
from piepowder.intake.states import Kind
from piepowder.kernel.actor import Actor, ActorKind, Place
from piepowder.kernel.errors import Malformed
from piepowder.kernel.permissions import Permission
from piepowder.outbox.models import Delivery
from piepowder.policy.models import PolicyVersion
from piepowder.policy.queries import readings_in
from piepowder.review.opening import violations_of

PAGE_SIZE = 50


class BadCursor(Malformed):
    code = "bad_cursor"


@dataclass(frozen=True, slots=True)
class Imposed:
    """A restriction as it stands."""

    id: UUID
    family: str
    measure: str
    description: str
    target_kind: str
    target_external_id: str
    territories: tuple[str, ...]
    state: str
    starts_at: datetime
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A decision in a list.

    ``own`` is false for another vendor's decision: then ``decider``, ``decider_id``, ``vendor``, ``site``, ``team``,
    ``queue``, ``case_id``, ``handling_ms`` and whatever somebody typed (``facts``, ``note``, the ``description`` of a
    restriction) are empty.
    """

    id: UUID
    case_id: UUID | None
    item_id: UUID
    kind: str
    external_id: str
    title: str
    seller_ref: str
    market: str
    language: str
    decided_at: datetime
    final_at: datetime
    state: str
    outcome: str
    ground: str
    policies: tuple[str, ...]
    enforcements: tuple[Imposed, ...]
    source: str
    automated_detection: bool
    machine: str
    machine_version: str
    own: bool
    facts: str
    note: str
    decider_id: int | None
    decider: str
    vendor: str
    site: str
    team: str
    queue: str
    handling_ms: int | None


@dataclass(frozen=True, slots=True)
class DecisionFilters:
    """What to list; an empty field does not narrow. ``item`` is the marketplace's id, ``policy`` a code."""

    item: str = ""
    seller: str = ""
    policy: str = ""
    outcome: str = ""
    state: str = ""
    kind: str = ""
    market: str = ""
    language: str = ""
    queue: str = ""
    vendor: str = ""
    site: str = ""
    team: str = ""
    decider_id: int | None = None
    automated: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class DecisionList:
    """One screenful, newest first; ``next`` continues it, empty at the end."""

    rows: tuple[DecisionRow, ...]
    next: str


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
    rows = visible(_with_parts(), scope).exclude(state=DecisionState.WITHDRAWN)
    rows = rows.filter(item_id=item_id) if item_id is not None else rows.filter(item__seller_ref=seller_ref)
    return [decision_row(decision, actor) for decision in rows.order_by("-decided_at", "-id")[:limit]]


def recent_decisions(
    actor: Actor, filters: DecisionFilters, *, after: str = "", limit: int = PAGE_SIZE
) -> DecisionList:
    """The decisions ``actor`` may see, newest first, from the cursor ``after`` on. Three queries, however far down."""
    rows = decisions_matching(actor, Permission.DECISION_VIEW, filters)
    if after:
        at, last = _place_in_list(after)
        rows = rows.filter(Q(decided_at__lt=at) | Q(decided_at=at, id__lt=last))
    found = list(rows.order_by("-decided_at", "-id")[: limit + 1])
    more = f"{found[limit - 1].decided_at.isoformat()}~{found[limit - 1].pk}" if len(found) > limit else ""
    return DecisionList(tuple(decision_row(decision, actor) for decision in found[:limit]), more)


def _place_in_list(cursor: str) -> tuple[datetime, UUID]:
    moment, _tilde, last = cursor.partition("~")
    try:
        at, ref = datetime.fromisoformat(moment), UUID(last)
    except ValueError:
        raise BadCursor(_("this is no place in the list")) from None
    if at.tzinfo is None:
        raise BadCursor(_("this is no place in the list"))
    return at, ref


def decisions_matching(actor: Actor, permission: Permission, filters: DecisionFilters) -> QuerySet[Decision]:
    """The decisions in ``actor``'s scope of ``permission`` that fit ``filters``, with what a row needs."""
    scope = scope_q(actor, permission, vendor="vendor", queue="queue", market="market", language="language")
    rows = visible(_with_parts(), scope)
    for field in ("outcome", "state", "market", "language", "queue", "vendor", "site", "team"):
        if value := getattr(filters, field):
            rows = rows.filter(**{field: value})
    if filters.item:
        # By the unique index of items, not through all decisions; no period narrows it.
        items = Item.objects.filter(kind__in=Kind.values, external_id=filters.item)
        rows = rows.filter(item_id__in=list(items.values_list("pk", flat=True)))
    if filters.seller:
        rows = rows.filter(item__seller_ref=filters.seller)
    if filters.kind:
        rows = rows.filter(item__kind=filters.kind)
    if filters.policy:
        cited = Citation.objects.filter(version__policy__code=filters.policy)
        rows = rows.filter(pk__in=cited.values("decision_id"))
    if filters.decider_id is not None:
        rows = rows.filter(decider_id=filters.decider_id)
    if filters.automated is not None:
        rows = rows.filter(decider__isnull=filters.automated)
    if filters.since is not None:
        rows = rows.filter(decided_at__gte=filters.since)
    if filters.until is not None:
        rows = rows.filter(decided_at__lt=filters.until)
    if filters.text:
        rows = rows.filter(Q(facts__icontains=filters.text) | Q(note__icontains=filters.text))
    return rows


def decision_page(actor: Actor, decision_id: UUID, *, language: str = "en") -> DecisionView:
    """One decision in full; raises ``NoSuchDecision`` also for one outside the actor's scope."""
    scope = scope_q(
        actor, Permission.DECISION_VIEW, vendor="vendor", queue="queue", market="market", language="language"
    )
    rows = visible(_with_parts(), scope).select_related("item", "decider", "snapshot", "statement", "superseded_by")
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


def _with_parts() -> QuerySet[Decision]:
    citations = Citation.objects.select_related("version__policy").order_by("-primary", "id")
    return Decision.objects.select_related("item", "decider").prefetch_related(
        Prefetch("citations", queryset=citations),
        Prefetch("enforcements", queryset=Enforcement.objects.order_by("family", "measure", "id")),
    )


def decision_row(decision: Decision, actor: Actor) -> DecisionRow:
    """A loaded decision as ``actor`` may see it."""
    place = Place(vendor=decision.vendor, queue=decision.queue, market=decision.market, language=decision.language)
    own = actor.may(Permission.DECISION_VIEW, place) or actor.may(Permission.DECISION_EXPORT, place)
    item = decision.item
    return DecisionRow(
        id=decision.pk,
        case_id=decision.case_id if own else None,
        item_id=decision.item_id,
        kind=item.kind,
        external_id=item.external_id,
        title=item.title,
        seller_ref=item.seller_ref,
        market=decision.market,
        language=decision.language,
        decided_at=decision.decided_at,
        final_at=decision.final_at,
        state=decision.state,
        outcome=decision.outcome,
        ground=decision.ground,
        policies=tuple(citation.version.policy.code for citation in decision.citations.all()),
        enforcements=_imposed(decision.enforcements.all(), own),
        source=decision.source,
        automated_detection=decision.automated_detection,
        machine=decision.machine,
        machine_version=decision.machine_version,
        own=own,
        facts=decision.facts if own else "",
        note=decision.note if own else "",
        decider_id=decision.decider_id if own else None,
        decider=decision.decider.name if own and decision.decider else "",
        vendor=decision.vendor if own else "",
        site=decision.site if own else "",
        team=decision.team if own else "",
        queue=decision.queue if own else "",
        handling_ms=decision.handling_ms if own else None,
    )


def _imposed(rows: Iterable[Enforcement], own: bool) -> tuple[Imposed, ...]:
    return tuple(
        Imposed(
            id=row.pk,
            family=row.family,
            measure=row.measure,
            description=row.description if own else "",
            target_kind=row.target_kind,
            target_external_id=row.target_external_id,
            territories=tuple(row.territories),
            state=row.state,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
        )
        for row in rows
    )


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
