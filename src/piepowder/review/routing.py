"""Which queue a piece of work goes to: the published rules, read from the top; the first that matches wins.

A rule is JSON, so that it can be edited on a screen, kept as published and shown years later::

    {"name": "Reported counterfeits",
     "when": {"policy": ["IP"], "reported": true, "market": ["DE", "FR"]},
     "then": {"queue": "counterfeit", "severity": 1, "policy": null}}

Conditions of a rule hold together; the values of one condition are alternatives; a rule without conditions matches
everything. ``policy`` takes codes and family prefixes (``P-1`` covers ``P-1.1``). ``label`` asks for a detection of that
label, ``min_score`` for its score (or, without ``label``, for any detection's). ``severity_at_most`` compares the
severity of the suspected policy; 0 is the gravest.

``then.queue`` set to null keeps the item without review. That never applies to what was reported: somebody who took the
trouble to report is answered by a person, so such a rule is passed over for reports. What no rule matches goes to the
fallback queue, so nothing is lost for want of a rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LEAST_SEVERITY = 3
FAMILY_SIGNS = "-."
"""What follows the code of a family in the codes under it."""


@dataclass(frozen=True, slots=True)
class RoutingFacts:
    """What the rules may look at. An empty ``reporter_kind`` means that nobody reported the item."""

    kind: str
    market: str
    language: str
    policy_code: str = ""
    severity: int | None = None
    """Of the suspected policy's version in force; unknown without one."""
    labels: tuple[tuple[str, float], ...] = ()
    """Detected labels with their scores."""
    reporter_kind: str = ""
    seller_violations: int = 0
    """Decisions of the last 90 days that found a violation by the seller."""

    @property
    def reported(self) -> bool:
        return bool(self.reporter_kind)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, compiled; an empty set or ``None`` asks nothing."""

    number: int
    name: str
    queue: str | None
    severity: int | None = None
    policy_code: str | None = None
    kinds: frozenset[str] = frozenset()
    markets: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    policies: tuple[str, ...] = ()
    severity_at_most: int | None = None
    label: str | None = None
    min_score: float | None = None
    reporters: frozenset[str] = frozenset()
    seller_violations_at_least: int | None = None
    reported: bool | None = None

    def matches(self, facts: RoutingFacts) -> bool:
        return not self.missed(facts)

    def missed(self, facts: RoutingFacts) -> str:
        """The first condition that does not hold, empty for facts that match."""
        if self.kinds and facts.kind not in self.kinds:
            return "kind"
        if self.markets and facts.market not in self.markets:
            return "market"
        if self.languages and facts.language not in self.languages:
            return "language"
        if self.policies and self._policy_asked(facts.policy_code) is None:
            return "policy"
        if self.reported is not None and facts.reported is not self.reported:
            return "reported"
        if self.reporters and facts.reporter_kind not in self.reporters:
            return "reporter"
        if self.severity_at_most is not None and (facts.severity is None or facts.severity > self.severity_at_most):
            return "severity_at_most"
        if self.seller_violations_at_least is not None and facts.seller_violations < self.seller_violations_at_least:
            return "seller_violations"
        asks_detection = self.label is not None or self.min_score is not None
        return "detection" if asks_detection and self._detection(facts) is None else ""

    def asked(self) -> list[tuple[str, Any]]:
        """The conditions in the order in which they are looked at, each with what it asks."""
        conditions: tuple[tuple[str, Any, bool], ...] = (
            ("kind", sorted(self.kinds), bool(self.kinds)),
            ("market", sorted(self.markets), bool(self.markets)),
            ("language", sorted(self.languages), bool(self.languages)),
            ("policy", list(self.policies), bool(self.policies)),
            ("reported", self.reported, self.reported is not None),
            ("reporter", sorted(self.reporters), bool(self.reporters)),
            ("severity_at_most", self.severity_at_most, self.severity_at_most is not None),
            ("seller_violations", self.seller_violations_at_least, self.seller_violations_at_least is not None),
            ("detection", (self.label, self.min_score), self.label is not None or self.min_score is not None),
        )
        return [(name, asked) for name, asked, asks in conditions if asks]

    def matched(self, facts: RoutingFacts) -> list[dict[str, Any]]:
        """Each condition with what it asked and the value that met it; only for facts that match."""
        found: list[dict[str, Any]] = []
        for condition, asked, value in (
            ("kind", self.kinds, facts.kind),
            ("market", self.markets, facts.market),
            ("language", self.languages, facts.language),
            ("reporter", self.reporters, facts.reporter_kind),
        ):
            if asked:
                found.append({"condition": condition, "value": value})
        if self.policies:
            asked_policy = self._policy_asked(facts.policy_code)
            found.append({"condition": "policy", "value": facts.policy_code, "asked": asked_policy})
        if self.severity_at_most is not None:
            found.append({"condition": "severity_at_most", "value": facts.severity, "asked": self.severity_at_most})
        if self.label is not None or self.min_score is not None:
            label, score = self._detection(facts) or ("", 0.0)
            found.append({"condition": "detection", "value": label, "score": score, "asked": self.min_score})
        if self.seller_violations_at_least is not None:
            asked_count = self.seller_violations_at_least
            found.append({"condition": "seller_violations", "value": facts.seller_violations, "asked": asked_count})
        if self.reported is not None:
            found.append({"condition": "reported", "value": facts.reported})
        return found

    def _policy_asked(self, code: str) -> str | None:
        return next((asked for asked in self.policies if is_within(code, asked)), None)

    def _detection(self, facts: RoutingFacts) -> tuple[str, float] | None:
        """The strongest detection that meets ``label`` and ``min_score`` together."""
        least = self.min_score if self.min_score is not None else 0.0
        meeting = [found for found in facts.labels if found[1] >= least and self.label in (None, found[0])]
        return max(meeting, key=lambda found: found[1], default=None)


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules of one published version; ``fallback`` is the code of the queue for what none of them matches."""

    version: int
    rules: tuple[Rule, ...]
    fallback: str

    @property
    def asks_seller_history(self) -> bool:
        """Whether any rule looks at the seller's history, which costs a query to know."""
        return any(rule.seller_violations_at_least is not None for rule in self.rules)


