"""Text cut into its sentences, each exactly as it stands there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

CHINESE: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")

_WORD = re.compile(r"[^\W_]+(?:['’\-.][^\W_]+)*")
_BULLET = re.compile(r"^\s*(?:[-–—•*·]|\(?\d{1,3}[.)]|\(?[a-z]\))\s+")
_END = re.compile(r"[.!?…]+[)\"'»”’]*(?=\s)|[。！？；…]+[”’）」』]*|\n+")
# After these a full stop ends no sentence; single letters and numbers are looked at apart.
_SHORT: Final = frozenset(
    {
        "abs",
        "al",
        "art",
        "arts",
        "bzw",
        "ca",
        "cf",
        "cons",
        "d.h",
        "dr",
        "e.g",
        "ecc",
        "eg",
        "etc",
        "evtl",
        "fig",
        "ggf",
    }
    | {
        "i.e",
        "ie",
        "incl",
        "inkl",
        "itd",
        "itp",
        "jr",
        "lit",
        "mme",
        "mr",
        "mrs",
        "ms",
        "np",
        "nr",
        "p.ej",
        "par",
        "para",
    }
    | {
        "pkt",
        "pp",
        "prof",
        "sec",
        "sig",
        "sr",
        "sra",
        "st",
        "str",
        "tel",
        "tj",
        "tzn",
        "u.a",
        "usw",
        "ust",
        "vgl",
        "vs",
    }
    | {"z.b", "zb"}
)


def sentences(text: str) -> list[str]:
    """The sentences of ``text``, without those that have no word; a line of its own (a heading, a point) counts as one."""
    return [one for one in (_BULLET.sub("", cut).strip() for cut in _cut(text)) if has_words(one)]


def words(sentence: str) -> list[str]:
    """The words of a sentence: runs of letters and digits, joined by apostrophe, hyphen or full stop."""
    return _WORD.findall(sentence)


def has_words(sentence: str) -> bool:
    return any(character.isalpha() for character in sentence)


def _cut(text: str) -> Iterator[str]:
    begin = 0
    for end in _END.finditer(text):
        if end[0].startswith(".") and _goes_on(text, end.start()):
            continue
        yield text[begin : end.end()]
        begin = end.end()
    yield text[begin:]


def _goes_on(text: str, stop: int) -> bool:
    """Whether the full stop at ``stop`` belongs to an abbreviation, an initial or an ordinal number."""
    before = re.search(r"[\w.]*$", text[max(0, stop - 20) : stop])
    word = before[0].strip(".").lower() if before else ""
    return word in _SHORT or (len(word) == 1 and word.isalpha()) or (word.isdigit() and len(word) < 3)
