"""From a stranger's report to the seller's letter: every party at their own screen, in two languages, and in the database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from piepowder.portal.links import Subject, mint
from tests.conftest import Database
from tests.outbox.receiver import Receiver, receiving
from tests.web.live import Visitor, chromium, served_town
from tests.web.stand import LISTING, SELLER, TITLE, Books

pytestmark = pytest.mark.browser

REASON = "The bag carries a logo that belongs to somebody else."
FACTS = "The title offers a high-grade imitation of a branded bag; the text says it is the same as the real one."
PLEA = "图中是我们自己的品牌，附件是商标注册证。"
ANSWER = "商标注册证证明该品牌属于您。我们已撤销原决定。"


@dataclass
class Fair:
    """Everybody's world: where the server is, what the marketplace was told, what the database holds."""

    address: str
    browser: Browser
    database: Database
    marketplace: Receiver
    books: Books

    def visitor(self) -> Visitor:
        return Visitor(self.browser, self.address)

    def run_worker(self) -> None:
        done = self.database.run("-m", "piepowder.cli", "worker", "--once")
        assert done.returncode == 0, done.stderr

    def told(self) -> set[str]:
        return {request.topic for request in self.marketplace.accepted}

    def restrictions(self, *, by_ladder: bool) -> set[str]:
        """States of what was decided by the person, or by the ladder that counted it."""
        question = (
            "SELECT e.state FROM decisions_enforcement e JOIN decisions_decision d ON d.id = e.decision_id"
            f" WHERE d.machine {'<>' if by_ladder else '='} ''"
        )
        return {state for (state,) in self.books.rows(question)}

    def sanctions(self) -> set[str]:
        """States of the measures that followed from the points."""
        return {
            state for (state,) in self.books.rows("SELECT state FROM standing_sanction WHERE NOT decision_id IS NULL")
        }


@pytest.fixture
def fair(fresh_database: Database, settings: Any) -> Iterator[Fair]:
    settings.SECRET_KEY = fresh_database.environment["PIEPOWDER_SECRET_KEY"]  # links made here open there
    with receiving() as marketplace:
        fresh_database.environment["MARKETPLACE_RECEIVER"] = marketplace.url
        with served_town(fresh_database, "tests.web.stand") as address, chromium() as browser:
            yield Fair(address, browser, fresh_database, marketplace, Books(fresh_database.url))


def test_a_report_becomes_a_decision_and_an_appeal_undoes_it(fair: Fair) -> None:
    reporter, moderator, seller, specialist = (fair.visitor() for _ in range(4))
    _reports(fair, reporter)
    _decides(fair, moderator)
    _is_told(fair)
    _appeals(fair, seller)
    _overturns(fair, specialist)
    _is_restored(fair, seller)
    _reads_the_letter(fair, seller)
    _reads_the_outcome(reporter)
    assert [one.complaints for one in (reporter, moderator, seller, specialist)] == [[], [], [], []]


def _reports(fair: Fair, reporter: Visitor) -> None:
    """Somebody without an account."""
    page = reporter.page
    page.goto(f"{fair.address}/portal/report/?item={LISTING}")
    page.get_by_role("link", name="Something else that is illegal").click()
    expect(page.locator("#id_where")).to_have_value(LISTING)
    page.locator("#id_reason").fill(REASON)
    page.locator("#id_name").fill("Ann Reader")
    page.locator("#id_email").fill("ann@reader.example")
    page.locator("#id_good_faith").check()
    page.get_by_role("button", name="Send the report").click()
    expect(page.get_by_role("status")).to_contain_text("We have your report.")
    page.get_by_role("link", name="Follow the report").click()
    expect(page.locator(".pill")).to_contain_text("being looked at")

    assert fair.books.one("SELECT reason, basis FROM intake_report") == (REASON, "illegal")
    assert fair.books.one("SELECT event, language FROM correspondence_letter") == ("report.received", "en")


def _decides(fair: Fair, moderator: Visitor) -> None:
    page = moderator.page
    moderator.log_in("moderator")
    page.goto(f"{fair.address}/cases/?q={LISTING}")
    page.get_by_role("link", name=TITLE).click()
    page.get_by_role("button", name="Claim and judge").click()
    expect(page.locator("#console")).to_be_focused()
    expect(page.locator("main")).to_contain_text(REASON)
    moderator.press("1")
    expect(page.locator("#chosen")).to_contain_text("Counterfeit goods")
    page.keyboard.type(FACTS)
    moderator.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("It takes effect at once.")

    decided = fair.books.one(
        "SELECT d.state, d.outcome, d.facts, u.email FROM decisions_decision d JOIN access_user u ON u.id = d.decider_id"
    )
    assert decided == ("issued", "violation", FACTS, "moderator@market.example")


def _is_told(fair: Fair) -> None:
    """The statement of reasons leaves, and what was decided is in force; the ladder counts it, and a measure follows."""
    fair.run_worker()
    assert {"statement.issued", "enforcement.applied"} <= fair.told()
    statement = next(one.body for one in fair.marketplace.accepted if one.topic == "statement.issued")
    assert TITLE in str(statement)
    assert fair.restrictions(by_ladder=False) == {"dispatched"}
    assert fair.books.one("SELECT score FROM standing_tally")[0] > 0
    assert fair.sanctions() == {"in_force"}


