"""Lists of cases: found by many things, read on by key, streamed whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from piepowder.access.visibility import require, scope_q, visible
from piepowder.intake.models import Item
from piepowder.intake.states import Kind
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import FieldProblem, Malformed
from piepowder.kernel.permissions import Permission
from piepowder.review.leases import NoSuchCase
from piepowder.review.models import Case
from piepowder.review.reference import reference
from piepowder.review.routing import FAMILY_SIGNS
from piepowder.review.states import ACTIVE_STATES

PAGE_SIZE = 50
_CHUNK = 2_000
"""Rows of an export that are in memory at a time."""


class BadCursor(Malformed):
    code = "bad_cursor"


@dataclass(frozen=True, slots=True)
class CaseFilters:
    """What to list; an empty field does not narrow.

    ``item`` is the marketplace's id, ``policy`` a code or a family of them, ``state`` a state or ``active``, ``since``
    and ``until`` bound the opening, ``text`` stands somewhere in the item's title.
    """

    item: str = ""
    seller: str = ""
    policy: str = ""
    person_id: int | None = None
    state: str = ""
    queue: str = ""
    market: str = ""
    language: str = ""
    kind: str = ""
    severity: int | None = None
    vendor: str = ""
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""
    late_at: datetime | None = None
    """Only what was due by then and is still open."""


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case in a list. ``person`` holds it, put it on hold or decided it."""

    case_id: UUID
    item_id: UUID
    kind: str
    external_id: str
    title: str
    seller_ref: str
    item_state: str
    market: str
    language: str
    policy_code: str
    severity: int
    state: str
    queue_code: str
    queue_name: str
    vendor: str
    person_id: int | None
    person: str
    reports: int
    trust: int
    opened_at: datetime
    due_at: datetime | None
    at_risk_at: datetime | None
    first_claimed_at: datetime | None
    claimed_at: datetime | None
    first_viewed_at: datetime | None
    hold_until: datetime | None
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class CaseList:
    """One screenful, the newest first; ``next`` continues it, empty at the end."""

    rows: tuple[CaseRow, ...]
    next: str


def seen_cases(actor: Actor, permission: Permission = Permission.CASE_VIEW) -> QuerySet[Case]:
    """The cases ``actor`` may see by ``permission``: what their vendor has or had, and what nobody has yet.

    Whoever is bound to vendors sees waiting cases only of queues that one of them works on.
    """
    scope = scope_q(
        actor, permission, vendor="vendor", queue="queue__code", market="market", language="language", shared=True
    )
    scopes = actor.scopes(permission)
    if scopes and all(one.vendors for one in scopes):
        vendors = frozenset[str]().union(*(one.vendors for one in scopes))
        closed = [
            queue.id
            for queue in reference().queues.values()
            if not any(queue.is_worked_by(vendor) for vendor in vendors)
        ]
        scope &= ~Q(vendor="", queue_id__in=closed)
    return visible(Case.objects.all(), scope)


def search_cases(actor: Actor, filters: CaseFilters, *, cursor: str = "", limit: int = PAGE_SIZE) -> CaseList:
    """One page of the cases that match, newest first, from ``cursor`` on; one query. Raises ``BadCursor``."""
    rows = _page(_matching(actor, filters), cursor, limit + 1)
    more = len(rows) > limit
    rows = rows[:limit]
    return CaseList(tuple(rows), _cursor(rows[-1]) if more else "")


def stream_cases(actor: Actor, filters: CaseFilters, *, chunk: int = _CHUNK) -> Iterator[CaseRow]:
    """Every case that matches, newest first, however many: read by key in chunks, so nothing is skipped or doubled while

    work goes on, and no more than a chunk is in memory. What is opened meanwhile is not in it. Needs ``board:export``.
    """
    require(actor, Permission.BOARD_EXPORT)
    cases = _matching(actor, filters, Permission.BOARD_EXPORT)
    cursor = ""
    while True:
        rows = _page(cases, cursor, chunk)
        yield from rows
        if len(rows) < chunk:
            return
        cursor = _cursor(rows[-1])


