"""The letters about an order: to the authority, and to the user whom it affects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from piepowder.correspondence.events import LetterKind, declare
from piepowder.correspondence.models import Letter
from piepowder.correspondence.operations import Recipient, RecipientKind, send
from piepowder.duties.models import Order, OrderLine
from piepowder.duties.orders.elements import ELEMENTS
from piepowder.duties.states import LineState, OrderKind
from piepowder.kernel.actor import Actor

FOLDER: Final = Path(__file__).parent.parent / "letters" / "law"
_EXAMPLE: Final = {
    "reference": "AZ 4711/26",
    "authority": "Bundesnetzagentur",
    "received_at": "2026-03-04T10:00:00+00:00",
    "effect_at": "2026-03-05T09:00:00+00:00",
    "kind": "act",
}

RECEIVED: Final = LetterKind(
    code="order_received",
    label=_("Receipt of an order (DSA Art. 9(1), 10(1))"),
    recipient=RecipientKind.AUTHORITY,
    places=("reference", "authority", "received_at"),
    folder=FOLDER,
    required=("reference", "received_at"),
    example=_EXAMPLE,
)
QUESTION: Final = LetterKind(
    code="order_question",
    label=_("What an order lacks (DSA Art. 9(2), 10(2))"),
    recipient=RecipientKind.AUTHORITY,
    places=("reference", "authority", "received_at", "missing"),
    folder=FOLDER,
    required=("reference", "missing"),
    example=_EXAMPLE | {"missing": "- the exact address or another identifier of each item"},
)
EFFECTED: Final = LetterKind(
    code="order_effected",
    label=_("Effect given to an order (DSA Art. 9(1), GPSR Art. 22(4))"),
    recipient=RecipientKind.AUTHORITY,
    places=("reference", "authority", "received_at", "effect_at", "lines", "kind", "identical"),
    folder=FOLDER,
    choices={"kind": tuple(OrderKind.values), "identical": ("none", "looked_for")},
    required=("reference", "effect_at", "lines"),
    example=_EXAMPLE | {"lines": "- https://market.example/p/1: removed", "identical": "none"},
)
DECLINED: Final = LetterKind(
    code="order_declined",
    label=_("Order that is not followed (DSA Art. 9(1), 10(1))"),
    recipient=RecipientKind.AUTHORITY,
    places=("reference", "authority", "received_at", "why"),
    folder=FOLDER,
    required=("reference", "why"),
    example=_EXAMPLE | {"why": "The address names no offer of ours."},
)
ANSWERED: Final = LetterKind(
    code="order_information",
    label=_("Answer to an order for information (DSA Art. 10(1))"),
    recipient=RecipientKind.AUTHORITY,
    places=("reference", "authority", "received_at", "effect_at", "given"),
    folder=FOLDER,
    required=("reference", "effect_at", "given"),
    example=_EXAMPLE | {"given": "- name\n- postal address"},
)
USER: Final = LetterKind(
    code="order_user",
    label=_("User affected by an order to act (DSA Art. 9(5))"),
    recipient=RecipientKind.SELLER,
    places=(
        "authority",
        "country",
        "reference",
        "item",
        "reasons",
        "legal_basis",
        "territories",
        "redress",
        "effect_at",
    ),
    folder=FOLDER,
    required=("authority", "reference", "reasons", "redress", "territories"),
    example=_EXAMPLE
    | {
        "country": "DE",
        "item": "Power bank 100000 mAh (L-0001)",
        "reasons": "The product was recalled for risk of fire.",
        "legal_basis": "Section 8 of the Product Safety Act",
        "territories": "DE",
        "redress": "Objection within one month at the authority.",
    },
)
USER_INFORMATION: Final = LetterKind(
    code="order_information_user",
    label=_("User affected by an order for information (DSA Art. 10(5))"),
    recipient=RecipientKind.SELLER,
    places=("authority", "country", "reference", "reasons", "redress", "given", "effect_at"),
    folder=FOLDER,
    required=("authority", "reference", "reasons", "redress"),
    example=_EXAMPLE | {"country": "DE", "reasons": "Tax audit.", "redress": "Objection.", "given": "- name"},
)

declare(RECEIVED, QUESTION, EFFECTED, DECLINED, ANSWERED, USER, USER_INFORMATION)


def receipt(actor: Actor, order: Order, at: datetime) -> Letter:
    return _to_authority(actor, order, RECEIVED, {}, at)


def question(actor: Actor, order: Order, at: datetime) -> Letter:
    with translation.override(django_code(order.language)):
        missing = _list(str(ELEMENTS[code]) for code in order.missing)
    return _to_authority(actor, order, QUESTION, {"missing": missing}, at)


def effected(actor: Actor, order: Order, lines: Sequence[OrderLine], at: datetime) -> Letter:
    """Whether and when effect was given to each thing that the order names."""
    assert order.effect_at is not None
    with translation.override(django_code(order.language)):
        told = _list(f"{line.location}: {LineState(line.state).label}" for line in lines)
    values = {
        "effect_at": order.effect_at.isoformat(),
        "lines": told,
        "kind": order.kind,
        "identical": "looked_for" if order.identical_until else "none",
    }
    return _to_authority(actor, order, EFFECTED, values, at)


def declined(actor: Actor, order: Order, at: datetime) -> Letter:
    return _to_authority(actor, order, DECLINED, {"why": order.declined_why}, at)


def answered(actor: Actor, order: Order, fields: Sequence[str], at: datetime) -> Letter:
    values = {"effect_at": at.isoformat(), "given": _list(fields)}
    return _to_authority(actor, order, ANSWERED, values, at)


def user_of_line(actor: Actor, order: Order, line: OrderLine, at: datetime, leaves_at: datetime) -> Letter | None:
    """Tell the seller of the line's item of the order, no earlier than the authority lets us; none without a seller."""
    item = line.item
    if item is None or not item.seller_ref:
        return None
    return send(
        actor=actor,
        event=USER.code,
        recipient=Recipient(RecipientKind.SELLER, item.seller_ref, language=item.language),
        about=("order", str(order.pk)),
        values={
            "authority": order.authority,
            "country": order.country,
            "reference": order.reference,
            "item": f"{item.title} ({item.external_id})" if item.title else item.external_id,
            "reasons": order.reasons,
            "legal_basis": order.legal_basis,
            "territories": ", ".join(order.territories) or "–",
            "redress": order.redress,
            "effect_at": leaves_at.isoformat(),
        },
        at=at,
        not_before=max(filter(None, (leaves_at, order.notify_not_before))),
        group_ref=user_group(line),
        item_id=item.pk,
    )