def _appeals(fair: Fair, seller: Visitor) -> None:
    page = seller.page
    token = mint(Subject("seller", SELLER, "zh-Hans"), datetime.now(UTC), timedelta(hours=1))
    page.goto(f"{fair.address}/portal/open/{token}")
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    page.locator("a.row", has_text=TITLE).first.click()
    expect(page.locator("h1")).to_have_text(TITLE)
    expect(page.locator("main")).to_contain_text(FACTS)
    letter = page.locator(".said[lang='zh-Hans']").last
    expect(letter).to_contain_text("申诉")
    page.locator("a.button[href$='/appeal/1']").click()

    page.locator("#text").fill(PLEA)
    page.locator("button[name=next]").click()
    page.locator("#files").set_input_files(
        {"name": "certificate.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n%%EOF\n"}
    )
    page.locator("form[enctype] button").click()
    expect(page.locator(".files")).to_contain_text("certificate.pdf")
    page.locator("a.button[href$='/appeal/3']").click()
    expect(page.locator(".said")).to_have_text(PLEA)
    page.locator("form.actions button").click()
    page.wait_for_url("**/portal/appeals/*/?done=sent")
    expect(page.locator(".timeline li")).to_have_count(1)

    appeal = fair.books.one("SELECT state, stage, complainant_kind, text, language FROM appeals_appeal")
    assert appeal == ("admitted", 1, "recipient", PLEA, "zh-Hans")
    barred = fair.books.rows("SELECT u.email, b.why FROM appeals_bar b JOIN access_user u ON u.id = b.user_id")
    assert barred == [("moderator@market.example", "decider")]
    assert fair.books.rows("SELECT reason FROM standing_hold WHERE until IS NULL") in ([], [("appeal",)])


def _overturns(fair: Fair, specialist: Visitor) -> None:
    """Somebody who had no part in it, at an English screen."""
    page = specialist.page
    specialist.log_in("appeals")
    page.goto(f"{fair.address}/appeals/")
    page.locator("tbody tr", has_text=TITLE).get_by_role("link").click()
    page.get_by_role("button", name="Take it in hand").click()
    expect(page.locator("main")).to_contain_text(PLEA)
    expect(page.locator("main")).to_contain_text(FACTS)
    conclude = page.locator("#conclude")
    conclude.get_by_label("Overturn: the decision is undone").check()
    conclude.get_by_label("Reasons").fill(ANSWER)
    conclude.get_by_role("button", name="Conclude and answer").click()
    expect(page.locator("#toasts, [role=status]").first).to_contain_text("The appeal is concluded")
    expect(page.locator("main")).to_contain_text("Mona Moderator")

    heard = fair.books.one(
        "SELECT a.state, a.outcome, u.email, a.hearer_id = d.decider_id, d.state FROM appeals_appeal a"
        " JOIN access_user u ON u.id = a.hearer_id JOIN decisions_decision d ON d.id = a.decision_id"
    )
    assert heard == ("concluded", "overturned", "appeals@market.example", False, "overturned")
    assert fair.books.one("SELECT state FROM appeals_auditrequest") == ("open",)


def _is_restored(fair: Fair, seller: Visitor) -> None:
    fair.run_worker()
    assert {"enforcement.reversed", "letter.sent"} <= fair.told()
    assert fair.restrictions(by_ladder=False) == {"reversed"}
    assert fair.restrictions(by_ladder=True) <= {"reversed", "cancelled"}
    assert fair.books.one("SELECT undone FROM standing_entry") == ("overturned",)
    assert fair.books.one("SELECT score, burden FROM standing_tally") == (0, 0)
    assert fair.sanctions() == {"undone"}

    page = seller.page
    page.goto(f"{fair.address}/portal/overview/")
    expect(page.locator(".notice.good")).to_be_visible()
    expect(page.locator("h2").first).to_contain_text("0")
    page.goto(f"{fair.address}/portal/account/")
    expect(page.locator("svg.scale .filled").first).to_have_attribute("width", re.compile(r"^0(\.0)?$"))


def _reads_the_letter(fair: Fair, seller: Visitor) -> None:
    page = seller.page
    page.goto(f"{fair.address}/portal/letters/")
    page.locator("a.row").first.click()
    expect(page.locator(".said[lang='zh-Hans']")).to_contain_text("您是对的。我们已撤销该决定，并恢复了受限制的内容。")
    expect(page.locator(".said")).to_contain_text(ANSWER)
    assert fair.books.one(
        "SELECT language, recipient_ref FROM correspondence_letter WHERE event = 'appeal.concluded'"
    ) == ("zh-Hans", SELLER)


def _reads_the_outcome(reporter: Visitor) -> None:
    reporter.page.reload()
    expect(reporter.page.locator(".pill").first).to_contain_text("the decision was undone on complaint")
