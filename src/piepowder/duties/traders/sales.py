"""Daily totals that the marketplace sends, and what follows when a seller sells much."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.access.visibility import require_whole
from piepowder.duties.models import Trader, TraderSales
from piepowder.duties.traders.files import BadTrader, ask, asked_of, note, states_of
from piepowder.duties.traders.requirements import US, missing
from piepowder.duties.traders.states import TRADER_FLOW, TraderKind, TraderState
from piepowder.duties.traders.volume import LOOKED_BACK_MONTHS, DayOfSales, disclosed_since, high_volume_since
from piepowder.kernel.actor import Actor
from piepowder.kernel.clocks.periods import months_later
from piepowder.kernel.errors import FieldProblem
from piepowder.kernel.permissions import Permission
from piepowder.policy.packs import in_force

MOST_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class SalesDay:
    """What one seller sold on one day through the marketplace's own payment: new and unused goods, in US dollars."""

    seller_ref: str
    on: date
    sales: int
    gross_cents: int


@transaction.atomic
def note_sales(*, actor: Actor, days: Sequence[SalesDay], at: datetime) -> int:
    """Keep daily totals (the same day again replaces) and ask those who became high-volume sellers for their data.

    A seller without a file gets one once the totals say so: before that only the totals are kept. Returns how many sellers
    became high-volume. Raises ``BadTrader`` with a pointer to each day that cannot be kept; then nothing is.
    """
    require_whole(actor, Permission.TRADER_EDIT)
    if problems := list(_problems(days, at)):
        raise BadTrader(_("these totals cannot be kept"), problems=problems[:100])
    traders = _traders({one.seller_ref for one in days}, at)
    TraderSales.objects.bulk_create(
        [
            TraderSales(trader=traders[one.seller_ref], on=one.on, sales=one.sales, gross_cents=one.gross_cents)
            for one in {(one.seller_ref, one.on): one for one in days}.values()
        ],
        update_conflicts=True,
        unique_fields=["trader", "on"],
        update_fields=["sales", "gross_cents"],
    )
    return sum(weigh(actor=actor, trader=trader, at=at) for _ref, trader in sorted(traders.items()))


def weigh(*, actor: Actor, trader: Trader, at: datetime) -> bool:
    """Work out anew whether the trader sells much, and ask for what that takes; whether they became high-volume now."""
    today = at.date()
    first = months_later(today, -LOOKED_BACK_MONTHS) + timedelta(days=1)
    rows = TraderSales.objects.filter(trader=trader, on__gte=first).values_list("on", "sales", "gross_cents")
    days = {on: DayOfSales(sales, gross) for on, sales, gross in rows}
    since, disclosed = high_volume_since(days, today), disclosed_since(days, today)
    became = since is not None and trader.high_volume_since is None
    if (since is None) == (trader.high_volume_since is None) and (disclosed is None) == (
        trader.disclosed_since is None
    ):
        return False
    trader.high_volume_since, trader.disclosed_since = (
        trader.high_volume_since if since and not became else since,
        disclosed,
    )
    if not in_force(US, today):
        trader.save(update_fields=["high_volume_since", "disclosed_since"])
        return became
    if US not in trader.packs:
        trader.packs = sorted({*trader.packs, US})
    trader.save(update_fields=["high_volume_since", "disclosed_since", "packs"])
    note(actor, trader, "high_volume" if became else "weigh", at, since=since.isoformat() if since else None)
    waits = trader.state in (TraderState.VERIFIED, TraderState.REQUESTED)
    if became and waits and missing(asked_of(trader), states_of(trader)):
        if trader.state == TraderState.VERIFIED:
            trader.state = TRADER_FLOW.step("ask_more", TraderState(trader.state))
        trader.requested_at = at
        ask(actor, trader, "high_volume", at)
    return became


def _traders(refs: Iterable[str], at: datetime) -> dict[str, Trader]:
    """The files of sellers, locked; a seller whose totals come for the first time has an empty one without a clock."""
    wanted = sorted(refs)
    known = {one.seller_ref: one for one in Trader.objects.select_for_update().filter(seller_ref__in=wanted)}
    fresh = [
        Trader(seller_ref=ref, kind=TraderKind.COMPANY, market="US", language="en", packs=[US], requested_at=at)
        for ref in wanted
        if ref not in known
    ]
    Trader.objects.bulk_create(fresh)
    return known | {one.seller_ref: one for one in fresh}


def _problems(days: Sequence[SalesDay], at: datetime) -> Iterable[FieldProblem]:
    if not days or len(days) > MOST_AT_ONCE:
        yield FieldProblem("/days", "bad_number", _("between 1 and %(most)d days") % {"most": MOST_AT_ONCE})
    for index, one in enumerate(days):
        if not one.seller_ref.strip() or len(one.seller_ref) > 200:
            yield FieldProblem(f"/days/{index}/seller", "required", _("give the seller's id"))
        if one.on > at.date() + timedelta(days=1):
            yield FieldProblem(f"/days/{index}/on", "future", _("this day is still to come"))
        if not 0 <= one.sales <= 10**9 or not 0 <= one.gross_cents <= 10**15:
            yield FieldProblem(f"/days/{index}", "bad_number", _("totals are not negative"))
