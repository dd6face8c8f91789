"""Counter-notices: a seller shows that it may offer what was claimed, a person answers, and what was wrong is undone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from piepowder.access.queries import reporting_line
from piepowder.access.visibility import require
from piepowder.decisions.events import DecisionOverturned
from piepowder.decisions.models import Decision
from piepowder.decisions.operations import overturn
from piepowder.decisions.states import DecisionState, Outcome
from piepowder.intake.models import StoredMedia
from piepowder.kernel.actor import Actor, ActorKind
from piepowder.kernel.errors import Conflict, FieldProblem, Forbidden, Malformed, NotFound
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record
from piepowder.rights.models import Claim, CounterEvidence, CounterNotice
from piepowder.rights.states import COUNTER_FLOW, CounterGround, CounterState
from piepowder.rights.telling import tell_counter_answered, tell_counter_filed

MOST_TEXT = 20_000
MOST_FILES = 20


class NoSuchClaim(NotFound):
    code = "no_such_claim"


class NoSuchCounter(NotFound):
    code = "no_such_counter"


class BadCounter(Malformed):
    code = "bad_counter"


class NotTheSeller(Forbidden):
    """Only the seller of the item may answer a claim."""

    code = "not_the_seller"


class AlreadyCountered(Conflict):
    code = "already_countered"


class NothingToCounter(Conflict):
    """The claim was not found right: there is nothing against the seller."""

    code = "nothing_to_counter"


class OwnDecision(Forbidden):
    """Whoever took the decision, or stands above them, does not judge what is brought against it."""

    code = "own_decision"


@transaction.atomic
def file_counter(
    *,
    actor: Actor,
    claim_id: UUID,
    seller_ref: str,
    ground: str,
    text: str,
    at: datetime,
    evidence: Sequence[str] = (),
    language: str = "en",
) -> CounterNotice:
    """Answer a claim as the seller of the item; ``evidence`` are digests of uploads.

    One answer waits at a time, and none follows one that was answered. Raises ``NotTheSeller``, ``AlreadyCountered``,
    ``NothingToCounter``, ``BadCounter`` with a problem for each field.
    """
    require(actor, Permission.APPEAL_FILE)
    claim = _locked_claim(claim_id)
    if not seller_ref or claim.seller_ref != seller_ref:
        raise NotTheSeller(_("this claim is about an item of somebody else"))
    if claim.report.founded is False:
        raise NothingToCounter(_("this claim was not found right; nothing is left to answer"))
    _check(ground, text, evidence)
    if claim.counters.exclude(state=CounterState.WITHDRAWN).exists():
        raise AlreadyCountered(_("this claim was answered before"))
    counter = CounterNotice(
        claim=claim,
        seller_ref=seller_ref,
        ground=ground,
        text=text.strip(),
        language=language,
        filed_at=at,
        source=f"{actor.kind.value}:{actor.ref}"[:80],
    )
    try:
        with transaction.atomic():
            counter.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyCountered(_("this claim was answered before")) from error
    CounterEvidence.objects.bulk_create(
        CounterEvidence(counter=counter, stored_id=one) for one in dict.fromkeys(evidence)
    )
    _fact(actor, at, "counter.file", counter, ground=ground, files=len(set(evidence)))
    tell_counter_filed(actor=actor, counter=counter, at=at)
    return counter


@transaction.atomic
def withdraw_counter(*, actor: Actor, counter_id: UUID, seller_ref: str, at: datetime) -> CounterNotice:
    """Take an answer back before anybody has judged it."""
    require(actor, Permission.APPEAL_FILE)
    counter = _locked_counter(counter_id)
    if not seller_ref or counter.seller_ref != seller_ref:
        raise NotTheSeller(_("this claim is about an item of somebody else"))
    counter.state = COUNTER_FLOW.step("withdraw", CounterState(counter.state))
    counter.save(update_fields=["state"])
    _fact(actor, at, "counter.withdraw", counter)
    return counter


@transaction.atomic
def answer_counter(*, actor: Actor, counter_id: UUID, accepted: bool, answer: str, at: datetime) -> CounterNotice:
    """Accept or reject a counter-notice, with reasons that both sides are told.

    Accepting undoes the decision that the claim led to, which needs ``decision:overturn``; whoever took that decision, or
    stands above them, may not do it. Raises ``OwnDecision``, ``NotPermitted``, ``BadCounter``, ``WrongState``.
    """
    if not actor.may(Permission.DECISION_OVERTURN):
        require(actor, Permission.RIGHT_EDIT)
    if actor.kind is not ActorKind.PERSON:
        raise OwnDecision(_("a counter-notice is answered by a person"))
    counter = _locked_counter(counter_id)
    if not answer.strip() or len(answer) > MOST_TEXT or "\0" in answer:
        problem = FieldProblem("/answer", "missing", _("give the reasons in words"))
        raise BadCounter(_("the answer needs its reasons"), problems=[problem])
    decision = standing_decision(counter.claim)
    if decision is not None and decision.decider_id is not None:
        _require_apart(int(actor.ref), decision)
    counter.state = COUNTER_FLOW.step("accept" if accepted else "reject", CounterState(counter.state))
    counter.answered_at, counter.answered_by_id, counter.answer = at, int(actor.ref), answer.strip()
    counter.save(update_fields=["state", "answered_at", "answered_by", "answer"])
    undone = accepted and decision is not None and decision.outcome == Outcome.VIOLATION
    _fact(actor, at, f"counter.{counter.state}", counter, decision=str(decision.pk) if decision and undone else None)
    if undone and decision is not None:
        overturn(actor=actor, decision_id=decision.pk, at=at, reason="counter_notice")
    tell_counter_answered(actor=actor, counter=counter, decision=decision if undone or not accepted else None, at=at)
    return counter


def on_decision_overturned(event: DecisionOverturned) -> None:
    """What a decision had found of claims is as if it had not been; one that stands in its place says it anew."""
    decided_at = Decision.objects.values_list("decided_at", flat=True).get(pk=event.decision_id)
    claims = Claim.objects.filter(item_id=event.item_id, filed_at__lte=decided_at, report__judged_at__isnull=True)
    if event.outcome == Outcome.VIOLATION:
        claims.update(overturned_at=event.at)


def standing_decision(claim: Claim) -> Decision | None:
    """The decision that judged the claim's report, while it stands. One query."""
    if claim.report.judged_at is None:
        return None
    rows = Decision.objects.filter(item_id=claim.item_id, decided_at=claim.report.judged_at, state=DecisionState.ISSUED)
    return rows.select_related("statement", "decider").order_by("id").first()


