"""A court whose statements go to a simulated database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from piepowder.access.options import choose
from piepowder.decisions.models import Decision, Statement
from piepowder.interop import checking, jobs, sending
from piepowder.interop.dsa.serving import running
from piepowder.interop.dsa.simulator import Simulator
from piepowder.interop.models import Submission
from piepowder.interop.options import ADDRESS, SUBMITS
from piepowder.kernel.actor import SYSTEM
from piepowder.kernel.ids import new_id
from tests.decisions import conftest as decisions
from tests.decisions.conftest import Court

court = decisions.court
court_without_templates = decisions.court_without_templates

DUE = timedelta(minutes=2)
"""After a decision, when its statement may leave."""


@dataclass
class Desk:
    """Decides, and lets the worker have its turns at a time of one's choosing."""

    court: Court
    simulator: Simulator
    address: str
    now: datetime
    halves: Any = field(default=lambda: 0.5)

    def decide(self, **changes: Any) -> Submission:
        """A fresh decision, queued; ``item`` gives changes of the item, the rest those of the ruling."""
        item = self.court.item(**changes.pop("item", {}))
        decision = self.court.decide(self.court.person(), self.court.case(item), **changes)
        return Submission.objects.get(statement__decision=decision)

    def turn(self, after: timedelta = DUE) -> int:
        """One turn of the job, so long after the decisions."""
        return jobs.submit(now=self.now + after)

    def turns(self, after: timedelta = DUE) -> None:
        """Turns at one moment until there is nothing left to do at it."""
        while self.turn(after):
            pass

    def many(self, count: int, ago: timedelta, **columns: Any) -> list[Submission]:
        """So many more submissions like one that is decided now, decided so long ago."""
        one = self.decide()
        decided_at = self.now - ago
        copies = []
        for _ in range(count):
            decision = _copy(one.statement.decision, case_id=None, decided_at=decided_at, final_at=decided_at)
            statement = _copy(one.statement, decision=decision, puid=str(new_id()))
            changes = {
                "statement": statement,
                "puid": statement.puid,
                "decided_at": decided_at,
                "created_at": decided_at,
            }
            copies.append(_copy(one, **changes | columns))
        Decision.objects.bulk_create([copy.statement.decision for copy in copies])
        Statement.objects.bulk_create([copy.statement for copy in copies])
        one.delete()
        return Submission.objects.bulk_create(copies)

    def stored(self) -> list[str]:
        return self.simulator.stored("a")


def _copy(row: Any, **changes: Any) -> Any:
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    copy = type(row)(**values | {"id": new_id()})
    for name, value in changes.items():
        setattr(copy, name, value)
    return copy


@pytest.fixture
def switched_on(db: None, now: datetime) -> None:
    choose(actor=SYSTEM, at=now, values={SUBMITS: True})


@pytest.fixture
def desk(
    court: Court,
    now: datetime,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    switched_on: None,
) -> Iterator[Desk]:
    settings.ALLOW_PRIVATE_ADDRESSES = True
    settings.DSA_TOKEN = "a"
    # Waits without spread, so that they can be reckoned.
    for module in (sending, checking):
        monkeypatch.setattr(module.random, "random", lambda: 0.5)
    simulator = Simulator({"a": "Bazaar", "b": "Other"}, now=lambda: now, clock=lambda: 0.0)
    with running(simulator) as address:
        choose(actor=SYSTEM, at=now, values={ADDRESS: address})
        yield Desk(court, simulator, address, now)
