"""Reading a ladder: what ships is sound, and what is wrong is told by field and line."""

from __future__ import annotations

from typing import Any

import pytest

from piepowder.policy.library import shipped_tree
from piepowder.standing.ladder import BadLadder, read_ladder
from piepowder.standing.shipping import from_text, lines_of, shipped_ladders, shipped_text, to_text

RULE = {"code": "any", "reasons": ["*"], "points": 1}


def problems(content: Any) -> dict[str, str]:
    with pytest.raises(BadLadder) as refused:
        read_ladder("made", content)
    return {one.pointer: one.code for one in refused.value.problems}


@pytest.mark.parametrize("code", sorted(shipped_ladders()))
def test_what_ships_is_sound_names_policies_that_are_there_and_reads_the_same_written_anew(code: str) -> None:
    content = shipped_ladders()[code]
    ladder = read_ladder(code, content)
    codes = {node.code for node in shipped_tree()} | {"*"}
    assert {reason for counter in ladder.counters for rule in counter.rules for reason in rule.reasons} <= codes
    assert ladder.policy in codes
    assert set(ladder.title) == {"en", "zh-Hans"}
    assert from_text(to_text(content)) == content


def test_no_shipped_ladder_closes_an_account_by_itself() -> None:
    for code, content in shipped_ladders().items():
        for counter in read_ladder(code, content).counters:
            for threshold in counter.thresholds:
                assert all("terminat" not in one.measure for one in threshold.automatic)


def test_every_fault_is_told_at_once_with_its_place() -> None:
    measures = [
        {"family": "account", "measure": "terminated"},
        {"family": "moon", "measure": "x"},
        {"family": "visibility", "measure": "other", "days": 3},
    ]
    assert problems(
        {
            "titel": "x",
            "timezone": "Mars/Base",
            "points": {
                "direction": "sideways",
                "rules": [RULE, RULE, {"code": "R!", "reasons": [], "points": -1, "range": [5, 2]}],
                "repeats": {"days": 10, "factors": [2, 1]},
                "thresholds": [{"code": "a", "title": "A", "at": 0, "measures": measures}],
            },
        }
    ) == {
        "/titel": "unknown_field",
        "/title": "missing",
        "/timezone": "unknown_zone",
        "/points/direction": "unknown_value",
        "/points/rules/1/code": "repeated",
        "/points/rules/2/code": "bad_code",
        "/points/rules/2/reasons": "missing",
        "/points/rules/2/points": "not_a_number",
        "/points/rules/2/range": "not_a_range",
        "/points/repeats/factors": "falling",
        "/points/thresholds/0/at": "not_reached",
        "/points/thresholds/0/measures/0/permanent": "for_good",
        "/points/thresholds/0/measures/1/family": "unknown_value",
        "/points/thresholds/0/measures/2/description": "missing",
    }


def test_an_override_is_merged_by_code_and_its_faults_are_its_own() -> None:
    content = {
        "title": "Made",
        "points": {"rules": [RULE, {"code": "b", "reasons": ["B"], "points": 2}]},
        "overrides": [{"markets": ["EU"], "points": {"rules": [RULE | {"points": 9}]}}],
    }
    ladder = read_ladder("made", content)
    assert [rule.points for rule in ladder.in_market("FR").counters[0].rules] == [9, 2]
    assert [rule.points for rule in ladder.in_market("US").counters[0].rules] == [1, 2]
    content["overrides"] = [{"markets": [], "points": {"once_hours": "x"}}]
    assert problems(content) == {"/overrides/0/markets": "missing", "/overrides/0/points/once_hours": "not_a_number"}


@pytest.mark.parametrize("text", ["a: [", "- 1", "a: 1\na: 2", "a: &x [1]\nb: *x", "a: \x00"])
def test_what_is_no_plain_yaml_is_refused(text: str) -> None:
    with pytest.raises(BadLadder) as refused:
        from_text(text)
    assert refused.value.problems[0].code == "not_yaml"


def test_a_fault_is_found_by_its_line() -> None:
    text = shipped_text("rating-1000")
    lines = lines_of(text, ["/points/thresholds/1/at", "/points/most", "/points/nothing", "/"])
    assert text.splitlines()[lines["/points/thresholds/1/at"] - 1].strip() == "at: 99"
    assert text.splitlines()[lines["/points/most"] - 1].strip() == "most: 1000"
    assert text.splitlines()[lines["/points/nothing"] - 1] == "points:"
    assert lines["/"] == 1
