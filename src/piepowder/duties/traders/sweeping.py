"""What time does to traders' files: confirmations fall due, deadlines pass, files are deleted."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from piepowder.access.options import chosen
from piepowder.decisions.operations import BadRuling, NeedsPeople, NoTemplate, StatementIncomplete
from piepowder.duties.holds import held
from piepowder.duties.models import HoldOn, Trader, TraderField, TraderSales
from piepowder.duties.traders import letters
from piepowder.duties.traders.files import due_for, note
from piepowder.duties.traders.options import SUSPENDS
from piepowder.duties.traders.settling import NoPolicy, suspend
from piepowder.duties.traders.states import TRADER_FLOW, WAITING_STATES, TraderState
from piepowder.intake.unused import letting_go
from piepowder.kernel.actor import SYSTEM

AT_ONCE = 50


def ask_certifications(*, at: datetime) -> int:
    """Ask those whose yearly confirmation is due (15 USC 45f(a)(1)(B)); they have ten days."""
    due = Trader.objects.filter(state=TraderState.VERIFIED, certify_on__lte=at.date())
    done = 0
    for pk in list(due.order_by("certify_on", "pk").values_list("pk", flat=True)[:AT_ONCE]):
        with transaction.atomic():
            trader = Trader.objects.select_for_update().get(pk=pk)
            if trader.state != TraderState.VERIFIED:
                continue
            trader.state = TRADER_FLOW.step("ask_certification", TraderState(trader.state))
            ends = due_for(trader, "cure", at)
            trader.due_at, trader.due_rule = ends.at, ends.rule
            trader.save()
            letters.write(SYSTEM, trader, letters.CERTIFY, {"due_on": ends.on.isoformat()}, at)
            note(SYSTEM, trader, "ask_certification", at, due_at=ends.at.isoformat())
            done += 1
    return done


def suspend_overdue(*, at: datetime) -> int:
    """Suspend those who did not answer in time, where that is chosen; what a machine may not order waits for a person."""
    if not chosen(SUSPENDS):
        return 0
    late = Trader.objects.filter(state__in=WAITING_STATES, due_at__lte=at)
    done = 0
    for pk in list(late.order_by("due_at", "pk").values_list("pk", flat=True)[:AT_ONCE]):
        try:
            suspend(actor=SYSTEM, trader_id=pk, at=at)
            done += 1
        except (BadRuling, NeedsPeople, NoPolicy, NoTemplate, StatementIncomplete):
            # It stays late on the list of duties, where a person suspends or gives more time.
            continue
    return done


def delete_files(*, at: datetime) -> int:
    """Delete what traders gave once six months have passed since the contract's end, unless a hold stands."""
    over = Trader.objects.filter(state=TraderState.ENDED, delete_on__lt=at.date())
    done = 0
    for pk in list(over.order_by("delete_on", "pk").values_list("pk", flat=True)[:AT_ONCE]):
        with transaction.atomic():
            trader = Trader.objects.select_for_update().get(pk=pk)
            if trader.state != TraderState.ENDED or held(HoldOn.SELLER, trader.seller_ref, at.date()):
                continue
            ids = list(TraderField.objects.filter(trader=trader).values_list("pk", flat=True))
            let_go = letting_go(TraderField, "stored_id")(ids)
            TraderField.objects.filter(pk__in=ids).delete()
            TraderSales.objects.filter(trader=trader).delete()
            let_go()
            trader.state, trader.deleted_at, trader.remedy_text = (
                TRADER_FLOW.step("delete", TraderState(trader.state)),
                at,
                "",
            )
            trader.save()
            note(SYSTEM, trader, "delete", at, fields=len(ids))
            done += 1
    return done
