"""Shares with their uncertainty: pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Final

FEW: Final = 20
"""Below so many cases a share says too little to be compared."""
_Z95: Final = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Share:
    """``hits`` of ``total``; ``low`` and ``high`` bound it with 95 % confidence (Wilson 1927). Nothing of nothing is none."""

    hits: int
    total: int

    @property
    def value(self) -> float | None:
        return self.hits / self.total if self.total else None

    @property
    def few(self) -> bool:
        return self.total < FEW

    @property
    def low(self) -> float | None:
        return self._bound(-1)

    @property
    def high(self) -> float | None:
        return self._bound(1)

    def _bound(self, side: int) -> float | None:
        if not self.total:
            return None
        n, p, z2 = self.total, self.hits / self.total, _Z95 * _Z95
        middle = p + z2 / (2 * n)
        spread = _Z95 * sqrt(p * (1 - p) / n + z2 / (4 * n * n))
        return min(1.0, max(0.0, (middle + side * spread) / (1 + z2 / n)))
