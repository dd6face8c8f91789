"""Checking what a trader gave: field by field, the whole file, a request to put it right, suspension and restoration."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.access.options import chosen
from piepowder.access.visibility import require_whole
from piepowder.decisions.deciding import Apart
from piepowder.decisions.operations import EnforcementOrder, Ruling, decide_by_machine, rule_directly
from piepowder.decisions.states import DecisionState, Outcome
from piepowder.duties.models import Trader, TraderField
from piepowder.duties.sellers import seller_item
from piepowder.duties.traders import letters
from piepowder.duties.traders.files import (
    BadTrader,
    NoSuchTrader,
    asked_of,
    due_for,
    next_certification,
    note,
    states_of,
)
from piepowder.duties.traders.options import POLICY
from piepowder.duties.traders.requirements import missing, title_of, unverified
from piepowder.duties.traders.states import TRADER_FLOW, FieldState, TraderState
from piepowder.intake.models import Item, StoredMedia
from piepowder.kernel.actor import Actor, ActorKind
from piepowder.kernel.errors import FieldProblem, NotFound, Refused
from piepowder.kernel.permissions import Permission
from piepowder.policy.queries import versions_in_force

MACHINE = "duties:trader_data"
MACHINE_VERSION = "1"


class NoSuchField(NotFound):
    code = "no_such_trader_field"


class NotVerified(Refused):
    """Something that the law asks for was not given, or nobody has verified it."""

    code = "trader_not_verified"


class NoPolicy(Refused):
    code = "trader_policy_missing"


@transaction.atomic
def settle_field(
    *, actor: Actor, trader_id: UUID, code: str, verified: bool, why: str = "", at: datetime
) -> TraderField:
    """Say that one thing is right, or that it is not and why; only what is given can be settled."""
    require_whole(actor, Permission.TRADER_EDIT)
    trader = _locked(trader_id)
    field = TraderField.objects.select_for_update().filter(trader=trader, code=code).first()
    if field is None:
        raise NoSuchField(_("nothing was given under this name"))
    if not verified and not why.strip():
        raise BadTrader(_("say why"), problems=[FieldProblem("/why", "required", _("say what is wrong with it"))])
    field.state = FieldState.VERIFIED if verified else FieldState.REJECTED
    field.why, field.settled_at, field.settled_by = "" if verified else why.strip()[:500], at, actor.ref
    field.save(update_fields=["state", "why", "settled_at", "settled_by"])
    note(actor, trader, "settle_field", at, field=code, verified=verified, checked=field.check_code)
    return field


@transaction.atomic
def look_at_document(*, actor: Actor, trader_id: UUID, code: str, at: datetime) -> StoredMedia:
    """The copy of a document, for checking it; that somebody looked is kept. Raises ``NoSuchField``."""
    require_whole(actor, Permission.TRADER_EDIT)
    field = TraderField.objects.select_related("stored", "trader").filter(trader=trader_id, code=code).first()
    if field is None or field.stored is None:
        raise NoSuchField(_("nothing was given under this name"))
    note(actor, field.trader, "look", at, field=code, digest=field.stored_id)
    return field.stored


@transaction.atomic
def verify(*, actor: Actor, trader_id: UUID, at: datetime) -> Trader:
    """The whole file is right: everything that is asked for was given and verified. A suspension for its lack is lifted.

    Raises ``NotVerified`` with a problem for each thing that is not.
    """
    require_whole(actor, Permission.TRADER_EDIT)
    trader = _locked(trader_id)
    lacking = unverified(asked_of(trader), states_of(trader))
    if lacking:
        problems = [FieldProblem(f"/fields/{one.code}", "unverified", str(one.title)) for one in lacking]
        raise NotVerified(_("not everything that is asked for was verified"), problems=problems)
    trader.state = TRADER_FLOW.step("verify", TraderState(trader.state))
    trader.verified_at, trader.due_at, trader.due_rule, trader.remedy_text = at, None, "", ""
    trader.certify_on = next_certification(trader, at)
    lifted = _lift(actor, trader, at)
    trader.save()
    letters.write(actor, trader, letters.VERIFIED, {"before": "restored" if lifted else "new"}, at)
    note(actor, trader, "verify", at, lifted=lifted)
    return trader


@transaction.atomic
def ask_remedy(*, actor: Actor, trader_id: UUID, reason: str, at: datetime) -> Trader:
    """Ask the trader without delay to put right or complete what was rejected or is missing (DSA Art. 30(3))."""
    require_whole(actor, Permission.TRADER_EDIT)
    trader = _locked(trader_id)
    lacking = missing(asked_of(trader), states_of(trader))
    problems = []
    if not lacking:
        problems.append(FieldProblem("/fields", "nothing_wrong", _("reject what is wrong first")))
    if not reason.strip():
        problems.append(FieldProblem("/reason", "required", _("say what is to be put right")))
    if problems:
        raise BadTrader(_("this cannot be asked"), problems=problems)
    trader.state = TRADER_FLOW.step("ask_remedy", TraderState(trader.state))
    due = due_for(trader, "cure", at)
    trader.remedy_text, trader.due_at, trader.due_rule = reason.strip(), due.at, due.rule
    if trader.suspension_id is not None:
        # What was given while suspended was not right: it stays suspended until it is.
        trader.state, trader.due_at, trader.due_rule = TraderState.SUSPENDED, None, ""
    trader.save()
    what = letters.listed(lacking, trader.language)
    values = {"what": what, "reason": reason.strip(), "due_on": due.on.isoformat()}
    letters.write(actor, trader, letters.REMEDY, values, at)
    note(actor, trader, "ask_remedy", at, fields=sorted(one.code for one in lacking), due_at=due.at.isoformat())
    return trader


@transaction.atomic
def suspend(*, actor: Actor, trader_id: UUID, at: datetime) -> Trader:
    """Suspend the account until what was asked for is there: a decision with its statement, open to complaint.

    As a person it is theirs; as the system, once the time is over, it is a machine's and marked as automated.
    """
    require_whole(actor, Permission.TRADER_EDIT)
    trader = _locked(trader_id)
    target = TRADER_FLOW.step("suspend", TraderState(trader.state))
    if actor.kind is not ActorKind.PERSON and trader.due_at is not None and at < trader.due_at:
        raise NotVerified(_("the trader still has time to answer"))
    item = seller_item(seller_ref=trader.seller_ref, market=trader.market, language=trader.language, at=at)
    ruling = _suspension(trader, item, at)
    if actor.kind is ActorKind.PERSON:
        decision = rule_directly(actor=actor, item_id=item.pk, ruling=ruling, at=at)
    else:
        decision = decide_by_machine(
            actor=actor, ruling=ruling, machine=MACHINE, version=MACHINE_VERSION, at=at, item_id=item.pk, apart=Apart()
        )
    trader.state, trader.suspension, trader.due_at, trader.due_rule = target, decision, None, ""
    trader.save()
    note(actor, trader, "suspend", at, decision=str(decision.pk))
    return trader


def _suspension(trader: Trader, item: Item, at: datetime) -> Ruling:
    code = str(chosen(POLICY))
    version = versions_in_force([code], item.market, at).get(code)
    if version is None:
        raise NoPolicy(_("the policy %(code)s is not in force in this market") % {"code": code})
    assert item.snapshot_id is not None
    lacking = ", ".join(str(title_of(one.code)) for one in missing(asked_of(trader), states_of(trader)))
    asked_on = trader.requested_at.date().isoformat()
    if trader.state == TraderState.CERTIFYING:
        facts = (
            f"We asked for a confirmation that the data about the trader still hold. Until {_day(trader)} none came."
        )
    else:
        facts = f"We asked for the data of the trader on {asked_on}. Until {_day(trader)} these were missing or wrong: {lacking}."
    return Ruling(
        outcome=Outcome.VIOLATION,
        snapshot_id=item.snapshot_id,
        policy_codes=(code,),
        ground=version.ground,
        facts=facts,
        enforcements=(EnforcementOrder("account", "suspended"),),
    )


def _day(trader: Trader) -> str:
    return trader.due_at.date().isoformat() if trader.due_at else trader.requested_at.date().isoformat()


def _lift(actor: Actor, trader: Trader, at: datetime) -> bool:
    """Reverse the suspension by a new decision that takes its place; whether there was one that still stood."""
    former = trader.suspension
    trader.suspension = None
    if former is None or former.state != DecisionState.ISSUED:
        return False
    item = Item.objects.get(pk=former.item_id)
    assert item.snapshot_id is not None
    cleared = Ruling(outcome=Outcome.NO_VIOLATION, snapshot_id=item.snapshot_id)
    rule_directly(actor=actor, item_id=item.pk, ruling=cleared, at=at, supersedes_id=former.pk)
    return True


def on_decision_overturned(decision_id: UUID, at: datetime, actor: Actor) -> None:
    """A suspension that was undone on complaint no longer stands here either: the file waits to be checked anew."""
    trader = Trader.objects.select_for_update().filter(suspension=decision_id).first()
    if trader is None:
        return
    due = due_for(trader, "verify", at)
    trader.suspension = None
    if trader.state == TraderState.SUSPENDED:
        trader.state, trader.due_at, trader.due_rule = TraderState.GIVEN, due.at, due.rule
    trader.save()
    note(actor, trader, "suspension_undone", at, decision=str(decision_id))


def _locked(trader_id: UUID) -> Trader:
    rows = Trader.objects.select_for_update(of=("self",)).select_related("suspension")
    trader = rows.filter(pk=trader_id).first()
    if trader is None:
        raise NoSuchTrader(_("there is no such trader"))
    return trader
