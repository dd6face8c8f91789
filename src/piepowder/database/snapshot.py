"""Reading for minutes from one moment's state of the database, while others go on writing.

The reading happens in a thread of its own, because Django's connections belong to threads: a fresh connection, one
transaction that reads only (repeatable read on PostgreSQL, the WAL's state on SQLite) and, on PostgreSQL, a cursor that
stays on the server. What was read waits in a short queue, so a slow receiver slows the reading down and memory stays
flat; when the receiver goes away the transaction ends.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from django.db import connection

T = TypeVar("T")

ROWS_AT_ONCE = 500
_AHEAD = 4
_LOOK_EVERY_S = 1.0


class Reading(Generic[T]):
    """What ``read_apart`` gives: ``total`` as counted first, then the rows by iteration, each once."""

    def __init__(self, total: int, rows: Iterator[T]) -> None:
        self.total = total
        self.rows = rows


def read_apart(count: Callable[[], int], rows: Callable[[], Iterator[T]]) -> Reading[T]:
    """``count()`` and then ``rows()``, both from the state of the database at this moment.

    Inside a transaction it is that transaction's state, read in this very thread. What ``rows`` raises is raised to the
    reader. Closing the rows, or leaving them behind, ends the reading.
    """
    if connection.in_atomic_block:
        return Reading(count(), iter(rows()))
    apart = _Apart(count, rows)
    return Reading(apart.begun(), apart.rows())


class _Broken(Exception):
    """The reader has gone."""


class _Apart(Generic[T]):
    def __init__(self, count: Callable[[], int], rows: Callable[[], Iterator[T]]) -> None:
        self._count, self._source = count, rows
        self._out: queue.Queue[int | list[T] | BaseException | None] = queue.Queue(_AHEAD)
        self._gone = threading.Event()
        self._thread = threading.Thread(target=self._read, name="snapshot", daemon=True)

    def begun(self) -> int:
        self._thread.start()
        first = self._next()
        assert isinstance(first, int), "the count comes first"
        return first

    def rows(self) -> Iterator[T]:
        # Started at once, so that closing it before the first row ends the reading too.
        waiting = self._rows()
        next(waiting)
        return waiting  # type: ignore[return-value]

    def _rows(self) -> Iterator[T | None]:
        try:
            yield None
            while (piece := self._next()) is not None:
                assert isinstance(piece, list)
                yield from piece
        finally:
            self._gone.set()

    def _next(self) -> int | list[T] | None:
        found = self._out.get()
        if isinstance(found, BaseException):
            raise found
        return found

    def _read(self) -> None:
        try:
            with _one_state():
                self._put(self._count())
                piece: list[T] = []
                for row in self._source():
                    piece.append(row)
                    if len(piece) == ROWS_AT_ONCE:
                        self._put(piece)
                        piece = []
                if piece:
                    self._put(piece)
            self._put(None)
        except _Broken:
            return
        except BaseException as error:  # Whatever it is, the reader in the other thread has to hear of it.
            try:
                self._put(error)
            except _Broken:
                return
        finally:
            connection.close()

    def _put(self, value: int | list[T] | BaseException | None) -> None:
        while not self._gone.is_set():
            try:
                return self._out.put(value, timeout=_LOOK_EVERY_S)
            except queue.Full:
                continue
        raise _Broken


@contextmanager
def _one_state() -> Iterator[None]:
    """Everything read in the block is of one state. Django knows nothing of this transaction: it would begin it to write."""
    postgres = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        if not postgres:
            # The pages of a table that is read once from end to end need not stay.
            cursor.execute("PRAGMA mmap_size=0")
            cursor.execute("PRAGMA cache_size=-8000")
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" if postgres else "BEGIN DEFERRED")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ROLLBACK")
