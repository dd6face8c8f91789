"""Putting messages in, taking them back, sending them again."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from piepowder.database.bulk import insert_rows
from piepowder.database.prepared import Prepared
from piepowder.kernel.actor import SYSTEM, Actor
from piepowder.kernel.errors import Conflict, NotFound
from piepowder.kernel.events import publish
from piepowder.kernel.ids import new_id
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import Entry, append_rows, fact_row, record, record_many
from piepowder.outbox.endpoints import E_MAIL, rotate_secret, save_endpoint
from piepowder.outbox.events import DeliveryFinished
from piepowder.outbox.letters import letter_of
from piepowder.outbox.models import Counter, Delivery, Endpoint, Message
from piepowder.outbox.reach import require_everywhere
from piepowder.outbox.states import DELIVERY_FLOW, Channel, DeliveryState
from piepowder.outbox.taking_back import TooLate, cancel_group, cancel_message

__all__ = [
    "KEPT",
    "MAIL",
    "Outgoing",
    "TooLate",
    "bury",
    "cancel_group",
    "cancel_message",
    "enqueue",
    "enqueue_many",
    "forget_recipient",
    "replay",
    "rotate_secret",
    "save_endpoint",
]

MAIL = "mail"
"""The topic of a mail that Django sends (a password reset): it leaves by e-mail alone, whatever anybody subscribes to."""

KEPT = "kept"
"""The endpoint of what nobody subscribes to: nothing is sent from there."""

_COUNTERS_PER_STATEMENT = 1_000


class NoSuchDelivery(NotFound):
    code = "no_such_delivery"


class NeverTried(Conflict):
    code = "never_tried"


class LetterGone(Conflict):
    code = "letter_gone"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message about to be enqueued.

    ``body`` is JSON. With ``recipient`` it leaves by e-mail too: as ``letter`` (RFC 5322), or, without one, as a letter
    made from the body's ``subject`` and ``text``.
    """

    topic: str
    order_key: str
    body: dict[str, Any]
    not_before: datetime
    group_ref: str = ""
    recipient: str = ""
    urgent: bool = False
    letter: str = ""
    id: UUID | None = None


def enqueue(
    *,
    topic: str,
    order_key: str,
    body: dict[str, Any],
    at: datetime,
    not_before: datetime,
    group_ref: str = "",
    recipient: str = "",
    urgent: bool = False,
) -> Message:
    """Have one message leave after ``not_before``, in order with the others of ``order_key``; see ``enqueue_many``."""
    outgoing = Outgoing(topic, order_key, body, not_before, group_ref, recipient, urgent)
    return enqueue_many(outgoing=[outgoing], at=at)[0]


@transaction.atomic
def enqueue_many(*, outgoing: Sequence[Outgoing], at: datetime) -> list[Message]:
    """Enqueue messages, in order, with one delivery for every active endpoint that takes their topic.

    A message that nobody takes gets a delivery to a place that keeps it, so that it goes the same way: it waits, can be
    cancelled, is taken at its time, and stands in the delivery log. Sequence numbers come from one row per endpoint and
    order key that stays locked until the transaction ends, so they are given out in the order of commits.
    """
    if not outgoing:
        return []
    rows = [_message(one, at) for one in outgoing]
    insert_rows(
        Message,
        ("id", "topic", "order_key", "group_ref", "body", "recipient", "letter", "created_at"),
        [(m.id, m.topic, m.order_key, m.group_ref, m.body, m.recipient, m.letter, m.created_at) for m in rows],
    )
    routes = _routes(rows, at)
    firsts = _reserve(Tally((endpoint.pk, message.order_key) for message, endpoint in _flat(rows, routes)))
    deliveries = []
    for one, message, endpoints in zip(outgoing, rows, routes, strict=True):
        for endpoint in endpoints:
            key = (endpoint.pk, message.order_key)
            deliveries.append(
                (
                    *(new_id(), message.id, endpoint.pk, message.order_key, firsts[key], DeliveryState.PENDING.value),
                    *(one.urgent, True, one.not_before, one.not_before, 0, 0, "", at),
                )
            )
            firsts[key] += 1
    insert_rows(
        Delivery,
        (
            *("id", "message_id", "endpoint_id", "order_key", "sequence", "state"),
            *("urgent", "holds_order", "not_before", "next_attempt_at", "attempts", "failures", "last_problem"),
            "created_at",
        ),
        deliveries,
    )
    append_rows([fact_row(actor=SYSTEM, at=at, entry=_enqueued(m, to)) for m, to in zip(rows, routes, strict=True)])
    return rows


