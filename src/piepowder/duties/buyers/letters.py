"""The letters to buyers of something illegal, and the message that asks the marketplace for them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from django.utils.translation import gettext_lazy as _

from piepowder.correspondence.events import LetterKind, declare
from piepowder.correspondence.states import RecipientKind

FOLDER: Final = Path(__file__).parent.parent / "letters" / "people"
_EXAMPLE: Final = {
    "product": "Power bank 100000 mAh",
    "order": "O-77120",
    "bought_on": "2026-01-12",
    "trader": "Volt & Co, Hauptstrasse 1, 10115 Berlin",
    "redress": "Send it back free of charge; you get your money back.",
}

ILLEGAL: Final = LetterKind(
    code="buyer_illegal",
    label=_("Buyer of an illegal product or service (DSA Art. 32(1))"),
    recipient=RecipientKind.BUYER,
    places=("product", "order", "bought_on", "trader", "redress"),
    folder=FOLDER,
    required=("product", "trader", "redress"),
    example=_EXAMPLE,
)
CORRECTED: Final = LetterKind(
    code="buyer_corrected",
    label=_("Buyer told that the product was not illegal after all"),
    recipient=RecipientKind.BUYER,
    places=("product", "order", "bought_on"),
    folder=FOLDER,
    required=("product",),
    example={key: _EXAMPLE[key] for key in ("product", "order", "bought_on")},
)

declare(ILLEGAL, CORRECTED)
