"""Sends what is due, many at once, without anybody waiting for anybody else's receiver.

The database is touched by the calling thread alone. Each attempt runs in a thread of its own, and how many there are is
limited per endpoint, so a receiver that hangs keeps its own few threads and nothing more.
"""

from __future__ import annotations

import queue
import random
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from piepowder.outbox.parcels import Outcome, Parcel
from piepowder.outbox.sending import send
from piepowder.outbox.states import Channel
from piepowder.outbox.taking import endpoints_with_due, record_outcomes, take

_PAUSE_S = 0.05
_KEPT = Outcome(delivered=True, took_ms=0)


class Dispatcher:
    """The sender of one process. Any number of processes may each have one on the same database."""

    def __init__(self, sender: Callable[[Parcel], Outcome] = send, jitter: Callable[[], float] = random.random) -> None:
        self._send = sender
        self._jitter = jitter
        self._answers: queue.SimpleQueue[tuple[Parcel, Outcome]] = queue.SimpleQueue()
        self.under_way = 0

    def turn(self, *, now: datetime, patience_s: float = 0.5) -> int:
        """Take, send and record until nothing is under way or ``patience_s`` are over; returns how many attempts ended.

        Attempts still under way then go on by themselves; a later turn records them.
        """
        began = time.monotonic()
        ended = 0
        while True:
            passed = time.monotonic() - began
            launched = self._launch(now + timedelta(seconds=passed))
            answers = self._collect(min(_PAUSE_S, max(0.0, patience_s - passed)))
            passed = time.monotonic() - began
            ended += self._record(answers, now + timedelta(seconds=passed))
            if passed >= patience_s or not (launched or self.under_way):
                return ended

    def settle(self, *, now: datetime) -> int:
        """Go on, at the one moment ``now``, until nothing is due and nothing is under way."""
        ended = 0
        while True:
            launched = self._launch(now)
            if not launched and not self.under_way:
                return ended
            ended += self._record(self._collect(None), now)

    def finish(self, *, now: datetime, patience_s: float) -> int:
        """Take nothing more and record what still ends within ``patience_s``: for a worker that is asked to stop.

        What does not end by then is sent again by somebody else once its lease is over.
        """
        began = time.monotonic()
        ended = 0
        while self.under_way and (left := patience_s - (time.monotonic() - began)) > 0:
            answers = self._collect(left)
            ended += self._record(answers, now + timedelta(seconds=time.monotonic() - began))
        return ended

    def _launch(self, now: datetime) -> int:
        launched = 0
        for endpoint_id in endpoints_with_due(now):
            for parcel in take(endpoint_id=endpoint_id, now=now):
                launched += 1
                self.under_way += 1
                if parcel.channel == Channel.NONE:
                    self._answers.put((parcel, _KEPT))
                    continue
                # A daemon, so that a hanging receiver does not keep the process from ending.
                threading.Thread(target=self._attempt, args=(parcel,), daemon=True, name="piepowder-send").start()
        return launched

    def _attempt(self, parcel: Parcel) -> None:
        self._answers.put((parcel, self._send(parcel)))

    def _collect(self, wait_s: float | None) -> list[tuple[Parcel, Outcome]]:
        """The answers that are there; waits for a first one up to ``wait_s`` while any is under way."""
        answers: list[tuple[Parcel, Outcome]] = []
        if not self.under_way:
            return answers
        try:
            answers.append(self._answers.get(timeout=wait_s))
            while True:
                answers.append(self._answers.get_nowait())
        except queue.Empty:
            return answers

    def _record(self, answers: list[tuple[Parcel, Outcome]], now: datetime) -> int:
        self.under_way -= len(answers)
        return record_outcomes(answers=answers, now=now, jitter=self._jitter) if answers else 0
