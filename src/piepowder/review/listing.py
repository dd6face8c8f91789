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
CHUNK = 2_000
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
    site: str = ""
    """Site of the person who has it or decided it."""
    at_risk_at: datetime | None = None
    """Only what is at risk by then, not late, and still open."""


ORDERS = {"newest": ("-opened_at", "-id"), "oldest": ("opened_at", "id"), "urgent": ("rank", "id")}
"""How a list of cases can be ordered; ``urgent`` is the order in which work is handed out."""


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
    rank: int
    """Its place in the order of work: smaller is sooner."""


@dataclass(frozen=True, slots=True)
class CaseList:
    """One screenful; ``next`` continues it, empty at the end."""

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


def search_cases(
    actor: Actor, filters: CaseFilters, *, cursor: str = "", limit: int = PAGE_SIZE, order: str = "newest"
) -> CaseList:
    """One page of the cases that match, in ``order`` (see ``ORDERS``), from ``cursor`` on; one query.

    Raises ``BadCursor``, also for a cursor of another order.
    """
    rows = _page(matching_cases(actor, filters), cursor, limit + 1, order)
    more = len(rows) > limit
    rows = rows[:limit]
    return CaseList(tuple(rows), _cursor(rows[-1], order) if more else "")


def stream_cases(actor: Actor, filters: CaseFilters, *, order: str = "newest", chunk: int = CHUNK) -> Iterator[CaseRow]:
    """Every case that matches, however many, with no more than a chunk in memory: one query, read on as it is asked for.

    It is the state of the moment at which the query begins only inside ``database.snapshot``. Needs ``board:export``.
    """
    require(actor, Permission.BOARD_EXPORT)
    cases = matching_cases(actor, filters, Permission.BOARD_EXPORT)
    related = cases.select_related("item", "holder").defer("why_here", "hold_reason")
    for case in related.order_by(*ORDERS[order]).iterator(chunk):
        yield _row(case)


def one_case(actor: Actor, case_id: UUID) -> CaseRow:
    """One case as a row; raises ``NoSuchCase`` also for one that the actor may not see. One query."""
    found = _page(seen_cases(actor).filter(pk=case_id), "", 1, "newest")
    if not found:
        raise NoSuchCase(_("there is no such case"))
    return found[0]


def cases_of(actor: Actor, item_id: UUID, *, limit: int = PAGE_SIZE) -> list[CaseRow]:
    """The cases there were about one item, newest first. One query."""
    return _page(seen_cases(actor).filter(item_id=item_id), "", limit, "newest")


def matching_cases(actor: Actor, filters: CaseFilters, permission: Permission = Permission.CASE_VIEW) -> QuerySet[Case]:
    """The cases in ``actor``'s scope of ``permission`` that fit ``filters``, in no order."""
    known = reference()
    cases = seen_cases(actor, permission)
    if filters.item:
        # Through the unique key of items, which begins with the kind.
        items = Item.objects.filter(kind__in=Kind.values, external_id=filters.item)
        cases = cases.filter(item_id__in=list(items.values_list("id", flat=True)))
    if filters.policy:
        cases = cases.filter(of_policy(filters.policy))
    if filters.queue:
        queue = known.by_code.get(filters.queue)
        cases = cases.filter(queue_id=queue.id if queue else -1)
    if filters.state:
        cases = cases.filter(state__in=ACTIVE_STATES if filters.state == "active" else [filters.state])
    if filters.late_at is not None:
        cases = cases.filter(state__in=ACTIVE_STATES, due_at__lte=filters.late_at)
    if filters.at_risk_at is not None:
        at = filters.at_risk_at
        cases = cases.filter(state__in=ACTIVE_STATES, at_risk_at__lte=at, due_at__gt=at)
    if filters.text:
        cases = cases.filter(item__title__icontains=filters.text)
    exact = {
        "seller_ref": filters.seller,
        "holder_id": filters.person_id,
        "market": filters.market,
        "language": filters.language,
        "kind": filters.kind,
        "vendor": filters.vendor,
        "holder__site__code": filters.site,
        "opened_at__gte": filters.since,
        "opened_at__lt": filters.until,
    }
    cases = cases.filter(**{column: value for column, value in exact.items() if value})
    return cases if filters.severity is None else cases.filter(severity=filters.severity)


def of_policy(code: str, column: str = "policy_code") -> Q:
    """What is suspected of a policy, or of one of a family of policies; ``column`` holds the policy's code."""
    family = Q(**{column: code})
    for sign in FAMILY_SIGNS:
        family |= Q(**{f"{column}__startswith": f"{code}{sign}"})
    return family


def _page(cases: QuerySet[Case], cursor: str, limit: int, order: str) -> list[CaseRow]:
    if cursor:
        cases = cases.filter(_behind(cursor, order))
    related = cases.select_related("item", "holder").defer("why_here", "hold_reason")
    return [_row(case) for case in related.order_by(*ORDERS[order])[:limit]]


def _behind(cursor: str, order: str) -> Q:
    """What comes after the place that ``cursor`` names."""
    column, down = ORDERS[order][0].lstrip("-"), ORDERS[order][0].startswith("-")
    at, last = _place(cursor, order)
    side = "lt" if down else "gt"
    # The bound says nothing new; without it SQLite goes through all that comes after and sorts it.
    bound = Q(**{f"{column}__{side}e": at})
    return bound & (Q(**{f"{column}__{side}": at}) | Q(**{column: at, f"id__{side}": last}))


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
        rank=case.rank,
    )


def _cursor(row: CaseRow, order: str) -> str:
    place = str(row.rank) if order == "urgent" else row.opened_at.isoformat()
    return f"{place}~{row.case_id}"


def _place(cursor: str, order: str) -> tuple[datetime | int, UUID]:
    place, _tilde, last = cursor.partition("~")
    try:
        return (_rank(place) if order == "urgent" else _moment(place)), UUID(last)
    except ValueError as error:
        problem = FieldProblem("/cursor", "bad_cursor", _("take it from the page before"))
        raise BadCursor(_("this cursor was not given out here"), problems=[problem]) from error


def _rank(text: str) -> int:
    found = int(text)
    if abs(found) >= 2**63:
        raise ValueError("beyond what a rank can be")
    return found


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("a moment without its offset")
    return found
