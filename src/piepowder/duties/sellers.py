"""The seller as an item: what a decision about an account is made on."""

from __future__ import annotations

from datetime import datetime

from piepowder.intake.models import Item
from piepowder.intake.operations import receive
from piepowder.intake.schemas import Submitted, parse_submission
from piepowder.intake.states import Kind
from piepowder.kernel.actor import SYSTEM


def seller_item(*, seller_ref: str, market: str, language: str, at: datetime) -> Item:
    """The item that stands for a seller; one that the marketplace never sent is made with nothing but its id."""
    found = Item.objects.filter(kind=Kind.SELLER, external_id=seller_ref).first()
    if found is not None:
        return found
    bare = {"kind": "seller", "id": seller_ref, "market": market, "language": language, "content": {"name": seller_ref}}
    submitted = parse_submission(bare)
    assert isinstance(submitted, Submitted), submitted
    receive(actor=SYSTEM, submissions=[submitted], at=at)
    return Item.objects.get(kind=Kind.SELLER, external_id=seller_ref)
