"""What a person decides about sanctions: measures for good, and what a machine could not decide."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.access.visibility import require
from piepowder.decisions.operations import rule_directly
from piepowder.decisions.states import Source
from piepowder.kernel.actor import Actor, Place
from piepowder.kernel.errors import FieldProblem, Malformed, NotFound
from piepowder.kernel.permissions import Permission
from piepowder.standing.imposing import ruling_for, seller_item
from piepowder.standing.models import Sanction
from piepowder.standing.moving import move
from piepowder.standing.settling import locked_account
from piepowder.standing.states import SANCTION_FLOW, SanctionState


class NoSuchSanction(NotFound):
    code = "no_such_sanction"


class MissingReason(Malformed):
    code = "missing_reason"


@transaction.atomic
def confirm_sanction(*, actor: Actor, sanction_id: UUID, at: datetime) -> Sanction:
    """Decide, as a person, what a ladder only proposes; the decision carries the person's name, not the machine's.

    Raises ``NoSuchSanction``, ``NotPermitted``, ``WrongState`` when it no longer waits, and what ``rule_directly`` raises.
    """
    row = _waiting(actor, sanction_id)
    item = seller_item(row.account, at)
    decision = rule_directly(
        actor=actor, item_id=item.pk, ruling=ruling_for(row, item, at), at=at, source=Source.OWN_INITIATIVE
    )
    settled = {"settled_by": actor.ref, "settled_at": at, "problem": ""}
    move(row, "impose", actor=actor, at=at, decision=decision, **settled)
    return row


@transaction.atomic
def refuse_sanction(*, actor: Actor, sanction_id: UUID, reason: str, at: datetime) -> Sanction:
    """Decide against it, with a reason. Raises ``NoSuchSanction``, ``NotPermitted``, ``WrongState``, ``MissingReason``."""
    row = _waiting(actor, sanction_id)
    reason = reason.strip()
    if not reason or len(reason) > 500 or "\x00" in reason:
        told = _("say why, in at most %(count)d characters") % {"count": 500}
        raise MissingReason(told, problems=[FieldProblem("/reason", "missing", told)])
    move(row, "refuse", actor=actor, at=at, settled_by=actor.ref, settled_at=at, reason=reason)
    return row


def _waiting(actor: Actor, sanction_id: UUID) -> Sanction:
    account_id = Sanction.objects.filter(pk=sanction_id).values_list("account", flat=True).first()
    if account_id is None:
        raise NoSuchSanction(_("there is no such sanction"))
    account = locked_account(account_id)
    row = Sanction.objects.select_related("ladder", "version", "account").get(pk=sanction_id)
    require(actor, Permission.SANCTION_CONFIRM, Place(market=account.market))
    SANCTION_FLOW.step("refuse", SanctionState(row.state))
    return row
