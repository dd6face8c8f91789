"""How screens say things."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from piepowder.web.item_words import item_words, price
from piepowder.web.words import bar_pieces, clock_of, rough_duration, spoken_duration, why_words


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (41, "41 s"), (185, "3 m 05 s"), (3_900, "1 h 05 m"), (187_200, "2 d 04 h"), (-41, "−41 s")],
)
def test_a_duration_is_said_in_its_two_largest_units(seconds: int, said: str) -> None:
    assert spoken_duration(seconds) == said
    assert spoken_duration(timedelta(seconds=seconds)) == said


def test_a_board_says_only_the_largest_unit() -> None:
    assert [rough_duration(timedelta(seconds=s)) for s in (5, 61, 7_300, 200_000)] == ["under 1 m", "1 m", "2 h", "2 d"]


def test_a_clock_says_by_word_and_icon_what_its_colour_says(now: datetime) -> None:
    risk, due = now + timedelta(hours=1), now + timedelta(hours=2)
    moments = [now, now + timedelta(hours=1), due + timedelta(minutes=1)]
    clocks = [clock_of(due, risk, now=moment) for moment in moments]
    assert [(c.tone, c.words, c.time) for c in clocks] == [
        ("on-time", "on time", "2 h 00 m"),
        ("at-risk", "at risk", "1 h 00 m"),
        ("breached", "breached", "1 m 00 s"),
    ]
    assert len({c.icon for c in clocks}) == 3


@pytest.mark.parametrize(("state", "tone"), [("held", "paused"), ("decided", "done"), ("closed", "done")])
def test_a_clock_that_does_not_run_is_not_said_to_be_late(now: datetime, state: str, tone: str) -> None:
    clock = clock_of(now - timedelta(hours=1), None, now=now, state=state)
    assert (clock.tone, clock.ticking) == (tone, False)


def test_spans_from_outside_that_are_none_are_passed_over() -> None:
    words = item_words(
        {"title": "x", "description": "abc"}, [{"field": "description"}, "nonsense", {"media": 1, "at_s": 2}]
    )
    assert words.texts[0].spans == ()


def test_an_item_is_told_in_facts_and_texts_with_its_attributes() -> None:
    content = {
        "title": "Bag",
        "price": {"amount": 129900, "currency": "EUR"},
        "gtin": "4006381333931",
        "description": "Long text",
        "images": ["https://x.example/1.png"],
        "attributes": {"strap": "leather", "story": "y" * 80},
    }
    words = item_words(content, [{"field": "description", "start": 0, "end": 4}])
    assert [(fact.label, fact.value, fact.checked) for fact in words.facts] == [
        ("Price", "1,299.00 EUR", ""),
        ("GTIN", "4006381333931", "good"),
        ("Strap", "leather", ""),
    ]
    assert [(text.label, text.text) for text in words.texts] == [("", "Long text"), ("Story", "y" * 80)]
    assert words.texts[0].spans == ({"start": 0, "end": 4, "said": ""},)


def test_times_days_and_closed_lists_are_told_as_people_say_them() -> None:
    content = {"started_at": "2026-03-04T10:00:00Z", "expires_on": "2027-01-31", "condition": "for_parts"}
    said = {fact.label: fact.value for fact in item_words(content).facts}
    assert said == {"Started": "03/04/2026 10 a.m.", "Valid until": "01/31/2027", "Condition": "for parts"}


def test_a_wrong_check_digit_is_shown_as_wrong() -> None:
    assert item_words({"gtin": "4006381333932"}).facts[0].checked == "bad"


@pytest.mark.parametrize(
    ("amount", "currency", "said"), [(1299, "EUR", "12.99 EUR"), (1299, "JPY", "1,299 JPY"), (1299, "KWD", "1.299 KWD")]
)
def test_money_has_the_digits_of_its_currency(amount: int, currency: str, said: str) -> None:
    assert price({"amount": amount, "currency": currency}) == said


def test_a_bar_is_divided_in_proportion_and_leaves_empty_bands_out() -> None:
    assert [(p.band, p.x, p.width) for p in bar_pieces([3, 0, 1])] == [(0, "0.00", "75.00"), (2, "75.00", "25.00")]
    assert bar_pieces([0, 0]) == []


def test_why_a_case_is_here_is_said_in_words() -> None:
    assert why_words({"by": "rule", "rule": 2, "name": "All else"}) == "here by rule 2: All else"
    assert (
        why_words({"by": "fallback", "instead_of": "old"})
        == "here because no rule matched · instead of old, which is closed"
    )
