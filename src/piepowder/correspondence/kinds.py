"""The letters that intake and decisions make possible by themselves: to those who report."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from django.utils.translation import gettext_lazy as _

from piepowder.correspondence.events import LetterKind
from piepowder.correspondence.states import RecipientKind

FOLDER: Final = Path(__file__).parent / "letters"

REPORT_RECEIVED: Final = LetterKind(
    code="report.received",
    label=_("Receipt of a report (DSA Art. 16(4))"),
    recipient=RecipientKind.REPORTER,
    places=("reference", "received_at", "items", "reason"),
    folder=FOLDER,
    required=("reference", "items", "received_at"),
    example={
        "reference": "5F0C2A71",
        "received_at": "2026-03-02T09:30:00+00:00",
        "items": "- Power bank 100000 mAh (L-0001)",
        "reason": "The title promises ten times the capacity that is printed on the device.",
    },
)

REPORT_DECIDED: Final = LetterKind(
    code="report.decided",
    label=_("Outcome of a report (DSA Art. 16(5))"),
    recipient=RecipientKind.REPORTER,
    places=("reference", "received_at", "items", "outcome", "before", "automation", "decided_on", "complaint_until"),
    folder=FOLDER,
    choices={
        "outcome": ("restricted", "noted", "no_violation", "undone"),
        "before": ("first", "changed"),
        "automation": ("none", "found", "decided"),
    },
    required=("reference", "items", "outcome", "automation", "complaint_until"),
    example={
        "reference": "5F0C2A71",
        "received_at": "2026-03-02T09:30:00+00:00",
        "items": "- Power bank 100000 mAh (L-0001)",
        "outcome": "restricted",
        "before": "first",
        "automation": "found",
        "decided_on": "2026-03-04",
        "complaint_until": "2026-09-07",
    },
)

KINDS: Final = (REPORT_RECEIVED, REPORT_DECIDED)
