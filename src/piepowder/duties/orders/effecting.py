"""Following an order: each thing that it names is ruled on, or said why not; then the authority is told."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.access.visibility import require_whole
from piepowder.decisions.events import DecisionWithdrawn
from piepowder.decisions.operations import EnforcementOrder, Ruling, rule_directly
from piepowder.decisions.states import Exclusion, Outcome, Source
from piepowder.duties.models import Order, OrderLine
from piepowder.duties.orders import telling
from piepowder.duties.orders.receiving import BadOrder, NoSuchOrder, locked_order, move
from piepowder.duties.states import LINE_FLOW, LineState, OrderKind, OrderState
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import Conflict, FieldProblem
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record
from piepowder.outbox.operations import TooLate, cancel_group


class LinesOpen(Conflict):
    """Something that the order names is neither ruled on nor said to be missing."""

    code = "order_lines_open"


@transaction.atomic
def rule_lines(
    *,
    actor: Actor,
    order_id: UUID,
    line_ids: Sequence[UUID],
    policy_codes: tuple[str, ...],
    facts: str,
    enforcements: tuple[EnforcementOrder, ...],
    at: datetime,
) -> tuple[OrderLine, ...]:
    """Give effect to an order for some of its lines: a decision each, on the order of the authority (no statement of
    reasons is due, DSA Art. 17(5)); the seller is told of the order when it takes effect, or when the authority lets us.

    When no line is left open, effect is given to the order. Raises ``BadOrder`` for lines that are not open or whose item
    is not known here, and what ``rule_directly`` raises about the ruling; then nothing has changed.
    """
    order = _open_order(actor, order_id)
    if order.kind == OrderKind.INFORMATION:
        raise BadOrder(_("an order for information is answered, not ruled on"))
    lines = _lines(order, line_ids)
    ruled = []
    for line in lines:
        if line.item is None or line.item.snapshot_id is None:
            raise BadOrder(_("nothing is known here under %(place)s") % {"place": line.location})
        ruling = Ruling(
            outcome=Outcome.VIOLATION,
            snapshot_id=line.item.snapshot_id,
            policy_codes=policy_codes,
            ground="illegal",
            facts=facts,
            enforcements=enforcements,
            exclusion=Exclusion.AUTHORITY_ORDER if enforcements else "",
        )
        decision = rule_directly(actor=actor, item_id=line.item.pk, ruling=ruling, at=at, source=Source.AUTHORITY)
        line.decision = decision
        _settle(line, "rule", at)
        if telling.user_of_line(actor, order, line, at, decision.final_at) is not None:
            line.told_user_at = at
        line.save()
        ruled.append(line)
        _line_fact(actor, at, order, line)
    _effect_when_done(actor, order, at)
    return tuple(ruled)


@transaction.atomic
def settle_line(*, actor: Actor, order_id: UUID, line_id: UUID, way: str, at: datetime) -> OrderLine:
    """Say that something is not here (``miss``) or not covered by the order (``leave_out``)."""
    order = _open_order(actor, order_id)
    (line,) = _lines(order, [line_id])
    if way not in ("miss", "leave_out"):
        raise BadOrder(_("there is no such way"), problems=[FieldProblem("/way", "unknown_value", _("no such way"))])
    _settle(line, way, at)
    line.save()
    _line_fact(actor, at, order, line)
    _effect_when_done(actor, order, at)
    return line


@transaction.atomic
def reply_to_authority(*, actor: Actor, order_id: UUID, at: datetime) -> Order:
    """Tell the authority whether and when effect was given, line by line (DSA Art. 9(1), GPSR Art. 22(4))."""
    require_whole(actor, Permission.ORDER_EDIT)
    order = locked_order(order_id)
    if order.state != OrderState.EFFECTED and order.lines.filter(state=LineState.OPEN).exists():
        raise LinesOpen(_("something that the order names is still open"))
    move(order, "reply")
    order.replied_at = at
    order.save(update_fields=["state", "replied_at"])
    telling.effected(actor, order, list(order.lines.order_by("position")), at)
    record(actor=actor, at=at, verb="order.reply", subject_kind="order", subject_id=order.pk)
    return order


@transaction.atomic
def decline_order(*, actor: Actor, order_id: UUID, why: str, at: datetime) -> Order:
    """Tell the authority that its order is not followed, and why."""
    require_whole(actor, Permission.ORDER_EDIT)
    order = locked_order(order_id)
    if not why.strip():
        raise BadOrder(
            _("say why it is not followed"),
            problems=[FieldProblem("/why", "required", _("say why it is not followed"))],
        )
    move(order, "decline")
    order.declined_why, order.replied_at = why.strip()[:500], at
    order.save(update_fields=["state", "declined_why", "replied_at"])
    telling.declined(actor, order, at)
    record(actor=actor, at=at, verb="order.decline", subject_kind="order", subject_id=order.pk)
    return order


@transaction.atomic
def change_user_hold(*, actor: Actor, order_id: UUID, until: datetime | None, at: datetime) -> Order:
    """The authority lets the user know earlier, or asks to wait longer: letters that still wait are written anew.

    A letter that has left cannot be held any more.
    """
    require_whole(actor, Permission.ORDER_EDIT)
    order = locked_order(order_id)
    order.notify_not_before = until
    order.save(update_fields=["notify_not_before"])
    moved = 0
    told = order.lines.filter(told_user_at__isnull=False, decision__isnull=False).select_related("item", "decision")
    for line in told.order_by("position"):
        assert line.decision is not None
        try:
            cancel_group(group_ref=telling.user_group(line), at=at)
        except TooLate:
            continue
        telling.user_of_line(actor, order, line, at, max(line.decision.final_at, at))
        moved += 1
    moved += _hold_information(actor, order, at)
    record(
        actor=actor,
        at=at,
        verb="order.hold_user",
        subject_kind="order",
        subject_id=order.pk,
        until=until.isoformat() if until else None,
        letters=moved,
    )
    return order


def _hold_information(actor: Actor, order: Order, at: datetime) -> int:
    """Write the letter about information that was given anew, if it still waits; how many that are."""
    try:
        waited = cancel_group(group_ref=telling.information_group(order), at=at)
    except TooLate:
        return 0
    if waited:
        given = [name for one in order.disclosures.order_by("disclosed_at", "id") for name in one.fields]
        telling.user_of_information(actor, order, given, at)
    return int(waited)


def on_decision_withdrawn(event: DecisionWithdrawn) -> None:
    """The decision on a line was taken back: the line is open again, and the seller hears nothing of it."""
    line = OrderLine.objects.select_related("order").filter(decision_id=event.decision_id).first()
    if line is None:
        return
    # Later than this it cannot be taken back: the decision itself was withdrawn in time, so its letter waits, too.
    with suppress(TooLate):
        cancel_group(group_ref=telling.user_group(line), at=event.at)
    line.state = LINE_FLOW.step("reopen", LineState(line.state))
    line.decision, line.settled_at, line.told_user_at = None, None, None
    line.save()
    order = locked_order(line.order_id)
    if order.state == OrderState.EFFECTED:
        move(order, "reopen")
        order.effect_at = None
        order.save(update_fields=["state", "effect_at"])
    _line_fact(event.actor, event.at, order, line)


def _open_order(actor: Actor, order_id: UUID) -> Order:
    require_whole(actor, Permission.ORDER_EDIT)
    order = locked_order(order_id)
    if order.state in (OrderState.DECLINED, OrderState.CLOSED) and not order.identical_until:
        raise Conflict(_("this order is closed"))
    return order


def _lines(order: Order, line_ids: Sequence[UUID]) -> list[OrderLine]:
    rows = OrderLine.objects.select_for_update(of=("self",)).select_related("item")
    lines = list(rows.filter(order=order, pk__in=line_ids).order_by("position"))
    if len(lines) < len(set(line_ids)) or not lines:
        raise NoSuchOrder(_("the order has no such line"))
    return lines


def _settle(line: OrderLine, verb: str, at: datetime) -> None:
    line.state = LINE_FLOW.step(verb, LineState(line.state))
    line.settled_at = at


def _effect_when_done(actor: Actor, order: Order, at: datetime) -> None:
    # What is found as identical later belongs to an order to which effect was given long ago.
    if order.state not in (OrderState.RECEIVED, OrderState.CLARIFYING):
        return
    if order.lines.filter(state=LineState.OPEN).exists():
        return
    move(order, "effect")
    order.effect_at = at
    order.save(update_fields=["state", "effect_at"])
    record(
        actor=actor,
        at=at,
        verb="order.effect",
        subject_kind="order",
        subject_id=order.pk,
        late=bool(order.due_at and at >= order.due_at),
        lines=order.lines.filter(state=LineState.DONE).count(),
    )


def _line_fact(actor: Actor, at: datetime, order: Order, line: OrderLine) -> None:
    record(
        actor=actor,
        at=at,
        verb="order.line",
        subject_kind="order",
        subject_id=order.pk,
        position=line.position,
        origin=line.origin,
        state=line.state,
        item=str(line.item_id) if line.item_id else None,
        decision=str(line.decision_id) if line.decision_id else None,
    )
