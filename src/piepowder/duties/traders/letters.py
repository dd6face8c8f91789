"""The letters of trader verification."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from piepowder.correspondence.events import LetterKind, declare
from piepowder.correspondence.models import Letter
from piepowder.correspondence.operations import Recipient, RecipientKind, send
from piepowder.duties.models import Trader, TraderField
from piepowder.duties.traders.requirements import Wanted
from piepowder.kernel.actor import Actor

FOLDER: Final = Path(__file__).parent.parent / "letters" / "people"

_WHAT: Final = "- Name\n- Trade register\n- Payment account"
ASKED: Final = LetterKind(
    code="trader_asked",
    label=_("Data asked of a trader (DSA Art. 30(1), INFORM Consumers Act)"),
    recipient=RecipientKind.SELLER,
    places=("seller", "why", "what", "due_on"),
    folder=FOLDER,
    choices={"why": ("start", "high_volume")},
    required=("what", "due_on"),
    example={"seller": "S-1042", "why": "start", "what": _WHAT, "due_on": "2026-03-16"},
)
REMEDY: Final = LetterKind(
    code="trader_remedy",
    label=_("Trader asked to put data right (DSA Art. 30(3))"),
    recipient=RecipientKind.SELLER,
    places=("seller", "what", "reason", "due_on"),
    folder=FOLDER,
    required=("what", "reason", "due_on"),
    example={
        "seller": "S-1042",
        "what": "- Number in the register",
        "reason": "The register names another firm.",
        "due_on": "2026-03-16",
    },
)
CERTIFY: Final = LetterKind(
    code="trader_certify",
    label=_("Trader asked to confirm data (INFORM Consumers Act)"),
    recipient=RecipientKind.SELLER,
    places=("seller", "due_on"),
    folder=FOLDER,
    required=("due_on",),
    example={"seller": "S-1042", "due_on": "2026-03-16"},
)
VERIFIED: Final = LetterKind(
    code="trader_verified",
    label=_("Trader verified"),
    recipient=RecipientKind.SELLER,
    places=("seller", "before"),
    folder=FOLDER,
    choices={"before": ("new", "restored")},
    required=("before",),
    example={"seller": "S-1042", "before": "restored"},
)

declare(ASKED, REMEDY, CERTIFY, VERIFIED)


def write(actor: Actor, trader: Trader, kind: LetterKind, values: Mapping[str, str], at: datetime) -> Letter:
    """A letter to the trader, where they can be reached as they told us."""
    told = dict(TraderField.objects.filter(trader=trader, code__in=["email", "name"]).values_list("code", "value"))
    to = Recipient(
        RecipientKind.SELLER,
        trader.seller_ref,
        email=told.get("email", ""),
        name=told.get("name", "")[:200],
        language=trader.language,
    )
    about = ("trader", str(trader.pk))
    return send(
        actor=actor,
        event=kind.code,
        recipient=to,
        about=about,
        values={"seller": trader.seller_ref} | dict(values),
        at=at,
    )


def listed(asked: Iterable[Wanted], language: str) -> str:
    """Titles as lines of a letter, in its language."""
    with translation.override("zh-hans" if language.lower().startswith("zh") else language.lower()[:2]):
        return "\n".join(f"- {one.title}" for one in asked)
