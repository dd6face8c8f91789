"""Ranking policies against what somebody types, in any language the texts have."""

from __future__ import annotations

import re
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
    EXAMPLE_WORD = 6
    EXAMPLE = 7
    NEAR = 8
    """Nothing is written like this; it is the nearest there is."""


@dataclass(frozen=True, slots=True)
class Searchable:
    """What can be searched of one policy: its code, its titles, rules, and examples with notes in every language."""

    code: str
    titles: Sequence[str]
    rules: Sequence[str]
    examples: Sequence[str] = ()


def rank(entries: Iterable[Searchable], text: str) -> list[tuple[Searchable, Match]]:
    """The entries that match, best first and otherwise in the order given.

    The whole text may be a code, written with or without its hyphens and dots. Otherwise every word must be found, and the
    worst found word counts. A word found at the beginning of a word beats one found inside; Chinese is written without spaces,
    so there each position begins a word. Width, case and accents do not matter. Nothing typed matches everything; signs
    alone match nothing. Only when nothing is found at all, titles that are nearly written like this are taken: a letter or
    two wrong in a longer word, or most pairs of neighbouring Chinese characters.
    """
    typed = _folded(text)
    words = [word for word in typed.split() if any(character.isalnum() for character in word)]
    if typed and not words:
        return []
    every = list(entries)
    found = [(entry, match) for entry in every if (match := _match(entry, typed, words)) is not None]
    if not found and words:
        near = [(entry, distance) for entry in every if (distance := _distance(entry, words)) is not None]
        return [(entry, Match.NEAR) for entry, _ in sorted(near, key=lambda pair: pair[1])]
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
            match = _find(word, map(_folded, entry.examples), Match.EXAMPLE_WORD, Match.EXAMPLE)
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
    if own.startswith(wanted):
        return Match.CODE_PREFIX
    # Without dots "c21" could also be C-21, so it is no exact code.
    return Match.CODE_PREFIX if "." in own and own.replace(".", "") == wanted else None


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


def _distance(entry: Searchable, words: Sequence[str]) -> int | None:
    """How far the words are from the titles, 0 being nearest; ``None`` when one of them is like nothing there."""
    titles = [_folded(title) for title in entry.titles]
    parts = {part for title in titles for part in _PARTS.findall(title)}
    total = 0
    for word in words:
        if any(_is_han(sign) for sign in word):
            wrong = _han_distance(word, titles)
        else:
            wrong = min((d for part in parts if (d := _typo_distance(word, part)) is not None), default=None)
        if wrong is None:
            return None
        total += wrong
    return total


_PARTS = re.compile(r"[^\W_]+")


def _han_distance(word: str, titles: Sequence[str]) -> int | None:
    """How many pairs of neighbours are missing from the title that has most of them; ``None`` when half of them are."""
    pairs = [word[at : at + 2] for at in range(len(word) - 1)]
    missing = min((sum(pair not in title for pair in pairs) for title in titles), default=len(pairs))
    return missing if pairs and missing * 2 < len(pairs) else None


def _typo_distance(word: str, part: str) -> int | None:
    """Letters to change, add, drop or swap so that ``part`` begins with ``word``; ``None`` for too many of them."""
    allowed = 0 if len(word) < 4 else 1 if len(word) < 8 else 2
    if len(part) < len(word) - allowed or part[0] != word[0]:
        return None
    return min((d for d in _edits(word, part) if d <= allowed), default=None)


def _edits(word: str, part: str) -> list[int]:
    """The distance of ``word`` to each beginning of ``part`` that is about as long, and to all of it."""
    before2: list[int] = []
    before = list(range(len(part) + 1))
    for row, letter in enumerate(word, 1):
        now = [row]
        for column, other in enumerate(part, 1):
            cost = min(before[column] + 1, now[column - 1] + 1, before[column - 1] + (letter != other))
            swapped = row > 1 and column > 1 and letter == part[column - 2] and word[row - 2] == other
            now.append(min(cost, before2[column - 2] + 1) if swapped else cost)
        before2, before = before, now
    return before[max(1, len(word) - 2) :]


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
