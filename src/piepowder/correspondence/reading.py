"""How hard a text is to read: one published measure per language, as the school years that it asks for.

==============  =============================================  ===================================================
language        score                                          school years
==============  =============================================  ===================================================
English         Flesch Reading Ease (Flesch 1948)              Flesch-Kincaid (Kincaid et al. 1975)
German          Flesch for German (Amstad 1978)                first Wiener Sachtextformel (Bamberger, Vanecek 1984)
French          Flesch for French (Kandel, Moles 1958)         from the score, by Flesch's table
Italian         Gulpease (Lucisano, Piemontese 1988)           from the score, by its three limits
Spanish         Fernández Huerta (1959, as corrected by Law)   from the score, by its table
Polish          FOG-PL (Gunning 1952 with four syllables)      the score itself
Chinese         characters per sentence                        from the score, by ``_CHINESE``: our own convention
any other       LIX (Björnsson 1968)                           from the score, by Anderson's table (1983)
==============  =============================================  ===================================================

A measure sees the length of words and sentences, not whether a text is right or kind: it is advice.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from piepowder.correspondence.sentences import CHINESE, sentences, words
from piepowder.correspondence.syllables import syllables_of

TARGET: Final = 9
"""School years that a text should not ask for more than: what most adults read with ease."""

_FEW_WORDS = 12
_BEYOND = 3


@dataclass(frozen=True, slots=True)
class Level:
    """``score`` is the language's own measure, ``grade`` the school years; ``hard`` are sentences as they stand in the text."""

    score: float
    grade: float
    hard: tuple[str, ...] = ()
    measure: str = ""

    def is_above(self, target: float) -> bool:
        return self.grade > target


@dataclass(frozen=True, slots=True)
class Counts:
    """What the measures look at. ``long`` are words of more than six letters; ``of`` says how many words have how many
    syllables."""

    sentences: int
    words: int
    letters: int
    long: int
    syllables: int
    of: Mapping[int, int]

    @property
    def per_sentence(self) -> float:
        return self.words / self.sentences

    @property
    def per_word(self) -> float:
        return self.syllables / self.words

    def share(self, least: int, most: int = 99) -> float:
        """Percentage of the words with so many syllables."""
        return 100 * sum(count for number, count in self.of.items() if least <= number <= most) / self.words


def reading_level(text: str, language: str, target: float = TARGET) -> Level:
    """How hard ``text`` reads, and which of its sentences are too hard for ``target`` school years.

    A sentence is too hard when it alone asks for clearly more than the target; short ones never are. A text without words
    asks for nothing.
    """
    found = sentences(text)
    family = language.partition("-")[0].lower()
    if family == "zh":
        return _chinese_level(found, target)
    measure, score_of, grade_of = _MEASURES.get(family, _OTHERWISE)
    counts = count(found, family)
    if not counts.words:
        return Level(0.0, 0.0, (), measure)
    score = score_of(counts)
    hard = tuple(one for one in found if _is_hard(count([one], family), score_of, grade_of, target))
    return Level(round(score, 1), round(max(grade_of(counts, score), 0), 1), hard, measure)


def count(found: Sequence[str], language: str) -> Counts:
    syllables = syllables_of(language)
    every = [word for sentence in found for word in words(sentence)]
    by_number: dict[int, int] = {}
    for word in every:
        number = syllables(word) if word.isalpha() or "-" in word or "'" in word or "’" in word else 1
        by_number[number] = by_number.get(number, 0) + 1
    lengths = [sum(1 for character in word if character.isalnum()) for word in every]
    return Counts(
        sentences=max(len(found), 1),
        words=len(every),
        letters=sum(lengths),
        long=sum(1 for length in lengths if length > 6),
        syllables=sum(number * times for number, times in by_number.items()),
        of=by_number,
    )


Score = Callable[[Counts], float]
Grade = Callable[[Counts, float], float]


def _is_hard(counts: Counts, score_of: Score, grade_of: Grade, target: float) -> bool:
    return counts.words >= _FEW_WORDS and grade_of(counts, score_of(counts)) > target + _BEYOND


