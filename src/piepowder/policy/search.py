"""Ranking policies against what somebody types, in any language the texts have."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache


class Match(IntEnum):
    """Where the typed text was found, best first."""

    EXACT_CODE = 0
    CODE_PREFIX = 1
    TITLE_WORD = 2
    TITLE = 3
    RULE_WORD = 4
    RULE = 5


@dataclass(frozen=True, slots=True)
class Searchable:
    """What can be searched of one policy: its code, and its titles and rules in every language."""

    code: str
    titles: Sequence[str]
    rules: Sequence[str]


def rank(entries: Iterable[Searchable], text: str) -> list[tuple[Searchable, Match]]:
    """The entries that match, best first and otherwise in the order given.

    The whole text may be a code, written with or without its hyphens. Otherwise every word must be found, and the worst
    found word counts. A word found at the beginning of a word beats one found inside; Chinese is written without spaces,
    so there each position begins a word. Width, case and accents do not matter. Nothing typed matches everything; signs
    alone match nothing.
    """
    typed = _folded(text)
    words = [word for word in typed.split() if any(character.isalnum() for character in word)]
    if typed and not words:
        return []
    found = [(entry, match) for entry in entries if (match := _match(entry, typed, words)) is not None]
    return sorted(found, key=lambda pair: pair[1])


def _match(entry: Searchable, typed: str, words: Sequence[str]) -> Match | None:
    by_code = _match_code(entry.code, typed)
    if by_code is not None:
        return by_code
    titles = [_folded(title) for title in entry.titles]
    rules: list[str] | None = None
    worst = Match.EXACT_CODE
    for word in words:
        match = _find(word, titles, Match.TITLE_WORD, Match.TITLE)
        if match is None:
            rules = [_folded(rule) for rule in entry.rules] if rules is None else rules
            match = _find(word, rules, Match.RULE_WORD, Match.RULE)
        if match is None:
            return None
        worst = max(worst, match)
    return worst


def _match_code(code: str, typed: str) -> Match | None:
    wanted, own = typed.replace("-", "").replace(" ", ""), code.casefold().replace("-", "")
    if not wanted:
        return None
    if own == wanted:
        return Match.EXACT_CODE
    return Match.CODE_PREFIX if own.startswith(wanted) else None


def _find(word: str, texts: Iterable[str], at_beginning: Match, inside: Match) -> Match | None:
    best = None
    for text in texts:
        position = text.find(word)
        while position >= 0:
            if position == 0 or not _joined(text[position - 1], word[0]):
                return at_beginning
            best = inside
            position = text.find(word, position + 1)
    return best


def _joined(before: str, first: str) -> bool:
    """Whether two neighbouring characters belong to one word."""
    return before.isalnum() and first.isalnum() and not (_is_han(before) or _is_han(first))


def _is_han(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff"


# Texts in force hardly ever change while somebody types; folding them is most of the work, so it is remembered by value.
@lru_cache(maxsize=16_384)
def _folded(text: str) -> str:
    if text.isascii():
        return text.casefold().strip()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character)).strip()
