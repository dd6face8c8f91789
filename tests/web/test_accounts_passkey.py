"""A passkey from adding it to logging in with it alone, in a real browser with an authenticator of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import Database
from tests.web.live import Visitor, chromium, served_town
from tests.web.town import PASSWORD

pytestmark = pytest.mark.browser


@pytest.fixture
def visitor(fresh_database: Database) -> Iterator[Visitor]:
    with served_town(fresh_database) as address, chromium() as browser:
        # A passkey belongs to a name; a bare network address cannot have one.
        visitor = Visitor(browser, address.replace("127.0.0.1", "localhost"))
        devices = visitor.context.new_cdp_session(visitor.page)
        devices.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        devices.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        yield visitor
        assert visitor.complaints == []


def test_a_passkey_is_added_and_lets_in_alone_and_as_second_factor(visitor: Visitor) -> None:
    page = visitor.page
    visitor.log_in("moderator")
    page.goto(f"{visitor.address}/me/factors/passkeys/add")
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/me/factors/passkeys/add")
    page.fill("#id_name", "Laptop")
    page.click("#passkey_add")
    page.wait_for_url("**/me/factors/codes")
    assert page.locator(".recovery-codes li").count() == 10
    page.goto(f"{visitor.address}/me/factors/")
    assert "Laptop" in page.inner_text("main")

    visitor.context.clear_cookies()
    page.goto(f"{visitor.address}/login/")
    page.click("#passkey_login")
    page.wait_for_url(f"{visitor.address}/")

    visitor.context.clear_cookies()
    page.goto(f"{visitor.address}/login/")
    page.fill("#id_login", "moderator@market.example")
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/login/factor")
    page.click("#passkey_use")
    page.wait_for_url(f"{visitor.address}/")
