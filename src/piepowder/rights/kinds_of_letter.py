"""What is written to owners and sellers about claims. Each report's receipt and outcome are told as for every report."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from django.utils.translation import gettext_lazy as _

from piepowder.correspondence.events import LetterKind, declare
from piepowder.correspondence.states import RecipientKind

_FOLDER: Final = Path(__file__).parent / "letters"

CLAIMS_FILED: Final = LetterKind(
    code="claims.filed",
    label=_("What became of a notice on a right about many items"),
    recipient=RecipientKind.RIGHTS_OWNER,
    places=("right", "received_at", "filed", "known", "refused", "reference"),
    folder=_FOLDER,
    required=("right", "filed", "refused", "reference"),
    example={
        "right": "Lumière (trade mark 018 123 456)",
        "received_at": "2026-03-02T09:30:00+00:00",
        "filed": "118",
        "known": "3",
        "refused": "2",
        "reference": "5F0C2A71",
    },
)

_ABOUT_A_CLAIM = ("right", "item", "reference")
_EXAMPLE = {"right": "Lumière (trade mark 018 123 456)", "item": "Replica handbag (L-1001)", "reference": "5F0C2A71"}

COUNTER_FILED: Final = LetterKind(
    code="counter.filed",
    label=_("Receipt of a counter-notice"),
    recipient=RecipientKind.SELLER,
    places=_ABOUT_A_CLAIM,
    folder=_FOLDER,
    required=("item", "reference"),
    example=_EXAMPLE,
)

COUNTER_ANSWERED: Final = LetterKind(
    code="counter.answered",
    label=_("Answer to a counter-notice"),
    recipient=RecipientKind.SELLER,
    places=(*_ABOUT_A_CLAIM, "outcome", "answer", "complaint_until"),
    folder=_FOLDER,
    choices={"outcome": ("accepted", "restored", "rejected")},
    required=("item", "outcome", "answer", "reference"),
    example={
        **_EXAMPLE,
        "outcome": "restored",
        "answer": "The licence of 3 January covers these bags.",
        "complaint_until": "2026-09-07",
    },
)

CLAIM_COUNTERED: Final = LetterKind(
    code="claim.countered",
    label=_("That a seller's counter-notice against a claim was answered"),
    recipient=RecipientKind.RIGHTS_OWNER,
    places=(*_ABOUT_A_CLAIM, "outcome", "ground", "answer"),
    folder=_FOLDER,
    choices={
        "outcome": ("accepted", "rejected"),
        "ground": ("authorised", "genuine", "own_right", "not_infringing", "mistake", "other"),
    },
    required=("item", "outcome", "answer", "reference"),
    example={
        **_EXAMPLE,
        "outcome": "accepted",
        "ground": "authorised",
        "answer": "The licence of 3 January covers these bags.",
    },
)

declare(CLAIMS_FILED, COUNTER_FILED, COUNTER_ANSWERED, CLAIM_COUNTERED)
