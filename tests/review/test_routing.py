"""Routing rules: the first that matches wins, and bad ones are refused with the place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from piepowder.review.routing import RoutingFacts, compile_rules, is_within, route, settled_severity
from piepowder.review.rule_problems import problems_in

FACTS = RoutingFacts(
    kind="listing",
    market="DE",
    language="de",
    policy_code="P-1.1",
    severity=1,
    labels=(("gun", 0.4), ("knife", 0.9)),
    reporter_kind="user",
    seller_violations=2,
)


def matches(when: dict[str, Any], facts: RoutingFacts = FACTS) -> bool:
    rules = compile_rules(1, [{"name": "it", "when": when, "then": {"queue": "q"}}], fallback="rest")
    return route(rules, facts).queue == "q"


@pytest.mark.parametrize(
    ("met", "missed"),
    [
        ({"kind": ["text", "listing"]}, {"kind": ["text"]}),
        ({"market": ["DE"]}, {"market": ["AT", "CH"]}),
        ({"language": ["de"]}, {"language": ["en"]}),
        ({"policy": ["X", "P-1"]}, {"policy": ["P-1.10", "P-11"]}),
        ({"severity_at_most": 1}, {"severity_at_most": 0}),
        ({"label": "gun"}, {"label": "bomb"}),
        ({"label": "knife", "min_score": 0.9}, {"label": "gun", "min_score": 0.5}),
        ({"min_score": 0.9}, {"min_score": 0.91}),
        ({"reporter": ["user"]}, {"reporter": ["authority"]}),
        ({"seller_violations_at_least": 2}, {"seller_violations_at_least": 3}),
        ({"reported": True}, {"reported": False}),
    ],
)
def test_each_condition_is_met_or_missed(met: dict[str, Any], missed: dict[str, Any]) -> None:
    assert matches(met)
    assert not matches(missed)
    assert not matches({**met, **missed})


def test_a_rule_without_conditions_matches_everything() -> None:
    assert matches({})


def test_an_unknown_severity_meets_no_bound() -> None:
    assert not matches({"severity_at_most": 3}, replace(FACTS, severity=None))


def test_why_tells_what_was_asked_and_what_met_it() -> None:
    when = {
        "label": "knife",
        "min_score": 0.5,
        "severity_at_most": 2,
        "seller_violations_at_least": 1,
        "reported": True,
    }
    rules = compile_rules(7, [{"name": "Knives", "when": when, "then": {"queue": "q", "severity": 0}}], fallback="rest")
    to = route(rules, FACTS)
    assert (to.queue, to.severity, to.policy_code) == ("q", 0, None)
    assert to.why == {
        "by": "rule",
        "version": 7,
        "rule": 1,
        "name": "Knives",
        "matched": [
            {"condition": "severity_at_most", "value": 1, "asked": 2},
            {"condition": "detection", "value": "knife", "score": 0.9, "asked": 0.5},
            {"condition": "seller_violations", "value": 2, "asked": 1},
            {"condition": "reported", "value": True},
        ],
    }


def test_what_no_rule_matches_goes_to_the_fallback() -> None:
    to = route(compile_rules(3, [], fallback="rest"), FACTS)
    assert (to.queue, to.why) == ("rest", {"by": "fallback", "version": 3})


def test_a_rule_that_keeps_without_review_is_passed_over_for_reports() -> None:
    rules = compile_rules(1, [{"name": "Keep", "then": {"queue": None}}], fallback="rest")
    assert route(rules, replace(FACTS, reporter_kind="")).queue is None
    assert route(rules, FACTS).queue == "rest"


@pytest.mark.parametrize(
    ("code", "family", "within"),
    [
        ("P-1.1", "P", True),
        ("P-1.1", "P-1", True),
        ("P-1.1", "P-1.1", True),
        ("P-11", "P-1", False),
        ("PX-1", "P", False),
        ("", "P", False),
    ],
)
def test_a_family_covers_what_lies_under_it(code: str, family: str, within: bool) -> None:
    assert is_within(code, family) is within


def test_a_rule_raises_what_the_policy_says_and_never_plays_it_down() -> None:
    assert [settled_severity(*pair) for pair in ((0, 2), (3, 1), (None, 2), (1, None), (None, None))] == [0, 1, 2, 1, 3]


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        ({}, ("", "not_a_list")),
        (["rule"], ("/0", "not_an_object")),
        ([{"name": "x", "then": {"queue": "q"}, "if": 1}], ("/0/if", "unknown_field")),
        ([{"then": {"queue": "q"}}], ("/0/name", "missing")),
        ([{"name": "x"}], ("/0/then", "missing")),
        ([{"name": "x", "then": {"queue": "z"}}], ("/0/then/queue", "unknown_queue")),
        ([{"name": "x", "then": {"queue": "q", "severity": 4}}], ("/0/then/severity", "out_of_range")),
        ([{"name": "x", "then": {"queue": "q", "policy": "P"}}], ("/0/then/policy", "unknown_policy")),
        ([{"name": "x", "then": {"queue": "q", "grade": 1}}], ("/0/then/grade", "unknown_field")),
        ([{"name": "x", "when": [], "then": {"queue": "q"}}], ("/0/when", "not_an_object")),
        ([{"name": "x", "when": {"colour": 1}, "then": {"queue": "q"}}], ("/0/when/colour", "unknown_condition")),
        ([{"name": "x", "when": {"market": "DE"}, "then": {"queue": "q"}}], ("/0/when/market", "not_a_list")),
        ([{"name": "x", "when": {"kind": ["car"]}, "then": {"queue": "q"}}], ("/0/when/kind/0", "unknown_value")),
        ([{"name": "x", "when": {"policy": ["Z"]}, "then": {"queue": "q"}}], ("/0/when/policy/0", "unknown_policy")),
        ([{"name": "x", "when": {"min_score": 2}, "then": {"queue": "q"}}], ("/0/when/min_score", "out_of_range")),
        ([{"name": "x", "when": {"label": ""}, "then": {"queue": "q"}}], ("/0/when/label", "not_a_text")),
        ([{"name": "x", "when": {"reported": 1}, "then": {"queue": "q"}}], ("/0/when/reported", "not_a_truth_value")),
        (
            [{"name": "x", "when": {"severity_at_most": True}, "then": {"queue": "q"}}],
            ("/0/when/severity_at_most", "out_of_range"),
        ),
        (
            [{"name": "x", "when": {"seller_violations_at_least": 0}, "then": {"queue": "q"}}],
            ("/0/when/seller_violations_at_least", "out_of_range"),
        ),
    ],
)
def test_what_is_wrong_with_rules_is_told_with_its_place(rules: Any, found: tuple[str, str]) -> None:
    problems = problems_in(rules, queues={"q"}, policies={"P-1.1"})
    assert [(problem.pointer, problem.code) for problem in problems] == [found]


def test_a_family_may_be_asked_for_and_sound_rules_pass() -> None:
    rules = [
        {"name": "x", "when": {"policy": ["P", "P-1"], "kind": ["listing"]}, "then": {"queue": "q", "policy": "P-1.1"}},
        {"name": "y", "then": {"queue": None}},
    ]
    assert problems_in(rules, queues={"q"}, policies={"P-1.1"}) == []
