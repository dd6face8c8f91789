"""What is due by law and when: one list over all duties, filled by whoever keeps one of them.

A part of this package that starts a clock declares a source once, from ``apps.py``; the page "Duties" and the reminders
read them together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Protocol

from django.utils.functional import Promise

from piepowder.kernel.actor import Actor


@dataclass(frozen=True, slots=True)
class Due:
    """One running clock. ``title`` names the thing without personal data; ``route`` and ``args`` are the page of it."""

    pack: str
    rule: str
    kind: str
    """Such as ``order``; with ``ref`` it names the thing once."""
    ref: str
    title: str | Promise
    started_at: datetime
    due_at: datetime
    counted: str = ""
    """How ``due_at`` was computed: the rule and the version of the calendar."""
    route: str = ""
    args: tuple[str, ...] = ()

    def is_late(self, now: datetime) -> bool:
        return now >= self.due_at


class Source(Protocol):
    """Whoever keeps clocks: those that still run, that ``actor`` may see, and that are due before ``until``; the earliest
    first and at most ``limit``. It makes the same number of queries whatever it finds."""

    def __call__(self, actor: Actor, *, until: datetime, limit: int) -> Iterable[Due]: ...


_sources: list[Source] = []


def declare(source: Source) -> None:
    """Have ``source`` asked for what is due; adding it twice is adding it once."""
    if source not in _sources:
        _sources.append(source)


def due_before(actor: Actor, *, until: datetime, limit: int) -> list[Due]:
    """Everything that ``actor`` may see and that is due before ``until``, late things first."""
    found: list[Iterable[Due]] = [source(actor, until=until, limit=limit) for source in _sources]
    key: Callable[[Due], tuple[datetime, str, str]] = lambda due: (due.due_at, due.kind, due.ref)  # noqa: E731
    return list(islice(merge(*found, key=key), limit))
