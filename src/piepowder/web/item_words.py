"""What an item says, as facts in a row, texts with their marked stretches, and the difference between two versions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from stdnum import ean

from piepowder.intake.custom_schemas import custom_fields
from piepowder.web.languages import policy_language
from piepowder.web.marking import Span, by_path, spans_within

LABELS: Mapping[str, Promise] = {
    "title": gettext_lazy("Title"),
    "name": gettext_lazy("Name"),
    "description": gettext_lazy("Description"),
    "body": gettext_lazy("Text"),
    "caption": gettext_lazy("Caption"),
    "statement": gettext_lazy("Statement"),
    "price": gettext_lazy("Price"),
    "category": gettext_lazy("Category"),
    "brand": gettext_lazy("Brand"),
    "gtin": gettext_lazy("GTIN"),
    "condition": gettext_lazy("Condition"),
    "images": gettext_lazy("Pictures"),
    "thumbnails": gettext_lazy("Pictures"),
    "video": gettext_lazy("Film"),
    "duration_s": gettext_lazy("Seconds"),
    "promotes": gettext_lazy("Promotes"),
    "host": gettext_lazy("Host"),
    "stream": gettext_lazy("Stream"),
    "started_at": gettext_lazy("Started"),
    "text_type": gettext_lazy("Sort of text"),
    "about": gettext_lazy("About"),
    "rating": gettext_lazy("Stars"),
    "doc_type": gettext_lazy("Sort of document"),
    "file": gettext_lazy("File"),
    "issuer": gettext_lazy("Issued by"),
    "number": gettext_lazy("Number"),
    "issued_on": gettext_lazy("Issued on"),
    "expires_on": gettext_lazy("Valid until"),
    "document_of": gettext_lazy("Belongs to"),
    "right_type": gettext_lazy("Sort of right"),
    "right_number": gettext_lazy("Number of the right"),
    "owner": gettext_lazy("Owner"),
    "claimed_items": gettext_lazy("Claimed items"),
    "evidence": gettext_lazy("Evidence"),
    "legal_name": gettext_lazy("Legal name"),
    "business_type": gettext_lazy("Sort of business"),
    "address": gettext_lazy("Address"),
    "email": gettext_lazy("E-mail address"),
    "phone": gettext_lazy("Telephone"),
    "website": gettext_lazy("Website"),
    "registration": gettext_lazy("Registration"),
    "vat_id": gettext_lazy("VAT number"),
    "self_certified": gettext_lazy("Certified by itself"),
    "joined_at": gettext_lazy("Joined"),
    "logo": gettext_lazy("Logo"),
    "documents": gettext_lazy("Documents"),
    "attributes": gettext_lazy("Attributes"),
}

VALUES: Mapping[str, Promise] = {
    "new": gettext_lazy("new"),
    "refurbished": gettext_lazy("refurbished"),
    "used": gettext_lazy("used"),
    "for_parts": gettext_lazy("for parts"),
    "review": gettext_lazy("review"),
    "comment": gettext_lazy("comment"),
    "message": gettext_lazy("message"),
    "individual": gettext_lazy("individual"),
    "sole_trader": gettext_lazy("sole trader"),
    "company": gettext_lazy("company"),
    "charity": gettext_lazy("charity"),
    "public_body": gettext_lazy("public body"),
    "trademark": gettext_lazy("trade mark"),
    "copyright": gettext_lazy("copyright"),
    "design": gettext_lazy("design"),
    "patent": gettext_lazy("patent"),
    "utility_model": gettext_lazy("utility model"),
    "other": gettext_lazy("other"),
}
"""The closed lists of the schemas, in words."""

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


_WITHOUT_MINOR = {
    "BIF",
    "CLP",
    "DJF",
    "GNF",
    "ISK",
    "JPY",
    "KMF",
    "KRW",
    "PYG",
    "RWF",
    "UGX",
    "VND",
    "VUV",
    "XAF",
    "XOF",
    "XPF",
}
_THOUSANDTHS = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}


def price(money: Mapping[str, Any]) -> str:
    """``1299 EUR`` in minor units as ``12.99 EUR``."""
    currency = str(money["currency"])
    digits = 0 if currency in _WITHOUT_MINOR else 3 if currency in _THOUSANDTHS else 2
    return f"{number_format(int(money['amount']) / 10**digits, digits, force_grouping=True)} {currency}"


def _checked(name: str, said: str) -> str:
    if name != "gtin":
        return ""
    return "good" if ean.is_valid(said) else "bad"
