"""The places in a beginning for facts: filled from the item at hand, the rest left to the person."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

PLACES: Final = ("title", "price", "seller", "words")
"""What ``{…}`` can name: the item's title, its price, its seller, the stretches that models found."""

LONGEST_TITLE: Final = 80

_PLACE = re.compile(r"\{([^{}]*)\}")
_LEFT = re.compile(r"\[…[^\]]*\]?")


def short_title(title: str) -> str:
    """A title as facts name it: what goes on for long is cut, and says so."""
    plain = " ".join(title.split())
    return plain if len(plain) <= LONGEST_TITLE else plain[: LONGEST_TITLE - 1].rstrip() + "…"


def unknown_places(text: str) -> list[str]:
    """The names in braces that are no places, each once."""
    return list(dict.fromkeys(name for name in _PLACE.findall(text) if name not in PLACES))


def filled(text: str, places: Mapping[str, str]) -> str:
    """``text`` with its places filled; what the item does not say is left to the person, as ``[… price]``."""
    return _PLACE.sub(lambda hit: places.get(hit[1], "") or f"[… {hit[1]}]", text)


def left_to_fill(text: str) -> list[str]:
    """The parts that are still to be filled in: everything that stands in brackets after ``…``.

    Three dots are a quotation that was shortened, not a part left open.
    """
    return _LEFT.findall(text)
