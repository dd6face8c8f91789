"""Whether the screens can be used by everybody: the rules of axe on the pages of every wing, in one session."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.conftest import Database
from tests.web.live import Visitor, chromium, served_town

pytestmark = pytest.mark.browser

GRAVE = ("serious", "critical")
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")

ADDRESSES = (
    "/",
    "/live/",
    "/decisions/",
    "/proposals/",
    "/facts-repeated/",
    "/board/",
    "/cases/",
    "/pending/",
    "/queues/add",
    "/routing/",
    "/routing/rules/add",
    "/targets/",
    "/calendars/add",
    "/reporters/",
    "/policies/",
    "/policy-drafts/add",
    "/policies/translations/",
    "/templates/en/",
    "/facts-templates/add",
    "/people/",
    "/roles/",
    "/access/",
    "/outbox/actions/",
    "/schemas/listing/",
    "/settings/",
    "/configuration/",
    "/ledger/",
    "/me/keys",
)


@pytest.fixture
def visitor(fresh_database: Database) -> Iterator[Visitor]:
    with served_town(fresh_database) as address, chromium() as browser:
        yield Visitor(browser, address)


def _barriers(visitor: Visitor, place: str) -> list[str]:
    """What keeps somebody out, as (place: rule, where it shows first)."""
    found = Axe().run(visitor.page).response["violations"]
    return [f"{place}: {one['id']} {one['nodes'][0]['html'][:200]}" for one in found if one["impact"] in GRAVE]


def test_no_page_keeps_anybody_out_by_turns_in_the_light_and_in_the_dark(visitor: Visitor) -> None:
    page = visitor.page
    visitor.log_in("admin")
    barriers = []
    for theme, address in zip(cycle(THEMES), ADDRESSES, strict=False):
        page.emulate_media(color_scheme=theme)
        answer = page.goto(f"{visitor.address}{address}")
        assert answer is not None
        assert answer.status == 200, address
        barriers += _barriers(visitor, f"{address} {theme}")
    page.goto(visitor.address)
    page.get_by_role("button", name="Start reviewing").click()
    expect(page.locator("#console")).to_be_focused()
    visitor.press("1")
    expect(page.locator("#chosen .chosen-policy")).to_be_visible()
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        barriers += _barriers(visitor, f"console {theme}")
    assert barriers == []
