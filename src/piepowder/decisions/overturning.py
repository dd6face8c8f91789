"""Undoing a decision after it was final: on appeal, by a court, or because the organisation itself found it wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.access.visibility import require
from piepowder.decisions.deciding import Apart, NoSuchDecision, issue, locked_item
from piepowder.decisions.direct import direct_bench, require_direct
from piepowder.decisions.ending import cancel, facts, lift, move, uncount
from piepowder.decisions.events import DecisionOverturned
from piepowder.decisions.models import Decision, Enforcement
from piepowder.decisions.restitution import Task, tasks_of
from piepowder.decisions.ruling import Ruling
from piepowder.decisions.states import DECISION_FLOW, DecisionState, Outcome, Source
from piepowder.intake.operations import note_outcome
from piepowder.kernel.actor import Actor, Place
from piepowder.kernel.errors import Conflict, Malformed
from piepowder.kernel.events import publish
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import Entry, record_many

_REASON: Final = re.compile(r"[a-z][a-z_]{1,39}")


SANCTIONS_BY: Final = "ladder:"
"""How the machines begin that sanction a seller for decisions taken before."""


class NotFinal(Conflict):
    """Nothing of it has left yet: it is withdrawn, not overturned."""

    code = "not_final"


class BadReason(Malformed):
    """The reason is a code for the record, such as ``appeal`` or ``court``; the words belong elsewhere."""

    code = "bad_reason"


@dataclass(frozen=True, slots=True)
class Overturned:
    """What came of it: ``told`` are the ids of the messages that say so, ``tasks`` what is left to do by hand."""

    decision: Decision
    replacement: Decision | None
    reversed: tuple[Enforcement, ...]
    told: tuple[UUID, ...]
    tasks: tuple[Task, ...]


@transaction.atomic
def overturn(
    *, actor: Actor, decision_id: UUID, at: datetime, replacement: Ruling | None = None, reason: str
) -> Overturned:
    """Undo a decision that is final. It stays in the record as overturned, and what it changed is as if it had not been:
    its restrictions are reversed (cancelled, when nothing of it had left), the reports it judged are unjudged again or
    answered by the next decision, the seller's violation is counted back. With ``replacement`` a new decision, with its
    own statement, takes its place at once.

    ``reason`` is a code for the record: ``appeal``, ``court``, ``own_review`` … Raises ``NotFinal``, ``NoSuchDecision``,
    ``WrongState`` when it does not stand any more, and what ``rule_directly`` raises about the replacement.
    """
    if not _REASON.fullmatch(reason):
        raise BadReason(_("the reason is a code of small letters, such as 'appeal'"))
    decision = Decision.objects.select_related("item").filter(pk=decision_id).first()
    if decision is None:
        raise NoSuchDecision(_("there is no such decision"))
    item = locked_item(decision.item_id)
    require(actor, Permission.DECISION_OVERTURN, place_of_decision(decision))
    if replacement is not None:
        require_direct(actor, item)
    decision.refresh_from_db(fields=["state"])
    DECISION_FLOW.step("overturn", DecisionState(decision.state))
    if at < decision.final_at:
        raise NotFinal(_("it can still be withdrawn; nothing of it has left"))
    verb = cancel(decision, at)
    move(decision, "overturn", overturned_at=at)
    uncount(decision)
    new = None
    if replacement is not None:
        # Before the old restrictions are lifted, so that their messages can name what still holds the item.
        apart = Apart(source=Source(decision.source), supersedes=decision, at_once=True)
        new = issue(direct_bench(actor), item, replacement, at, None, apart=apart)
    else:
        _judge_reports_by_the_next(decision)
    lifted = lift(decision, verb, at)
    body = {
        "reason": reason,
        "item": str(item.pk),
        "case": str(decision.case_id) if decision.case_id else None,
        "replacement": str(new.pk) if new else None,
        "enforcements": len(lifted.rows),
    }
    entry = Entry("decision.overturn", "decision", str(decision.pk), body, vendor=decision.vendor)
    record_many(actor=actor, at=at, entries=[entry, *facts(lifted)])
    publish(
        DecisionOverturned(
            decision_id=decision.pk,
            case_id=decision.case_id,
            item_id=item.pk,
            kind=item.kind,
            seller_ref=item.seller_ref,
            market=item.market,
            outcome=decision.outcome,
            replacement_id=new.pk if new else None,
            at=at,
            actor=actor,
        )
    )
    return Overturned(
        decision=decision,
        replacement=new,
        reversed=lifted.rows,
        told=tuple(message.pk for message in lifted.messages),
        tasks=tasks_of(decision, lifted.rows, at, told=verb == "reverse"),
    )


def _judge_reports_by_the_next(fallen: Decision) -> None:
    """The reports that it had judged are answered by the next decision that stands, as if it had not been."""
    later = Decision.objects.filter(
        item_id=fallen.item_id, state=DecisionState.ISSUED, decided_at__gt=fallen.decided_at
    )
    # A sanction for what was decided before judges no report.
    later = later.exclude(case__isnull=True, machine__startswith=SANCTIONS_BY)
    following = later.order_by("decided_at", "id").first()
    if following is not None:
        founded = following.outcome == Outcome.VIOLATION
        note_outcome(item_id=fallen.item_id, founded=founded, at=following.decided_at)


def place_of_decision(decision: Decision) -> Place:
    return Place(vendor=decision.vendor, queue=decision.queue, market=decision.market, language=decision.language)
