"""Announcing the end of the whole service, carrying it out in time, calling it off, giving it back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from piepowder.access.models import User
from piepowder.access.options import chosen
from piepowder.access.queries import actor_for
from piepowder.access.visibility import require_whole
from piepowder.correspondence.models import Letter
from piepowder.correspondence.operations import Recipient, RecipientKind, send
from piepowder.decisions.circumstances import email_of
from piepowder.decisions.events import DecisionOverturned
from piepowder.decisions.logic import FACTS_AT_LEAST
from piepowder.decisions.operations import EnforcementOrder, Ruling, rule_directly
from piepowder.decisions.options import FOUR_EYES
from piepowder.decisions.redress import complaint_deadline
from piepowder.decisions.states import Outcome
from piepowder.duties.holds import place_hold, release_hold, standing_holds
from piepowder.duties.models import HoldOn, Termination
from piepowder.duties.sellers import seller_item
from piepowder.duties.terminations import letters
from piepowder.duties.terminations.states import TERMINATION_FLOW, NoNotice, TerminationState
from piepowder.intake.models import Item
from piepowder.kernel.actor import SYSTEM, Actor, ActorKind
from piepowder.kernel.errors import Conflict, FieldProblem, Malformed, NotFound, PiepowderError, Refused
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record
from piepowder.policy.models import PolicyVersion
from piepowder.policy.packs import deadline, in_force
from piepowder.policy.queries import versions_in_force
from piepowder.policy.states import Ground

PACK, RULE = "p2b", "termination_notice"
ENDS = EnforcementOrder("account", "terminated")
HOLD_SOURCE = "termination"


class BadTermination(Malformed):
    code = "bad_termination"


class NoSuchTermination(NotFound):
    code = "no_such_termination"


class TooEarly(Refused):
    """The notice that the law asks for has not passed."""

    code = "termination_too_early"


class AlreadyAnnounced(Conflict):
    code = "termination_announced"


class NotApproved(Refused):
    """A second person must approve the end of an account before it takes effect."""

    code = "termination_not_approved"


class OwnTermination(Refused):
    code = "own_termination"


@dataclass(frozen=True, slots=True)
class Announcement:
    """What is announced. Without ``exception`` the notice passes; with one, ``exception_reason`` and evidence show why not.

    ``exception_evidence`` are ids of decisions or orders, or digests of stored files. ``effective_at`` is later than the
    earliest moment only if it is given.
    """

    seller_ref: str
    market: str
    language: str
    policy_code: str
    facts: str
    exception: str = ""
    exception_reason: str = ""
    exception_evidence: Sequence[str] = ()
    effective_at: datetime | None = None


def earliest(at: datetime, *, exception: str, market: str) -> tuple[datetime, str]:
    """From when the whole service may end for a seller who is told at ``at``, and how that was counted.

    Thirty days by Regulation 1182/71 while the pack is in force; at once where it is not, or an exception holds.
    """
    if exception or not in_force(PACK, at.date()):
        return at, f"exception {exception}" if exception else "no notice"
    country = market if len(market) == 2 and market not in ("EU",) else None
    ends = deadline(PACK, RULE, at, country=country)
    return ends.at, ends.rule


@transaction.atomic
def announce(*, actor: Actor, announcement: Announcement, at: datetime) -> Termination:
    """Tell a seller, with reasons, that the whole service ends, and from when. Nothing is restricted before.

    The statement leaves at once on a durable medium. A person announces it. Raises ``BadTermination`` with pointers,
    ``AlreadyAnnounced`` while another is running, and ``TooEarly`` for a moment before the earliest one.
    """
    require_whole(actor, Permission.TRADER_EDIT)
    require_whole(actor, Permission.DECISION_ISSUE_DIRECT)
    if actor.kind is not ActorKind.PERSON:
        raise BadTermination(_("a person announces the end of a service"))
    if problems := list(_problems(announcement)):
        raise BadTermination(_("this cannot be announced"), problems=problems)
    item = seller_item(
        seller_ref=announcement.seller_ref.strip(), market=announcement.market, language=announcement.language, at=at
    )
    if Termination.objects.filter(seller_ref=item.external_id, state=TerminationState.ANNOUNCED).exists():
        raise AlreadyAnnounced(_("the end of the service was announced to this seller before"))
    version = _version(announcement.policy_code, item, at)
    earliest_at, rule = earliest(at, exception=announcement.exception, market=item.market)
    effective_at = announcement.effective_at or earliest_at
    if effective_at < earliest_at:
        raise TooEarly(_("the notice that the law asks for has not passed then"))
    termination = Termination.objects.create(
        seller_ref=item.external_id,
        item=item,
        market=item.market,
        policy_code=announcement.policy_code,
        ground=version.ground,
        facts=announcement.facts.strip(),
        exception=announcement.exception,
        exception_reason=announcement.exception_reason.strip(),
        exception_evidence=list(announcement.exception_evidence),
        informed_at=at,
        earliest_at=earliest_at,
        effective_at=effective_at,
        rule=rule,
        announced_by_id=int(actor.ref),
    )
    termination.letter = _tell(actor, termination, version, at).pk
    termination.save(update_fields=["letter"])
    _note(
        actor,
        termination,
        "announce",
        at,
        exception=announcement.exception,
        evidence=len(announcement.exception_evidence),
        effective_at=effective_at.isoformat(),
        policy=announcement.policy_code,
    )
    return termination


@transaction.atomic
def approve_termination(*, actor: Actor, termination_id: UUID, at: datetime) -> Termination:
    """Approve what somebody else announced, where four eyes are asked for to end an account."""
    require_whole(actor, Permission.DECISION_APPROVE)
    termination = _locked(termination_id)
    TERMINATION_FLOW.step("carry_out", TerminationState(termination.state))
    if actor.ref == str(termination.announced_by_id):
        raise OwnTermination(_("somebody else approves what you announced"))
    termination.approved_by_id = int(actor.ref)
    termination.save(update_fields=["approved_by"])
    _note(actor, termination, "approve", at)
    return termination


@transaction.atomic
def carry_out(*, actor: Actor, termination_id: UUID, at: datetime) -> Termination:
    """End the service now that the notice has passed: a decision of the person who acts, with its statement.

    What the seller entrusted us with is held until a complaint is no longer possible. Raises ``TooEarly``, ``NotApproved``
    and what ``rule_directly`` raises.
    """
    require_whole(actor, Permission.TRADER_EDIT)
    termination = _locked(termination_id)
    target = TERMINATION_FLOW.step("carry_out", TerminationState(termination.state))
    if at < termination.effective_at:
        raise TooEarly(_("the notice that the law asks for has not passed yet"))
    if needs_approval() and termination.approved_by_id is None:
        raise NotApproved(_("a second person approves this before it takes effect"))
    item = Item.objects.get(pk=termination.item_id)
    assert item.snapshot_id is not None
    ruling = Ruling(
        outcome=Outcome.VIOLATION,
        snapshot_id=item.snapshot_id,
        policy_codes=(termination.policy_code,),
        ground=termination.ground,
        facts=termination.facts,
        enforcements=(ENDS,),
    )
    decision = rule_directly(actor=actor, item_id=item.pk, ruling=ruling, at=at)
    kept_until = complaint_deadline(decision.final_at, item.market).on + timedelta(days=1)
    termination.state, termination.decision, termination.settled_at = target, decision, at
    termination.kept_until, termination.problem = kept_until, ""
    termination.save()
    with translation.override("en"):
        reason = str(_("Kept so that the account can be given back after a complaint (P2B Art. 4(3))."))
    place_hold(
        actor=actor,
        kind=HoldOn.SELLER,
        ref=termination.seller_ref,
        reason=reason,
        until=kept_until,
        at=at,
        source=HOLD_SOURCE,
    )
    _note(actor, termination, "carry_out", at, decision=str(decision.pk), kept_until=kept_until.isoformat())
    return termination


@transaction.atomic
def call_off(*, actor: Actor, termination_id: UUID, why: str, at: datetime) -> Termination:
    """Let the service go on: the seller cleared the facts up, or we were wrong (Art. 4(3)). They are told."""
    require_whole(actor, Permission.TRADER_EDIT)
    termination = _locked(termination_id)
    termination.state = TERMINATION_FLOW.step("call_off", TerminationState(termination.state))
    if not why.strip():
        raise BadTermination(_("say why"), problems=[FieldProblem("/why", "required", _("say why it is called off"))])
    termination.called_off_why, termination.settled_at = why.strip()[:500], at
    termination.save(update_fields=["state", "called_off_why", "settled_at"])
    _write(actor, termination, letters.CALLED_OFF.code, {"why": why.strip()[:500]}, at)
    _note(actor, termination, "call_off", at)
    return termination


def on_decision_overturned(event: DecisionOverturned) -> None:
    """A termination that was undone: the account is given back with all that was kept, without undue delay."""
    termination = Termination.objects.select_for_update(of=("self",)).filter(decision=event.decision_id).first()
    if termination is None or termination.state != TerminationState.EFFECTIVE:
        return
    termination.state, termination.settled_at = TERMINATION_FLOW.step("reinstate", TerminationState.EFFECTIVE), event.at
    termination.save(update_fields=["state", "settled_at"])
    with translation.override("en"):
        why = str(_("The account was given back."))
    for hold in standing_holds(event.at.date()).filter(
        kind=HoldOn.SELLER, ref=termination.seller_ref, source=HOLD_SOURCE
    ):
        release_hold(actor=event.actor, hold_id=hold.pk, why=why, at=event.at, source=HOLD_SOURCE)
    _write(event.actor, termination, letters.REINSTATED.code, {"kept": "all"}, event.at)
    _note(event.actor, termination, "reinstate", event.at)


def carry_out_due(*, at: datetime) -> int:
    """Carry out what is due, in the name of whoever announced it; what cannot be stays, with the reason, for a person."""
    due = Termination.objects.filter(state=TerminationState.ANNOUNCED, effective_at__lte=at, problem="")
    done = 0
    for pk, announcer in list(due.order_by("effective_at", "pk").values_list("pk", "announced_by_id")[:50]):
        actor = actor_for(User.objects.select_related("vendor", "site", "team").get(pk=announcer), now=at)
        try:
            carry_out(actor=actor, termination_id=pk, at=at)
            done += 1
        except PiepowderError as refused:
            Termination.objects.filter(pk=pk).update(problem=refused.code)
            with transaction.atomic():
                _note(SYSTEM, Termination.objects.get(pk=pk), "stuck", at, problem=refused.code)
    return done


def needs_approval() -> bool:
    """Whether a second person must approve the end of an account."""
    return ENDS.key in chosen(FOUR_EYES)


def _version(code: str, item: Item, at: datetime) -> PolicyVersion:
    version = versions_in_force([code], item.market, at).get(code)
    if version is None:
        problem = FieldProblem("/policy", "unknown_policy", _("no policy with this code is in force in this market"))
        raise BadTermination(_("this cannot be announced"), problems=[problem])
    return version


def _tell(actor: Actor, termination: Termination, version: PolicyVersion, at: datetime) -> Letter:
    clause = version.legal_reference if version.ground == Ground.ILLEGAL else version.terms_clause
    values = {
        "facts": termination.facts,
        "ground": version.ground,
        "clause": clause,
        "notice": termination.exception or "thirty_days",
        "exception_reason": termination.exception_reason,
        "effective_on": termination.effective_at.isoformat(),
        "complaint": complaint_deadline(termination.effective_at, termination.market).on.isoformat(),
    }
    return _write(actor, termination, letters.ANNOUNCED.code, values, at)


def _write(actor: Actor, termination: Termination, event: str, values: Mapping[str, str], at: datetime) -> Letter:
    item = Item.objects.get(pk=termination.item_id)
    to = Recipient(RecipientKind.SELLER, termination.seller_ref, email=email_of(item), language=item.language)
    told = {"seller": termination.seller_ref} | dict(values)
    about = ("termination", str(termination.pk))
    return send(actor=actor, event=event, recipient=to, about=about, values=told, at=at, item_id=item.pk)


def _locked(termination_id: UUID) -> Termination:
    termination = Termination.objects.select_for_update(of=("self",)).filter(pk=termination_id).first()
    if termination is None:
        raise NoSuchTermination(_("there is no such termination"))
    return termination


def _problems(one: Announcement) -> Iterable[FieldProblem]:
    if not one.seller_ref.strip():
        yield FieldProblem("/seller", "required", _("give the seller's id"))
    if len(one.facts.strip()) < FACTS_AT_LEAST:
        yield FieldProblem(
            "/facts", "too_short", _("say in at least %(count)d characters what happened") % {"count": FACTS_AT_LEAST}
        )
    if one.exception not in NoNotice.values:
        yield FieldProblem("/exception", "unknown_value", _("there is no such exception"))
    elif one.exception and not one.exception_reason.strip():
        yield FieldProblem("/exception_reason", "required", _("say why the exception holds"))
    elif one.exception and not [each for each in one.exception_evidence if each.strip()]:
        yield FieldProblem("/exception_evidence", "required", _("name what shows that the exception holds"))


def _note(actor: Actor, termination: Termination, verb: str, at: datetime, **body: Any) -> None:
    record(
        actor=actor,
        at=at,
        verb=f"termination.{verb}",
        subject_kind="termination",
        subject_id=termination.pk,
        item=str(termination.item_id),
        **body,
    )
