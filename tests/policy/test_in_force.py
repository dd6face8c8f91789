"""Which version applies: by date, market and language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piepowder.policy.logic import best_language, day_of, expand_markets, in_force


@dataclass(frozen=True, slots=True)
class Version:
    number: int
    effective_from: date
    markets: tuple[str, ...] = ()


FIRST = Version(1, date(2026, 1, 1))
SECOND = Version(2, date(2026, 3, 1))
GERMAN = Version(3, date(2026, 2, 1), ("DE", "AT"))
ALL = [SECOND, GERMAN, FIRST]


@pytest.mark.parametrize(
    ("market", "on", "expected"),
    [
        ("FR", date(2025, 12, 31), None),
        ("FR", date(2026, 1, 1), FIRST),
        ("FR", date(2026, 2, 28), FIRST),
        ("FR", date(2026, 3, 1), SECOND),
        ("DE", date(2026, 1, 31), FIRST),
        ("DE", date(2026, 2, 1), GERMAN),
        ("DE", date(2026, 3, 1), GERMAN),
        ("AT", date(2030, 1, 1), GERMAN),
        ("", date(2030, 1, 1), SECOND),
        (None, date(2030, 1, 1), SECOND),
    ],
)
def test_the_market_s_own_version_beats_the_general_one_and_the_latest_begun_wins(
    market: str | None, on: date, expected: Version | None
) -> None:
    assert in_force(ALL, market=market, on=on) is expected


def test_a_correction_with_the_same_date_replaces_what_it_corrects() -> None:
    correction = Version(4, SECOND.effective_from)
    assert in_force([correction, SECOND], market="FR", on=SECOND.effective_from) is correction


def test_a_policy_for_some_markets_only_does_not_apply_elsewhere_but_the_library_shows_it() -> None:
    assert in_force([GERMAN], market="FR", on=date(2026, 6, 1)) is None
    assert in_force([GERMAN], market="", on=date(2026, 6, 1)) is None
    assert in_force([GERMAN], market=None, on=date(2026, 6, 1)) is GERMAN


def test_the_day_is_counted_in_utc_for_everybody() -> None:
    shanghai = timezone(timedelta(hours=8))
    assert day_of(datetime(2026, 3, 1, 7, 59, tzinfo=shanghai)) == date(2026, 2, 28)
    assert day_of(datetime(2026, 3, 1, 8, 0, tzinfo=shanghai)) == date(2026, 3, 1)
    assert day_of(datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC)) == date(2026, 2, 28)


versions = st.lists(
    st.builds(
        Version,
        number=st.integers(1, 50),
        effective_from=st.dates(date(2026, 1, 1), date(2026, 12, 31)),
        markets=st.sampled_from([(), ("DE",), ("DE", "FR"), ("US",)]),
    ),
    unique_by=lambda version: version.number,
    max_size=8,
)


@given(versions, st.sampled_from(["DE", "FR", "US", "JP"]), st.dates(date(2025, 12, 1), date(2027, 1, 31)))
def test_what_applies_has_begun_fits_the_market_and_is_not_outdone(rows: list[Version], market: str, on: date) -> None:
    chosen = in_force(rows, market=market, on=on)
    eligible = [row for row in rows if row.effective_from <= on and (not row.markets or market in row.markets)]
    assert (chosen is None) == (not eligible)
    for other in eligible:
        assert chosen is not None
        if bool(other.markets) == bool(chosen.markets):
            assert (other.effective_from, other.number) <= (chosen.effective_from, chosen.number)
        else:
            assert chosen.markets


@given(versions, st.dates(date(2025, 12, 1), date(2027, 1, 31)))
def test_a_version_yet_to_come_changes_nothing_today(rows: list[Version], on: date) -> None:
    coming = Version(99, on + timedelta(days=1), ("DE",))
    assert in_force([*rows, coming], market="DE", on=on) == in_force(rows, market="DE", on=on)


@pytest.mark.parametrize(
    ("available", "wanted", "found"),
    [
        (["en", "zh-Hans"], "zh-Hans", "zh-Hans"),
        (["en", "zh-Hans"], "zh-hans", "zh-Hans"),
        (["en", "zh-Hans"], "zh", "zh-Hans"),
        (["en", "zh-Hans"], "zh_CN", "zh-Hans"),
        (["en", "zh-Hans"], "en-GB", "en"),
        (["en", "zh-Hans"], "fr", "en"),
        (["zh-Hans", "de"], "fr", "de"),
        ([], "en", None),
    ],
)
def test_the_nearest_language_is_read(available: list[str], wanted: str, found: str | None) -> None:
    assert best_language(available, wanted) == found


def test_groups_of_markets_are_stored_as_their_members() -> None:
    eu = expand_markets(["EU"])
    assert (len(eu), "GR" in eu, "GB" in eu, "NO" in eu) == (27, True, False, False)
    assert len(expand_markets(["EEA", "DE", "GB"])) == 31
    assert expand_markets([]) == []
