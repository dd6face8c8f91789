"""Draws from one seeded generator, in the few forms that the generators need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from stdnum import ean

T = TypeVar("T")


class Chance:
    """A stream of draws. Two streams of one seed and name are equal, and independent of streams of other names.

    So a change in what one generator draws does not change what the others make.
    """

    def __init__(self, seed: int, name: str) -> None:
        self.seed, self.name = seed, name
        self.numbers = np.random.Generator(np.random.PCG64([seed, *name.encode()]))
        self._pool: list[float] = []

    def child(self, name: str) -> Chance:
        return Chance(self.seed, f"{self.name}/{name}")

    def unit(self) -> float:
        """Uniform in [0, 1)."""
        if not self._pool:
            # One call for many draws: a call for each is what generators would spend their time on.
            self._pool = self.numbers.random(512).tolist()
        return self._pool.pop()

    def happens(self, probability: float) -> bool:
        return self.unit() < probability

    def pick(self, among: Sequence[T]) -> T:
        return among[int(self.unit() * len(among))]

    def weighted(self, among: Sequence[T], weights: Sequence[float]) -> T:
        """One of ``among``, with probabilities in proportion to ``weights``."""
        point = self.unit() * sum(weights)
        for one, weight in zip(among, weights, strict=True):
            point -= weight
            if point < 0:
                return one
        return among[-1]

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self.unit()

    def whole(self, low: int, high: int) -> int:
        """A whole number in [low, high]."""
        return low + int(self.unit() * (high - low + 1))

    def normal(self) -> float:
        return float(self.numbers.standard_normal())

    def lognormal(self, median: float, sigma: float) -> float:
        return float(median * np.exp(sigma * self.numbers.standard_normal()))

    def waiting(self, mean: float) -> float:
        """Exponential with this mean."""
        return float(-mean * np.log1p(-self.unit()))

    def beta(self, a: float, b: float) -> float:
        return float(self.numbers.beta(a, b))

    def digits(self, count: int) -> str:
        return "".join(str(self.whole(0, 9)) for _ in range(count))

    def filled(self, pattern: str) -> str:
        """``pattern`` with each ``{n}`` replaced by n digits."""
        parts = pattern.split("{")
        return parts[0] + "".join(
            self.digits(int(part[0 : part.index("}")])) + part[part.index("}") + 1 :] for part in parts[1:]
        )

    def gtin(self) -> str:
        """A GTIN-13 with its right check digit, from the range kept for use inside a company (prefix 2)."""
        body = "2" + self.digits(11)
        return body + str(ean.calc_check_digit(body))
