"""What to propose for a violation, how long it can be undone, and whether facts are facts. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Protocol

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from piepowder.decisions.ruling import EnforcementOrder
from piepowder.decisions.states import Family, Outcome
from piepowder.review.opening import HISTORY

LADDER: Final = "ladder:"
"""Begins the name of the machine that a points ladder is; its code follows."""
FACTS_AT_LEAST: Final = 20
FACTS_AT_MOST: Final = 5_000


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the console suggests, and why in words a moderator can check."""

    enforcements: tuple[EnforcementOrder, ...]
    reason: str


class Defaults(Protocol):
    """What a proposal needs of a policy version."""

    @property
    def severity(self) -> int: ...
    @property
    def default_enforcement(self) -> Sequence[Mapping[str, Any]]: ...


@dataclass(frozen=True, slots=True)
class _Step:
    """From so many earlier violations on, this happens to the account; no ``days`` closes it for good."""

    earlier: int
    days: int | None


_LADDERS: Final[Mapping[int, tuple[_Step, ...]]] = {
    0: (_Step(1, 30), _Step(2, None)),
    1: (_Step(1, 7), _Step(2, 30), _Step(4, None)),
    2: (_Step(2, 7), _Step(4, 30), _Step(8, None)),
    3: (_Step(4, 7), _Step(8, 30)),
}


def propose_enforcement(policy_version: Defaults, seller_violations: int, kind: str) -> Proposal:
    """The policy's default enforcement, and with repetition a measure on the seller's account on top.

    ``seller_violations`` are the earlier violations of the seller in the time that review looks back on (90 days). The graver the
    policy, the sooner the account is touched; a default that is already as strong on the account is left as it is. For
    an IP claim the seller behind the item is the claimant, whose repetition is judged by a person: no step is added.
    """
    defaults = tuple(
        EnforcementOrder(family=one["family"], measure=one["measure"], days=one.get("duration_days"))
        for one in policy_version.default_enforcement
    )
    step = _step(policy_version.severity, seller_violations) if kind != "ip_claim" else None
    if step is None:
        return Proposal(defaults, _("The default of this policy.") + " " + _earlier(seller_violations))
    account = EnforcementOrder(
        family=Family.ACCOUNT, measure="suspended" if step.days else "terminated", days=step.days
    )
    present = next((one for one in defaults if one.family == Family.ACCOUNT), None)
    if present is not None and _strength(present) >= _strength(account):
        return Proposal(
            defaults, _("The default of this policy already restricts the account.") + " " + _earlier(seller_violations)
        )
    rest = tuple(one for one in defaults if one.family != Family.ACCOUNT)
    return Proposal((*rest, account), _earlier(seller_violations) + " " + _account_words(step))


def _step(severity: int, earlier: int) -> _Step | None:
    reached = [step for step in _LADDERS[severity] if earlier >= step.earlier]
    return reached[-1] if reached else None


def _strength(order: EnforcementOrder) -> tuple[int, int]:
    """Closing beats suspending, suspending without end beats any number of days."""
    return (1 if order.measure == "terminated" else 0, order.days or 10**6)


def _earlier(count: int) -> str:
    if count == 0:
        return _("The seller has no violation in the last %(days)d days.") % {"days": HISTORY.days}
    return ngettext(
        "The seller has %(count)d violation in the last %(days)d days.",
        "The seller has %(count)d violations in the last %(days)d days.",
        count,
    ) % {"count": count, "days": HISTORY.days}


def _account_words(step: _Step) -> str:
    if step.days is None:
        return _("At this severity that many close the account.")
    return ngettext(
        "At this severity that many suspend the account for %(days)d day.",
        "At this severity that many suspend the account for %(days)d days.",
        step.days,
    ) % {"days": step.days}


def sums_up(machine: str) -> bool:
    """Whether a points ladder decided: that follows from violations which were counted already."""
    return machine.startswith(LADDER)


def grace(*, outcome: str, restricts: bool, severity: int, kind: str, queue_grace: timedelta) -> timedelta:
    """How long the decision can be undone. What stops a livestream or grave harm takes effect at once."""
    urgent = kind == "livestream" or severity <= 1
    return timedelta(0) if outcome == Outcome.VIOLATION and restricts and urgent else queue_grace


def facts_problem(facts: str, policy_words: Iterable[str]) -> str:
    """Why ``facts`` cannot be the facts relied on, as a code; empty when they can.

    They must say something (20 characters, of which a wide one such as 禁 counts double, and not one key held down), and
    something about this item: the policy's own words, which the statement quotes anyway, are not a fact.
    """
    said = " ".join(facts.split())
    if sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in said) < FACTS_AT_LEAST:
        return "too_short"
    if len(said) > FACTS_AT_MOST:
        return "too_long"
    if len({letter for letter in said.casefold() if letter.isalnum()}) < 6:
        return "not_about_item"
    folded = said.casefold().rstrip(".。!！ ")
    if any(folded in " ".join(words.split()).casefold() for words in policy_words):
        return "not_about_item"
    return ""
