"""Answering an order for information: what was given is logged by name, never by value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.access.visibility import require_whole
from piepowder.database.fitting import refuse_unfit
from piepowder.duties.models import Disclosure
from piepowder.duties.orders import telling
from piepowder.duties.orders.receiving import BadOrder, locked_order, move
from piepowder.duties.states import OrderKind, OrderState
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import FieldProblem
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record

_DIGEST = re.compile(r"[0-9a-f]{64}")


@transaction.atomic
def disclose(
    *,
    actor: Actor,
    order_id: UUID,
    fields: Sequence[str],
    recipient: str,
    at: datetime,
    digest: str = "",
    last: bool = True,
) -> Disclosure:
    """Log what was handed over to an authority, and to whom. ``digest`` is the SHA-256 of the file, if it was one.

    With the ``last`` of them effect is given: the authority gets its answer, and the user is told when the authority lets
    us. Raises ``BadOrder`` for an order of another kind and for what is missing.
    """
    require_whole(actor, Permission.ORDER_EDIT)
    order = locked_order(order_id)
    names = [name.strip() for name in fields if name.strip()]
    problems = []
    if order.kind != OrderKind.INFORMATION:
        raise BadOrder(_("this order asks for no information"))
    if not names:
        problems.append(FieldProblem("/fields", "required", _("name what was given, not its value")))
    if not recipient.strip():
        problems.append(FieldProblem("/recipient", "required", _("say who received it")))
    if digest and not _DIGEST.fullmatch(digest):
        problems.append(FieldProblem("/digest", "bad_digest", _("a SHA-256 in 64 small hexadecimal digits")))
    if problems:
        raise BadOrder(_("this cannot be logged like that"), problems=problems)
    row = Disclosure(
        order=order, fields=names, recipient=recipient.strip(), digest=digest, disclosed_at=at, disclosed_by=actor.ref
    )
    refuse_unfit(row)
    if order.state not in (OrderState.RECEIVED, OrderState.CLARIFYING):
        # Raises with the words of the flow.
        move(order, "effect")
    row.save(force_insert=True)
    record(
        actor=actor,
        at=at,
        verb="order.disclose",
        subject_kind="order",
        subject_id=order.pk,
        fields=len(names),
        last=last,
    )
    if last:
        given = [name for one in order.disclosures.order_by("disclosed_at", "id") for name in one.fields]
        move(order, "effect")
        order.effect_at = at
        move(order, "reply")
        order.replied_at = at
        order.save(update_fields=["state", "effect_at", "replied_at"])
        telling.answered(actor, order, given, at)
        telling.user_of_information(actor, order, given, at)
        record(actor=actor, at=at, verb="order.reply", subject_kind="order", subject_id=order.pk)
    return row
