"""A table that leaves the house: its columns, how many rows it has, and the rows as they are read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """``total`` is counted in the same state of the database that ``rows`` are read from, so it says whether all came.

    ``rows`` hold plain values in the order of ``columns`` and can be read once. Closing them early ends the reading.
    """

    name: str
    columns: tuple[str, ...]
    total: int
    rows: Iterator[tuple[object, ...]]
