"""A value that is read all day and changes rarely: each process keeps its copy for a moment."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """What ``load`` returned, for ``seconds`` or until ``forget``. ``may_keep`` says whether a fresh value may be kept."""

    def __init__(self, load: Callable[[], Value], seconds: float, may_keep: Callable[[], bool] = lambda: True) -> None:
        self._load, self._seconds, self._may_keep = load, seconds, may_keep
        self._copy: tuple[float, Value] | None = None

    def __call__(self) -> Value:
        copy = self._copy
        if copy is not None and time.monotonic() - copy[0] <= self._seconds:
            return copy[1]
        value = self._load()
        self._copy = (time.monotonic(), value) if self._may_keep() else None
        return value

    def forget(self) -> None:
        """Load anew at the next question."""
        self._copy = None
