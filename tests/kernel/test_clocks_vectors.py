"""The clocks answer the reference cases, and whatever a slow walk of the wall clock answers."""

from __future__ import annotations

import copy
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from piepowder.kernel.clocks.payload import MalformedInput
from piepowder.kernel.clocks.vectors import KINDS, UnknownKind, compute
from tests.kernel.clock_cases import cases, utc
from tests.kernel.clock_oracle import BEYOND, walk

REFERENCE = json.loads((Path(__file__).parents[1] / "data" / "sla_cases.json").read_text())
BUILT = [case for case in REFERENCE["cases"] if case["kind"] in ("sla_due", "sla_multi_clock")]
WEEK = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


def a_case(**changes: Any) -> dict[str, Any]:
    """Wednesday 10:00, eight to five on weekdays in UTC, four hours."""
    plain = {"effective_from": None, "tz": "UTC", "weekly": WEEK, "holidays": [], "overrides": {}}
    case = {
        "tz": "UTC",
        "calendars": [plain],
        "target_minutes": 240,
        "created": "2026-03-04T10:00:00+00:00",
        "events": [],
        "rule": {},
    }
    return copy.deepcopy(case | changes)


def on_wednesday(clock: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"at": f"2026-03-04T{clock}:00+00:00", "type": kind, **more}


def due(clock: str, day: str = "2026-03-04") -> dict[str, str]:
    return {"utc": f"{day}T{clock}:00Z", "local": f"{day}T{clock}:00+00:00"}


@pytest.mark.parametrize("case", BUILT, ids=[case["id"] for case in BUILT])
def test_every_reference_case_is_answered_exactly(case: dict[str, Any]) -> None:
    assert compute(case["kind"], case["input"]) == case["expected"]


@pytest.mark.parametrize("case", [case for case in BUILT if case["kind"] == "sla_due"], ids=lambda case: case["id"])
def test_the_slow_walk_agrees_with_the_reference_cases(case: dict[str, Any]) -> None:
    instants = [case["input"]["created"], *(event["at"] for event in case["input"]["events"])]
    step = 60 if all(datetime.fromisoformat(at).second == 0 for at in instants) else 1
    assert walk(case["input"], step, days=7) == utc(case["expected"]["due"]["utc"])


@settings(max_examples=120, deadline=None, derandomize=True)
@given(cases())
def test_a_random_case_is_due_when_the_slow_walk_says(case: dict[str, Any]) -> None:
    expected = walk(case, 60, days=9)
    answer = compute("sla_due", case)["due"]
    if expected == BEYOND:
        assert answer is None or utc(answer["utc"]) >= utc(case["created"]) + timedelta(days=9)
    elif expected is None:
        assert answer is None
    else:
        assert answer is not None
        assert utc(answer["utc"]) == expected


@settings(max_examples=60, deadline=None, derandomize=True)
@given(cases())
def test_the_order_and_the_doubling_of_events_change_nothing(case: dict[str, Any]) -> None:
    doubled = case | {"events": [*reversed(case["events"]), *case["events"]]}
    assert compute("sla_due", doubled) == compute("sla_due", case)


def test_a_pause_without_end_leaves_time_instead_of_a_due_instant() -> None:
    case = a_case(events=[on_wednesday("11:00", "pause", reason="seller")])
    assert compute("sla_due", case) == {"due": None, "remaining_min": 180.0}


def test_a_budget_used_up_before_the_pause_stays_due_when_it_was() -> None:
    case = a_case(target_minutes=60, events=[on_wednesday("11:30", "pause", reason="seller")])
    assert compute("sla_due", case) == {"due": due("11:00"), "breached": True, "breached_at": "2026-03-04T11:00:00Z"}


def test_reasons_that_overlap_are_one_pause() -> None:
    events = [
        on_wednesday("11:00", "pause", reason="seller"),
        on_wednesday("11:30", "pause", reason="legal"),
        on_wednesday("12:00", "resume", reason="seller"),
        on_wednesday("12:30", "resume", reason="legal"),
    ]
    assert compute("sla_due", a_case(events=events)) == {"due": due("15:30")}


def test_a_resume_without_a_pause_changes_nothing() -> None:
    case = a_case(events=[on_wednesday("12:00", "resume", reason="seller")])
    assert compute("sla_due", case) == {"due": due("14:00")}


def test_a_breach_caused_by_a_raise_is_recorded_at_the_raise() -> None:
    case = a_case(
        targets_minutes={"P1": 60, "P3": 960},
        events=[{"type": "priority", "at": "2026-03-04T13:00:00+00:00", "from": "P3", "to": "P1"}],
        rule={"priority_change": "carry_elapsed"},
    )
    del case["target_minutes"]
    assert compute("sla_due", case) == {
        "due": due("11:00"),
        "breached": True,
        "breached_at": "2026-03-04T13:00:00Z",
        "elapsed_min_at": {"2026-03-04T13:00:00+00:00": 180.0},
        "old_due": due("10:00", "2026-03-06"),
    }


def test_a_pause_open_at_the_change_goes_on_after_it() -> None:
    case = a_case(
        targets_minutes={"P2": 240, "P3": 960},
        events=[
            on_wednesday("11:00", "pause", reason="seller"),
            on_wednesday("12:00", "priority", **{"from": "P3", "to": "P2"}),
            on_wednesday("13:00", "resume", reason="seller"),
        ],
        rule={"priority_change": "carry_elapsed"},
    )
    del case["target_minutes"]
    answer = compute("sla_due", case)
    assert answer["due"] == due("16:00")
    assert answer["elapsed_min_at"] == {"2026-03-04T12:00:00+00:00": 60.0}
    assert answer["old_due"] == due("12:00", "2026-03-06")


