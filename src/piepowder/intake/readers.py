"""Items from files: NDJSON as it is, CSV and Parquet as the lines of NDJSON they would be.

A column is named by its place in the item, with dots: ``kind``, ``id``, ``market``, ``language``, ``seller``,
``content.title``, ``content.price.amount``, ``content.attributes.colour``. An empty cell is a field that is not there. In
CSV a cell of a list (``content.images``) holds its entries apart by white space; a cell that begins with ``[`` or ``{`` is
JSON, for lists of objects such as ``detections``. Numbers and truth values are read where the schema has them. In Parquet
columns may be lists and structures themselves, and times become ISO 8601.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import IO, Any

import orjson

FORMATS = frozenset({"ndjson", "csv", "parquet"})

_LISTS = frozenset(
    f"content.{field}" for field in ("images", "thumbnails", "promotes", "evidence", "address.lines", "claimed_items")
)
_TRUTHS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_PARQUET_ROWS = 1_000


def read_lines(source: IO[bytes], form: str) -> Iterator[bytes]:
    """The items in ``source``, each as one line of JSON; ``form`` is one of ``FORMATS``. Memory does not grow with the file.

    A row that cannot be read becomes a line that cannot either, so that its number is reported with its problem.
    """
    if form == "csv":
        return _csv(source)
    return _parquet(source) if form == "parquet" else iter(source)


def _csv(source: IO[bytes]) -> Iterator[bytes]:
    text = io.TextIOWrapper(source, encoding="utf-8-sig", newline="", errors="replace")
    try:
        rows = csv.DictReader(text, restkey="more_cells_than_columns")
        while True:
            try:
                row = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                yield f"the row cannot be read: {error}".encode()
                continue
            cells = {name: value for name, value in row.items() if value not in ("", None)}
            yield _line(cells, _from_text)
    finally:
        text.detach()


def _parquet(source: IO[bytes]) -> Iterator[bytes]:
    import pyarrow.parquet

    for batch in pyarrow.parquet.ParquetFile(source).iter_batches(batch_size=_PARQUET_ROWS):
        for row in batch.to_pylist():
            yield _line(row, lambda _, value: _bare(value))


def _line(cells: Mapping[str, Any], read: Callable[[str, Any], Any]) -> bytes:
    item: dict[str, Any] = {}
    for name, value in cells.items():
        if (value := read(name, value)) is None:
            continue
        *steps, last = name.split(".")
        inside = item
        for step in steps:
            inside = inside.setdefault(step, {})
            if not isinstance(inside, dict):
                return b"the columns overlap: " + name.encode()
        inside[last] = value
    return orjson.dumps(item)


def _from_text(name: str, text: Any) -> Any:
    if not isinstance(text, str):
        return text
    if text[:1] in ("[", "{") and not name.startswith("content.attributes."):
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            return text
    if name in _LISTS:
        return text.split()
    return _READ.get(name, str)(text)


def _number(text: str) -> Any:
    """The number in ``text``, or the text itself, which the schema then refuses with its place."""
    try:
        return int(text) if len(text) < 19 else text
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text


def _truth(text: str) -> Any:
    return _TRUTHS.get(text.strip().lower(), text)


_READ: dict[str, Callable[[str], Any]] = {
    "schema_version": _number,
    "content.price.amount": _number,
    "content.duration_s": _number,
    "content.rating": _number,
    "content.self_certified": _truth,
}


def _bare(value: Any) -> Any:
    """A value of Arrow as JSON has it, without the empty fields of structures."""
    if isinstance(value, dict):
        return {name: bare for name, inner in value.items() if (bare := _bare(inner)) is not None}
    if isinstance(value, list):
        return [_bare(inner) for inner in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)
