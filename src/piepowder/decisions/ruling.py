"""What a decider rules, as plain values, and the ways in which it is kept: as JSON, and as a draft of the console."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class EnforcementOrder:
    """One restriction as ordered: no ``territories`` means everywhere, neither ``days`` nor ``minutes`` means no end.

    ``description`` says what is meant by the measure ``other``.
    """

    family: str
    measure: str
    territories: tuple[str, ...] = ()
    days: int | None = None
    description: str = ""
    minutes: int | None = None

    def lasts(self) -> timedelta | None:
        """How long it holds; ``None`` without end."""
        if self.minutes:
            return timedelta(minutes=self.minutes)
        return timedelta(days=self.days) if self.days else None

    @property
    def key(self) -> str:
        """The measure as options and forms name it: ``family:measure``."""
        return f"{self.family}:{self.measure}"


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


def as_json(ruling: Ruling) -> dict[str, Any]:
    """The whole ruling in what JSON can hold; ``from_json`` reads it back."""
    kept = asdict(ruling)
    kept["snapshot_id"] = str(ruling.snapshot_id)
    return kept


def from_json(kept: Mapping[str, Any]) -> Ruling:
    """The ruling that ``as_json`` wrote."""
    orders = tuple(
        EnforcementOrder(**{**one, "territories": tuple(one["territories"])}) for one in kept.get("enforcements", ())
    )
    return Ruling(
        **{
            **kept,
            "snapshot_id": UUID(kept["snapshot_id"]),
            "policy_codes": tuple(kept.get("policy_codes", ())),
            "enforcements": orders,
        }
    )


def as_draft(ruling: Ruling) -> dict[str, Any]:
    """What had been typed into the console for ``ruling``, so that whoever has the case again finds it there."""
    violation = bool(ruling.policy_codes)
    return {
        "outcome": ruling.outcome,
        "policies": list(ruling.policy_codes),
        "ground": ruling.ground,
        "facts": ruling.facts if violation else "",
        "note": ruling.note,
        "where": next((one.territories[0] for one in ruling.enforcements if one.territories), ""),
        "orders": {one.key: str(one.days) if one.days else "" for one in ruling.enforcements},
    }