def one_case(actor: Actor, case_id: UUID) -> CaseRow:
    """One case as a row; raises ``NoSuchCase`` also for one that the actor may not see. One query."""
    found = _page(seen_cases(actor).filter(pk=case_id), "", 1)
    if not found:
        raise NoSuchCase(_("there is no such case"))
    return found[0]


def cases_of(actor: Actor, item_id: UUID, *, limit: int = PAGE_SIZE) -> list[CaseRow]:
    """The cases there were about one item, newest first. One query."""
    return _page(seen_cases(actor).filter(item_id=item_id), "", limit)


def _matching(actor: Actor, filters: CaseFilters, permission: Permission = Permission.CASE_VIEW) -> QuerySet[Case]:
    known = reference()
    cases = seen_cases(actor, permission)
    if filters.item:
        # Through the unique key of items, which begins with the kind.
        items = Item.objects.filter(kind__in=Kind.values, external_id=filters.item)
        cases = cases.filter(item_id__in=list(items.values_list("id", flat=True)))
    if filters.policy:
        family = Q(policy_code=filters.policy)
        for sign in FAMILY_SIGNS:
            family |= Q(policy_code__startswith=f"{filters.policy}{sign}")
        cases = cases.filter(family)
    if filters.queue:
        queue = known.by_code.get(filters.queue)
        cases = cases.filter(queue_id=queue.id if queue else -1)
    if filters.state:
        cases = cases.filter(state__in=ACTIVE_STATES if filters.state == "active" else [filters.state])
    if filters.late_at is not None:
        cases = cases.filter(state__in=ACTIVE_STATES, due_at__lte=filters.late_at)
    if filters.text:
        cases = cases.filter(item__title__icontains=filters.text)
    exact = {
        "seller_ref": filters.seller,
        "holder_id": filters.person_id,
        "market": filters.market,
        "language": filters.language,
        "kind": filters.kind,
        "vendor": filters.vendor,
        "opened_at__gte": filters.since,
        "opened_at__lt": filters.until,
    }
    cases = cases.filter(**{column: value for column, value in exact.items() if value})
    return cases if filters.severity is None else cases.filter(severity=filters.severity)


def _page(cases: QuerySet[Case], cursor: str, limit: int) -> list[CaseRow]:
    if cursor:
        opened_at, last = _place(cursor)
        cases = cases.filter(Q(opened_at__lt=opened_at) | Q(opened_at=opened_at, id__lt=last))
    related = cases.select_related("item", "holder").defer("why_here", "hold_reason")
    return [_row(case) for case in related.order_by("-opened_at", "-id")[:limit]]


def _row(case: Case) -> CaseRow:
    queue = reference().queues[case.queue_id]
    return CaseRow(
        case_id=case.pk,
        item_id=case.item_id,
        kind=case.kind,
        external_id=case.item.external_id,
        title=case.item.title,
        seller_ref=case.seller_ref,
        item_state=case.item.state,
        market=case.market,
        language=case.language,
        policy_code=case.policy_code,
        severity=case.severity,
        state=case.state,
        queue_code=queue.code,
        queue_name=queue.name,
        vendor=case.vendor,
        person_id=case.holder_id,
        person=case.holder.name if case.holder else "",
        reports=case.reports,
        trust=case.trust,
        opened_at=case.opened_at,
        due_at=case.due_at,
        at_risk_at=case.at_risk_at,
        first_claimed_at=case.first_claimed_at,
        claimed_at=case.claimed_at,
        first_viewed_at=case.first_viewed_at,
        hold_until=case.hold_until,
        decided_at=case.decided_at,
    )


def _cursor(row: CaseRow) -> str:
    return f"{row.opened_at.isoformat()}~{row.case_id}"


def _place(cursor: str) -> tuple[datetime, UUID]:
    moment, _tilde, last = cursor.partition("~")
    try:
        opened_at, case_id = datetime.fromisoformat(moment), UUID(last)
        if opened_at.tzinfo is None:
            raise ValueError("a moment without its offset")
    except ValueError as error:
        problem = FieldProblem("/cursor", "bad_cursor", _("take it from the page before"))
        raise BadCursor(_("this cursor was not given out here"), problems=[problem]) from error
    return opened_at, case_id
