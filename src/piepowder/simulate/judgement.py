"""What a synthetic reviewer rules, given what is really true."""

from __future__ import annotations

from dataclasses import dataclass

from piepowder.simulate.chance import Chance
from piepowder.simulate.house import House, PolicyFacts
from piepowder.simulate.reviewers import Reviewer
from piepowder.simulate.steps import Said
from piepowder.simulate.wrongs import WEIGHTS

_NOTES = ("", "", "", "", "", "Checked the second picture as well.", "Same wording as in another listing of this shop.",
          "Not sure about the picture; the text decides.")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Looked:
    """What lies before the reviewer: the item, what is true of it, what it was suspected of, what can be said about it."""

    kind: str
    market: str
    language: str
    code: str
    lookalike_of: str
    suspected: str
    facts: str


def judge(looked: Looked, who: Reviewer, house: House, *, chance: Chance, hours: float, week: float) -> Said:
    """The ruling of one person ``hours`` into their shift, ``week`` weeks after the beginning."""
    truth = looked.code
    if not truth:
        if not chance.happens(who.false_alarm(looked.language, hours=hours, week=week)):
            return Said("no_violation")
        return ruling(_imagined(looked, house, chance), looked.facts, chance.pick(_NOTES))
    policy = house.cites(truth, looked.market, looked.kind)
    if policy is None or chance.happens(who.miss(truth[0], looked.language, hours=hours, week=week)):
        return Said("no_violation")
    if chance.happens(who.wrong_policy(truth[0], looked.language, hours=hours, week=week)):
        policy = _sibling(policy, looked, house, chance)
    return ruling(policy, looked.facts, chance.pick(_NOTES))


def ruling(policy: PolicyFacts, facts: str, note: str = "") -> Said:
    """A violation of ``policy`` with the enforcement that it proposes."""
    return Said("violation", policy.code, policy.ground, facts, note, policy.enforcements)


def _sibling(right: PolicyFacts, looked: Looked, house: House, chance: Chance) -> PolicyFacts:
    """Another policy of the same family that is made for the item; the right one where there is none."""
    others = [other for other in WEIGHTS[looked.kind] if other[0] == right.code[0] and other != right.code]
    found = [policy for other in others if (policy := house.cites(other, looked.market, looked.kind)) is not None]
    return chance.pick(found) if found else right


def _imagined(looked: Looked, house: House, chance: Chance) -> PolicyFacts:
    """What somebody sees where there is nothing: what was suspected, what it looks like, or anything."""
    for code in (looked.suspected, looked.lookalike_of):
        policy = house.cites(code, looked.market, looked.kind) if code else None
        if policy is not None:
            return policy
    every = (house.cites(code, looked.market, looked.kind) for code in WEIGHTS[looked.kind])
    return chance.pick([policy for policy in every if policy is not None])
