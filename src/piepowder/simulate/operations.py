"""Filling an installation with the synthetic marketplace, and letting one live."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.access.models import Vendor
from piepowder.database.bulk import insert_rows
from piepowder.intake.models import Item
from piepowder.kernel.errors import Conflict
from piepowder.ledger.jobs import seal_facts
from piepowder.simulate import steps
from piepowder.simulate.bulk import InBulk
from piepowder.simulate.founding import found
from piepowder.simulate.history import History
from piepowder.simulate.live import work
from piepowder.simulate.models import ReviewerTruth, Truth
from piepowder.simulate.on_air import put_on_air
from piepowder.simulate.plan import logins

__all__ = ["DEMO_PASSWORD", "SIZES", "AlreadyPopulated", "Seeded", "demo_logins", "put_on_air", "seed", "work"]

DEMO_PASSWORD = "piepowder-demo"  # noqa: S105 - meant to be known
"""Of everybody in the demonstration, unless another is given."""

SIZES = {"small": 3_000, "large": 30_000}
"""How many items each size has."""

Progress = Callable[[str, int, int], None]


class AlreadyPopulated(Conflict):
    """There are vendors or items already: a made-up history must not be mixed with a real one."""

    code = "already_populated"


@dataclass(frozen=True, slots=True)
class Seeded:
    """What was made."""

    items: int
    cases: int
    decisions: int
    people: int
    logins: tuple[tuple[str, str], ...]
    """Role and e-mail of the well-known people."""
    api_key: str = field(default="", repr=False)
    """The key of the synthetic marketplace, shown this once."""

    def summary(self) -> str:
        """One line for people."""
        return f"{self.items} items, {self.cases} cases, {self.decisions} decisions, {self.people} people"


def seed(
    *, size: str, seed: int, now: datetime, progress: Progress, password: str = DEMO_PASSWORD, items: int = 0
) -> Seeded:
    """Make the marketplace and three weeks of its history, ending at ``now``. Nothing is kept when it does not end.

    Equal seeds make equal histories. ``items`` overrides the number that goes with ``size``. ``progress`` hears the phase,
    how much of it is done and how much there is. Raises ``AlreadyPopulated`` unless the installation is empty.
    """
    if Vendor.objects.exists() or Item.objects.exists():
        raise AlreadyPopulated(_("there is a marketplace here already; a simulation needs an empty installation"))
    history = History(seed, items or SIZES[size], now)
    with transaction.atomic():
        progress("organisation", 0, 1)
        who = found(history.people, password=password, at=history.since - timedelta(days=1))
        progress("organisation", 1, 1)
        decided = _play(history, InBulk(who), progress)
        _keep_truth(history)
    progress("ledger", 0, 1)
    seal_facts(now=now)
    progress("ledger", 1, 1)
    return Seeded(
        items=len(history.subjects),
        cases=history.floor.opened,
        decisions=decided,
        people=len(history.people),
        logins=tuple(demo_logins()),
        api_key=who.api_key,
    )


def demo_logins() -> list[tuple[str, str]]:
    """The well-known login of each role, as (role, e-mail)."""
    return logins()


def _play(history: History, executor: InBulk, progress: Progress) -> int:
    decided, last = 0, 0
    length = int((history.until - history.since).total_seconds())

    def told(step: steps.Step) -> None:
        nonlocal decided, last
        decided += isinstance(step, steps.Decide | steps.MachineDecides)
        done = int((step.at - history.since).total_seconds())
        if done - last > length // 200:
            last = done
            progress("history", done, length)

    executor.play(history.steps(), told=told)
    progress("history", length, length)
    return decided


def _keep_truth(history: History) -> None:
    """What is really true goes into tables of its own, which nothing but tests and studies reads."""
    insert_rows(
        Truth,
        ("kind", "external_id", "snapshot_number", "policy_code", "wave"),
        [(*truth.item, truth.number, truth.code, truth.wave) for truth in history.truths],
    )
    profiles = [(worker.errs.person, worker.errs.as_json()) for worker in history.workers.values()]
    insert_rows(ReviewerTruth, ("person", "profile"), profiles)
