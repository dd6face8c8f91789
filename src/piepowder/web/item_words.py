"""What an item says, as facts in a row, texts with their marked stretches, and the difference between two versions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format, number_format
from django.utils.timezone import localtime
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from stdnum import ean

from piepowder.intake.custom_schemas import custom_fields
from piepowder.intake.words import LABELS, VALUES
from piepowder.kernel.money import minor_digits
from piepowder.web.languages import policy_language
from piepowder.web.marking import Span, by_path, spans_within

_CLOSED = {"condition", "text_type", "business_type", "right_type"}
_MOMENTS = {"started_at", "joined_at"}
_DAYS = {"issued_on", "expires_on"}
_TEXTS = ("description", "body", "caption", "statement")
_SHOWN_ELSEWHERE = {"title", "images", "thumbnails", "video", "logo", "file", "stream", "evidence", *_TEXTS}
_LONG = 60


@dataclass(frozen=True, slots=True)
class ItemFact:
    """``checked`` is ``good`` or ``bad`` where a number carries its own proof."""

    label: str
    value: str
    checked: str = ""
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class TextBlock:
    label: str
    text: str
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemWords:
    facts: tuple[ItemFact, ...] = ()
    texts: tuple[TextBlock, ...] = ()
    title_spans: tuple[Span, ...] = field(default=())


def item_words(
    content: Mapping[str, Any], spans: Iterable[Any] = (), labels: Mapping[str, str] | None = None
) -> ItemWords:
    """How ``content`` of any kind is laid out; ``spans`` are the detections' own account of where they found something.

    ``labels`` are the names of the organisation's own attributes.
    """
    named = labels or {}
    found = by_path(spans)
    facts: list[ItemFact] = []
    texts: list[TextBlock] = []
    for name in _TEXTS:
        if text := content.get(name):
            texts.append(TextBlock("", str(text), found.get((name,), ())))
    for name, value in content.items():
        if name not in _SHOWN_ELSEWHERE and name != "attributes" and value not in (None, "", [], {}):
            said = spoken(name, value)
            _put(facts, texts, name, said, spans_within(said, value, (name,), found))
    for name, value in _attributes(content):
        if value not in (None, "", [], {}):
            said = spoken(name, value)
            # An attribute may be named with or without the word before it.
            paths = ((name,), ("attributes", name))
            _put(
                facts,
                texts,
                name,
                said,
                tuple(span for path in paths for span in spans_within(said, value, path, found)),
                named.get(name, ""),
            )
    titles = found.get(("title",), ()) or (() if "title" in content else found.get(("name",), ()))
    return ItemWords(tuple(facts), tuple(texts), titles)


def own_labels(kind: str) -> dict[str, str]:
    """The names of the attributes that the organisation added to a kind, in the reader's language."""
    language = policy_language(get_language())
    return {one.name: one.label(language) for one in custom_fields(kind)}


def _put(
    facts: list[ItemFact], texts: list[TextBlock], name: str, said: str, spans: tuple[Span, ...], own: str = ""
) -> None:
    if len(said) > _LONG:
        texts.append(TextBlock(own or label(name), said, spans))
    else:
        facts.append(ItemFact(own or label(name), said, _checked(name, said), spans))


def _attributes(content: Mapping[str, Any]) -> list[tuple[str, Any]]:
    attributes = content.get("attributes")
    return list(attributes.items()) if isinstance(attributes, dict) else []


def label(name: str) -> str:
    return str(LABELS[name]) if name in LABELS else name.replace("_", " ").capitalize()


def spoken(name: str, value: Any) -> str:
    """A value of the content as people read it."""
    if isinstance(value, Mapping):
        if set(value) == {"amount", "currency"}:
            return price(value)
        return ", ".join(spoken(key, one) for key, one in value.items())
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return "; ".join(spoken(name, one) for one in value)
    if name in _CLOSED:
        return str(VALUES.get(str(value), value))
    if name in _MOMENTS and (moment := parse_datetime(str(value))) is not None:
        return date_format(localtime(moment), "SHORT_DATETIME_FORMAT")
    if name in _DAYS and (day := parse_date(str(value))) is not None:
        return date_format(day, "SHORT_DATE_FORMAT")
    return str(value)


def price(money: Mapping[str, Any]) -> str:
    """``1299 EUR`` in minor units as ``12.99 EUR``."""
    currency = str(money["currency"])
    digits = minor_digits(currency)
    return f"{number_format(int(money['amount']) / 10**digits, digits, force_grouping=True)} {currency}"


def _checked(name: str, said: str) -> str:
    if name != "gtin":
        return ""
    return "good" if ean.is_valid(said) else "bad"
