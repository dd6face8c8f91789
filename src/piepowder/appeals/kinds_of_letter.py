"""The letters about appeals, to whoever complained."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from django.utils.translation import gettext_lazy as _

from piepowder.correspondence.events import LetterKind
from piepowder.correspondence.operations import RecipientKind

FOLDER: Final = Path(__file__).parent / "letters"

RECEIVED: Final = LetterKind(
    code="appeal.received",
    label=_("Receipt of a complaint about a decision (DSA Art. 20)"),
    recipient=RecipientKind.SELLER,
    places=("reference", "item", "filed_at", "due_on"),
    folder=FOLDER,
    required=("reference", "item"),
    example={
        "reference": "0190F0A2",
        "item": "Power bank 100000 mAh (L-0001)",
        "filed_at": "2026-03-10T08:00:00+00:00",
        "due_on": "2026-03-20",
    },
)

QUESTION: Final = LetterKind(
    code="appeal.question",
    label=_("Question about a complaint"),
    recipient=RecipientKind.SELLER,
    places=("reference", "item", "question"),
    folder=FOLDER,
    required=("reference", "question"),
    example={
        "reference": "0190F0A2",
        "item": "Power bank 100000 mAh (L-0001)",
        "question": "Please send us a photo of the label with the capacity.",
    },
)

OUTCOMES: Final = (
    "recipient_upheld",
    "recipient_overturned",
    "recipient_modified",
    "reporter_upheld",
    "reporter_overturned",
    "reporter_modified",
    "omitted",
)

CONCLUDED: Final = LetterKind(
    code="appeal.concluded",
    label=_("Decision on a complaint (DSA Art. 20(5))"),
    recipient=RecipientKind.SELLER,
    places=("reference", "item", "decided_on", "outcome", "reasons", "again", "again_until", "bodies"),
    folder=FOLDER,
    choices={"outcome": OUTCOMES, "again": ("yes", "no")},
    required=("reference", "item", "outcome", "reasons", "bodies"),
    example={
        "reference": "0190F0A2",
        "item": "Power bank 100000 mAh (L-0001)",
        "decided_on": "2026-03-04",
        "outcome": "recipient_upheld",
        "reasons": "The label on your photo says 10000 mAh. The title of the offer said ten times as much.",
        "again": "yes",
        "again_until": "2026-04-20",
        "bodies": "- Settlement House, Ireland: https://settlement.example",
    },
)

WITHDRAWN: Final = LetterKind(
    code="appeal.withdrawn",
    label=_("Confirmation that a complaint was taken back"),
    recipient=RecipientKind.SELLER,
    places=("reference", "item"),
    folder=FOLDER,
    required=("reference",),
    example={"reference": "0190F0A2", "item": "Power bank 100000 mAh (L-0001)"},
)

KINDS: Final = (RECEIVED, QUESTION, CONCLUDED, WITHDRAWN)
