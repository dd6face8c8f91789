"""A trader's file: opened, filled by the trader, confirmed, closed with the contract."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.access.visibility import require, require_whole
from piepowder.database.fitting import refuse_unfit
from piepowder.decisions.reasons import in_eea
from piepowder.duties.models import Trader, TraderField
from piepowder.duties.traders import letters
from piepowder.duties.traders.checks import OK, check
from piepowder.duties.traders.requirements import EU, US, Wanted, known_codes, missing, wanted
from piepowder.duties.traders.states import TRADER_FLOW, FieldState, TraderKind, TraderState
from piepowder.intake.models import StoredMedia
from piepowder.kernel.actor import Actor
from piepowder.kernel.clocks.periods import Ends
from piepowder.kernel.errors import FieldProblem, Malformed, NotFound, Refused
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record
from piepowder.policy.packs import deadline, in_force

LONGEST_VALUE = 2_000


class BadTrader(Malformed):
    code = "bad_trader"


class NoSuchTrader(NotFound):
    code = "no_such_trader"


class NotAsked(Refused):
    """No body of law that is in force asks for the data of a trader in this market."""

    code = "trader_not_asked"


@dataclass(frozen=True, slots=True)
class GivenField:
    """What a trader gives under one code: words, or the digest of an uploaded document."""

    code: str
    value: str = ""
    document: str = ""


@transaction.atomic
def open_file(*, actor: Actor, seller_ref: str, kind: str, market: str, language: str, at: datetime) -> Trader:
    """Ask a trader for what the law wants known, by letter; a file that is open is returned as it is.

    Which bodies of law ask follows from the market and from what is switched on. Raises ``BadTrader`` and ``NotAsked``.
    """
    require_whole(actor, Permission.TRADER_EDIT)
    known = Trader.objects.select_for_update().filter(seller_ref=seller_ref).first()
    if known is not None and known.state not in (TraderState.ENDED, TraderState.DELETED):
        return known
    problems = []
    if kind not in TraderKind.values:
        problems.append(FieldProblem("/kind", "unknown_value", _("must be 'individual' or 'company'")))
    if not seller_ref.strip():
        problems.append(FieldProblem("/seller", "required", _("give the seller's id")))
    if problems:
        raise BadTrader(_("this trader cannot be asked"), problems=problems)
    packs = asking_packs(market, at)
    if not packs:
        raise NotAsked(_("no body of law that is switched on asks for the data of a trader in this market"))
    trader = known or Trader(seller_ref=seller_ref.strip())
    if known is not None:
        Trader.objects.filter(pk=known.pk).update(ended_on=None, delete_on=None, deleted_at=None)
        trader.ended_on = trader.delete_on = trader.deleted_at = None
    trader.kind, trader.market, trader.language, trader.packs = kind, market, language, packs
    trader.state, trader.requested_at = TraderState.REQUESTED, at
    refuse_unfit(trader)
    ask(actor, trader, "start", at, create=known is None)
    return trader


def asking_packs(market: str, at: datetime) -> list[str]:
    """The bodies of law in force that ask for the data of a trader in that market."""
    asking = [EU] if in_eea(market) else [US] if market == "US" else []
    return [pack for pack in asking if in_force(pack, at.date())]


def asked_of(trader: Trader) -> tuple[Wanted, ...]:
    """What is asked of this trader now."""
    return wanted(trader.packs, trader.kind, high_volume=trader.high_volume_since is not None)


def states_of(trader: Trader) -> dict[str, str]:
    return dict(TraderField.objects.filter(trader=trader).values_list("code", "state"))


def ask(actor: Actor, trader: Trader, why: str, at: datetime, *, create: bool = False) -> None:
    """Write to the trader what is missing and until when; the file waits from then on."""
    due = due_for(trader, "collect", at)
    trader.due_at, trader.due_rule = due.at, due.rule
    trader.save(force_insert=create)
    lacking = missing(asked_of(trader), states_of(trader))
    if lacking:
        values = {"why": why, "what": letters.listed(lacking, trader.language), "due_on": due.on.isoformat()}
        letters.write(actor, trader, letters.ASKED, values, at)
    note(actor, trader, "ask", at, why=why, packs=trader.packs, due_at=due.at.isoformat())


def due_for(trader: Trader, step: str, at: datetime) -> Ends:
    """Until when a step is due: ``collect``, ``verify``, ``cure``; the earliest of the bodies of law that ask."""
    rules = {EU: {"collect": "trader_cure", "verify": "trader_cure", "cure": "trader_cure"}}
    found = [deadline(pack, rules.get(pack, {}).get(step, step), at) for pack in trader.packs]
    return min(found, key=lambda one: one.at)


@transaction.atomic
def give(*, actor: Actor, seller_ref: str, fields: Iterable[GivenField], at: datetime) -> Trader:
    """Keep what a trader gave, with what its form says by itself; it is to be checked from then on.

    A field given again replaces what stood there, also when it had been verified. Raises ``BadTrader`` with a pointer to
    every field that cannot be kept; then nothing is.
    """
    require_whole(actor, Permission.TRADER_EDIT)
    trader = locked(seller_ref)
    given = list(fields)
    target = TraderState.GIVEN
    if trader.state != TraderState.GIVEN:
        target = TRADER_FLOW.step("give", TraderState(trader.state))
    if problems := list(_given_problems(given)):
        raise BadTrader(_("some of it cannot be kept"), problems=problems)
    for one in given:
        TraderField.objects.update_or_create(
            trader=trader,
            code=one.code,
            defaults={
                "value": one.value.strip(),
                "stored_id": one.document or None,
                "state": FieldState.GIVEN,
                "check_code": check(one.code, one.value),
                "why": "",
                "given_at": at,
                "settled_at": None,
                "settled_by": "",
            },
        )
    if not missing(asked_of(trader), states_of(trader)):
        suspended = trader.state == TraderState.SUSPENDED
        trader.state = target
        due = due_for(trader, "verify", at)
        trader.given_at, trader.due_at, trader.due_rule = at, due.at, due.rule
        note(actor, trader, "give", at, fields=sorted(one.code for one in given), suspended=suspended)
    else:
        note(actor, trader, "give_part", at, fields=sorted(one.code for one in given))
    trader.save()
    return trader


@transaction.atomic
def certify(*, actor: Actor, seller_ref: str, at: datetime) -> Trader:
    """The trader confirms that what was verified still holds; the next confirmation is due in a year."""
    require_whole(actor, Permission.TRADER_EDIT)
    trader = locked(seller_ref)
    trader.state = TRADER_FLOW.step("certify", TraderState(trader.state))
    trader.due_at, trader.due_rule, trader.certify_on = None, "", next_certification(trader, at)
    trader.save()
    note(actor, trader, "certify", at)
    return trader


def next_certification(trader: Trader, at: datetime) -> date | None:
    """When the trader is asked to confirm again: yearly for high-volume sellers (15 USC 45f(a)(1)(B))."""
    if US not in trader.packs or trader.high_volume_since is None:
        return None
    return deadline(US, "certify", at).on


@transaction.atomic
def end_contract(*, actor: Actor, seller_ref: str, on: date, at: datetime) -> Trader:
    """The contract with the trader has ended: what was given is deleted six months later (DSA Art. 30(5))."""
    require_whole(actor, Permission.TRADER_EDIT)
    trader = locked(seller_ref)
    if on > at.date():
        problem = FieldProblem("/on", "future", _("this day is still to come"))
        raise BadTrader(_("this cannot be noted"), problems=[problem])
    trader.state = TRADER_FLOW.step("end", TraderState(trader.state))
    ended = at - timedelta(days=(at.date() - on).days)
    trader.ended_on, trader.due_at, trader.due_rule, trader.certify_on = on, None, "", None
    trader.delete_on = deadline(EU, "trader_deletion", ended).on
    trader.save()
    note(actor, trader, "end", at, on=on.isoformat(), delete_on=trader.delete_on.isoformat())
    return trader


def locked(seller_ref: str) -> Trader:
    trader = Trader.objects.select_for_update().filter(seller_ref=seller_ref).first()
    if trader is None:
        raise NoSuchTrader(_("this trader was never asked for anything"))
    return trader


def require_view(actor: Actor) -> None:
    require(actor, Permission.DUTY_VIEW)


def note(actor: Actor, trader: Trader, verb: str, at: datetime, **body: Any) -> None:
    record(actor=actor, at=at, verb=f"trader.{verb}", subject_kind="trader", subject_id=trader.pk, **body)


def _given_problems(given: list[GivenField]) -> Iterable[FieldProblem]:
    known = known_codes()
    documents = set(
        StoredMedia.objects.filter(pk__in=[one.document for one in given if one.document]).values_list("pk", flat=True)
    )
    for index, one in enumerate(given):
        if one.code not in known:
            yield FieldProblem(f"/fields/{index}/code", "unknown_value", _("nothing is asked under this code"))
        elif not one.value.strip() and not one.document:
            yield FieldProblem(f"/fields/{index}/value", "required", _("says nothing"))
        if len(one.value) > LONGEST_VALUE or "\x00" in one.value:
            yield FieldProblem(f"/fields/{index}/value", "bad_text", _("is too long, or no text"))
        if one.document and one.document not in documents:
            yield FieldProblem(
                f"/fields/{index}/document", "unknown_upload", _("nothing was uploaded with this digest")
            )


def well_formed(fields: Mapping[str, str]) -> bool:
    """Whether nothing among the results of checks speaks against what was given."""
    return all(code in (OK, "not_checked", "") for code in fields.values())
