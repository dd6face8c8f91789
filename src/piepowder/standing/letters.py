"""What sellers are told about their standing besides statements of reasons: warnings, announcements, good news."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from piepowder.correspondence.events import LetterKind
from piepowder.correspondence.operations import Recipient, RecipientKind, send
from piepowder.intake.models import Item
from piepowder.intake.states import Kind
from piepowder.kernel.actor import SYSTEM
from piepowder.kernel.ids import short
from piepowder.standing.ladder import read_ladder
from piepowder.standing.models import Entry, Sanction
from piepowder.standing.shape import Ladder
from piepowder.standing.wording import said, score_words

FOLDER: Final = Path(__file__).parent / "letters"
_EXAMPLE: Final = {
    "ladder": "Violation points, 48 in 90 days",
    "milestone": "12 points",
    "score": "12 points",
    "next": "24 points",
    "entries": "- decision 7F3A2B1C of 2026-03-02, policy C-1.1",
    "starts_on": "2026-03-06",
    "why": "recovered",
}

WARNING: Final = LetterKind(
    code="standing.warning",
    label=_("Warning: a milestone of a points ladder is reached"),
    recipient=RecipientKind.SELLER,
    places=("ladder", "milestone", "score", "next", "entries"),
    folder=FOLDER,
    required=("milestone", "score", "entries"),
    example=_EXAMPLE,
)
ANNOUNCED: Final = LetterKind(
    code="standing.announced",
    label=_("Measures of a points ladder are announced"),
    recipient=RecipientKind.SELLER,
    places=("ladder", "milestone", "score", "entries", "starts_on"),
    folder=FOLDER,
    required=("milestone", "score", "entries", "starts_on"),
    example=_EXAMPLE,
)
LIFTED: Final = LetterKind(
    code="standing.lifted",
    label=_("Measures of a points ladder no longer hold"),
    recipient=RecipientKind.SELLER,
    places=("ladder", "milestone", "why"),
    folder=FOLDER,
    choices={"why": ("recovered", "undone")},
    required=("milestone", "why"),
    example=_EXAMPLE,
)
KINDS: Final = (WARNING, ANNOUNCED, LIFTED)


def warn(row: Sanction, at: datetime) -> None:
    _send(WARNING, row, at)
    _warned(row, at)


def announce(row: Sanction, at: datetime) -> None:
    """Tell the seller what is going to happen, and when, while there is time to do something about it."""
    _send(ANNOUNCED, row, at)
    _warned(row, at)


def tell_lifted(row: Sanction, at: datetime, *, undone: bool) -> None:
    _send(LIFTED, row, at, why="undone" if undone else "recovered")


def _warned(row: Sanction, at: datetime) -> None:
    row.warned_at = at
    Sanction.objects.filter(pk=row.pk).update(warned_at=at)


def _send(kind: LetterKind, row: Sanction, at: datetime, **more: str) -> None:
    """Nobody is written to whose account was erased."""
    account = row.account
    if account.seller_ref is None:
        return
    item = Item.objects.filter(kind=Kind.SELLER, external_id=account.seller_ref).select_related("snapshot").first()
    language = item.language if item else account.language
    ladder = read_ladder(row.ladder.code, row.version.content, row.version.number).in_market(account.market)
    values = _values(row, ladder, language) | more
    content = item.snapshot.content if item is not None and item.snapshot is not None else {}
    send(
        actor=SYSTEM,
        event=kind.code,
        recipient=Recipient(
            kind=RecipientKind.SELLER,
            ref=account.seller_ref,
            email=str(content.get("email", "")),
            name=str(content.get("name", "")) if item is not None else "",
            language=language,
        ),
        about=("sanction", str(row.pk)),
        values={place: values[place] for place in kind.places},
        at=at,
        item_id=item.pk if item else None,
    )


def _values(row: Sanction, ladder: Ladder, language: str) -> dict[str, str]:
    counter = ladder.counter(row.counter)
    thresholds = {one.code: one for one in counter.thresholds} if counter else {}
    threshold = thresholds.get(row.threshold)
    further = []
    if counter and threshold:
        here = counter.burden_of(threshold.at)
        further = sorted(
            (one for one in thresholds.values() if counter.burden_of(one.at) > here),
            key=lambda one: counter.burden_of(one.at),
        )
    with translation.override(language.lower()):
        return {
            "ladder": said(ladder.title, language),
            "milestone": said(threshold.title, language) if threshold else row.threshold,
            "score": score_words(ladder, row.counter, row.score, language),
            "next": said(further[0].title, language) if further else "–",
            "entries": "\n".join(_entries(row)) or "–",
            "starts_on": row.starts_at.date().isoformat(),
        }


def _entries(row: Sanction) -> list[str]:
    refs = [ref for ref in row.basis if len(ref) == 36]
    entries = Entry.objects.filter(pk__in=refs).select_related("decision").order_by("at", "id")
    return [
        "- "
        + translation.gettext("decision %(ref)s of %(day)s, policy %(policy)s")
        % {
            "ref": short(one.decision_id),
            "day": one.decision.decided_at.date().isoformat(),
            "policy": one.reasons[0],
        }
        for one in entries
    ]
