"""Reading a list of items that somebody exported or typed: one in each line, or a table with them in its first column."""

from __future__ import annotations

import csv
import io

_HEADS = {"item", "items", "id", "url", "link", "address", "location", "listing", "sku", "asin"}


def locations_in(raw: bytes) -> list[str]:
    """What stands first in each line, without a heading; whatever can be read as UTF-8, else as Windows writes it.

    A comma, semicolon or tab parts the columns; a table that cannot be read as one is taken line by line.
    """
    text = _decoded(raw)
    try:
        rows = list(csv.reader(io.StringIO(text), _dialect(text)))
    except csv.Error:
        rows = [[line] for line in text.splitlines()]
    found = [cell for row in rows if row and (cell := row[0].strip())]
    if found and found[0].casefold() in _HEADS:
        found = found[1:]
    return list(dict.fromkeys(found))


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def _dialect(text: str) -> type[csv.Dialect]:
    head = text.partition("\n")[0]
    delimiter = max("\t;,", key=head.count)

    class Told(csv.excel):
        pass

    Told.delimiter = delimiter if delimiter in head else "\t"
    return Told
