"""Means over several places are means over their decisions, as if they had been one place."""

from __future__ import annotations

from piepowder.decisions.pace import Pace, together


def test_what_was_not_timed_weighs_nothing() -> None:
    many_at_once, one_by_one = Pace(101, 500.0, 1), Pace(10, 10.0, 10)
    assert together([many_at_once, one_by_one]) == Pace(111, 600 / 11, 11)
    assert together([Pace(5), Pace()]) == Pace(5)
