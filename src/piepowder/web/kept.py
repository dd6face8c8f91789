"""What several readers look at in the same moment is worked out once per process."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

TRUSTED_S = 1.5
"""For so long nobody even asks whether something has changed."""
OLDEST_S = 15.0
"""After so long it is worked out anew whatever is said to have changed: times move by themselves."""
_MOST = 128


@dataclass(slots=True)
class _Entry:
    body: bytes
    stamp: Hashable
    made: float
    checked: float


_entries: OrderedDict[Hashable, _Entry] = OrderedDict()
_guard = threading.Lock()
_making: dict[Hashable, threading.Lock] = {}


def kept(key: Hashable, stamp: Callable[[], Hashable], make: Callable[[], bytes]) -> tuple[bytes, float]:
    """What ``make`` gives for ``key``, and how many seconds old that is at most.

    It is made again when ``stamp()`` has changed, or when it is ``OLDEST_S`` old; several who ask at once wait for one
    making. ``key`` has to tell apart everything that makes a difference: whose scope, which language, what was asked.
    """
    entry = _entries.get(key)
    if entry is not None and time.monotonic() - entry.checked < TRUSTED_S:
        return entry.body, time.monotonic() - entry.checked
    with _guard:
        lock = _making.setdefault(key, threading.Lock())
    with lock:
        now = time.monotonic()
        entry = _entries.get(key)
        if entry is not None and now - entry.checked < TRUSTED_S:
            return entry.body, now - entry.checked
        seen = stamp()
        if entry is not None and entry.stamp == seen and now - entry.made < OLDEST_S:
            entry.checked = now
            return entry.body, 0.0
        try:
            entry = _Entry(make(), seen, now, now)
        except BaseException:
            with _guard:
                _making.pop(key, None)
            raise
        _keep(key, entry)
        return entry.body, 0.0


def _keep(key: Hashable, entry: _Entry) -> None:
    with _guard:
        _entries[key] = entry
        _entries.move_to_end(key)
        while len(_entries) > _MOST:
            gone, _old = _entries.popitem(last=False)
            _making.pop(gone, None)


def forget() -> None:
    """Drop everything; the next reader has it made."""
    with _guard:
        _entries.clear()
        _making.clear()
