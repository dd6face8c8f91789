"""Whether people who judged the same case independently agree, and who else must look at a ruling. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from piepowder.decisions.ruling import EnforcementOrder, Ruling
from piepowder.decisions.states import Family


@dataclass(frozen=True, slots=True)
class Sense:
    """What a ruling comes down to: two are the same when outcome, main policy and measures are."""

    outcome: str
    policy_code: str
    measures: frozenset[str]


def sense_of(ruling: Ruling) -> Sense:
    main = ruling.policy_codes[0] if ruling.policy_codes else ""
    return Sense(ruling.outcome, main, frozenset(order.key for order in ruling.enforcements))


class Verdict(StrEnum):
    WAITING = "waiting"
    """Another opinion may still bring agreement."""
    AGREED = "agreed"
    SPLIT = "split"
    """Whoever comes, agreement is impossible."""


def verdict(given: Sequence[Sense], *, opinions: int, agreeing: int) -> Verdict:
    """Where a panel stands after ``given``, of ``opinions`` people at most of whom ``agreeing`` must say the same.

    One is split as soon as even everybody still to come could not make the largest group large enough.
    """
    largest = max(Counter(given).values(), default=0)
    if largest >= agreeing:
        return Verdict.AGREED
    return Verdict.WAITING if largest + opinions - len(given) >= agreeing else Verdict.SPLIT


@dataclass(frozen=True, slots=True)
class Parting:
    """What of a ruling's restrictions is issued ``now``, what waits for approval, and which measures ask for it."""

    now: tuple[EnforcementOrder, ...]
    waiting: tuple[EnforcementOrder, ...]
    asking: tuple[str, ...]


def part(orders: Sequence[EnforcementOrder], asked: Collection[str], *, urgent: bool) -> Parting:
    """Which restrictions wait for a second pair of eyes, by the measures (``family:measure``) ``asked`` to.

    Nothing is issued before the whole is approved, with one exception: where the matter is urgent, everything takes effect
    at once but measures on the account, which harm most when they are wrong and protect nobody by being quick.
    """
    asking = tuple(order.key for order in orders if order.key in asked)
    if not asking:
        return Parting(tuple(orders), (), ())
    if not urgent:
        return Parting((), tuple(orders), asking)
    waiting = tuple(order for order in orders if order.key in asked and order.family == Family.ACCOUNT)
    now = tuple(order for order in orders if order not in waiting)
    return Parting(now, waiting, asking) if now else Parting((), tuple(orders), asking)
