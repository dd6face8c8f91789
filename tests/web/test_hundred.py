"""A morning on the bench: a hundred cases by keyboard alone, and every decision compared with what was intended."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.conftest import Database
from tests.web import hundred
from tests.web.hundred import Intent
from tests.web.live import Visitor, chromium, served_town

pytestmark = pytest.mark.browser

UNDOS, LOSSES = 5, 2


@pytest.fixture
def visitor(fresh_database: Database) -> Iterator[Visitor]:
    with served_town(fresh_database, "tests.web.hundred") as address, chromium() as browser:
        yield Visitor(browser, address)


def accessible(visitor: Visitor, where: str) -> None:
    """Nothing on the page is a serious or critical barrier."""
    found = Axe().run(visitor.page).response["violations"]
    grave = [one for one in found if one["impact"] in ("serious", "critical")]
    told = [(one["id"], [node["target"] for node in one["nodes"]][:3]) for one in grave]
    assert told == [], where


def test_a_hundred_cases_are_judged_by_keyboard_as_intended(visitor: Visitor, fresh_database: Database) -> None:
    meant = hundred.intents()
    page = visitor.page
    visitor.log_in("moderator")
    page.goto(f"{visitor.address}/console/")
    accessible(visitor, "start")
    visitor.press("n")
    page.wait_for_url("**/console/*/")
    bench = Bench(visitor)
    accessible(visitor, "console")
    undone: set[str] = set()
    lost: set[str] = set()
    for _ in meant:
        intent = meant[bench.item()]
        if len(undone) < UNDOS and intent.policies:
            bench.decide_and_take_back()
            undone.add(intent.item)
        elif len(lost) < LOSSES and intent.policies:
            bench.lose_and_claim_again(intent, fresh_database)
            lost.add(intent.item)
        bench.rule(intent)
        bench.decide()
    expect(page.get_by_role("heading", name="No case is waiting for you")).to_be_visible()

    page.goto(f"{visitor.address}/me/keys")
    accessible(visitor, "settings")

    stands: dict[str, Any] = json.loads(fresh_database.run("-m", "tests.web.hundred", "told").stdout)
    assert stands == {item: wanted(intent, item in undone) for item, intent in meant.items()}
    restrictions = [intent for intent in meant.values() if intent.orders]
    assert len(restrictions) >= 30
    assert len({code for intent in restrictions for code in intent.policies}) >= 10
    assert {intent.kind for intent in meant.values()} == set(hundred.KINDS)
    assert (len(undone), len(lost)) == (UNDOS, LOSSES)
    assert [said for said in visitor.complaints if "409" not in said] == []


def wanted(intent: Intent, undone: bool) -> dict[str, Any]:
    return {
        "outcome": intent.outcome,
        "policies": list(intent.policies),
        "ground": intent.ground,
        "facts": intent.facts,
        "orders": intent.orders,
        "where": list(intent.where),
        "withdrawn": int(undone),
    }


class Bench:
    """Hands on the keyboard."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor, self.page = visitor, visitor.page

    def item(self) -> str:
        """The marketplace's id of the item before one's eyes."""
        told = self.page.evaluate("document.querySelector('.item-facts .mono').textContent")
        return str(told).split(" · ")[0].strip()

    def rule(self, intent: Intent) -> None:
        if not intent.policies:
            self.visitor.press("0")
            return
        first, *others = intent.policies if not intent.swapped else intent.policies[::-1]
        if intent.searched:
            self.search(first)
        else:
            self.visitor.press("1")
            self.cited(first)
        if others:
            self.visitor.press("Escape")
            self.search(others[0], also=True)
        self.visitor.press("Escape")
        if intent.swapped:
            self.visitor.press("Shift+P")
            self.cited(intent.policies[0])
        if intent.other_ground:
            self.visitor.press("j")
        if intent.where:
            self.visitor.press("d")
        if intent.more:
            self.order(intent.more)
        self.visitor.press("f")
        if not self.page.evaluate("document.querySelector('#facts').value"):
            self.page.keyboard.type(intent.facts)

    def search(self, code: str, *, also: bool = False) -> None:
        self.visitor.press("/")
        self.page.keyboard.type(code)
        self.page.wait_for_selector(f"#policy-hits [aria-selected=true][data-code='{code}']")
        self.visitor.press("Shift+Enter" if also else "Enter")
        self.cited(code)

    def cited(self, code: str) -> None:
        self.page.wait_for_selector(f"#policies-chosen input[value='{code}']", state="attached")

    def order(self, measure: str) -> None:
        self.visitor.press("a")
        for _ in range(30):
            if self.page.evaluate("document.activeElement.value") == measure:
                break
            self.visitor.press("ArrowDown")
        self.visitor.press("Space")

    def decide(self) -> None:
        lease = self.page.evaluate("document.querySelector('#console').dataset.lease")
        self.visitor.press("Enter")
        self.page.wait_for_function("lease => document.querySelector('#console').dataset.lease !== lease", arg=lease)
        expect(self.visitor.page.locator("#console")).to_be_focused()

    def decide_and_take_back(self) -> None:
        """A slip: decided as nothing, and undone at once."""
        item = self.item()
        self.visitor.press("0")
        self.decide()
        self.visitor.press("u")
        self.page.wait_for_function(
            "item => document.querySelector('.item-facts .mono')?.textContent.startsWith(item)", arg=item
        )
        expect(self.page.locator(".suggestion[data-none]")).to_have_attribute("aria-pressed", "true")

    def lose_and_claim_again(self, intent: Intent, database: Database) -> None:
        """The lease runs out while somebody types; the case is claimed again and what was typed is there."""
        before = self.page.url
        self.rule(intent)
        expect(self.page.locator("#draft-state")).to_have_text("draft saved")
        execute(database, "UPDATE review_lease SET expires_at = '2026-01-01 00:00:00'")
        self.page.evaluate("dispatchEvent(new Event('focus'))")
        expect(self.page.locator("#lost")).to_be_visible()
        self.visitor.press("Escape", "Enter")
        self.page.wait_for_url(lambda url: url != before)
        expect(self.page.locator("#facts")).to_have_value(intent.facts)
        self.visitor.press("0")


def execute(database: Database, statement: str) -> None:
    """Change the database behind the server's back."""
    if database.url.startswith("sqlite"):
        with sqlite3.connect(database.url.removeprefix("sqlite:///"), timeout=20) as connection:
            connection.execute(statement)
        connection.close()
        return
    import psycopg

    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute(statement)
