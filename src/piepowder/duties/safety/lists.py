"""Reading a list of dangerous products from CSV, as Safety Gate exports it or as anybody writes it: pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.utils.translation import gettext as _

from piepowder.duties.products import Product, text_key
from piepowder.kernel.errors import FieldProblem

MOST_ROWS: Final = 200_000
_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "number": ("number", "alert number", "case number", "reference", "recall number"),
    "product": ("product", "product name", "name", "title", "product description"),
    "brand": ("brand", "brand name", "trademark"),
    "model": ("model", "type number of model", "type model", "model number", "model name", "type"),
    "gtin": ("gtin", "barcode", "ean", "gtins", "upc"),
    "batch": ("batch", "batch number", "batch number barcode", "lot"),
    "risk": ("risk", "risk type", "type of risk", "hazard"),
    "country": ("country", "country of origin", "notifying country", "alert submitted by"),
    "published_on": ("published on", "date", "publication date", "alert date", "recall date"),
    "url": ("url", "link", "alert link"),
}
_LENGTHS: Final = {"number": 60, "product": 300, "brand": 200, "model": 200, "batch": 300, "risk": 200, "url": 500}
_GTIN: Final = re.compile(r"(?<!\d)\d{8}(?:\d{4,6})?(?!\d)")
_DATES: Final = ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y")


@dataclass(frozen=True, slots=True)
class RecallRow:
    number: str
    product: str
    brand: str = ""
    model: str = ""
    gtins: tuple[str, ...] = ()
    batch: str = ""
    risk: str = ""
    country: str = ""
    published_on: date | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class RecallKey:
    """What a recalled product is known by, as it is compared."""

    gtins: frozenset[str]
    brand: str
    model: str


def read_list(text: str) -> tuple[list[RecallRow], list[FieldProblem]]:
    """The rows of a CSV with a header, in commas, semicolons or tabs; and what is wrong, row by row (the header is 1).

    A list needs a number and a product for each row. Of several rows with one number the last counts.
    """
    try:
        return _read(text)
    except csv.Error:
        return [], [FieldProblem("/rows", "bad_table", _("some rows of the table cannot be read"))]


def _read(text: str) -> tuple[list[RecallRow], list[FieldProblem]]:
    text = text.removeprefix("\ufeff")
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    rows = csv.reader(io.StringIO(text, newline=None), delimiter=delimiter)
    header = [text_key(name) for name in next(rows, [])]
    places = {
        field: next((header.index(name) for name in names if name in header), None) for field, names in _NAMES.items()
    }
    missing = [field for field in ("number", "product") if places[field] is None]
    if missing:
        told = _("the header names no column '%(name)s'") % {"name": missing[0]}
        return [], [FieldProblem("/rows/1", "missing_column", told)]
    found: dict[str, RecallRow] = {}
    problems: list[FieldProblem] = []
    for number, cells in enumerate(rows, start=2):
        if number > MOST_ROWS + 1:
            return [], [FieldProblem("/rows", "too_many", _("at most %(count)d rows") % {"count": MOST_ROWS})]
        if not any(cell.strip() for cell in cells):
            continue
        values = {
            field: cells[place].strip() if place is not None and place < len(cells) else ""
            for field, place in places.items()
        }
        wrong = list(_wrong(values, number))
        problems += wrong
        if not wrong:
            row = _row(values)
            found[row.number] = row
    return list(found.values()), problems


def same_product(key: RecallKey, product: Product) -> list[str]:
    """On what ``product`` looks like the recalled one: its number, or its brand and model; empty when it does not."""
    if product.gtin and product.gtin in key.gtins:
        return ["gtin"]
    named = key.model in product.models or (key.model and f" {key.model} " in f" {product.title} ")
    if key.brand and key.model and product.brand == key.brand and named:
        return ["brand", "model"]
    return []


def key_of(gtins: tuple[str, ...] | list[str], brand: str, model: str) -> RecallKey:
    return RecallKey(frozenset(gtin.lstrip("0") for gtin in gtins), text_key(brand), text_key(model))


def _row(values: Mapping[str, str]) -> RecallRow:
    return RecallRow(
        number=values["number"],
        product=values["product"],
        brand=values["brand"],
        model=values["model"],
        gtins=tuple(dict.fromkeys(_GTIN.findall(values["gtin"]))),
        batch=values["batch"],
        risk=values["risk"],
        country=values["country"] if re.fullmatch("[A-Z]{2}", values["country"]) else "",
        published_on=_day(values["published_on"]),
        url=values["url"] if values["url"].startswith(("http://", "https://")) else "",
    )


def _wrong(values: Mapping[str, str], number: int) -> Iterator[FieldProblem]:
    for field in ("number", "product"):
        if not values[field]:
            yield FieldProblem(f"/rows/{number}/{field}", "required", _("is missing"))
    for field, most in _LENGTHS.items():
        if len(values[field]) > most:
            told = _("has at most %(most)d characters") % {"most": most}
            yield FieldProblem(f"/rows/{number}/{field}", "too_long", told)
        if "\x00" in values[field]:
            yield FieldProblem(f"/rows/{number}/{field}", "bad_text", _("must not hold the character zero"))
    if values["published_on"] and _day(values["published_on"]) is None:
        yield FieldProblem(f"/rows/{number}/published_on", "bad_date", _("a date such as 2026-03-04"))


def _day(text: str) -> date | None:
    for form in _DATES:
        try:
            return datetime.strptime(text[:10], form).date()  # noqa: DTZ007 - a day, no moment
        except ValueError:
            continue
    return None
