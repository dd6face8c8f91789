"""Running one statement with little ceremony.

Django's cursor translates places anew, builds two wrappers and looks twice at the thread for each statement; for the
small statements of SQLite that costs as much as the answer. Whoever watches statements (a test, a debugger) still sees
all of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any


def run(connection: Any, sql: str, parameters: Sequence[Any]) -> Any:
    """Execute ``sql`` with ``%s`` places on Django's ``connection`` and return a cursor to fetch from."""
    if connection.vendor != "sqlite" or connection.execute_wrappers or connection.queries_logged:
        cursor = connection.cursor()
        cursor.execute(sql, parameters)
        return cursor
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors:
        return connection.connection.execute(_translated(sql), parameters)


_PLACE = re.compile(r"(?<!%)%s")


@lru_cache(maxsize=2_000)
def _translated(sql: str) -> str:
    return _PLACE.sub("?", sql).replace("%%", "%")
