"""The letters about the end of the whole service."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from django.utils.translation import gettext_lazy as _

from piepowder.correspondence.events import LetterKind, declare
from piepowder.correspondence.states import RecipientKind

FOLDER: Final = Path(__file__).parent.parent / "letters" / "people"

ANNOUNCED: Final = LetterKind(
    code="termination_announced",
    label=_("Statement of reasons before the whole service ends (P2B Art. 4(2))"),
    recipient=RecipientKind.SELLER,
    places=("seller", "facts", "ground", "clause", "notice", "exception_reason", "effective_on", "complaint"),
    folder=FOLDER,
    choices={
        "ground": ("terms", "illegal"),
        "notice": ("thirty_days", "legal_duty", "imperative", "repeated"),
    },
    required=("facts", "ground", "clause", "effective_on"),
    example={
        "seller": "S-1042",
        "facts": "Since January 14 buyers received copies of a branded charger instead of the original.",
        "ground": "terms",
        "clause": "Seller Terms 4.2",
        "notice": "thirty_days",
        "exception_reason": "",
        "effective_on": "2026-04-07",
        "complaint": "Write to us at any time before that day; a person looks at it.",
    },
)
CALLED_OFF: Final = LetterKind(
    code="termination_called_off",
    label=_("The service goes on after all (P2B Art. 4(3))"),
    recipient=RecipientKind.SELLER,
    places=("seller", "why"),
    folder=FOLDER,
    example={"seller": "S-1042", "why": "The invoices show that the goods are original."},
)
REINSTATED: Final = LetterKind(
    code="termination_reinstated",
    label=_("The service is given back after a complaint (P2B Art. 4(3))"),
    recipient=RecipientKind.SELLER,
    places=("seller", "kept"),
    folder=FOLDER,
    choices={"kept": ("all",)},
    example={"seller": "S-1042", "kept": "all"},
)

declare(ANNOUNCED, CALLED_OFF, REINSTATED)