def _message(one: Outgoing, at: datetime) -> Message:
    message = Message(
        id=one.id or new_id(),
        topic=one.topic,
        order_key=one.order_key,
        group_ref=one.group_ref,
        body=one.body,
        recipient=one.recipient,
        letter=one.letter,
        created_at=at,
    )
    if one.recipient and not one.letter:
        message.letter = letter_of(message.id, one.recipient, one.body, at)
    message._state.adding = False
    return message


def _enqueued(message: Message, endpoints: Sequence[Endpoint]) -> Entry:
    codes = [endpoint.code for endpoint in endpoints]
    body = {"topic": message.topic, "order_key": message.order_key, "group": message.group_ref, "endpoints": codes}
    return Entry("message.enqueue", "message", str(message.id), body)


def _flat(rows: Sequence[Message], routes: Sequence[Sequence[Endpoint]]) -> Iterator[tuple[Message, Endpoint]]:
    for message, endpoints in zip(rows, routes, strict=True):
        for endpoint in endpoints:
            yield message, endpoint


def _routes(rows: Sequence[Message], at: datetime) -> list[list[Endpoint]]:
    """The endpoints of each message."""
    if any(message.recipient for message in rows):
        _built_in(E_MAIL, "E-mail", Channel.EMAIL, at)
    known = _endpoints()
    active = [one for one in known if one.active and one.channel != Channel.NONE]
    routes = [[endpoint for endpoint in active if _takes(endpoint, message)] for message in rows]
    if not all(routes):
        there = next((one for one in known if one.code == KEPT), None)
        kept = there or _built_in(KEPT, "Kept here: no receiver is set up", Channel.NONE, at)
        routes = [endpoints or [kept] for endpoints in routes]
    return routes


_endpoints = Prepared(lambda: Endpoint.objects.order_by("id"))
_endpoint_named = Prepared(lambda code: Endpoint.objects.filter(code=code), Endpoint.code)


def _takes(endpoint: Endpoint, message: Message) -> bool:
    if message.topic == MAIL:
        return endpoint.channel == Channel.EMAIL
    if endpoint.channel == Channel.EMAIL and not message.recipient:
        return False
    return not endpoint.topics or message.topic in endpoint.topics


def _built_in(code: str, name: str, channel: Channel, at: datetime) -> Endpoint:
    # Looking first saves a savepoint for each message of a process that only ever finds it.
    return (
        _endpoint_named.first(code)
        or Endpoint.objects.get_or_create(
            code=code, defaults={"name": name, "channel": channel, "created_at": at, "timeout_s": 30}
        )[0]
    )


def _reserve(wanted: Tally[tuple[int, str]]) -> dict[tuple[int, str], int]:
    """The first of as many consecutive numbers as are wanted, for each endpoint and order key.

    The rows are locked in one order everywhere, so that two transactions with the same items do not block each other.
    """
    table = connection.ops.quote_name(Counter._meta.db_table)
    firsts: dict[tuple[int, str], int] = {}
    pairs = sorted(wanted)
    with connection.cursor() as cursor:
        for start in range(0, len(pairs), _COUNTERS_PER_STATEMENT):
            chunk = pairs[start : start + _COUNTERS_PER_STATEMENT]
            cursor.execute(
                f"INSERT INTO {table} (endpoint_id, order_key, last) VALUES "  # noqa: S608 - the table's own name
                + ", ".join(["(%s, %s, %s)"] * len(chunk))
                + " ON CONFLICT (endpoint_id, order_key)"
                + f" DO UPDATE SET last = {table}.last + excluded.last RETURNING endpoint_id, order_key, last",
                [value for pair in chunk for value in (*pair, wanted[pair])],
            )
            for endpoint_id, order_key, last in cursor.fetchall():
                firsts[endpoint_id, order_key] = last - wanted[endpoint_id, order_key] + 1
    return firsts