@dataclass(frozen=True, slots=True)
class Route:
    """Where something goes and why; ``queue`` is ``None`` for what is kept without review.

    ``severity`` and ``policy_code`` are those that the rule sets, ``None`` where it leaves them.
    """

    queue: str | None
    severity: int | None
    policy_code: str | None
    why: dict[str, Any]


def route(rules: RuleSet, facts: RoutingFacts) -> Route:
    """The first rule that matches decides; see the module for what happens without one."""
    for rule in rules.rules:
        if rule.queue is None and facts.reported:
            continue
        if rule.matches(facts):
            why = {"by": "rule", "version": rules.version, "rule": rule.number, "name": rule.name}
            return Route(rule.queue, rule.severity, rule.policy_code, {**why, "matched": rule.matched(facts)})
    return Route(rules.fallback, None, None, {"by": "fallback", "version": rules.version})


def settled_severity(rule: int | None, policy: int | None) -> int:
    """The graver of what the rule says and what the suspected policy says; the least severity when neither speaks.

    So a rule can raise what a policy says and never play it down.
    """
    return min((value for value in (rule, policy) if value is not None), default=LEAST_SEVERITY)


def is_within(code: str, family: str) -> bool:
    """Whether a policy code is ``family`` or lies under it: ``P-1.1`` under ``P-1`` and ``P``, not under ``P-11``."""
    if not code.startswith(family):
        return False
    return len(code) == len(family) or code[len(family)] in FAMILY_SIGNS


def compile_rules(version: int, rules: Sequence[Mapping[str, Any]], *, fallback: str) -> RuleSet:
    """The rules as published, ready to match; they were validated when they were published."""
    return RuleSet(version, tuple(_compiled(number, rule) for number, rule in enumerate(rules, start=1)), fallback)


def _compiled(number: int, rule: Mapping[str, Any]) -> Rule:
    when, then = rule.get("when", {}), rule["then"]
    return Rule(
        number=number,
        name=rule["name"],
        queue=then["queue"],
        severity=then.get("severity"),
        policy_code=then.get("policy"),
        kinds=frozenset(when.get("kind", ())),
        markets=frozenset(when.get("market", ())),
        languages=frozenset(when.get("language", ())),
        policies=tuple(when.get("policy", ())),
        severity_at_most=when.get("severity_at_most"),
        label=when.get("label"),
        min_score=when.get("min_score"),
        reporters=frozenset(when.get("reporter", ())),
        seller_violations_at_least=when.get("seller_violations_at_least"),
        reported=when.get("reported"),
    )
