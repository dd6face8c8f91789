"""Where a request comes from, behind proxies and without."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import RequestFactory

from piepowder.http.client_address import UNKNOWN, client_address


def asked(settings: Any, proxies: int = 0, header: str = "", remote: str = "10.0.0.1", **headers: str) -> str:
    settings.TRUSTED_PROXIES, settings.CLIENT_IP_HEADER = proxies, header
    return client_address(RequestFactory().get("/", headers=headers, REMOTE_ADDR=remote))


def test_what_a_client_claims_counts_nothing_without_a_trusted_proxy(settings: Any) -> None:
    assert asked(settings, x_forwarded_for="1.2.3.4") == "10.0.0.1"


@pytest.mark.parametrize(
    ("proxies", "expected"),
    [(1, "198.51.100.7"), (2, "203.0.113.5"), (3, "1.2.3.4"), (4, "10.0.0.1")],
)
def test_each_trusted_proxy_is_believed_about_one_step(settings: Any, proxies: int, expected: str) -> None:
    told = "1.2.3.4, 203.0.113.5, 198.51.100.7"
    assert asked(settings, proxies, x_forwarded_for=told) == expected


def test_a_header_of_the_proxys_own_comes_first(settings: Any) -> None:
    assert asked(settings, 1, "CF-Connecting-IP", cf_connecting_ip="2001:db8::1") == "2001:db8::1"


@pytest.mark.parametrize(
    ("told", "expected"),
    [("203.0.113.5:4711", "203.0.113.5"), ("[2001:db8::1]:443", "2001:db8::1"), ("<script>", "10.0.0.1")],
)
def test_ports_and_nonsense_are_cut_off(settings: Any, told: str, expected: str) -> None:
    assert asked(settings, 1, x_forwarded_for=told) == expected


def test_a_connection_without_an_address_has_none(settings: Any) -> None:
    assert asked(settings, remote="") == UNKNOWN
