"""Why a case is where it is: by which rule of which version, why not by those before it, and what its rank is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from piepowder.kernel.actor import Actor
from piepowder.review.leases import NoSuchCase
from piepowder.review.listing import seen_cases
from piepowder.review.models import Case, CaseClock, Lane, RoutingVersion
from piepowder.review.past_work import facts_of
from piepowder.review.priority import Parts, parts_of
from piepowder.review.reference import reference
from piepowder.review.routing import RoutingFacts, Rule, compile_rules
from piepowder.review.timeline import holds


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a rule: what it asks and what the item had. ``met`` is whether it holds."""

    name: str
    asked: Any
    value: Any
    met: bool


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A rule above the one that matched, with the first condition that did not hold.

    Without a condition the rule did match and was passed over all the same: it keeps items without review, and this one
    was reported. ``doubtful`` when by the facts at hand it should have matched: something was known then that is not now.
    """

    number: int
    name: str
    condition: Condition | None
    doubtful: bool


@dataclass(frozen=True, slots=True)
class ClockShown:
    cycle: int
    target_s: int
    calendar: str
    at_risk_percent: int
    started_at: datetime
    due_at: datetime | None
    state: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """``by`` is ``rule``, ``fallback``, or what a person did (``transferred``, ``escalated``) after the rules had spoken."""

    by: str
    moved_from: str
    instead_of: str
    version: int
    current_version: int
    published_at: datetime | None
    rule: int
    rule_name: str
    conditions: tuple[Condition, ...]
    passed_over: tuple[PassedOver, ...]
    facts: RoutingFacts
    queue: str
    queue_name: str
    severity: int
    lane_language: str
    lane_skill: str
    parts: Parts
    clocks: tuple[ClockShown, ...]


def explain(actor: Actor, case_id: UUID) -> Explanation:
    """Why the case is where it is; raises ``NoSuchCase`` for one the actor may not see and does not hold. Nine queries."""
    if not seen_cases(actor).filter(pk=case_id).exists() and not holds(actor, case_id):
        raise NoSuchCase(_("there is no such case"))
    case, known = Case.objects.get(pk=case_id), reference()
    work = facts_of(known, case_id)
    assert work is not None
    why: Mapping[str, Any] = case.why_here.get("routed") or case.why_here
    version = RoutingVersion.objects.filter(number=why.get("version", 0)).first()
    rules = compile_rules(version.number, version.rules, fallback="").rules if version else ()
    number = why.get("rule", 0)
    rule = rules[number - 1] if 0 < number <= len(rules) else None
    matched = {found["condition"]: found for found in why.get("matched", ())}
    facts = _as_then(work.facts, matched)
    queue, lane = known.queues[case.queue_id], Lane.objects.get(pk=case.lane_id)
    moved = case.why_here is not why
    return Explanation(
        by=case.why_here.get("by", ""),
        moved_from=case.why_here.get("from", "") if moved else "",
        instead_of=why.get("instead_of", ""),
        version=why.get("version", 0),
        current_version=known.rules.version,
        published_at=version.published_at if version else None,
        rule=number,
        rule_name=why.get("name", ""),
        conditions=_conditions(rule, facts) if rule else (),
        passed_over=tuple(_passed_over(one, facts) for one in rules[: number - 1 if number else len(rules)]),
        facts=facts,
        queue=queue.code,
        queue_name=queue.name,
        severity=case.severity,
        lane_language=lane.language,
        lane_skill=lane.skill,
        parts=parts_of(case.due_at, case.opened_at, case.severity, case.trust, case.reports, case.item_gone),
        clocks=tuple(
            ClockShown(
                one.cycle, one.target_s, one.calendar, one.at_risk_percent, one.started_at, one.due_at, one.state
            )
            for one in CaseClock.objects.filter(case_id=case_id).order_by("cycle")
        ),
    )


def _as_then(facts: RoutingFacts, matched: Mapping[str, Mapping[str, Any]]) -> RoutingFacts:
    """The facts with what the routing itself wrote down: it counted a seller's violations to the moment."""
    if "seller_violations" not in matched:
        return facts
    return replace(facts, seller_violations=matched["seller_violations"]["value"])


def _conditions(rule: Rule, facts: RoutingFacts) -> tuple[Condition, ...]:
    missed = rule.missed(facts)
    return tuple(Condition(name, asked, value_of(name, facts), name != missed) for name, asked in rule.asked())


def _passed_over(rule: Rule, facts: RoutingFacts) -> PassedOver:
    missed = rule.missed(facts)
    if not missed:
        return PassedOver(rule.number, rule.name, None, doubtful=not (rule.queue is None and facts.reported))
    asked = dict(rule.asked())[missed]
    return PassedOver(rule.number, rule.name, Condition(missed, asked, value_of(missed, facts), False), doubtful=False)


def value_of(name: str, facts: RoutingFacts) -> Any:
    """What the facts have where the condition ``name`` looks."""
    return {
        "kind": facts.kind,
        "market": facts.market,
        "language": facts.language,
        "policy": facts.policy_code,
        "reported": facts.reported,
        "reporter": facts.reporter_kind,
        "severity_at_most": facts.severity,
        "seller_violations": facts.seller_violations,
        "detection": facts.labels,
    }[name]
