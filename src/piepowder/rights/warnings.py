"""What speaks against a claim before anybody has looked at it: values in, codes out.

A warning never keeps a claim from being judged: it stands beside the claim for whoever judges it, and is told to the sender.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from piepowder.policy.dsa import MARKET_GROUPS
from piepowder.rights.states import RightState, SenderKind, Warned


@dataclass(frozen=True, slots=True)
class RightAsItStands:
    """What the register says of a right; empty ``territories`` and ``categories`` mean everywhere and everything."""

    state: str
    territories: Sequence[str]
    categories: Sequence[str]
    expires_on: date | None
    owner_ref: str
    agent_ref: str
    agent_until: date | None


@dataclass(frozen=True, slots=True)
class Claimed:
    """The item that is claimed; ``seller_authorised`` says that its seller has shown before that it may use the right."""

    market: str
    category: str
    seller_ref: str
    seller_authorised: bool = False


def warnings_of(right: RightAsItStands, claimed: Claimed, sender: str, *, on: date) -> tuple[str, ...]:
    """Codes of ``Warned`` in their order. ``sender`` is a ``SenderKind``; the last days themselves still count."""
    found = []
    if right.state != RightState.VERIFIED:
        found.append(Warned.NOT_VERIFIED)
    if right.expires_on is not None and on > right.expires_on:
        found.append(Warned.EXPIRED)
    if not holds_in(right.territories, claimed.market):
        found.append(Warned.MARKET)
    if not covers(right.categories, claimed.category):
        found.append(Warned.CLASS)
    if sender == SenderKind.OTHER:
        found.append(Warned.SENDER)
    if sender == SenderKind.AGENT and right.agent_until is not None and on > right.agent_until:
        found.append(Warned.AUTHORISATION_OVER)
    if claimed.seller_ref and claimed.seller_ref in (right.owner_ref, right.agent_ref):
        found.append(Warned.OWN_ITEM)
    if claimed.seller_authorised:
        found.append(Warned.SELLER_AUTHORISED)
    return tuple(one.value for one in found)


def holds_in(territories: Sequence[str], market: str) -> bool:
    """Whether the right holds in some part of ``market``, which may be a country or a group of them."""
    if not territories:
        return True
    countries = {country for one in territories for country in MARKET_GROUPS.get(one, (one,))}
    return bool(countries & set(MARKET_GROUPS.get(market, (market,))))


def covers(categories: Sequence[str], category: str) -> bool:
    """Whether one of ``categories`` is ``category`` or a beginning of it; an item without a category may be anything."""
    if not categories or not category.strip():
        return True
    said = _steps(category)
    return any(said[: len(steps)] == steps for one in categories if (steps := _steps(one)))


def _steps(category: str) -> list[str]:
    """``Fashion > Bags`` and ``fashion/bags`` are the same way down."""
    return [part.strip().casefold() for part in category.replace("/", ">").split(">") if part.strip()]
