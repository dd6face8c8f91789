"""From a template and its values to the words that are sent: pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final

from django.utils import formats, translation
from django.utils.translation import gettext as _

from piepowder.correspondence.events import LetterKind
from piepowder.decisions.wording import PLACEHOLDER
from piepowder.kernel.errors import FieldProblem

LONGEST_SUBJECT: Final = 300
LONGEST_BODY: Final = 20_000

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?([+-]\d\d:\d\d|Z)")
_ENGLISH: Final = {"DATE_FORMAT": "j F Y", "DATETIME_FORMAT": "j F Y, H:i"}
_BLANKS = re.compile(r"\n\s*\n\s*\n+")


@dataclass(frozen=True, slots=True)
class Words:
    """Subject and body with ``{{ places }}``; ``phrases`` are the words for places whose value is a code."""

    subject: str
    body: str
    phrases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Written:
    """A letter's words as they are read."""

    subject: str
    text: str


def template_problems(kind: LetterKind, words: Words) -> list[FieldProblem]:
    """Everything for which these words cannot be used, each with a pointer to the field."""
    return [*_text_problems(kind, words), *_phrase_problems(kind, words)]


def value_problems(kind: LetterKind, values: Mapping[str, str]) -> list[FieldProblem]:
    """A problem for each place of the kind that ``values`` leave out, and for each code that is none."""
    found = []
    for place in kind.places:
        pointer = f"/values/{place}"
        if place not in values:
            found.append(FieldProblem(pointer, "missing_place", _("%(name)s is not filled") % {"name": place}))
        elif place in kind.choices and values[place] not in kind.choices[place]:
            allowed = ", ".join(kind.choices[place])
            found.append(FieldProblem(pointer, "unknown_choice", _("one of: %(values)s") % {"values": allowed}))
    return found


def written(words: Words, values: Mapping[str, str], language: str) -> Written:
    """``words`` with their places filled; where an empty value leaves blank lines behind, they close up."""
    subject = _filled(words.subject, words, values, language)
    text = _BLANKS.sub("\n\n", _filled(words.body, words, values, language)).strip()
    return Written(_shortened(" ".join(subject.split())), text)


def in_words(value: str, language: str) -> str:
    """A day or a moment in ISO 8601 written out in ``language``, in UTC; anything else as it is."""
    try:
        if _DAY.fullmatch(value):
            return _said(date.fromisoformat(value), language, "DATE_FORMAT")
        if _MOMENT.fullmatch(value):
            return _said(datetime.fromisoformat(value).astimezone(UTC), language, "DATETIME_FORMAT") + " (UTC)"
    except ValueError:
        return value
    return value


def _said(when: date | datetime, language: str, form: str) -> str:
    # English is read in every market: the month as a word and 24 hours leave nobody guessing.
    form = _ENGLISH.get(form, form) if language.lower().startswith("en") else form
    with translation.override(language.lower()):
        return str(formats.date_format(when, form, use_l10n=True))


def _filled(text: str, words: Words, values: Mapping[str, str], language: str) -> str:
    def fill(name: str) -> str:
        value = values.get(name, "")
        phrases = words.phrases.get(name)
        if phrases is None:
            return in_words(value, language)
        return PLACEHOLDER.sub(lambda hit: in_words(values.get(hit[1], ""), language), phrases.get(value, ""))

    return PLACEHOLDER.sub(lambda hit: fill(hit[1]), text)


def _shortened(subject: str) -> str:
    return subject if len(subject) <= LONGEST_SUBJECT else subject[: LONGEST_SUBJECT - 1].rstrip() + "…"


def _text_problems(kind: LetterKind, words: Words) -> Iterator[FieldProblem]:
    for name, text, longest in (("subject", words.subject, LONGEST_SUBJECT), ("body", words.body, LONGEST_BODY)):
        if not text.strip():
            yield FieldProblem(f"/{name}", "required", _("a letter needs words here"))
        if len(text) > longest:
            yield FieldProblem(f"/{name}", "too_long", _("at most %(most)s characters") % {"most": longest})
        if "\x00" in text:
            yield FieldProblem(f"/{name}", "bad_text", _("a text"))
        yield from _unknown(kind.known, text, f"/{name}")
    used = set(PLACEHOLDER.findall(words.subject + words.body))
    for place in kind.required:
        if place not in used:
            told = _("%(name)s has no place; this letter must say it") % {"name": place}
            yield FieldProblem("/body", "missing_place", told)


def _phrase_problems(kind: LetterKind, words: Words) -> Iterator[FieldProblem]:
    plain = tuple(place for place in kind.known if place not in kind.choices)
    used = set(PLACEHOLDER.findall(words.subject + words.body))
    for place, allowed in kind.choices.items():
        for value in allowed:
            pointer, phrase = f"/phrases/{place}/{value}", words.phrases.get(place, {}).get(value)
            if phrase is None and place in used:
                yield FieldProblem(pointer, "required", _("this phrase is missing"))
            elif phrase is not None:
                yield from _unknown(plain, phrase, pointer)
    for place, phrases in words.phrases.items():
        for value in phrases:
            if value not in kind.choices.get(place, ()):
                yield FieldProblem(f"/phrases/{place}/{value}", "unknown_phrase", _("there is no such phrase"))


def _unknown(known: tuple[str, ...], text: str, pointer: str) -> Iterator[FieldProblem]:
    for name in sorted(set(PLACEHOLDER.findall(text)) - set(known)):
        places = ", ".join(known)
        told = _("%(name)s is not known here; there are: %(places)s") % {"name": name, "places": places}
        yield FieldProblem(pointer, "unknown_place", told)
    rest = PLACEHOLDER.sub("", text)
    if "{{" in rest or "}}" in rest:
        yield FieldProblem(pointer, "broken_place", _("a place is written {{ name }}, with one name in two braces"))
