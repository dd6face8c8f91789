"""Which version of a policy applies, in which words: pure choices on plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Protocol, TypeVar

from piepowder.policy.dsa import MARKET_GROUPS

FALLBACK_LANGUAGE = "en"


class Dated(Protocol):
    """What the choice of a version looks at."""

    @property
    def number(self) -> int: ...
    @property
    def effective_from(self) -> date: ...
    @property
    def markets(self) -> Sequence[str]: ...


V = TypeVar("V", bound=Dated)


def day_of(at: datetime) -> date:
    """The day that counts for effective dates: versions take effect at midnight UTC, everywhere at once."""
    return at.astimezone(UTC).date()


def in_force(versions: Iterable[V], *, market: str | None, on: date) -> V | None:
    """The version that applies in ``market`` on a day, or ``None``.

    A version made for the market beats a general one, whatever their dates: a market keeps its own wording until its own
    next version. Among equals the latest effective date wins, then the highest number, so that a correction with the same
    date replaces what it corrects. ``market=None`` asks on behalf of no market, as the policy library does: the general
    version if there is one, else the latest of any market; ``""`` asks for the general one only.
    """
    begun = [version for version in versions if version.effective_from <= on]
    general = [version for version in begun if not version.markets]
    specific = [version for version in begun if version.markets and (market is None or market in version.markets)]
    candidates = (general or specific) if market is None else (specific or general)
    return max(candidates, key=lambda version: (version.effective_from, version.number), default=None)


def expand_markets(markets: Iterable[str]) -> list[str]:
    """Market codes in order and once each, with groups (``EU``, ``EEA``) replaced by their members."""
    return sorted({code for market in markets for code in MARKET_GROUPS.get(market, (market,))})


def best_language(available: Iterable[str], wanted: str) -> str | None:
    """The language to read in: the one wanted, else one of the same family (``zh`` for ``zh-Hans``), else English, else
    the first by name; ``None`` when nothing is available. Case does not matter: ``zh-hans`` finds ``zh-Hans``."""
    languages = sorted(available)
    family = _family(wanted)
    for fits in (
        lambda language: language.casefold() == wanted.casefold(),
        lambda language: _family(language) == family,
        lambda language: _family(language) == FALLBACK_LANGUAGE,
        lambda language: True,
    ):
        found = next((language for language in languages if fits(language)), None)
        if found is not None:
            return found
    return None


def readable(rules: Mapping[str, str]) -> list[str]:
    """The languages, of ``rules`` by language, in which a policy can be read in full.

    A text without a rule holds words for recipients only. Families have no rule in any language: theirs are all readable.
    """
    return [language for language, rule in rules.items() if rule] or list(rules)


def _family(language: str) -> str:
    return language.replace("_", "-").split("-")[0].casefold()
