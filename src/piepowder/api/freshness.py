"""Not asking a database connection whether it lives when it has just answered."""

from __future__ import annotations

import threading
import time

from django.db import connection

_TRUSTED_S = 1.0
_last = threading.local()


def trust_recent_connection() -> None:
    """Leave out Django's question before the first query when this thread's connection answered within the last second.

    The question is a message to the server and back, a tenth of what a single item takes. When the server was restarted
    within that second, one request is answered with 503 and asked again by its sender.
    """
    now = time.monotonic()
    if now - getattr(_last, "asked_at", 0.0) < _TRUSTED_S:
        connection.health_check_done = True  # type: ignore[attr-defined]  # missing in the stubs
    else:
        _last.asked_at = now
