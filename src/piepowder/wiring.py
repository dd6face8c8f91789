"""The only list of who hears which domain event and which job runs when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from piepowder.access import operations as access
from piepowder.kernel.actor import SYSTEM
from piepowder.ledger import jobs as ledger


@dataclass(frozen=True, slots=True)
class Job:
    """A sweep over rows that say themselves what is due. ``run(now=…)`` returns how much it did."""

    name: str
    every_s: float
    run: Callable[..., int]


JOBS: tuple[Job, ...] = (
    Job("ledger.seal", 0.5, ledger.seal_facts),
    Job("ledger.publish_head", 60, ledger.publish_head),
)


def load_shipped(*, at: datetime) -> None:
    """Add what ships with this version and is not there yet: roles, policies, statement templates."""
    access.load_shipped_roles(actor=SYSTEM, at=at)


def connect() -> None:
    """Subscribe every listener; called once when Django starts."""


