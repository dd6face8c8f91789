"""Points ladders, pure: what one is, what happens to a seller, and where that leaves them."""

from __future__ import annotations

from piepowder.standing.evaluation import evaluate
from piepowder.standing.happenings import Adjustment, Credit, Era, Event, Hold, Span, Violation
from piepowder.standing.outcome import Count, Due, Earning, Entry, EntryState, Reached, Standing
from piepowder.standing.reading import BadLadder, read_ladder
from piepowder.standing.shape import (
    POINTS,
    Checked,
    Counter,
    CreditRule,
    Direction,
    Earned,
    Expiry,
    Ladder,
    Measure,
    Repeats,
    Reset,
    Rule,
    Threshold,
)

__all__ = [
    "POINTS",
    "Adjustment",
    "BadLadder",
    "Checked",
    "Count",
    "Counter",
    "Credit",
    "CreditRule",
    "Direction",
    "Due",
    "Earned",
    "Earning",
    "Entry",
    "EntryState",
    "Era",
    "Event",
    "Expiry",
    "Hold",
    "Ladder",
    "Measure",
    "Reached",
    "Repeats",
    "Reset",
    "Rule",
    "Span",
    "Standing",
    "Threshold",
    "Violation",
    "evaluate",
    "read_ladder",
]