@transaction.atomic
def replay(*, actor: Actor, delivery_id: UUID, at: datetime) -> Delivery:
    """Send a dead letter, or what was delivered already, once more: same event id, same sequence number, new attempts.

    It goes before later ones of its order key until its first failure; then it no longer holds them up.
    """
    require_everywhere(actor, Permission.OUTBOX_REPLAY)
    row = _locked(delivery_id)
    target = DELIVERY_FLOW.step("replay", DeliveryState(row.state))
    emptied = not row.message.body and row.message.topic != MAIL
    if emptied or (row.endpoint.channel == Channel.EMAIL and not row.message.letter):
        raise LetterGone(_("the letter was erased and cannot be sent again"))
    before = row.state
    row.state, row.holds_order, row.failures, row.finished_at = target, True, 0, None
    row.replayed_at = row.tried_since = row.next_attempt_at = at
    row.save()
    record(actor=actor, at=at, verb="delivery.replay", **_named(row), was=before)
    return row


@transaction.atomic
def bury(*, actor: Actor, delivery_id: UUID, at: datetime) -> Delivery:
    """Give up on a delivery that failed and waits, so that those behind it are released."""
    require_everywhere(actor, Permission.OUTBOX_REPLAY)
    row = _locked(delivery_id)
    target = DELIVERY_FLOW.step("bury", DeliveryState(row.state))
    if row.state == DeliveryState.TAKEN:
        raise TooLate(_("it is being sent at this moment; try again when the attempt has ended"))
    if row.tried_since is None:
        raise NeverTried(_("it has not been tried yet"))
    row.state, row.finished_at = target, at
    row.save(update_fields=["state", "finished_at"])
    record(actor=actor, at=at, verb="delivery.bury", **_named(row), problem="given up by hand")
    message = row.message
    publish(
        DeliveryFinished(message.pk, message.topic, message.group_ref, at, row.pk, row.endpoint.code, delivered=False)
    )
    return row


@transaction.atomic
def forget_recipient(*, actor: Actor, addresses: Iterable[str], at: datetime) -> int:
    """Erase e-mail addresses and the letters to them; what still waited for them is cancelled or given up.

    Returns how many messages were emptied. A letter that is being sent at this moment is emptied all the same.
    """
    require_everywhere(actor, Permission.ENDPOINT_EDIT)
    wanted = Q(pk__in=[])
    for address in addresses:
        wanted |= Q(recipient__iexact=address.strip()) & ~Q(recipient="")
    ids = list(Message.objects.filter(wanted).order_by("pk").values_list("pk", flat=True))
    waiting = Delivery.objects.select_for_update().filter(
        message__in=ids, endpoint__channel=Channel.EMAIL, state=DeliveryState.PENDING
    )
    for row in waiting.order_by("id"):
        row.state = DELIVERY_FLOW.step("cancel" if row.tried_since is None else "bury", DeliveryState(row.state))
        row.finished_at = at
        row.save(update_fields=["state", "finished_at"])
    Message.objects.filter(pk__in=ids).update(recipient="", letter="")
    record_many(actor=actor, at=at, entries=[Entry("message.forget_recipient", "message", str(ref)) for ref in ids])
    return len(ids)


def _locked(delivery_id: UUID) -> Delivery:
    rows = Delivery.objects.select_for_update(of=("self",)).select_related("message", "endpoint")
    row = rows.filter(pk=delivery_id).first()
    if row is None:
        raise NoSuchDelivery(_("there is no such delivery"))
    return row


def _named(row: Delivery) -> dict[str, Any]:
    return {
        "subject_kind": "message",
        "subject_id": row.message_id,
        "delivery": str(row.pk),
        "topic": row.message.topic,
        "endpoint": row.endpoint.code,
        "sequence": row.sequence,
    }
