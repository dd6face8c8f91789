"""How far a reporter's word can be trusted, told from what became of their last reports: values in, values out.

    trust = 100 × (prior × strength + founded) / (strength + judged), rounded, no higher than ``most``

This is the mean of a Beta distribution: everybody starts as if ``strength`` reports of theirs had been judged already,
with the share founded that is usual for their kind (``prior``). One report of one that was right therefore moves a user
from 50 to 56, not to 100, and a hundred reports leave next to nothing of the start. ``most`` lies below what trusted
flaggers and authorities have: their priority is given by law (DSA Art. 22) and can be earned by nobody else.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

_Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How many of ``judged`` reports were founded, with the bounds of the share in 0…1 (95 %, Wilson 1927)."""

    founded: int
    judged: int

    @property
    def share(self) -> float | None:
        return self.founded / self.judged if self.judged else None

    @property
    def low(self) -> float:
        return wilson(self.founded, self.judged)[0]

    @property
    def high(self) -> float:
        return wilson(self.founded, self.judged)[1]


def trust_from(accuracy: Accuracy, *, prior: float, strength: float, most: int) -> int:
    """The trust in 0…100, see above; ``prior`` is a share in 0…1 and ``strength`` a number of reports above 0."""
    mean = (prior * strength + accuracy.founded) / (strength + accuracy.judged)
    return min(round(100 * mean), most)


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """The 95 % score interval of a share; without any trial it may be anything."""
    if not trials:
        return 0.0, 1.0
    share, z2 = hits / trials, _Z95**2
    middle = share + z2 / (2 * trials)
    reach = _Z95 * sqrt(share * (1 - share) / trials + z2 / (4 * trials**2))
    scale = 1 + z2 / trials
    return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)
