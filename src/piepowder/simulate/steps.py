"""The script of a history: timed steps, in order, that any executor can play."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from piepowder.decisions.ruling import EnforcementOrder
from piepowder.simulate.gallery import File

ItemKey = tuple[str, str]
"""Kind and the marketplace's id."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happens at ``at``."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Store(Step):
    """A file is uploaded."""

    file: File


@dataclass(frozen=True, slots=True)
class Receive(Step):
    """Items are submitted, as they stand on the wire."""

    raws: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Report(Step):
    """A notice comes in, as it stands on the wire."""

    notice: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Available(Step):
    """A person changes what they are doing."""

    person: str
    state: str
    source: str


@dataclass(frozen=True, slots=True)
class CaseStep(Step):
    """Something that ``person`` does with the open case of ``item``."""

    person: str
    item: ItemKey


@dataclass(frozen=True, slots=True)
class Claim(CaseStep):
    """They take it."""


@dataclass(frozen=True, slots=True)
class View(CaseStep):
    """They look at it for the first time."""


@dataclass(frozen=True, slots=True)
class Said:
    """A ruling before it is bound to a snapshot."""

    outcome: str
    code: str = ""
    ground: str = ""
    facts: str = ""
    note: str = ""
    enforcements: tuple[EnforcementOrder, ...] = ()


@dataclass(frozen=True, slots=True)
class Decide(CaseStep):
    ruling: Said


@dataclass(frozen=True, slots=True)
class Withdraw(CaseStep):
    """They take back what they just decided, and have the case in hand again."""


@dataclass(frozen=True, slots=True)
class Release(CaseStep):
    """They put it back."""


@dataclass(frozen=True, slots=True)
class Skip(CaseStep):
    reason: str


@dataclass(frozen=True, slots=True)
class Hold(CaseStep):
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Transfer(CaseStep):
    queue: str
    reason: str


@dataclass(frozen=True, slots=True)
class Escalate(CaseStep):
    reason: str


@dataclass(frozen=True, slots=True)
class MachineDecides(Step):
    """The outside model decides the waiting case of ``item`` alone."""

    item: ItemKey
    ruling: Said


@dataclass(frozen=True, slots=True)
class ExpireLeases(Step):
    """The worker takes cases back from those who fell silent."""


@dataclass(frozen=True, slots=True)
class ResumeHeld(Step):
    """The worker ends the holds that have run out."""


@dataclass(frozen=True, slots=True)
class Sweep(Step):
    """The worker marks what is late and sends what is due."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What is really true of one submission."""

    item: ItemKey
    number: int
    code: str
    wave: str
