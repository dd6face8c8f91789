"""What is read of traders' files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from piepowder.access.visibility import require_whole
from piepowder.correspondence.models import Letter
from piepowder.correspondence.queries import letters_about
from piepowder.duties.models import Trader, TraderField, TraderSales
from piepowder.duties.traders.files import NoSuchTrader, asked_of
from piepowder.duties.traders.requirements import OPTIONAL, Wanted
from piepowder.duties.traders.states import TRADER_FLOW, TraderState
from piepowder.kernel.actor import Actor
from piepowder.kernel.permissions import Permission


@dataclass(frozen=True, slots=True)
class FieldLine:
    """One thing that is asked for or was given; ``given`` is none while it is missing."""

    code: str
    title: str | Promise
    source: str
    asked: bool
    document: bool
    shown: bool
    given: TraderField | None


@dataclass(frozen=True, slots=True)
class TraderPage:
    trader: Trader
    fields: tuple[FieldLine, ...]
    letters: Sequence[Letter]
    sales: Sequence[TraderSales]
    may: tuple[str, ...]
    """The steps that the file can take now."""


def traders(actor: Actor, *, state: str = "", q: str = "") -> QuerySet[Trader]:
    """The files, those that are due first."""
    require_whole(actor, Permission.DUTY_VIEW)
    rows = Trader.objects.all()
    if state:
        rows = rows.filter(state=state)
    if q:
        rows = rows.filter(Q(seller_ref__icontains=q) | Q(fields__value__icontains=q, fields__code="name")).distinct()
    return rows.order_by("due_at", "seller_ref") if state else rows.order_by("seller_ref")


def trader_page(actor: Actor, trader_id: UUID) -> TraderPage:
    """One file with everything in it; raises ``NoSuchTrader``."""
    require_whole(actor, Permission.DUTY_VIEW)
    trader = Trader.objects.select_related("suspension").filter(pk=trader_id).first()
    if trader is None:
        raise NoSuchTrader(_("there is no such trader"))
    given = {one.code: one for one in TraderField.objects.filter(trader=trader)}
    asked = asked_of(trader)
    lines = [_line(one, given, asked=True) for one in asked]
    codes = {one.code for one in asked}
    lines += [_line(one, given, asked=False) for one in OPTIONAL if one.code in given and one.code not in codes]
    codes |= {one.code for one in OPTIONAL}
    lines += [
        FieldLine(code, code, "", asked=False, document=False, shown=False, given=one)
        for code, one in sorted(given.items())
        if code not in codes
    ]
    return TraderPage(
        trader=trader,
        fields=tuple(lines),
        letters=list(letters_about("trader", str(trader.pk))[:20]),
        sales=list(TraderSales.objects.filter(trader=trader).order_by("-on")[:31]),
        may=TRADER_FLOW.allowed(TraderState(trader.state)),
    )


def _line(one: Wanted, given: dict[str, TraderField], *, asked: bool) -> FieldLine:
    return FieldLine(one.code, one.title, one.source, asked, one.document, one.shown, given.get(one.code))
