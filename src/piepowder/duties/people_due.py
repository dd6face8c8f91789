"""The clocks of traders, terminations, informed buyers and erasures, for the one list of what is due by law."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from piepowder.access.visibility import holds_whole
from piepowder.duties.due import Due
from piepowder.duties.models import BuyersInformed, Erasure, Termination, Trader
from piepowder.duties.retention.states import ErasureState
from piepowder.duties.terminations.states import TerminationState
from piepowder.duties.traders.requirements import EU, US
from piepowder.duties.traders.states import TraderState
from piepowder.kernel.actor import Actor
from piepowder.kernel.ids import short
from piepowder.kernel.permissions import Permission

_RULES = {
    TraderState.REQUESTED: ("trader_cure", "collect"),
    TraderState.REMEDY: ("trader_cure", "cure"),
    TraderState.CERTIFYING: ("trader_cure", "cure"),
    TraderState.GIVEN: ("trader_cure", "verify"),
}


def traders(actor: Actor, *, until: datetime, limit: int) -> Iterable[Due]:
    if not holds_whole(actor, Permission.DUTY_VIEW):
        return
    rows = Trader.objects.filter(due_at__isnull=False, due_at__lt=until).order_by("due_at", "id")
    for one in rows[:limit]:
        eu, us = _RULES.get(TraderState(one.state), ("trader_cure", "cure"))
        pack = EU if EU in one.packs else US
        yield Due(
            pack=pack,
            rule=eu if pack == EU else us,
            kind="trader",
            ref=str(one.pk),
            title=_("Trader %(number)s: %(state)s") % {"number": short(one.pk), "state": one.get_state_display()},
            started_at=one.given_at if one.state == TraderState.GIVEN and one.given_at else one.requested_at,
            due_at=one.due_at or until,
            counted=one.due_rule,
            route="duties_trader",
            args=(str(one.pk),),
        )


def terminations(actor: Actor, *, until: datetime, limit: int) -> Iterable[Due]:
    if not holds_whole(actor, Permission.DUTY_VIEW):
        return
    rows = Termination.objects.filter(state=TerminationState.ANNOUNCED, effective_at__lt=until)
    for one in rows.order_by("effective_at", "id")[:limit]:
        yield Due(
            pack="p2b",
            rule="termination_notice",
            kind="termination",
            ref=str(one.pk),
            title=_("End of the service %(number)s") % {"number": short(one.pk)},
            started_at=one.informed_at,
            due_at=one.effective_at,
            counted=one.rule,
            route="duties_termination",
            args=(str(one.pk),),
        )


def buyers(actor: Actor, *, until: datetime, limit: int) -> Iterable[Due]:
    if not holds_whole(actor, Permission.DUTY_VIEW):
        return
    rows: QuerySet[BuyersInformed] = BuyersInformed.objects.filter(finished_at__isnull=True, due_at__lt=until)
    for one in rows.order_by("due_at", "id")[:limit]:
        yield Due(
            pack=EU,
            rule="buyers_told",
            kind="buyers",
            ref=str(one.pk),
            title=_("Buyers of %(product)s") % {"product": one.product[:80]},
            started_at=one.learned_at,
            due_at=one.due_at,
            route="duties_campaign",
            args=(str(one.pk),),
        )


def erasures(actor: Actor, *, until: datetime, limit: int) -> Iterable[Due]:
    if not holds_whole(actor, Permission.ERASURE_RUN):
        return
    waiting = [ErasureState.REQUESTED, ErasureState.RUNNING]
    rows = Erasure.objects.filter(state__in=waiting, due_on__lt=until.date()).order_by("due_on", "id")
    for one in rows[:limit]:
        yield Due(
            pack="",
            rule="",
            kind="erasure",
            ref=str(one.pk),
            title=_("Erasure %(number)s") % {"number": short(one.pk)},
            started_at=one.requested_at,
            due_at=datetime.combine(one.due_on + timedelta(days=1), time.min, UTC),
            route="duties_erasure",
            args=(str(one.pk),),
        )
