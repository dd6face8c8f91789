"""The database's rate limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import floor


@dataclass(slots=True)
class Limits:
    """So many requests per second and minute of a user, so many per minute of an address without one."""

    clock: Callable[[], float]
    per_second: int = 200
    per_minute: int = 12_000
    per_minute_unknown: int = 100
    _counts: dict[tuple[str, int, int], int] = field(default_factory=dict)

    def count(self, caller: str, *, known: bool) -> tuple[tuple[str, str], ...] | None:
        """Count one request; the headers of the refusal when it is one too many, else ``None``."""
        now = self.clock()
        bounds = ((1, self.per_second), (60, self.per_minute)) if known else ((60, self.per_minute_unknown),)
        self._forget(now)
        refusal = None
        for span, most in bounds:
            window = (caller, span, floor(now / span))
            self._counts[window] = self._counts.get(window, 0) + 1
            if self._counts[window] > most and refusal is None:
                wait = max(1, span - int(now % span))
                refusal = (("Retry-After", str(wait)), ("X-RateLimit-Limit", str(most)), ("X-RateLimit-Remaining", "0"))
        return refusal

    def _forget(self, now: float) -> None:
        for window in [one for one in self._counts if one[2] < floor(now / one[1])]:
            del self._counts[window]
