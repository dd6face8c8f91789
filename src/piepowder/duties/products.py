"""What is on offer, as far as a product can be told by it: number, brand, model, title. Shared by orders and recalls."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F

from piepowder.intake.models import Item
from piepowder.intake.states import ItemState, Kind

PRODUCT_KINDS = (Kind.LISTING.value, Kind.LIVESTREAM.value)
_SIGNS = re.compile(r"[\W_]+")
_MODEL_NAMES = ("model", "model_number", "mpn", "type", "sku")


@dataclass(frozen=True, slots=True)
class Product:
    """One item as it is compared. ``gtin`` has no leading zeros: an EAN-8 and its GTIN-14 are one."""

    item_id: UUID
    named: str
    """How the item is named in a log: kind and the marketplace's id."""
    title: str
    brand: str
    models: frozenset[str]
    gtin: str


def text_key(text: object) -> str:
    """Letters and digits in lower case with single blanks: what two spellings of one name share."""
    folded = unicodedata.normalize("NFKC", str(text or "")).casefold()
    return _SIGNS.sub(" ", folded).strip()


def product_of(item: Item, content: Mapping[str, Any]) -> Product:
    attributes = content.get("attributes")
    more = attributes if isinstance(attributes, dict) else {}
    models = {text_key(more[name]) for name in _MODEL_NAMES if isinstance(more.get(name), str | int)}
    return Product(
        item_id=item.pk,
        named=f"{item.kind}:{item.external_id}",
        title=text_key(item.title or content.get("title")),
        brand=text_key(content.get("brand") or more.get("brand")),
        models=frozenset(models - {""}),
        gtin=re.sub(r"\D", "", str(content.get("gtin") or "")).lstrip("0"),
    )


def live_products(at_once: int) -> Iterator[Sequence[Product]]:
    """Everything that is on offer, in lots, in a fixed order; few in memory at a time."""
    last: UUID | None = None
    while True:
        rows = Item.objects.filter(kind__in=PRODUCT_KINDS, state=ItemState.LIVE, snapshot__isnull=False)
        if last is not None:
            rows = rows.filter(pk__gt=last)
        lot = list(rows.order_by("pk").annotate(content=F("snapshot__content"))[:at_once])
        if not lot:
            return
        yield [product_of(item, item.content) for item in lot]
        last = lot[-1].pk


def products_of(item_ids: Sequence[UUID]) -> list[Product]:
    """Those of the items that are on offer. One query."""
    rows = Item.objects.filter(pk__in=item_ids, kind__in=PRODUCT_KINDS, state=ItemState.LIVE, snapshot__isnull=False)
    return [product_of(item, item.content) for item in rows.order_by("pk").annotate(content=F("snapshot__content"))]
