"""What the half about people does when a decision is undone, in the same transaction."""

from __future__ import annotations

from piepowder.decisions.events import DecisionOverturned
from piepowder.duties.buyers import telling
from piepowder.duties.terminations import ending
from piepowder.duties.traders import settling


def on_decision_overturned(event: DecisionOverturned) -> None:
    """Give back what was ended, write again to who was told wrongly, take up a trader's file anew."""
    settling.on_decision_overturned(event.decision_id, event.at, event.actor)
    ending.on_decision_overturned(event)
    telling.on_decision_overturned(event)
