"""The journeys that pay the rent, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.conftest import Database
from tests.web.live import Visitor, chromium, served_town

pytestmark = pytest.mark.browser

FACTS = "The attribute says 10000 mAh, the title says 100000 mAh."


@pytest.fixture
def visitor(fresh_database: Database) -> Iterator[Visitor]:
    with served_town(fresh_database) as address, chromium() as browser:
        yield Visitor(browser, address)


def test_a_moderator_judges_by_keyboard_and_takes_back_a_slip(visitor: Visitor) -> None:
    page = visitor.page
    visitor.log_in("moderator")
    visitor.picture("home")
    page.get_by_role("button", name="Start reviewing").click()
    title = page.locator(".item-head h1")
    expect(title).to_contain_text("AAA quality replica handbag")
    expect(visitor.page.locator("#console")).to_be_focused()
    assert not visitor.scrolls()

    picture = page.locator(".console-media .media").first
    expect(picture).to_have_class("media is-hidden")
    with page.expect_response("**/reveal") as revealed:
        visitor.press("Space")
    assert revealed.value.status == 204
    expect(picture).to_have_class("media")

    visitor.press("1")
    expect(page.locator("#chosen")).to_contain_text("Counterfeit goods")
    expect(visitor.page.locator("#facts")).to_be_focused()
    visitor.press("Enter")
    expect(page.locator("#judge-problem")).to_have_text("Write in a sentence what in this item breaks the policy.")
    page.keyboard.type("The title says replica; picture 1 shows the copied logo.")
    visitor.picture("console")
    visitor.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("It takes effect at once.")

    expect(title).to_contain_text("Power bank")
    expect(visitor.page.locator("#console")).to_be_focused()
    visitor.press("0", "Enter")
    expect(title).not_to_contain_text("Power bank")
    expect(page.locator("[data-countdown]")).to_contain_text("s")
    visitor.press("u")
    expect(title).to_contain_text("Power bank")
    expect(page.locator("[data-none]")).to_have_attribute("aria-pressed", "true")

    visitor.press("1")
    expect(page.locator("#chosen")).to_contain_text("False or unproven product claims")
    page.keyboard.type(FACTS)
    visitor.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Violation · Power bank")
    expect(title).not_to_contain_text("Power bank")

    before = page.url
    visitor.press("s")
    expect(page.locator("#leave-title")).to_have_text("Skip this case")
    page.keyboard.type("I know the seller")
    visitor.press("Enter")
    page.wait_for_url(lambda url: url != before)
    expect(visitor.page.locator("#console")).to_be_focused()
    expect(page.locator(".own-day")).to_contain_text("2 today")
    assert visitor.complaints == []


def test_nothing_typed_is_lost_when_the_page_is_left_or_the_lease_is(visitor: Visitor) -> None:
    page = visitor.page
    visitor.log_in("moderator")
    visitor.press("/")
    page.keyboard.type("Power bank")
    visitor.press("Enter")
    page.get_by_role("link", name="Power bank").click()
    page.get_by_role("button", name="Claim and judge").click()
    expect(page.locator("#console")).to_be_focused()
    visitor.press("/")
    expect(visitor.page.locator("#policy-search")).to_be_focused()
    page.keyboard.type("false")
    expect(page.locator("#policy-hits .suggestion").first).to_be_visible()
    visitor.press("Enter")
    expect(page.locator("#chosen .chosen-policy")).to_be_visible()
    page.locator("#facts").fill(FACTS)
    expect(page.locator("#draft-state")).to_have_text("draft saved")
    page.reload()
    expect(page.locator("#facts")).to_have_value(FACTS)

    page.evaluate(
        "document.querySelector('#console').dataset.beatUrl = '/console/00000000-0000-7000-8000-000000000000/beat'"
    )
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(page.locator("#lost")).to_be_visible()
    expect(page.locator("#decide")).to_be_disabled()
    page.get_by_role("button", name="Claim it again").click()
    expect(page.locator("#facts")).to_have_value(FACTS)
    visitor.press("?")
    expect(page.get_by_role("heading", name="All keys")).to_be_visible()
    visitor.press("Escape")
    visitor.press("r")
    page.keyboard.type("break")
    visitor.press("Enter")
    expect(page.get_by_role("button", name="Start reviewing")).to_be_visible()
    assert [said for said in visitor.complaints if "409" not in said] == []


def test_a_lead_watches_the_board_and_reads_it_in_chinese_and_in_the_dark(visitor: Visitor) -> None:
    page = visitor.page
    visitor.log_in("lead")
    page.goto(f"{visitor.address}/board/")
    waiting = page.locator(".tile b").first
    expect(waiting).to_have_text("6")
    visitor.picture("board")
    other = Visitor(page.context.browser, visitor.address)  # type: ignore[arg-type]
    other.log_in("moderator")
    other.page.get_by_role("button", name="Start reviewing").click()
    expect(other.page.locator(".item-head h1")).to_be_visible()
    expect(waiting).to_have_text("5")
    for name, address in (
        ("cases", "/cases/"),
        ("policies", "/policies/C-1.1/"),
        ("people", "/people/"),
        ("ledger", "/ledger/"),
    ):
        page.goto(f"{visitor.address}{address}")
        visitor.picture(name)
    page.get_by_label("Language").click()
    page.get_by_role("button", name="简体中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    expect(page.locator(".rail")).to_contain_text("队列")
    page.get_by_label("主题").click()
    page.get_by_role("button", name="深色").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.set_viewport_size({"width": 390, "height": 844})
    for address in ("/", "/board/", "/cases/", "/policies/", "/queues/", "/people/", "/me/", "/ledger/"):
        page.goto(f"{visitor.address}{address}")
        wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not wide, f"{address} can be scrolled sideways on a telephone"
    assert visitor.complaints == other.complaints == []