def user_of_information(actor: Actor, order: Order, fields: Sequence[str], at: datetime) -> Letter | None:
    if not order.subject_ref:
        return None
    return send(
        actor=actor,
        event=USER_INFORMATION.code,
        recipient=Recipient(RecipientKind.SELLER, order.subject_ref, language=order.language),
        about=("order", str(order.pk)),
        values={
            "authority": order.authority,
            "country": order.country,
            "reference": order.reference,
            "reasons": order.reasons,
            "redress": order.redress,
            "given": _list(fields),
            "effect_at": (order.effect_at or at).isoformat(),
        },
        at=at,
        not_before=order.notify_not_before,
        group_ref=information_group(order),
    )


def information_group(order: Order) -> str:
    """What cancels the letter about given information while it waits."""
    return f"order:{order.pk}"


def user_group(line: OrderLine) -> str:
    """What cancels the letter about a line while it waits."""
    return f"order-line:{line.pk}"


def _to_authority(actor: Actor, order: Order, kind: LetterKind, values: dict[str, str], at: datetime) -> Letter:
    common = {
        "reference": order.reference,
        "authority": order.authority,
        "received_at": order.received_at.isoformat(),
    }
    return send(
        actor=actor,
        event=kind.code,
        recipient=Recipient(
            RecipientKind.AUTHORITY,
            f"{order.country}:{order.reference}"[:200],
            email=order.contact_email,
            name=order.contact_name,
            language=order.language,
        ),
        about=("order", str(order.pk)),
        values=common | values,
        at=at,
    )


def _list(parts: Iterable[str]) -> str:
    return "\n".join(f"- {part}" for part in parts) or gettext("nothing")


def django_code(language: str) -> str:
    return "zh-hans" if language.lower().startswith("zh") else language.split("-")[0].lower()
