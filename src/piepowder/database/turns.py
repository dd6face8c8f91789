"""Taking turns to write to SQLite.

SQLite lets one process write at a time, and the others sleep and look again, ever more seldom: the one that has just
finished is back first, and somebody may wait for many seconds. Where many people do the same thing all day they queue
for a file lock instead, which the kernel hands on in order and takes back when a process dies.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

try:
    import fcntl
except ImportError:  # not a Unix: SQLite's own waiting has to do
    fcntl = None  # type: ignore[assignment]


@contextmanager
def turn() -> Iterator[None]:
    """Wait for this process's turn; nothing to wait for on PostgreSQL, in memory, or inside a transaction."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor != "sqlite" or connection.in_atomic_block or fcntl is None or "memory" in name:
        yield
        return
    with open(f"{name}-turn", "ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
