"""What others think of an item: a pretend outside model, and people who report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from piepowder.simulate.chance import Chance
from piepowder.simulate.vocabulary import words
from piepowder.simulate.wrongs import WEIGHTS

MODEL, MODEL_VERSION = "fairlens", "4.2"
SAMPLER = "random_sample"
"""The label by which the marketplace asks for a review of items picked at random."""

RECALL = 0.78
FALSE_ALARMS = 0.10
SAMPLED = 0.42


def detections(kind: str, *, code: str, lookalike_of: str, chance: Chance) -> list[dict[str, Any]]:
    """Scores of the outside model: high for most real violations, middling for lookalikes, seldom for nothing at all."""
    found: list[dict[str, Any]] = []
    if code and chance.happens(RECALL):
        named = code if chance.happens(0.9) else _other(kind, code, chance)
        found.append(_detection(named, chance.beta(6, 2)))
    elif lookalike_of and chance.happens(0.6):
        found.append(_detection(lookalike_of, chance.beta(4, 4)))
    elif not code and chance.happens(FALSE_ALARMS):
        found.append(_detection(_other(kind, "", chance), chance.beta(3, 4)))
    if chance.happens(SAMPLED):
        found.append({"model": "sampler", "version": "1", "label": SAMPLER, "score": 1.0})
    return found


def _detection(code: str, score: float) -> dict[str, Any]:
    label = f"policy_{code.split('-')[0].lower()}"
    return {"model": MODEL, "version": MODEL_VERSION, "label": label, "score": round(score, 3), "policy": code}


def _other(kind: str, code: str, chance: Chance) -> str:
    return chance.pick([other for other in WEIGHTS[kind] if other != code] or [code])


@dataclass(frozen=True, slots=True)
class Complaint:
    """A report that will come in so long after the item."""

    after: timedelta
    notice: dict[str, Any]


def complaint(
    kind: str, external_id: str, *, code: str, lookalike_of: str, language: str, number: str, chance: Chance
) -> Complaint | None:
    """Somebody's report about the item, or ``None``: likely for violations, rare for what is harmless."""
    if not chance.happens(0.24 if code else 0.09 if lookalike_of else 0.025):
        return None
    suspected = code or lookalike_of or _other(kind, "", chance)
    family = suspected[0]
    who = chance.weighted(("user", "rights_holder", "trusted_flagger", "anonymous"), _who(family))
    said: dict[str, list[str]] = words(language)["report"]
    reasons = [*said.get(family, ()), *said["any"]]
    notice: dict[str, Any] = {
        "reference": number,
        "reporter": _reporter(who, family, language, chance),
        "items": [{"kind": kind, "id": external_id}],
        "basis": "illegal" if family in "PCUHRY" and who != "anonymous" else "terms",
        "reason": chance.pick(reasons),
        "good_faith": True,
        "language": language,
    }
    if who in ("rights_holder", "trusted_flagger") or chance.happens(0.45):
        notice["policy"] = suspected
    return Complaint(timedelta(hours=0.2 + chance.waiting(16.0)), notice)


def _who(family: str) -> tuple[float, float, float, float]:
    if family == "C":
        return (0.35, 0.45, 0.1, 0.1)
    return (0.7, 0.0, 0.12 if family in "PUHY" else 0.04, 0.2)


FLAGGERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "TF-SAFENET": ("SafeNet Foundation", ("P", "U", "H", "A", "Y")),
    "TF-CLEARTRADE": ("ClearTrade Association", ()),
}
"""Trusted flaggers with their names and areas; no areas means all."""


def _reporter(who: str, family: str, language: str, chance: Chance) -> dict[str, Any]:
    if who == "trusted_flagger":
        return {"kind": who, "id": "TF-SAFENET" if family in FLAGGERS["TF-SAFENET"][1] else "TF-CLEARTRADE"}
    if who == "rights_holder":
        office = chance.whole(1, 24)
        name = f"Rights Office {office}"
        return {"kind": who, "id": f"RH-{office:03d}", "name": name, "email": f"rights-{office}@holders.example"}
    if who == "anonymous":
        return {"kind": who, "id": f"visit-{chance.digits(9)}"}
    said = words(language)
    first, last = chance.pick(said["first"]), chance.pick(said["last"])
    number = chance.digits(5)
    name = f"{last}{first}" if language == "zh-Hans" else f"{first} {last}"
    return {"kind": who, "id": f"B-{number}", "name": name, "email": f"buyer-{number}@buyers.example"}
