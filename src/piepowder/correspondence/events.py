"""The kinds of letter: each package declares its own, and ships their words beside its code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from django.utils.functional import Promise

from piepowder.correspondence.states import RecipientKind

COMMON: Final = ("marketplace", "name", "letter")
"""Places that every letter has without its sender filling them: the marketplace's name, the recipient's, our reference."""


@dataclass(frozen=True, slots=True)
class LetterKind:
    """An event about which we write to somebody.

    ``code`` is stable (``report.received``); ``label`` says in words what it is, lazily translated. ``places`` are what the
    sender must fill: every one, though a value may be empty. A value that is a day or a moment in ISO 8601 is written out
    in the letter's language. ``choices`` are the places whose value is a code: the template has words for each. The places
    in ``required`` stand in every template of the kind, because the law wants them said. ``example`` are values to
    preview the words with. The shipped words lie in ``folder`` as ``<language>.yaml``:
    ``{code: {subject, body, phrases: {place: {value: words}}}}``.
    """

    code: str
    label: str | Promise
    recipient: RecipientKind
    places: tuple[str, ...]
    folder: Path
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    example: Mapping[str, str] = field(default_factory=dict)

    @property
    def known(self) -> tuple[str, ...]:
        """Every place that a template of this kind can name."""
        return (*self.places, *COMMON)


_declared: dict[str, LetterKind] = {}


def declare(*kinds: LetterKind) -> None:
    """Make kinds of letter known; a package does so once, when Django starts."""
    for kind in kinds:
        if _declared.get(kind.code, kind) != kind:
            raise ValueError(f"the letter {kind.code!r} is declared twice")
        strange = {*kind.choices, *kind.required} - set(kind.known)
        if strange:
            raise ValueError(f"the letter {kind.code!r} has no place {sorted(strange)[0]!r}")
        _declared[kind.code] = kind


def letter_kind(code: str) -> LetterKind | None:
    return _declared.get(code)


def letter_kinds() -> Sequence[LetterKind]:
    """Every kind of letter, by code."""
    return [_declared[code] for code in sorted(_declared)]
