"""What lies around an item: what changed in it, its seller, what is near it, and the places of a beginning for facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language

from piepowder.decisions.filling import short_title
from piepowder.decisions.history import (
    PolicyHistory,
    in_force,
    last_decisions,
    last_judged_number,
    violations_by_policy,
)
from piepowder.decisions.listing import DecisionRow, Imposed
from piepowder.decisions.queries import decisions_about
from piepowder.intake.links import (
    Linked,
    Links,
    SellerSaid,
    linked_accounts,
    seller_said,
    surroundings_of,
)
from piepowder.intake.models import Item, Snapshot
from piepowder.intake.queries import ItemCard, RelatedItem, SellerStanding, media_of, seller_standing
from piepowder.kernel.actor import Actor
from piepowder.review.opening import violations_of
from piepowder.review.pending import pending_cases
from piepowder.standing.queries import Score, scores_of
from piepowder.web.differences import Difference, changes, media_changes
from piepowder.web.item_words import ItemFact, item_words, price
from piepowder.web.marking import excerpts

_VERIFICATION = ("legal_name", "business_type", "registration", "vat_id", "self_certified", "documents", "address")
_MOST_WORDS = 5


def difference_of(actor: Actor, card: ItemCard) -> Difference | None:
    """What the version shown says otherwise than the one judged last; than the one before it when none was judged.

    Three queries, none for a first version. The caller has seen to it that ``actor`` may see the item.
    """
    if card.number < 2:
        return None
    judged = last_judged_number(card.id, card.number)
    older = Snapshot.objects.get(item_id=card.id, number=judged or card.number - 1)
    gone, new = media_changes([one.digest for one in media_of(older.pk)], [one.digest for one in card.media])
    return Difference(older.number, judged is not None, tuple(changes(older.content, card.content)), gone, new)


@dataclass(frozen=True, slots=True)
class LinkedAccount:
    """A linked account with how it stands."""

    linked: Linked
    violations: int
    restrictions: tuple[Imposed, ...]


@dataclass(frozen=True, slots=True)
class SellerPanel:
    """Everything about the seller behind an item that helps to judge it."""

    standing: SellerStanding
    violations: int
    history: Sequence[PolicyHistory]
    restrictions: tuple[Imposed, ...]
    decisions: Sequence[DecisionRow]
    links: Links
    accounts: tuple[LinkedAccount, ...]
    verification: tuple[ItemFact, ...]
    since: datetime | None
    """When the seller joined, as it says itself; else when it was first heard of here."""
    scores: tuple[Score, ...] = ()
    """On the ladders that are switched on."""


def seller_panel(actor: Actor, ref: str, *, now: datetime, decisions: int = 8) -> SellerPanel:
    """Twelve queries, however much the seller has done; one more while a ladder is switched on."""
    links = linked_accounts(actor, ref)
    refs = [ref, *(one.ref for one in links.accounts)]
    violations, restrictions = violations_of(refs, now), in_force(actor, refs, now=now)
    said = seller_said(actor, ref)
    return SellerPanel(
        standing=seller_standing(actor, ref),
        violations=violations.get(ref, 0),
        history=violations_by_policy(actor, ref, now=now),
        restrictions=restrictions.get(ref, ()),
        decisions=decisions_about(actor, seller_ref=ref, limit=decisions),
        links=links,
        accounts=tuple(
            LinkedAccount(one, violations.get(one.ref, 0), restrictions.get(one.ref, ())) for one in links.accounts
        ),
        verification=_verification(said),
        since=_since(said),
        scores=scores_of(ref, now, get_language() or "en"),
    )


def _verification(said: SellerSaid | None) -> tuple[ItemFact, ...]:
    if said is None:
        return ()
    told = {name: said.content[name] for name in _VERIFICATION if name in said.content}
    if isinstance(papers := told.get("documents"), list):
        told["documents"] = [one.get("doc_type", "") for one in papers if isinstance(one, Mapping)]
    words = item_words(told)
    return (*words.facts, *(ItemFact(block.label, block.text) for block in words.texts))


def _since(said: SellerSaid | None) -> datetime | None:
    if said is None:
        return None
    joined = said.content.get("joined_at")
    found = parse_datetime(joined) if isinstance(joined, str) else None
    return found if found is not None and found.tzinfo is not None else said.received_at


@dataclass(frozen=True, slots=True)
class Near:
    """An item near another: why, whether it waits for a decision, and the last one there was."""

    item: Item
    why: tuple[str, ...]
    thumbnail: str
    is_pending: bool
    decision: DecisionRow | None


@dataclass(frozen=True, slots=True)
class Nearby:
    items: tuple[Near, ...]
    missing: tuple[RelatedItem, ...]


def nearby(actor: Actor, item_id: UUID) -> Nearby:
    """What belongs to the item, is like it or comes from the same seller. Fifteen queries at most."""
    found = surroundings_of(actor, item_id)
    ids = [one.item.pk for one in found.alike]
    pending, decided = pending_cases(ids), last_decisions(actor, ids)
    return Nearby(
        items=tuple(
            Near(one.item, one.why, one.thumbnail, one.item.pk in pending, decided.get(one.item.pk))
            for one in found.alike
        ),
        missing=found.missing,
    )


def places_of(card: ItemCard) -> dict[str, str]:
    """What the places of a beginning for facts are filled with."""
    money: Any = card.content.get("price")
    named = isinstance(money, Mapping) and {"amount", "currency"} <= set(money)
    words = excerpts(card.content, (span for found in card.detections for span in found.spans))
    return {
        "title": short_title(card.title) or card.external_id,
        "price": price(money) if named else "",
        "seller": card.seller_ref,
        "words": ", ".join(f"“{one}”" for one in words[:_MOST_WORDS]),
    }
