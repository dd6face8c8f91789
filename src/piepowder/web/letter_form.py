"""The form of a letter's words: subject, body, and the words for each code, with what may stand in each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import QueryDict

from piepowder.correspondence.events import LetterKind
from piepowder.correspondence.filling import Words
from piepowder.kernel.errors import FieldProblem

_LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class Phrase:
    """The words for one code of one place; ``name`` is that of the field."""

    name: str
    value: str
    text: str
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A place whose value is a code. ``shown`` is the code that the preview has."""

    place: str
    phrases: tuple[Phrase, ...]
    shown: str

    @property
    def has_problem(self) -> bool:
        return any(phrase.problems for phrase in self.phrases)


@dataclass(frozen=True, slots=True)
class LetterForm:
    subject: str
    body: str
    groups: tuple[Group, ...]
    required: tuple[str, ...]
    optional: tuple[str, ...]
    problems: Mapping[str, tuple[str, ...]]
    count: int


def words_typed(kind: LetterKind, form: QueryDict) -> Words:
    phrases = {
        place: {value: text for value in values if (text := _typed(form, f"phrase.{place}.{value}"))}
        for place, values in kind.choices.items()
    }
    return Words(
        _typed(form, "subject"), _typed(form, "body"), {place: some for place, some in phrases.items() if some}
    )


def choices_typed(kind: LetterKind, form: QueryDict) -> dict[str, str]:
    """Which code of each place the preview shows, as far as the form says."""
    return {place: form.get(f"choice.{place}", "") for place in kind.choices if form.get(f"choice.{place}")}


def letter_form(
    kind: LetterKind, words: Words, problems: Sequence[FieldProblem], choices: Mapping[str, str]
) -> LetterForm:
    by_field: dict[str, tuple[str, ...]] = {}
    for problem in problems:
        field = problem.pointer.strip("/").replace("/", ".").replace("phrases.", "phrase.")
        by_field[field] = (*by_field.get(field, ()), problem.detail)
    groups = tuple(
        Group(
            place,
            tuple(
                Phrase(name, value, words.phrases.get(place, {}).get(value, ""), by_field.get(name, ()))
                for value in values
                for name in [f"phrase.{place}.{value}"]
            ),
            choices.get(place) or kind.example.get(place, values[0]),
        )
        for place, values in kind.choices.items()
    )
    return LetterForm(
        subject=words.subject,
        body=words.body,
        groups=groups,
        required=tuple(kind.required),
        optional=tuple(place for place in kind.known if place not in kind.required),
        problems=by_field,
        count=len(problems),
    )


def _typed(form: QueryDict, name: str) -> str:
    return form.get(name, "")[:_LONGEST].replace("\r\n", "\n").strip()
