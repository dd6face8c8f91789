"""Lists of decisions: found by many things, read on by key."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from piepowder.access.visibility import scope_q, visible
from piepowder.decisions.models import Citation, Decision, Enforcement
from piepowder.intake.models import Item
from piepowder.intake.states import Kind
from piepowder.kernel.actor import Actor, Place
from piepowder.kernel.errors import Malformed
from piepowder.kernel.permissions import Permission

PAGE_SIZE = 50
ORDERS = {"newest": ("-decided_at", "-id"), "oldest": ("decided_at", "id")}


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
    """One screenful; ``next`` continues it, empty at the end."""

    rows: tuple[DecisionRow, ...]
    next: str


def recent_decisions(
    actor: Actor, filters: DecisionFilters, *, after: str = "", limit: int = PAGE_SIZE, order: str = "newest"
) -> DecisionList:
    """The decisions ``actor`` may see, in ``order``, from the cursor ``after`` on. Three queries, however far down."""
    rows = decisions_matching(actor, Permission.DECISION_VIEW, filters)
    if after:
        at, last = _place_in_list(after)
        side = "lt" if order == "newest" else "gt"
        # The bound says nothing new; without it SQLite goes through all that comes after and sorts it.
        rows = rows.filter(**{f"decided_at__{side}e": at})
        rows = rows.filter(Q(**{f"decided_at__{side}": at}) | Q(decided_at=at, **{f"id__{side}": last}))
    found = list(rows.order_by(*ORDERS[order])[: limit + 1])
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
    rows = visible(with_parts(), scope)
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


def with_parts() -> QuerySet[Decision]:
    """Decisions with all that a row needs."""
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
        enforcements=imposed(decision.enforcements.all(), own),
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


def imposed(rows: Iterable[Enforcement], own: bool) -> tuple[Imposed, ...]:
    """Restrictions as they stand, without what somebody typed unless the decision is the reader's ``own``."""
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
