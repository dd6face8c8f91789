"""A receiver can tell our webhooks from anybody else's."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from piepowder.outbox.signing import new_secret, signature, signature_header, verify

ID, BODY = "0190a0b0-0000-7000-8000-000000000001", b'{"a":1}'


def test_openssl_makes_the_same_signature() -> None:
    # printf '1772618400.%s.{"a":1}' "$ID" | openssl dgst -sha256 -hmac pps_example
    expected = "451756688ec49d8e37d85f85065f2d515c6bcf7bc8b797bc4d500c24655aa928"
    assert signature("pps_example", 1772618400, ID, BODY) == expected


def test_every_secret_in_force_signs_and_each_alone_suffices(now: datetime) -> None:
    old, new = new_secret(), new_secret()
    header = signature_header([new, old], now, ID, BODY)
    assert header.count("v1=") == 2
    assert verify(header, old, ID, BODY, now=now)
    assert verify(header, new, ID, BODY, now=now)
    assert not verify(header, new_secret(), ID, BODY, now=now)


@pytest.mark.parametrize(
    ("event_id", "body", "later_s"),
    [("0190a0b0-0000-7000-8000-000000000002", BODY, 0), (ID, b'{"a":2}', 0), (ID, BODY, 301), (ID, BODY, -301)],
)
def test_another_id_another_body_or_another_time_does_not_pass(
    now: datetime, event_id: str, body: bytes, later_s: int
) -> None:
    secret = new_secret()
    header = signature_header([secret], now, ID, BODY)
    assert verify(header, secret, ID, BODY, now=now + timedelta(seconds=300))
    assert not verify(header, secret, event_id, body, now=now + timedelta(seconds=later_s))


@pytest.mark.parametrize("header", ["", "t=,v1=", "v1=abc", "t=abc,v1=é", "t=99999999999999999999,v1=a", ",,=,=="])
def test_rubbish_in_the_header_is_a_no_and_not_an_error(now: datetime, header: str) -> None:
    assert not verify(header, "pps_x", ID, BODY, now=now)


def test_secrets_are_long_and_never_the_same() -> None:
    assert len({new_secret() for _ in range(100)}) == 100
    assert all(len(new_secret()) >= 40 for _ in range(10))
