"""When two items are named alike: the same words, whatever their order, numbers, signs, case and accents."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from hashlib import blake2b

_NO_WORD = re.compile(r"[\W\d_]+")
_FEWEST_LETTERS = 4


@lru_cache(maxsize=4096)
def title_key(title: str) -> str:
    """A digest of 16 hexadecimal digits that items with like titles share; empty when too little is left of the title."""
    if title.isascii():
        plain = title.lower()
    else:
        folded = unicodedata.normalize("NFKD", title).casefold()
        plain = "".join(sign for sign in folded if not unicodedata.combining(sign))
    words = sorted(set(_NO_WORD.sub(" ", plain).split()))
    text = " ".join(words)
    return blake2b(text.encode(), digest_size=8).hexdigest() if len(text) >= _FEWEST_LETTERS else ""