def test_a_restart_on_reopening_leaves_the_old_miss_alone() -> None:
    case = a_case(
        target_minutes=60,
        events=[on_wednesday("13:00", "resolved"), on_wednesday("15:00", "reopened")],
        rule={"reopen": "restart"},
    )
    assert compute("sla_due", case) == {"due": due("16:00"), "first_cycle": {"due": due("11:00"), "met": False}}


def test_a_case_reopened_while_paused_waits_on() -> None:
    case = a_case(
        events=[
            on_wednesday("11:00", "pause", reason="seller"),
            on_wednesday("12:00", "resolved"),
            on_wednesday("13:00", "reopened"),
        ],
        rule={"reopen": "continue"},
    )
    answer = compute("sla_due", case)
    assert (answer["due"], answer["remaining_min"], answer["first_cycle"]["met"]) == (None, 180.0, True)


def test_a_retroactive_calendar_rules_the_whole_life() -> None:
    closed = {"effective_from": "2026-03-04T12:00:00+00:00", "tz": "UTC", "weekly": {"thu": [["09:00", "17:00"]]}}
    old = a_case()["calendars"][0]
    versioned = a_case(calendars=[old, closed], rule={"calendar_change": "versioned"})
    retroactive = a_case(calendars=[old, closed], rule={"calendar_change": "retroactive"})
    assert compute("sla_due", versioned) == {"due": due("11:00", "2026-03-05")}
    assert compute("sla_due", retroactive) == {"due": due("13:00", "2026-03-05")}


def test_an_override_beats_a_holiday_and_a_holiday_beats_the_week() -> None:
    calendar = a_case()["calendars"][0] | {
        "holidays": ["2026-03-04", "2026-03-05"],
        "overrides": {"2026-03-05": [["12:00", "13:00"], ["20:00", "24:00"]]},
    }
    assert compute("sla_due", a_case(calendars=[calendar])) == {"due": due("23:00", "2026-03-05")}


def test_an_overnight_team_is_two_windows() -> None:
    night = {day: [["00:00", "06:00"], ["22:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    calendar = a_case()["calendars"][0] | {"weekly": night}
    assert compute("sla_due", a_case(calendars=[calendar])) == {"due": due("02:00", "2026-03-05")}


@pytest.mark.parametrize("kind", ["oncall", "", "SLA_DUE"])
def test_a_kind_that_is_not_built_is_named_with_those_that_are(kind: str) -> None:
    with pytest.raises(UnknownKind) as caught:
        compute(kind, {})
    assert repr(kind) in str(caught.value)
    assert all(known in str(caught.value) for known in KINDS)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"tz": "Mars/Olympus"}, "tz"),
        ({"created": "2026-03-04T10:00:00"}, "created"),
        ({"created": None}, "created"),
        ({"calendars": []}, "calendars"),
        ({"calendars": [{"tz": "UTC", "weekly": {"mon": [["17:00", "09:00"]]}}]}, "calendars[0].weekly"),
        ({"calendars": [{"tz": "UTC", "weekly": {"monday": []}}]}, "calendars[0].weekly"),
        ({"calendars": [{"tz": "UTC", "weekly": {"mon": [[9, 17]]}}]}, "calendars[0].weekly"),
        ({"calendars": [{"weekly": {}}]}, "calendars[0].tz"),
        ({"calendars": [{"tz": "UTC", "holidays": ["soon"]}]}, "calendars[0].holidays"),
        ({"calendars": [{"tz": "UTC", "overrides": {"soon": []}}]}, "calendars[0].overrides"),
        ({"calendars": [{"tz": "UTC", "overrides": {"2026-03-04": [["9", "17"]]}}]}, "calendars[0].overrides"),
        ({"calendars": {}}, "calendars"),
        ({"target_minutes": "4h"}, "target_minutes"),
        ({"target_minutes": -1}, "target_minutes"),
        ({"target_minutes": None}, "target_minutes"),
        ({"events": [on_wednesday("11:00", "pauze")]}, "events[0].type"),
        ({"events": [{"type": "pause"}]}, "events[0].at"),
        ({"events": ["pause"]}, "events[0]"),
        ({"events": [on_wednesday("11:00", "priority", to="P1")]}, "events[0].to"),
        ({"rule": {"reopen": "maybe"}}, "rule.reopen"),
        ({"rule": {"calendar_change": "maybe"}}, "rule.calendar_change"),
    ],
)
def test_what_is_wrong_with_an_input_is_named(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(MalformedInput) as caught:
        compute("sla_due", a_case(**changes))
    assert caught.value.field == field


def test_an_input_that_is_no_object_is_refused() -> None:
    with pytest.raises(MalformedInput, match="input"):
        compute("sla_due", [])  # type: ignore[arg-type]


def test_a_conversation_needs_an_opening() -> None:
    with pytest.raises(MalformedInput, match="created"):
        compute("sla_multi_clock", a_case(created=None, events=[on_wednesday("11:00", "agent_reply")]))


def test_the_local_time_is_told_in_the_zone_of_the_case() -> None:
    answer = compute("sla_due", a_case(tz="Asia/Kathmandu"))
    assert datetime.fromisoformat(answer["due"]["local"]).utcoffset() == timedelta(hours=5, minutes=45)
