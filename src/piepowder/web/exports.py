"""How far a long export has come, told to the page that asked for it, and called off from there.

The page chooses a word for the export and asks by it, in whichever web process it lands; so the count stands in the
database, written about once a second by the thread that sends.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, StreamingHttpResponse

from piepowder.http.tables import Cancelled, csv_response, xlsx_response
from piepowder.kernel.table import Table

_KEPT_S = 3600
_TELL_EVERY_S = 1.0
_WORD = re.compile(r"[a-z0-9-]{8,64}")
FORMATS: dict[str, Callable[..., StreamingHttpResponse]] = {"csv": csv_response, "xlsx": xlsx_response}


@dataclass(slots=True)
class _Counting:
    """Called with the rows so far; raises ``Cancelled`` once somebody called the export off."""

    key: str
    total: int
    told_at: float = 0.0

    def __call__(self, rows: int) -> None:
        done = rows == self.total
        if not done and time.monotonic() - self.told_at < _TELL_EVERY_S:
            return
        self.told_at = time.monotonic()
        said = cache.get(self.key) or {}
        if said.get("state") == "cancelled":
            raise Cancelled
        cache.set(self.key, {"state": "done" if done else "running", "rows": rows, "total": self.total}, _KEPT_S)


def sent(request: HttpRequest, table: Table, form: str) -> StreamingHttpResponse:
    """``table`` as the answer, counted where the page can ask if the address carries its word for it."""
    word = request.GET.get("export", "")
    if not _WORD.fullmatch(word):
        return FORMATS[form](table)
    key = _key(request, word)
    cache.set(key, {"state": "running", "rows": 0, "total": table.total}, _KEPT_S)
    return FORMATS[form](table, _Counting(key, table.total))


def progress(request: HttpRequest, word: str) -> dict[str, Any]:
    """Of the reader's own export; ``waiting`` before its first row, or when there is none."""
    return cache.get(_key(request, word)) or {"state": "waiting", "rows": 0, "total": 0}


def call_off(request: HttpRequest, word: str) -> None:
    """Have the export stop at its next row."""
    key = _key(request, word)
    cache.set(key, {**(cache.get(key) or {"rows": 0, "total": 0}), "state": "cancelled"}, _KEPT_S)


def _key(request: HttpRequest, word: str) -> str:
    return f"export:{request.user.pk}:{word[:64]}"
