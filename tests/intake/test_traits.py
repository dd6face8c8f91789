"""By what two seller accounts are told to be one, and that nothing but a digest of it is compared."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from piepowder.intake.models import Trait
from piepowder.intake.operations import receive
from piepowder.intake.schemas import Submitted, parse_submission
from piepowder.intake.traits import traits_of
from piepowder.kernel.actor import SYSTEM

KEY = b"a key of the test"


def digests(**content: Any) -> set[tuple[str, str]]:
    return {(one.kind, one.digest) for one in traits_of(content, KEY)}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"email": "Anna+shop@Mail.example"}, {"email": "anna@mail.example "}),
        ({"phone": "+49 (0) 151 234-567"}, {"phone": "0049 0151 234567".replace("0049 0", "49 0")}),
        ({"vat_id": "DE 123.456.789"}, {"vat_id": "de123456789"}),
        ({"attributes": {"iban": "DE02 1203 0000"}}, {"attributes": {"payout": ["de0212030000"]}}),
        ({"attributes": {"devices": ["aa-bb-cc-dd"]}}, {"attributes": {"device_id": "AABBCCDD"}}),
        (
            {"address": {"lines": ["Hafenstr. 3"], "city": "Kiel", "country": "DE"}},
            {"address": {"lines": ["HAFENSTR 3"], "city": "kiel", "country": "DE"}},
        ),
    ],
    ids=["email", "phone", "tax", "payout", "device", "address"],
)
def test_the_same_thing_written_differently_is_one_trait(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert digests(**one) == digests(**other) != set()


def test_the_same_number_is_not_the_same_trait_when_it_is_something_else() -> None:
    assert not digests(vat_id="12345678") & digests(phone="12345678")


def test_what_is_shown_and_kept_does_not_give_the_thing_away() -> None:
    found = traits_of(
        {"email": "anna@mail.example", "phone": "+49 151 234567", "attributes": {"iban": "DE0212030000"}}, KEY
    )
    assert [one.shown for one in found] == ["a…@mail.example", "…567", "DE…000"]
    assert traits_of({"email": "anna@mail.example"}, b"another key")[0].digest != found[0].digest


@pytest.mark.parametrize(
    "content",
    [
        {"email": "no address"},
        {"phone": "112"},
        {"attributes": {"devices": [True, None, {"id": "x"}], "iban": 3.5}},
        {"address": {"lines": [], "city": "Kiel", "country": "DE"}},
        {"attributes": "none", "registration": None},
    ],
)
def test_what_is_too_little_or_no_such_thing_is_no_trait(content: dict[str, Any]) -> None:
    assert traits_of(content, KEY) == ()


def seller(ref: str, email: str, **more: Any) -> Submitted:
    raw = {
        "kind": "seller",
        "id": ref,
        "market": "DE",
        "language": "de",
        "content": {"name": ref, "email": email},
        **more,
    }
    given = parse_submission(raw)
    assert isinstance(given, Submitted), given
    return given


@pytest.mark.django_db
def test_traits_follow_what_the_seller_says_last_and_a_withdrawal_keeps_them(now: datetime) -> None:
    receive(actor=SYSTEM, submissions=[seller("S-1", "a@x.example"), seller("S-2", "b@x.example")], at=now)
    receive(actor=SYSTEM, submissions=[seller("S-1", "b@x.example")], at=now)
    kept = {(one.item.external_id, one.shown) for one in Trait.objects.select_related("item")}
    assert kept == {("S-1", "b…@x.example"), ("S-2", "b…@x.example")}
    assert Trait.objects.values("digest").distinct().count() == 1
    gone = parse_submission(
        {"kind": "seller", "id": "S-1", "market": "DE", "language": "de", "submission": "withdrawn"}
    )
    assert isinstance(gone, Submitted), gone
    receive(actor=SYSTEM, submissions=[gone], at=now)
    assert Trait.objects.count() == 2
