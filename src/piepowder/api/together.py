"""Single items that arrive at the same moment, stored in one transaction.

Storing one item is mostly the way to the database and back, so the threads of a web process share it: whoever's turn it
is stores what has gathered in the meantime, for everybody. Each caller still gets an outcome of its own, and only after
the commit.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock

from django.utils import timezone

from piepowder.intake.operations import receive
from piepowder.intake.outcomes import Outcome
from piepowder.intake.schemas import Submitted
from piepowder.kernel.actor import Actor

_MOST = 64
_PATIENCE_S = 0.25
"""How long to wait for one's turn: a transaction that waits for a lock must not hold up those it has nothing to do with."""


@dataclass(slots=True, eq=False)
class _Waiting:
    actor: Actor
    given: Submitted
    outcome: Outcome | None = None
    error: Exception | None = None

    @property
    def is_done(self) -> bool:
        return self.outcome is not None or self.error is not None


class Gathering:
    """The items waiting in one process. ``store`` is ``intake.operations.receive``, or what stands for it in a test."""

    def __init__(self, store: Callable[..., list[Outcome]] = receive, patience_s: float = _PATIENCE_S) -> None:
        self._receive = store
        self._patience_s = patience_s
        self._turn = Lock()
        self._waiting: deque[_Waiting] = deque()

    def receive(self, actor: Actor, given: Submitted) -> Outcome:
        """``receive`` for one item; raises whatever it raises for that item."""
        mine = _Waiting(actor, given)
        self._waiting.append(mine)
        if self._turn.acquire(timeout=self._patience_s):
            try:
                if not mine.is_done:
                    self._store_gathered(mine)
            finally:
                self._turn.release()
        elif self._is_taken_back(mine):
            self._store([mine])
        else:
            # Whoever has the turn took it at this very moment.
            with self._turn:
                pass
        if mine.error is not None:
            raise mine.error
        assert mine.outcome is not None
        return mine.outcome

    def _store_gathered(self, mine: _Waiting) -> None:
        taken: list[_Waiting] = []
        while self._waiting and len(taken) < _MOST:
            taken.append(self._waiting.popleft())
        by_actor: dict[int, list[_Waiting]] = {}
        for one in taken:
            by_actor.setdefault(id(one.actor), []).append(one)
        for waiting in by_actor.values():
            self._store(waiting)
        if not mine.is_done and self._is_taken_back(mine):
            self._store([mine])

    def _is_taken_back(self, mine: _Waiting) -> bool:
        try:
            self._waiting.remove(mine)
        except ValueError:
            return False
        return True

    def _store(self, waiting: Sequence[_Waiting]) -> None:
        """One transaction for all; when it fails, one for each, so that nobody fails for another's sake."""
        given = [one.given for one in waiting]
        try:
            outcomes = self._receive(actor=waiting[0].actor, submissions=given, at=timezone.now())
            for one, outcome in zip(waiting, outcomes, strict=True):
                one.outcome = outcome
        except Exception as error:
            if len(waiting) == 1:
                waiting[0].error = error
                return
            for one in waiting:
                self._store([one])