def flesch(counts: Counts) -> float:
    return 206.835 - 1.015 * counts.per_sentence - 84.6 * counts.per_word


def flesch_kincaid(counts: Counts, _score: float = 0) -> float:
    return 0.39 * counts.per_sentence + 11.8 * counts.per_word - 15.59


def amstad(counts: Counts) -> float:
    return 180 - counts.per_sentence - 58.5 * counts.per_word


def wiener_sachtextformel(counts: Counts, _score: float = 0) -> float:
    long = 100 * counts.long / counts.words
    return 0.1935 * counts.share(3) + 0.1672 * counts.per_sentence + 0.1297 * long - 0.0327 * counts.share(1, 1) - 0.875


def kandel_moles(counts: Counts) -> float:
    return 207 - 1.015 * counts.per_sentence - 73.6 * counts.per_word


def gulpease(counts: Counts) -> float:
    return 89 + (300 * counts.sentences - 10 * counts.letters) / counts.words


def fernandez_huerta(counts: Counts) -> float:
    return 206.84 - 60 * counts.per_word - 1.02 * counts.per_sentence


def fog(counts: Counts) -> float:
    """Gunning's, with hard words from four syllables on, as Polish has them."""
    return 0.4 * (counts.per_sentence + counts.share(4))


def lix(counts: Counts) -> float:
    return counts.per_sentence + 100 * counts.long / counts.words


Points = Sequence[tuple[float, float]]

_FLESCH: Points = ((0, 17), (30, 15), (50, 11), (60, 8.5), (70, 7), (80, 6), (90, 5), (100, 4))
_HUERTA: Points = ((0, 17), (30, 14), (50, 11), (60, 8.5), (70, 7), (80, 5.5), (90, 4.5), (100, 4))
_GULPEASE: Points = ((20, 18), (40, 13), (60, 8), (80, 5), (100, 3))
_CHINESE: Points = ((10, 4), (20, 7), (30, 9), (45, 12), (70, 16))
_LIX: Final = (10, 15, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56)


def _between(points: Points) -> Grade:
    """The school years of a score, straight between the points of a table and constant beyond them."""

    def grade(_counts: Counts, score: float) -> float:
        return along(points, score)

    return grade


def along(points: Points, score: float) -> float:
    if score <= points[0][0]:
        return points[0][1]
    for (x, y), (next_x, next_y) in pairwise(points):
        if score <= next_x:
            return y + (next_y - y) * (score - x) / (next_x - x)
    return points[-1][1]


def _same(_counts: Counts, score: float) -> float:
    return score


def _by_lix(_counts: Counts, score: float) -> float:
    return bisect_right(_LIX, score) + 1


_MEASURES: Final[Mapping[str, tuple[str, Score, Grade]]] = {
    "en": ("flesch", flesch, flesch_kincaid),
    "de": ("amstad", amstad, wiener_sachtextformel),
    "fr": ("kandel_moles", kandel_moles, _between(_FLESCH)),
    "it": ("gulpease", gulpease, _between(_GULPEASE)),
    "es": ("fernandez_huerta", fernandez_huerta, _between(_HUERTA)),
    "pl": ("fog_pl", fog, _same),
}
_OTHERWISE: Final[tuple[str, Score, Grade]] = ("lix", lix, _by_lix)


def _chinese_level(found: Sequence[str], target: float) -> Level:
    """Characters, with a word or number in other letters counted as one."""
    lengths = [_characters(one) for one in found]
    if not lengths:
        return Level(0.0, 0.0, (), "characters")
    mean = sum(lengths) / len(lengths)
    hard = tuple(one for one, length in zip(found, lengths, strict=True) if along(_CHINESE, length) > target + _BEYOND)
    return Level(round(mean, 1), round(along(_CHINESE, mean), 1), hard, "characters")


def _characters(sentence: str) -> int:
    return len(CHINESE.findall(sentence)) + len(words(CHINESE.sub(" ", sentence)))
