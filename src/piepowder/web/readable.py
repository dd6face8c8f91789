"""A text with its sentences that are hard to read marked, and what its reading level is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from piepowder.correspondence.options import target_grade
from piepowder.correspondence.reading import Level, reading_level

MEASURES: Mapping[str, str | Promise] = {
    "flesch": _("Flesch Reading Ease"),
    "amstad": _("Flesch for German (Amstad)"),
    "kandel_moles": _("Flesch for French (Kandel and Moles)"),
    "gulpease": _("Gulpease"),
    "fernandez_huerta": _("Fernández Huerta"),
    "fog_pl": _("FOG-PL"),
    "characters": _("characters per sentence"),
    "lix": _("LIX"),
}


@dataclass(frozen=True, slots=True)
class Stretch:
    text: str
    hard: bool


@dataclass(frozen=True, slots=True)
class Readable:
    """What a text asks of its reader. ``stretches`` together are the text."""

    level: Level
    target: int
    stretches: tuple[Stretch, ...]

    @property
    def is_above(self) -> bool:
        return self.level.is_above(self.target)

    @property
    def years(self) -> int:
        """School years, rounded: a measure is no more exact than that."""
        return round(self.level.grade)

    @property
    def measure(self) -> str | Promise:
        """What the score, not the school years, is called."""
        return MEASURES.get(self.level.measure, self.level.measure)


def readable(text: str, language: str, level: Level | None = None) -> Readable:
    """``text`` measured for its language against what the organisation wants."""
    target = target_grade()
    level = level or reading_level(text, language, target)
    return Readable(level, target, tuple(_stretches(text, level.hard)))


def _stretches(text: str, hard: tuple[str, ...]) -> list[Stretch]:
    found, begin = [], 0
    for sentence in hard:
        place = text.find(sentence, begin)
        if place < 0:
            continue
        found += [Stretch(text[begin:place], False), Stretch(sentence, True)]
        begin = place + len(sentence)
    return [one for one in [*found, Stretch(text[begin:], False)] if one.text]
