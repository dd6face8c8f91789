"""What happens by itself in this package."""

from __future__ import annotations

from datetime import datetime

from piepowder.access.lockout import tidy_locks


def tidy(*, now: datetime) -> int:
    """Forget failed log-ins that no longer count."""
    return tidy_locks(at=now)
