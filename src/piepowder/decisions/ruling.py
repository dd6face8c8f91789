"""What a decider rules, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class EnforcementOrder:
    """One restriction as ordered: no ``territories`` means everywhere, no ``days`` means no end.

    ``description`` says what is meant by the measure ``other``.
    """

    family: str
    measure: str
    territories: tuple[str, ...] = ()
    days: int | None = None
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """One ruling about one snapshot. The first of ``policy_codes`` is the one it mainly rests on.

    ``exclusion`` names why no statement of reasons is due for a restriction. ``confirm_older_snapshot`` says that the
    decider knows that ``snapshot_id`` is not the newest.
    """

    outcome: str
    snapshot_id: UUID
    policy_codes: tuple[str, ...] = ()
    ground: str = ""
    facts: str = ""
    note: str = ""
    enforcements: tuple[EnforcementOrder, ...] = ()
    confirm_older_snapshot: bool = False
    exclusion: str = ""
