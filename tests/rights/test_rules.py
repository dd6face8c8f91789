"""The pure rules: what speaks against a claim, how far an owner is relied on, when strikes count as one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from piepowder.intake.locations import meant_by
from piepowder.kernel.ids import new_id
from piepowder.rights.pasted import locations_in
from piepowder.rights.scores import AbuseScore, Infringement, strikes_from
from piepowder.rights.warnings import Claimed, RightAsItStands, covers, holds_in, warnings_of

TODAY = date(2026, 3, 4)
RIGHT = RightAsItStands("verified", ("DE", "FR"), ("Fashion > Bags",), TODAY, "R-1", "A-1", TODAY)
BAG = Claimed("DE", "Fashion > Bags > Clutches", "S-7")
NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
YEAR, DAYS_3 = timedelta(days=365), timedelta(hours=72)


def test_nothing_speaks_against_a_sound_claim_on_its_last_day() -> None:
    assert warnings_of(RIGHT, BAG, "agent", on=TODAY) == ()


@pytest.mark.parametrize(
    ("right", "claimed", "sender", "warned"),
    [
        (replace(RIGHT, state="submitted"), BAG, "owner", "not_verified"),
        (replace(RIGHT, expires_on=TODAY - timedelta(days=1)), BAG, "owner", "expired"),
        (RIGHT, replace(BAG, market="US"), "owner", "market"),
        (RIGHT, replace(BAG, category="Fashion > Shoes"), "owner", "class"),
        (RIGHT, BAG, "other", "sender"),
        (replace(RIGHT, agent_until=TODAY - timedelta(days=1)), BAG, "agent", "authorisation_over"),
        (RIGHT, replace(BAG, seller_ref="R-1"), "owner", "own_item"),
        (RIGHT, replace(BAG, seller_authorised=True), "owner", "seller_authorised"),
    ],
)
def test_each_thing_that_speaks_against_a_claim_is_told(
    right: RightAsItStands, claimed: Claimed, sender: str, warned: str
) -> None:
    assert warnings_of(right, claimed, sender, on=TODAY) == (warned,)


def test_a_right_holds_in_a_market_of_several_countries_if_it_holds_in_one() -> None:
    assert holds_in(["DE"], "EU")
    assert holds_in(["EEA"], "NO")
    assert not holds_in(["US"], "EU")
    assert holds_in([], "BR")


def test_a_category_is_covered_by_its_beginning_however_it_is_written() -> None:
    assert covers(["fashion/bags"], "Fashion > Bags > Clutches")
    assert not covers(["Fashion > Bag"], "Fashion > Bags")
    assert covers([], "anything")
    assert covers(["Fashion"], "")


def test_a_few_failed_claims_are_no_misuse_and_many_are() -> None:
    assert not AbuseScore(1, 1).is_abusive(limit=0.5, least=1)
    assert not AbuseScore(6, 10).is_abusive(limit=0.5, least=10)
    assert AbuseScore(90, 100).is_abusive(limit=0.5, least=10)
    assert not AbuseScore(9, 9).is_abusive(limit=0.5, least=10)
    assert AbuseScore(0, 0).share is None


@settings(max_examples=60)
@given(st.integers(0, 200), st.integers(0, 200))
def test_the_interval_holds_the_share(failed: int, more: int) -> None:
    score = AbuseScore(failed, failed + more)
    assert 0 <= score.low <= (score.share or 0) + 1e-9 <= score.high + 2e-9 <= 1 + 3e-9


def infringements(*hours: float, batch: object = None) -> list[Infringement]:
    return [Infringement("R-1", new_id() if batch is None else batch, NOW - timedelta(hours=one)) for one in hours]  # type: ignore[arg-type]


def test_claims_of_one_notice_are_one_strike() -> None:
    found = strikes_from(infringements(0, 100, 200, batch=new_id()), now=NOW, window=YEAR, apart=DAYS_3)
    assert [(one.strikes, one.claims) for one in found] == [(1, 3)]


def test_claims_found_right_within_three_days_are_one_strike() -> None:
    assert strikes_from(infringements(0, 71), now=NOW, window=YEAR, apart=DAYS_3)[0].strikes == 1
    assert strikes_from(infringements(0, 72), now=NOW, window=YEAR, apart=DAYS_3)[0].strikes == 2


def test_strikes_are_over_after_the_window_and_counted_by_owner() -> None:
    old = infringements(24 * 366)
    other = [replace(one, owner_ref="R-2") for one in infringements(0, 100)]
    found = strikes_from([*old, *infringements(0), *other], now=NOW, window=YEAR, apart=DAYS_3)
    assert [(one.owner_ref, one.strikes) for one in found] == [("R-2", 2), ("R-1", 1)]


@settings(max_examples=60)
@given(st.lists(st.integers(0, 400 * 24), max_size=30))
def test_there_are_never_more_strikes_than_claims_nor_than_fit_into_the_window(hours: list[int]) -> None:
    for one in strikes_from(infringements(*hours), now=NOW, window=YEAR, apart=DAYS_3):
        assert 1 <= one.strikes <= min(one.claims, YEAR // DAYS_3 + 1)


@pytest.mark.parametrize(
    ("typed", "patterns", "meant"),
    [
        ("L-1", (), [("", "L-1")]),
        ("seller: S-7", (), [("seller", "S-7")]),
        ("https://m.example/de/item/L-1/?x=L-2", (), [("", "L-1"), ("", "item"), ("", "de"), ("", "L-2")]),
        ("https://m.example/item/L%201?x", ("https://m.example/item/{id}",), [("listing", "L 1")]),
        ("https://m.example/live/9", ("https://m.example/live/{id} livestream",), [("livestream", "9")]),
        ("https://elsewhere.example/item/L-1", ("https://m.example/item/{id}",), []),
        ("https://[broken", (), []),
        ("", (), []),
        ("zero\0", (), []),
        ("x" * 201, (), []),
    ],
)
def test_what_somebody_types_means_an_item(typed: str, patterns: tuple[str, ...], meant: list[tuple[str, str]]) -> None:
    assert meant_by(typed, patterns) == meant


@settings(max_examples=100)
@given(st.text(max_size=300))
def test_reading_what_was_typed_never_breaks(text: str) -> None:
    meant_by(text)
    meant_by("https://" + text)
    assert all(one.strip() for one in locations_in(text.encode(errors="surrogatepass")))


def test_a_list_is_read_with_or_without_a_heading_and_columns() -> None:
    assert locations_in(b"\xef\xbb\xbfitem;note\r\nL-1;x\r\nL-2;y\r\nL-1;z\r\n") == ["L-1", "L-2"]
    assert locations_in(b"L-1\n\nL-2") == ["L-1", "L-2"]
    assert locations_in("Größe-1,b\n".encode("cp1252")) == ["Größe-1"]
