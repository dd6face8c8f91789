"""What the script must know of the rules of the house: policies in force, routing, promises. All plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from piepowder.decisions.ruling import EnforcementOrder
from piepowder.kernel.clocks import timeline_of
from piepowder.policy.library import shipped_tree
from piepowder.policy.logic import day_of, expand_markets, in_force
from piepowder.review.calendars import ROUND_THE_CLOCK, calendar_of
from piepowder.review.case_clocks import Terms, terms_for
from piepowder.review.reference import QueueEntry, Reference, Target
from piepowder.review.routing import compile_rules
from piepowder.review.states import Reopening
from piepowder.simulate.plan import OFFICE_HOURS, QUEUES, ROUTING, SITES, QueuePlan


@dataclass(frozen=True, slots=True)
class PolicyFacts:
    """What a ruling needs of one policy in one market."""

    code: str
    severity: int
    ground: str
    enforcements: tuple[EnforcementOrder, ...]
    kinds: frozenset[str]


@dataclass(frozen=True, slots=True)
class House:
    """The policies by (code, market), and the queues with their rules."""

    known: Reference
    policies: Mapping[tuple[str, str], PolicyFacts] = field(repr=False)

    def terms(self, queue: QueueEntry, severity: int) -> Terms | None:
        return terms_for(self.known, queue, severity)

    def severity(self, code: str, market: str) -> int | None:
        found = self.policies.get((code, market))
        return found.severity if found else None

    def cites(self, code: str, market: str, kind: str) -> PolicyFacts | None:
        """The policy, when it is in force in the market and made for the kind of item."""
        found = self.policies.get((code, market))
        return found if found and (not found.kinds or kind in found.kinds) else None


def shipped_house(markets: tuple[str, ...], at: datetime) -> House:
    """The house as it is founded: shipped policies, and queues, rules and promises of the plan."""
    queues = {number: _queue(number, plan) for number, plan in enumerate(QUEUES, start=1)}
    by_code = {queue.code: queue for queue in queues.values()}
    targets = {
        (by_code[plan.code].id, severity): Target(round(hours * 3600), plan.calendar, 75)
        for plan in QUEUES
        for severity, hours in enumerate(plan.targets_h)
    }
    known = Reference(
        queues=queues,
        by_code=by_code,
        lanes={},
        targets=targets,
        calendars={"": ROUND_THE_CLOCK, **{code: timeline_of(calendar_of(**one)) for code, one in calendars().items()}},
        rules=compile_rules(1, ROUTING, fallback="general"),
    )
    return House(known, _policies(markets, at))


def calendars() -> dict[str, dict[str, Any]]:
    """The calendar of each site's office, by code, as ``publish_calendar`` takes it."""
    return {
        f"office-{site.code}": {
            "timezone": site.timezone,
            "weekly": OFFICE_HOURS,
            "country": site.country,
            "region": "",
            "overrides": {},
        }
        for site in SITES
    }


def _queue(number: int, plan: QueuePlan) -> QueueEntry:
    above = next((other for other, one in enumerate(QUEUES, start=1) if one.code == plan.escalates_to), None)
    return QueueEntry(
        id=number,
        code=plan.code,
        name=plan.name,
        skill=plan.skill,
        vendors=frozenset(plan.vendors),
        lease_s=plan.lease_s,
        reopening=Reopening.CONTINUE.value,
        escalates_to=above,
        active=True,
    )


def _policies(markets: tuple[str, ...], at: datetime) -> dict[tuple[str, str], PolicyFacts]:
    found: dict[tuple[str, str], PolicyFacts] = {}
    for node in shipped_tree():
        if not node.is_leaf:
            continue
        numbered = [_Numbered(number, draft) for number, draft in enumerate(node.versions, start=1)]
        for market in markets:
            version = in_force(numbered, market=market, on=day_of(at))
            if version is None:
                continue
            draft = version.draft
            found[node.code, market] = PolicyFacts(
                code=node.code,
                severity=draft.severity,
                ground=draft.ground,
                enforcements=tuple(
                    EnforcementOrder(family=one.family, measure=one.measure, days=one.duration_days)
                    for one in draft.default_enforcement
                ),
                kinds=frozenset(node.kinds),
            )
    return found


@dataclass(frozen=True, slots=True)
class _Numbered:
    """A shipped version as the rule about what is in force wants to see it."""

    number: int
    draft: Any

    @property
    def effective_from(self) -> Any:
        return self.draft.effective_from

    @property
    def markets(self) -> Any:
        return expand_markets(self.draft.markets)
