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

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from piepowder.intake.states import Kind, ReporterKind
from piepowder.kernel.errors import FieldProblem

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
        if self.kinds and facts.kind not in self.kinds:
            return False
        if self.markets and facts.market not in self.markets:
            return False
        if self.languages and facts.language not in self.languages:
            return False
        if self.policies and self._policy_asked(facts.policy_code) is None:
            return False
        if self.reported is not None and facts.reported is not self.reported:
            return False
        if self.reporters and facts.reporter_kind not in self.reporters:
            return False
        if self.severity_at_most is not None and (facts.severity is None or facts.severity > self.severity_at_most):
            return False
        if self.seller_violations_at_least is not None and facts.seller_violations < self.seller_violations_at_least:
            return False
        return (self.label is None and self.min_score is None) or self._detection(facts) is not None

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


def problems_in(rules: Any, *, queues: Collection[str], policies: Collection[str]) -> list[FieldProblem]:
    """What is wrong with rules that somebody wants to publish, each with a pointer to the place; empty when sound.

    ``queues`` and ``policies`` are the codes that exist; families of policies are known by the codes under them.
    """
    if not isinstance(rules, list):
        return [FieldProblem("", "not_a_list", _("the rules are a list"))]
    found: list[FieldProblem] = []
    for index, rule in enumerate(rules):
        found += _rule_problems(f"/{index}", rule, queues, policies)
    return found


_LISTS: dict[str, frozenset[str] | None] = {
    "kind": frozenset(Kind.values),
    "market": None,
    "language": None,
    "reporter": frozenset(ReporterKind.values),
}
_WHEN = {*_LISTS, "policy", "severity_at_most", "label", "min_score", "seller_violations_at_least", "reported"}
_THEN = {"queue", "severity", "policy"}


def _rule_problems(at: str, rule: Any, queues: Collection[str], policies: Collection[str]) -> list[FieldProblem]:
    if not isinstance(rule, dict):
        return [FieldProblem(at, "not_an_object", _("a rule is an object with name, when and then"))]
    found = [
        FieldProblem(f"{at}/{key}", "unknown_field", _("a rule has no '%(key)s'") % {"key": key})
        for key in sorted(set(rule) - {"name", "when", "then"})
    ]
    name = rule.get("name")
    if not isinstance(name, str) or not name.strip():
        found.append(FieldProblem(f"{at}/name", "missing", _("a rule has a name that people recognise")))
    found += _when_problems(f"{at}/when", rule.get("when", {}), policies)
    found += _then_problems(f"{at}/then", rule.get("then"), queues, policies)
    return found


def _when_problems(at: str, when: Any, policies: Collection[str]) -> list[FieldProblem]:
    if not isinstance(when, dict):
        return [FieldProblem(at, "not_an_object", _("the conditions are an object"))]
    found = [
        FieldProblem(f"{at}/{key}", "unknown_condition", _("there is no condition '%(key)s'") % {"key": key})
        for key in sorted(set(when) - _WHEN)
    ]
    for key, allowed in _LISTS.items():
        found += _list_problems(f"{at}/{key}", when.get(key, []), allowed)
    asked = when.get("policy", [])
    shape = _list_problems(f"{at}/policy", asked, None)
    found += shape
    if not shape:
        found += [
            FieldProblem(
                f"{at}/policy/{place}",
                "unknown_policy",
                _("no policy is or lies under '%(code)s'") % {"code": family},
            )
            for place, family in enumerate(asked)
            if not any(is_within(code, family) for code in policies)
        ]
    if "severity_at_most" in when and not _whole(when["severity_at_most"], 0, LEAST_SEVERITY):
        found.append(FieldProblem(f"{at}/severity_at_most", "out_of_range", _("a severity is 0, 1, 2 or 3")))
    if "label" in when and (not isinstance(when["label"], str) or not when["label"]):
        found.append(FieldProblem(f"{at}/label", "not_a_text", _("a label is a text")))
    if "min_score" in when and not _share(when["min_score"]):
        found.append(FieldProblem(f"{at}/min_score", "out_of_range", _("a score lies between 0 and 1")))
    if "seller_violations_at_least" in when and not _whole(when["seller_violations_at_least"], 1, 1_000_000):
        found.append(FieldProblem(f"{at}/seller_violations_at_least", "out_of_range", _("a number of at least 1")))
    if "reported" in when and not isinstance(when["reported"], bool):
        found.append(FieldProblem(f"{at}/reported", "not_a_truth_value", _("true or false")))
    return found


def _then_problems(at: str, then: Any, queues: Collection[str], policies: Collection[str]) -> list[FieldProblem]:
    if not isinstance(then, dict) or "queue" not in then:
        return [FieldProblem(at, "missing", _("say where it goes: a queue, or null to keep it without review"))]
    found = [
        FieldProblem(f"{at}/{key}", "unknown_field", _("there is no '%(key)s' here") % {"key": key})
        for key in sorted(set(then) - _THEN)
    ]
    if then["queue"] is not None and then["queue"] not in queues:
        found.append(
            FieldProblem(
                f"{at}/queue",
                "unknown_queue",
                _("there is no queue '%(code)s'") % {"code": then["queue"]},
            )
        )
    severity = then.get("severity")
    if severity is not None and not _whole(severity, 0, LEAST_SEVERITY):
        found.append(FieldProblem(f"{at}/severity", "out_of_range", _("a severity is 0, 1, 2 or 3")))
    policy = then.get("policy")
    if policy is not None and policy not in policies:
        found.append(
            FieldProblem(f"{at}/policy", "unknown_policy", _("there is no policy '%(code)s'") % {"code": policy})
        )
    return found


def _list_problems(at: str, values: Any, allowed: frozenset[str] | None) -> list[FieldProblem]:
    if not isinstance(values, list):
        return [FieldProblem(at, "not_a_list", _("a list of the values that match"))]
    return [
        FieldProblem(
            f"{at}/{place}", "unknown_value", _("'%(value)s' is not a value of this condition") % {"value": value}
        )
        for place, value in enumerate(values)
        if not isinstance(value, str) or not value or (allowed is not None and value not in allowed)
    ]


def _whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _share(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
