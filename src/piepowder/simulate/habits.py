"""How people at the bench behave: how long they look, what they do besides ruling, and in which words."""

from __future__ import annotations

from collections.abc import Mapping

from piepowder.simulate.chance import Chance

LONGEST_S = 280
"""Nobody looks longer than a lease lasts without a sign of life."""
_HANDLING_S: Mapping[str, float] = {
    "text": 24.0,
    "listing": 42.0,
    "seller": 95.0,
    "document": 70.0,
    "short_video": 55.0,
    "livestream": 80.0,
    "ip_claim": 110.0,
}
_BESIDES: Mapping[str, float] = {
    "skip": 0.015,
    "release": 0.010,
    "hold": 0.018,
    "transfer": 0.014,
    "escalate": 0.014,
    "vanish": 0.006,
}
UNDONE = 0.01
"""The share of rulings that are taken back within seconds."""

SKIPS = ("I know this seller", "Language mixed; cannot judge the dialect", "Picture does not load for me")
HOLDS = ("Waiting for the seller's document", "Asked legal about the licence", "Waiting for the brand's answer")
MOVES = ("This is about the goods, not the words", "Belongs to another team", "Not a matter of this queue")
ESCALATES = ("Possible danger to a person", "Press interest expected", "Same shop as in last week's escalation")
OPEN_QUEUES = ("live", "fraud", "goods", "conduct", "general")
"""Where things are moved to: queues that ask for no skill."""


def handling_s(kind: str, fatigue: float, chance: Chance) -> float:
    """Seconds between the first look and the end."""
    drawn = chance.lognormal(_HANDLING_S[kind], 0.55) * (1 + 0.1 * fatigue)
    return max(4.0, min(LONGEST_S, drawn))


def ending(chance: Chance, *, unrest: float) -> str:
    """What becomes of a case in hand: ``rule`` mostly; ``unrest`` is how many times as often something else."""
    others = [share * unrest for share in _BESIDES.values()]
    return chance.weighted(("rule", *_BESIDES), (1 - sum(others), *others))
