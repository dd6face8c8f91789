"""How a reporter's record becomes the weight of their word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piepowder.intake.accuracy import Accuracy, trust_from, wilson

RECORDS = st.integers(0, 100).flatmap(lambda judged: st.tuples(st.integers(0, judged), st.just(judged)))


def trust(founded: int, judged: int, *, prior: float = 0.5) -> int:
    return trust_from(Accuracy(founded, judged), prior=prior, strength=8, most=85)


def test_one_report_that_was_right_is_no_proof_of_a_hundred_percent() -> None:
    assert [trust(0, 0), trust(1, 1), trust(0, 1), trust(95, 100), trust(0, 100)] == [50, 56, 44, 85, 4]


@given(record=RECORDS)
def test_one_more_founded_report_never_lowers_the_trust_and_one_unfounded_never_raises_it(
    record: tuple[int, int],
) -> None:
    founded, judged = record
    assert trust(founded, judged + 1) <= trust(founded, judged) <= trust(founded + 1, judged + 1) <= 85


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [(0, 0, 0.0, 1.0), (1, 1, 0.2065, 1.0), (0, 10, 0.0, 0.2775), (81, 263, 0.2553, 0.3662)],
)
def test_the_interval_is_wilsons(hits: int, trials: int, low: float, high: float) -> None:
    # 81 of 263: Newcombe 1998, table I.
    assert wilson(hits, trials) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))
