"""First response, next response and resolution run side by side and never for one another."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from piepowder.kernel.clocks import Calendar, Conversation, Happening, Message, NotStarted, Targets, conversation
from piepowder.kernel.clocks.vectors import compute

OFFICE = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
CALENDAR = Calendar.of(tz="UTC", weekly=OFFICE)
TARGETS = Targets(first_response_s=3600, next_response_s=1800, resolution_s=8 * 3600)


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-04T{clock}:00+00:00")


def talk(*events: tuple[str, str], until: str = "16:59", targets: Targets = TARGETS) -> Conversation:
    messages = [Message(at("10:00"), Happening.CREATED), *(Message(at(when), Happening(what)) for when, what in events)]
    return conversation(messages, targets=targets, calendar=CALENDAR, now=at(until))


def answer(*events: tuple[str, str]) -> dict[str, Any]:
    listed = [{"at": f"2026-03-04T{when}:00+00:00", "type": what} for when, what in (("10:00", "created"), *events)]
    version = {"effective_from": None, "tz": "UTC", "weekly": OFFICE, "holidays": [], "overrides": {}}
    minutes = {"first_response": 60, "next_response": 30, "resolution": 480}
    case = {"tz": "UTC", "calendars": [version], "targets_minutes": minutes, "events": listed, "rule": {}}
    result: dict[str, Any] = compute("sla_multi_clock", case)
    return result


def due(clock: str, day: int = 4) -> dict[str, str]:
    return {"utc": f"2026-03-{day:02d}T{clock}:00Z", "local": f"2026-03-{day:02d}T{clock}:00+00:00"}


def test_the_next_response_waits_for_the_first_and_starts_at_the_first_unanswered_message() -> None:
    events = [("10:10", "customer_message"), ("10:20", "agent_reply"), ("10:40", "customer_message")]
    assert answer(*events, ("10:50", "customer_message")) == {
        "first_response": {"met": True, "elapsed_min": 20},
        "next_response": due("11:10"),
        "resolution": due("10:00", 5),
        "earliest": "next_response",
    }


def test_a_reply_stops_the_next_response_and_a_note_does_not() -> None:
    asked = [("10:20", "agent_reply"), ("10:40", "customer_message")]
    assert answer(*asked, ("10:45", "agent_note"))["next_response"] == due("11:10")
    stopped = answer(*asked, ("10:45", "agent_reply"))
    assert (stopped["next_response"], stopped["earliest"]) == (None, "resolution")


def test_a_late_first_response_is_a_miss_with_its_time() -> None:
    assert answer(("11:30", "agent_reply"))["first_response"] == {"met": False, "elapsed_min": 90}


def test_an_ended_policy_clears_the_clocks_and_keeps_the_breach() -> None:
    assert answer(("11:30", "sla_deactivated")) == {
        "first_response": {"met": False, "breached": True, "breached_at": "2026-03-04T11:00:00Z"},
        "next_response": None,
        "resolution": None,
        "earliest": None,
    }
    assert answer(("10:30", "policy_deactivated"))["first_response"] is None


def test_an_outcome_from_before_the_policy_ended_stands() -> None:
    ended = answer(("10:20", "agent_reply"), ("10:40", "customer_message"), ("10:45", "policy_deactivated"))
    assert ended["first_response"] == {"met": True, "elapsed_min": 20}
    assert (ended["next_response"], ended["resolution"], ended["earliest"]) == (None, None, None)


def test_resolving_unanswered_stops_the_first_response_too() -> None:
    resolved = answer(("10:30", "resolved"))
    assert resolved["first_response"] == {"met": True, "elapsed_min": 30}
    assert resolved["earliest"] is None


def test_a_pause_without_end_leaves_each_clock_its_time() -> None:
    paused = answer(("10:30", "pause"))
    assert paused["first_response"] == {"due": None, "remaining_min": 30}
    assert (paused["resolution"], paused["earliest"]) == ({"due": None, "remaining_min": 450}, None)


def test_a_message_to_a_resolved_case_waits_from_the_reopening() -> None:
    before = [("10:20", "agent_reply"), ("10:40", "customer_message"), ("11:00", "resolved")]
    assert talk(*before, ("11:30", "reopened")).next_response is None, "the resolution settled what came before it"
    reopened = talk(*before, ("11:20", "customer_message"), ("11:30", "reopened"), until="11:40").next_response
    assert reopened is not None
    assert reopened.due_at == at("12:00")


def test_every_wait_that_was_answered_is_kept() -> None:
    kept = talk(
        ("10:20", "agent_reply"),
        ("10:40", "customer_message"),
        ("10:50", "agent_reply"),
        ("11:00", "customer_message"),
        ("12:00", "agent_reply"),
    )
    assert [(wait.current.elapsed_s, wait.current.met) for wait in kept.answered] == [(600, True), (3600, False)]
    assert kept.next_response is None


def test_a_reply_and_a_message_at_one_instant_end_one_wait_and_begin_another() -> None:
    events = [("10:20", "agent_reply"), ("10:40", "customer_message"), ("10:50", "agent_reply")]
    both = talk(*events, ("10:50", "customer_message"), until="10:55")
    assert both.next_response is not None
    assert both.next_response.due_at == at("11:20")
    assert len(both.answered) == 1


def test_a_clock_without_a_target_does_not_run() -> None:
    only = talk(("10:20", "agent_reply"), targets=Targets(resolution_s=3600))
    assert (only.first_response, only.next_response, only.earliest) == (None, None, "resolution")


def test_a_conversation_has_to_begin() -> None:
    with pytest.raises(NotStarted):
        conversation(
            [Message(at("10:00"), Happening.CUSTOMER_MESSAGE)], targets=TARGETS, calendar=CALENDAR, now=at("11:00")
        )


MESSAGES = st.builds(
    Message,
    st.integers(0, 59).map(lambda minute: at(f"10:{minute:02d}")),
    st.sampled_from([kind for kind in Happening if kind is not Happening.CREATED]),
)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(MESSAGES, max_size=10), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(messages: list[Message], shuffler: Any) -> None:
    whole = [Message(at("10:00"), Happening.CREATED), *messages]
    mixed = whole * 2
    shuffler.shuffle(mixed)
    once, again = (conversation(order, targets=TARGETS, calendar=CALENDAR, now=at("12:00")) for order in (whole, mixed))
    assert once == again
