"""What is wrong with routing rules that somebody wants to publish, each with a pointer to the place."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.utils.translation import gettext as _

from piepowder.intake.states import Kind, ReporterKind
from piepowder.kernel.errors import FieldProblem
from piepowder.review.routing import LEAST_SEVERITY, is_within


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
    if not isinstance(name, str) or not name.strip() or "\x00" in name:
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
    if "label" in when and not _is_text(when["label"]):
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
    if then["queue"] is not None and not _is_among(then["queue"], queues):
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
    if policy is not None and not _is_among(policy, policies):
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
        if not _is_text(value) or (allowed is not None and value not in allowed)
    ]


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value) and "\x00" not in value


def _is_among(value: Any, known: Collection[str]) -> bool:
    return isinstance(value, str) and value in known


def _whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _share(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
