"""What a seller reads: what holds, why, until when, and nothing of anybody else."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from piepowder.access import options
from piepowder.decisions.models import Decision
from piepowder.decisions.operations import EnforcementOrder, overturn
from piepowder.kernel.actor import SYSTEM
from piepowder.kernel.ids import new_id
from piepowder.policy import packs
from piepowder.portal.models import FirstReading
from piepowder.review import reference
from piepowder.standing import catalogue
from tests.decisions.conftest import FACTS, REMOVED
from tests.portal.conftest import Fair


def test_a_decision_is_told_in_full_with_rule_reach_time_and_redress(fair: Fair) -> None:
    order = replace(REMOVED, days=30, territories=("DE", "FR"))
    decision = fair.decided(enforcements=(order,))
    page = fair.browser().get(f"/portal/decisions/{decision.pk}/").text
    for said in (
        FACTS,
        "It has been removed.",
        "France, Germany",
        "ends on 3 April 2026",
        "Tobacco, e-cigarettes and refill liquids may not be offered here.",
        "Directive 2014/40/EU",
        "You offered goods that may not be sold here.",
        "The decision was taken by a person",
        "No automated means were used to find it.",
        "Sept. 4, 2026",
        "out-of-court",
        "Go to court at any time",
    ):
        assert said in page, said
    for hidden in ("typed in haste", "Person ", "visibility", "content_removed", "house"):
        assert hidden not in page, hidden


def test_the_same_decision_reads_chinese_in_chinese(fair: Fair) -> None:
    decision = fair.decided()
    page = fair.browser(language="zh-Hans").get(f"/portal/decisions/{decision.pk}/").text
    assert '<html lang="zh-hans">' in page
    assert "它已被移除" in page or "已" in page
    assert FACTS in page


def test_who_reported_is_told_nowhere(fair: Fair) -> None:
    item = fair.court.item()
    fair.court.report(item, name="Nosy Parker", email="nosy@parker.example")
    decision = fair.decided(item)
    browser = fair.browser()
    for address in (
        f"decisions/{decision.pk}/",
        "overview/",
        f"items/{item.pk}/",
        f"decisions/{decision.pk}/decision.json",
    ):
        text = browser.get(f"/portal/{address}").text
        assert "osy" not in text
        assert "This is forbidden." not in text
    assert "because of a notice" in browser.get(f"/portal/decisions/{decision.pk}/").text


def test_until_it_is_final_a_decision_is_not_told(fair: Fair) -> None:
    fair.now = fair.court.now + timedelta(seconds=9)
    decision = fair.decided()
    assert fair.browser().get(f"/portal/decisions/{decision.pk}/").status_code == 404


def test_what_was_lifted_says_so_and_restricts_nothing(fair: Fair) -> None:
    decision = fair.decided()
    browser = fair.browser()
    assert "1 item is restricted" in browser.get("/portal/overview/").text
    overturn(actor=SYSTEM, decision_id=decision.pk, at=fair.now, reason="wrong")
    assert "This decision was lifted" in browser.get(f"/portal/decisions/{decision.pk}/").text
    assert "0 items are restricted" in browser.get("/portal/overview/").text


def test_an_account_that_is_suspended_says_so_first(fair: Fair) -> None:
    seller = fair.court.item("seller", external_id="S-1", seller_ref="S-1", title="Shop")
    fair.decided(seller, enforcements=(EnforcementOrder("account", "suspended", days=7),))
    page = fair.browser().get("/portal/overview/").text
    assert "Your account is restricted" in page
    assert "Your account is suspended." in page
    assert "2026-03-11" in page


def test_the_first_reading_is_kept_and_the_first_alone(fair: Fair) -> None:
    decision = fair.decided()
    browser = fair.browser()
    browser.head(f"/portal/decisions/{decision.pk}/")
    assert not FirstReading.objects.exists()
    browser.get(f"/portal/decisions/{decision.pk}/")
    browser.get(f"/portal/decisions/{decision.pk}/decision.html")
    reading = FirstReading.objects.get()
    assert (reading.decision_id, reading.at, reading.through) == (decision.pk, fair.now, "portal")


def test_a_restriction_whose_reasons_may_not_be_told_shows_its_effect_alone(fair: Fair) -> None:
    item = fair.court.item(title="Silent pen")
    fair.court.report(item, kind="authority")
    decision = fair.decided(item, exclusion="authority_order")
    browser = fair.browser()
    assert browser.get(f"/portal/decisions/{decision.pk}/").status_code == 404
    page = browser.get(f"/portal/items/{item.pk}/").text
    assert "You are told the reasons separately." in page
    assert FACTS not in page
    assert "Silent pen" in browser.get("/portal/overview/").text
    assert str(decision.pk) not in browser.get("/portal/decisions/").text


@pytest.fixture
def both(fair: Fair) -> tuple[Fair, Decision, Decision]:
    mine = fair.decided(fair.court.item(title="Mine qxone", seller_ref="S-1"))
    theirs = fair.decided(fair.court.item(title="Theirs qxtwo", seller_ref="S-2"), facts="qxtwo shows a knife.")
    return fair, mine, theirs


PLACES = (
    "overview/", "items/", "items/?q=qx", "decisions/", "appeals/", "account/", "letters/", "out-of-court/",
    "decisions/{decision}/", "decisions/{decision}/decision.html", "decisions/{decision}/decision.json",
    "decisions/{decision}/appeal/1", "decisions/{decision}/appeal/2", "items/{item}/", "items/{item}/correct",
    "appeals/{other}/", "letters/{other}/", "everything.zip",
)  # fmt: skip


def test_no_page_shows_anything_of_another_seller(both: tuple[Fair, Decision, Decision]) -> None:
    fair, _mine, theirs = both
    browser = fair.browser("S-1")
    for place, send in itertools.product(PLACES, (browser.get, browser.post)):
        address = place.format(decision=theirs.pk, item=theirs.item_id, other=new_id())
        answer = send(f"/portal/{address}")
        assert answer.status_code in ((404, 405) if "{" in place else (200, 302, 404, 405)), address
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert b"qxtwo" not in body, address
        assert str(theirs.pk).encode() not in body.replace(address.encode(), b""), address


def test_a_link_to_one_decision_opens_that_one_alone(fair: Fair) -> None:
    first, second = fair.decided(), fair.decided()
    browser = fair.browser(only=str(first.pk))
    assert browser.get(f"/portal/decisions/{first.pk}/").status_code == 200
    assert browser.get(f"/portal/decisions/{first.pk}/appeal/1").status_code == 200
    assert browser.get(f"/portal/decisions/{second.pk}/").status_code == 404
    for place in ("overview/", "items/", "letters/", "everything.zip", f"items/{first.item_id}/"):
        assert browser.get(f"/portal/{place}")["Location"] == f"/portal/decisions/{first.pk}/"


def test_a_decision_does_not_go_with_the_item_to_its_next_seller(fair: Fair) -> None:
    decision = fair.decided()
    decision.item.seller_ref = "S-2"
    decision.item.save()
    for ref in ("S-1", "S-2"):
        assert fair.browser(ref).get(f"/portal/decisions/{decision.pk}/").status_code == 404


def test_links_of_others_open_no_seller_s_page(fair: Fair) -> None:
    decision = fair.decided()
    for kind in ("reporter", "rights_owner", "buyer"):
        browser = Client()
        browser.get(fair.link("S-1", kind=kind))
        for place in ("overview/", "items/", f"decisions/{decision.pk}/", f"decisions/{decision.pk}/decision.json"):
            assert browser.get(f"/portal/{place}").status_code == 404, (kind, place)


def test_hostile_words_stay_words(fair: Fair) -> None:
    bad = '"><script>alert(1)</script>{{ 7|add:7 }}'
    item = fair.court.item(title=bad)
    decision = fair.decided(item, facts=f"It says {bad} on the box.")
    browser = fair.browser(language="en")
    for place in (
        f"decisions/{decision.pk}/",
        "overview/",
        "items/",
        f"items/{item.pk}/",
        f"decisions/{decision.pk}/decision.html",
    ):
        text = browser.get(f"/portal/{place}").text
        assert "<script>alert" not in text
        assert "&lt;script&gt;" in text


def test_thousands_of_items_are_paged_and_searched_at_a_fixed_cost(fair: Fair) -> None:
    for number in range(3):
        fair.decided(fair.court.item(title=f"Restricted {number}"))
    browser = fair.browser()
    few = _queries(browser, "/portal/items/"), _queries(browser, "/portal/overview/")
    for number in range(60):
        fair.court.item(title=f"Lamp {number}", external_id=f"LAMP-{number}")
    fair.decided(fair.court.item(title="Restricted again"))
    assert (_queries(browser, "/portal/items/"), _queries(browser, "/portal/overview/")) == few
    assert few[0] <= 8
    assert few[1] <= 30
    assert "page=2" in browser.get("/portal/items/").text
    assert browser.get("/portal/items/?q=lamp-7&page=1").text.count("LAMP-") == 1
    assert browser.get("/portal/items/?show=restricted").text.count("Restricted") >= 4
    assert "Nothing found" in browser.get("/portal/items/?q=submarine").text
    for odd in ("page=0", "page=-1", "page=abc", "page=99999999999999999999", "page=٣", "q=%00", "q=" + "x" * 5_000):
        assert browser.get(f"/portal/items/?{odd}").status_code in (200, 422), odd


def test_empty_pages_say_what_would_be_there(fair: Fair) -> None:
    browser = fair.browser("S-new")
    for place, said in {
        "overview/": "No decisions about you",
        "items/": "No items yet",
        "decisions/": "No decisions about you",
        "appeals/": "No appeals",
        "letters/": "No letters yet",
        "out-of-court/": "No body is listed here",
    }.items():
        assert said in browser.get(f"/portal/{place}").text, place


def test_one_decision_and_everything_can_be_taken_along(fair: Fair) -> None:
    import io
    import json
    import zipfile

    decision = fair.decided()
    browser = fair.browser()
    assert json.loads(browser.get(f"/portal/decisions/{decision.pk}/decision.json").content)["facts"] == FACTS
    assert browser.get(f"/portal/decisions/{decision.pk}/decision.exe").status_code == 404
    answer = browser.get("/portal/everything.zip")
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    assert archive.testzip() is None
    names = archive.namelist()
    assert [name.endswith((".html", ".json")) for name in names] == [True] * len(names)
    told = json.loads(
        archive.read(next(name for name in names if name.startswith("decisions/") and name.endswith("json")))
    )
    assert told["decision"] == str(decision.pk)
    assert {"items.json", "letters.json", "appeals.json", "account.json", "corrections.json"} <= set(names)
    statuses = []
    for _ in range(5):
        again = browser.get("/portal/everything.zip")
        statuses.append(again.status_code)
        if again.streaming:
            b"".join(again.streaming_content)
    assert statuses[-1] == 429


def test_an_end_that_has_passed_is_told_as_passed(fair: Fair) -> None:
    decision = fair.decided(enforcements=(replace(REMOVED, days=1),))
    fair.now += timedelta(days=2)
    browser = fair.browser()
    assert "ended" in browser.get(f"/portal/decisions/{decision.pk}/").text
    assert "0 items are restricted" in browser.get("/portal/overview/").text


def _queries(browser: Client, address: str) -> int:
    for kept in (options, packs, catalogue, reference):
        kept.forget()
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(address).status_code == 200
    return len(captured)