def _require_apart(user_id: int, decision: Decision) -> None:
    assert decision.decider_id is not None
    barred = {decision.decider_id, decision.approver_id, *decision.reporting_line, *reporting_line(decision.decider_id)}
    if user_id in barred:
        raise OwnDecision(
            _("whoever took the decision, or stands above them, does not judge what is brought against it")
        )


def _check(ground: str, text: str, evidence: Sequence[str]) -> None:
    problems = []
    if ground not in CounterGround.values:
        problems.append(FieldProblem("/ground", "unknown_ground", _("choose why the claim is wrong")))
    if not text.strip():
        problems.append(FieldProblem("/text", "missing", _("say in words why you may offer this item")))
    if len(text) > MOST_TEXT:
        problems.append(FieldProblem("/text", "too_long", _("at most %(most)d characters") % {"most": MOST_TEXT}))
    if "\0" in text:
        problems.append(FieldProblem("/text", "bad_text", _("a text must not hold the character zero")))
    if len(set(evidence)) > MOST_FILES:
        problems.append(FieldProblem("/evidence", "too_many", _("at most %(most)d files") % {"most": MOST_FILES}))
    elif StoredMedia.objects.filter(digest__in=set(evidence)).count() < len(set(evidence)):
        problems.append(FieldProblem("/evidence", "unknown_upload", _("nothing was uploaded with this digest")))
    if problems:
        raise BadCounter(_("the answer cannot be received like this"), problems=problems)


def _locked_claim(claim_id: UUID) -> Claim:
    rows = Claim.objects.select_for_update(no_key=True, of=("self",)).filter(pk=claim_id)
    claim = rows.select_related("report", "item", "right", "batch").first()
    if claim is None:
        raise NoSuchClaim(_("there is no such claim"))
    return claim


def _locked_counter(counter_id: UUID) -> CounterNotice:
    rows = CounterNotice.objects.select_for_update(no_key=True, of=("self",)).filter(pk=counter_id)
    counter = rows.select_related("claim__report", "claim__item", "claim__right", "claim__batch").first()
    if counter is None:
        raise NoSuchCounter(_("there is no such counter-notice"))
    return counter


def _fact(actor: Actor, at: datetime, verb: str, counter: CounterNotice, **body: Any) -> None:
    body = {"claim": str(counter.claim_id), **body}
    record(actor=actor, at=at, verb=verb, subject_kind="counter", subject_id=counter.pk, **body)
