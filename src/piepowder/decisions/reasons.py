"""The reasons for a restriction as plain values: the one record from which the text and its structured twin are made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from piepowder.decisions.states import Family, Source
from piepowder.policy.dsa import EEA_MARKETS, MARKET_GROUPS
from piepowder.policy.states import Ground


@dataclass(frozen=True, slots=True)
class Restriction:
    """One restriction with its reach; no ``territories`` means everywhere, no ``ends_on`` means no end."""

    family: Family
    measure: str
    starts_on: date
    ends_on: date | None = None
    territories: tuple[str, ...] = ()
    description: str = ""
    between: tuple[str, str] | None = None
    """The times of day, in UTC, at which one that lasts for minutes starts and ends."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One policy relied on: why in the recipient's words, and the law or clause behind it."""

    code: str
    title: str
    why: str
    reference: str
    category: str
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reasons:
    """Everything a statement says. ``policies`` starts with the primary one; ``facts`` is about this item."""

    puid: str
    marketplace: str
    kind: str
    external_id: str
    title: str
    market: str
    content_language: str
    content_on: date
    decided_on: date
    restrictions: tuple[Restriction, ...]
    ground: Ground
    policies: tuple[Reason, ...]
    facts: str
    source: Source
    automated_detection: bool
    automated_decision: bool
    complaint_until: date
    gtin: str = ""


def in_eea(market: str) -> bool:
    """Whether a market lies in the European Economic Area; ``EU`` and ``EEA`` themselves do."""
    return market in MARKET_GROUPS or market in EEA_MARKETS


def countries(territories: Iterable[str]) -> tuple[str, ...]:
    """Country codes in order and once each, with ``EU`` and ``EEA`` replaced by their members."""
    return tuple(sorted({code for place in territories for code in MARKET_GROUPS.get(place, (place,))}))


def eea_reach(market: str, territories: Iterable[str]) -> tuple[str, ...]:
    """The EEA countries that a restriction reaches, which are all the Transparency Database knows.

    Without territories a restriction holds everywhere the marketplace sells: from an EEA market that is the whole EEA,
    from another market it concerns nobody there.
    """
    named = countries(territories)
    if not named:
        return EEA_MARKETS if in_eea(market) else ()
    return tuple(code for code in named if code in EEA_MARKETS)
