"""What is read of orders: the list, one order with everything about it, and its clocks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from piepowder.access.visibility import holds_whole, require_whole
from piepowder.correspondence.models import Letter
from piepowder.correspondence.queries import letters_about
from piepowder.duties.due import Due
from piepowder.duties.models import Disclosure, IdenticalSearch, Order, OrderLine
from piepowder.duties.orders.elements import ELEMENTS
from piepowder.duties.orders.receiving import NoSuchOrder
from piepowder.duties.states import ORDER_FLOW, LineState, OrderKind, OrderState
from piepowder.kernel.actor import Actor
from piepowder.kernel.permissions import Permission
from piepowder.policy.packs import deadline

OPEN_STATES = (OrderState.RECEIVED, OrderState.CLARIFYING)


@dataclass(frozen=True, slots=True)
class OrderFilters:
    kind: str = ""
    state: str = ""
    country: str = ""
    text: str = ""
    """Part of the reference or of the authority's name."""
    late: bool = False


@dataclass(frozen=True, slots=True)
class OrderPage:
    """One order with everything about it; ``may`` are the verbs of its flow that are open now."""

    order: Order
    lines: Sequence[OrderLine]
    searches: Sequence[IdenticalSearch]
    disclosures: Sequence[Disclosure]
    letters: Sequence[Letter]
    missing: Sequence[str | Promise]
    may: tuple[str, ...]

    @property
    def open_lines(self) -> list[OrderLine]:
        return [line for line in self.lines if line.state == LineState.OPEN]

    @property
    def may_rule(self) -> bool:
        """Whether any open line names something that is known here."""
        return any(line.item_id for line in self.open_lines)


def orders_list(actor: Actor, filters: OrderFilters, now: datetime) -> QuerySet[Order]:
    """The orders, those that are due first, then the newest; each with ``line_count`` and ``open_count``."""
    require_whole(actor, Permission.DUTY_VIEW)
    rows = Order.objects.all()
    for name in ("kind", "state", "country"):
        if value := getattr(filters, name):
            rows = rows.filter(**{name: value})
    if filters.text:
        rows = rows.filter(Q(reference__icontains=filters.text) | Q(authority__icontains=filters.text))
    if filters.late:
        rows = rows.filter(state__in=OPEN_STATES, due_at__lte=now)
    return rows.annotate(
        line_count=Count("lines"), open_count=Count("lines", filter=Q(lines__state=LineState.OPEN))
    ).order_by("-received_at", "-id")


def order_page(actor: Actor, order_id: UUID) -> OrderPage:
    """Raises ``NoSuchOrder``. Five queries."""
    require_whole(actor, Permission.DUTY_VIEW)
    order = Order.objects.filter(pk=order_id).first()
    if order is None:
        raise NoSuchOrder(_("there is no such order"))
    return OrderPage(
        order=order,
        lines=list(order.lines.select_related("item", "decision").order_by("position")),
        searches=list(order.searches.all()[:20]),
        disclosures=list(order.disclosures.all()[:50]),
        letters=list(letters_about("order", str(order.pk))[:50]),
        missing=[ELEMENTS[code] for code in order.missing if code in ELEMENTS],
        may=ORDER_FLOW.allowed(OrderState(order.state)),
    )


def order_dues(actor: Actor, *, until: datetime, limit: int) -> Iterable[Due]:
    """The clocks of orders: to say that one arrived, and to give effect to it. Two queries."""
    if not holds_whole(actor, Permission.DUTY_VIEW):
        return []
    found = []
    for order in Order.objects.filter(state__in=OPEN_STATES, due_at__lt=until).order_by("due_at", "id")[:limit]:
        assert order.due_at is not None
        pack = "gpsr" if order.kind == OrderKind.SAFETY else "eu_dsa"
        found.append(_due(order, pack, "order_effect", order.due_at, order.due_rule))
    # Nobody waits for days to be told that an order arrived: the oldest are looked at, not all that ever came.
    silent = Order.objects.filter(state__in=OPEN_STATES, acknowledged_at=None).order_by("received_at", "id")[:limit]
    for order in silent:
        end = deadline("eu_dsa", "order_receipt", order.received_at)
        if end.at < until:
            found.append(_due(order, "eu_dsa", "order_receipt", end.at, end.rule))
    return sorted(found, key=lambda due: (due.due_at, due.kind, due.ref))


def reporting_times(since: datetime, until: datetime) -> dict[tuple[str, str, str], list[tuple[timedelta, timedelta]]]:
    """For the transparency report: by country, category and kind, from receipt to acknowledgement and to effect."""
    found: dict[tuple[str, str, str], list[tuple[timedelta, timedelta]]] = {}
    rows = Order.objects.filter(received_at__gte=since, received_at__lt=until, effect_at__isnull=False)
    for one in rows.order_by("received_at", "id"):
        if one.acknowledged_at is not None and one.effect_at is not None:
            spans = (one.acknowledged_at - one.received_at, one.effect_at - one.received_at)
            found.setdefault((one.country, one.category, one.kind), []).append(spans)
    return found


def _due(order: Order, pack: str, rule: str, due_at: datetime, counted: str) -> Due:
    return Due(
        pack=pack,
        rule=rule,
        kind="order",
        ref=str(order.pk),
        title=f"{order.authority} · {order.reference}",
        started_at=order.received_at,
        due_at=due_at,
        counted=counted,
        route="duties_order",
        args=(str(order.pk),),
    )
