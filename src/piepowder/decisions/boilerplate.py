"""Facts that only repeat each other: the digest by which they are told, and how often each was written.

A person who confirms facts says something about the item at hand. What stays when everything that names the item is taken
away is the same for texts that were pasted, and different for texts that were thought.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b

_NO_WORD = re.compile(r"[\W\d_]+")


def facts_key(facts: str, names: Iterable[str]) -> str:
    """A digest of 32 hexadecimal digits that texts share when they differ only in ``names``, numbers, signs and case.

    ``names`` are what this item is called: its title, its id, its seller's. Facts that nobody wrote have an empty key; facts
    that consist of nothing but names all share one.
    """
    if not facts.strip():
        return ""
    text = _folded(facts)
    # The longest first, so that a short name does not break a longer one that it is a part of.
    for name in sorted({_folded(one) for one in names} - {""}, key=lambda one: (-len(one), one)):
        text = re.sub(rf"(?<![a-z0-9]){re.escape(name)}(?![a-z0-9])", " ", text)
    words = _NO_WORD.sub(" ", text).split()
    return blake2b(" ".join(words).encode(), digest_size=16).hexdigest()


@lru_cache(maxsize=2_048)
def _folded(text: str) -> str:
    """Lower case without accents, signs turned into single spaces; digits stay, because they are a part of names."""
    plain = text.lower() if text.isascii() else unicodedata.normalize("NFKD", text).casefold()
    kept = "".join(sign if sign.isalnum() else " " for sign in plain if not unicodedata.combining(sign))
    return " ".join(kept.split())
