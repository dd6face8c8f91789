"""Reporting without an account: everything that Art. 16 asks for, nothing that it does not, and nothing lost."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from piepowder.intake.models import Report, Reporter, ReportEvidence, StoredMedia
from piepowder.kernel.actor import SYSTEM
from piepowder.policy.models import Policy, PolicyText, PolicyVersion
from piepowder.portal.links import Subject, mint
from piepowder.portal.visits import shut_out
from piepowder.rights.models import Claim, Right
from tests.portal_reporters.conftest import typed, words
from tests.rights.conftest import Desk, png

SAFETY = "/portal/report/safety"
RIGHT = {
    "right_type": "trademark",
    "right_number": "018-123-456",
    "right_title": "LUMIÈRE",
    "right_owner": "Lumière SA",
    "role": "owner",
}


@pytest.fixture
def browser(desk: Desk) -> Client:
    desk.items("L-1", "L-2")
    return Client()


def test_a_report_is_taken_in_and_followed_by_its_link(browser: Client) -> None:
    sent = browser.post(SAFETY, typed(where="https://market.example/item/L-1\nL-2"), follow=True)

    assert sent.status_code == 200
    assert "Bag L-1" in words(sent)
    assert Report.objects.count() == 2
    one = Report.objects.get(item__external_id="L-1")
    assert (one.reporter.kind, one.reporter.email, one.basis) == ("user", "ann@reader.example", "illegal")
    link = re.search(r'href="(/portal/open/[^"]+)"', words(sent))
    assert link is not None
    page = browser.get(link[1], follow=True)
    assert page.redirect_chain[-1][0].startswith("/portal/reports/")
    assert "being looked at" in words(page)
    assert "ann@reader.example" not in words(page)


def test_sending_twice_is_sending_once(browser: Client) -> None:
    first, second = browser.post(SAFETY, typed()), browser.post(SAFETY, typed())
    assert (first.status_code, second.status_code, Report.objects.count()) == (302, 302, 1)


def test_going_back_and_changing_it_is_another_report(browser: Client) -> None:
    browser.post(SAFETY, typed())
    browser.post(SAFETY, typed(reason="And the cable is too thin."))
    assert Report.objects.count() == 2


@pytest.mark.parametrize(
    ("changes", "marked"),
    [
        ({"where": ""}, "where"),
        ({"where": "nowhere"}, "where"),
        ({"reason": ""}, "reason"),
        ({"name": ""}, "name"),
        ({"email": "no address"}, "email"),
        ({"good_faith": ""}, "good_faith"),
    ],
)
def test_what_is_missing_is_marked_and_what_was_typed_stays(
    browser: Client, changes: dict[str, str], marked: str
) -> None:
    said = typed(**changes)
    page = browser.post(SAFETY, said)

    assert page.status_code == 422
    assert Report.objects.count() == 0
    assert re.search(rf'class="field wrong">(?:(?!class="field).)*(?:name="{marked}"|{marked})', words(page), re.DOTALL)
    for name in ("reason", "name"):
        if name not in changes:
            assert said[name] in words(page)


def test_files_are_kept_while_the_form_is_put_right(browser: Client) -> None:
    file = SimpleUploadedFile("proof.png", png(7), "image/png")
    page = browser.post(SAFETY, {**typed(reason=""), "files": file})
    token = re.search(r'name="kept" value="([^"]+)"', words(page))
    assert token is not None
    assert "proof.png" in words(page)

    browser.post(SAFETY, typed(kept=token[1]))

    assert ReportEvidence.objects.get().stored == StoredMedia.objects.get()


def test_a_file_of_another_kind_or_a_forged_one_is_left_out(browser: Client) -> None:
    page = browser.post(SAFETY, {**typed(), "files": SimpleUploadedFile("run.html", b"<script>alert(1)</script>")})
    assert page.status_code == 422
    assert "run.html" in words(page)

    digest = "a" * 64
    assert browser.post(SAFETY, typed(kept=f"{digest}:x:y")).status_code == 302
    assert ReportEvidence.objects.count() == 0


def test_the_sexual_abuse_of_children_is_reported_without_a_name(browser: Client, desk: Desk) -> None:
    policy = Policy.objects.create(code="Y-1")
    version = PolicyVersion.objects.create(
        policy=policy, number=1, effective_from=desk.now.date(), severity=0, ground="illegal",
        legal_reference="Directive 2011/93/EU Arts 3 to 7", category="PROTECTION_OF_MINORS",
        keywords=["CHILD_SEXUAL_ABUSE_MATERIAL"], published_at=desk.now, published_by="test",
    )  # fmt: skip
    PolicyText.objects.create(version=version, language="en", title="Minors", rule="Never.")

    sent = browser.post("/portal/report/minors", typed(name="", email=""))

    assert sent.status_code == 302
    assert (Report.objects.get().policy_code, Reporter.objects.get().kind) == ("Y-1", "anonymous")


def test_without_such_a_policy_the_name_is_asked_for_after_all(browser: Client) -> None:
    page = browser.post("/portal/report/minors", typed(name="", email=""))
    assert page.status_code == 422
    assert "is needed in a notice" in words(page)


def test_a_notice_on_a_right_is_bound_to_the_registered_one(browser: Client, desk: Desk) -> None:
    right = desk.right()
    sent = browser.post("/portal/report/ip", typed(**RIGHT))

    assert sent.status_code == 302
    claim = Claim.objects.get()
    assert (claim.right, claim.warnings) == (right, ["sender"])
    assert "rights@lumiere.example" not in words(browser.get(sent["Location"]))


def test_an_address_that_is_typed_opens_nothing_that_its_owner_sent(browser: Client, desk: Desk) -> None:
    desk.right()
    mine = browser.post("/portal/report/ip", typed(**RIGHT, reason="We bought it ourselves at 4 Quay Street."))
    other = Client().post("/portal/report/ip", typed(**RIGHT, reason="A guess.", once="2" * 32))

    assert "Quay Street" in words(browser.get(mine["Location"]))
    assert "Quay Street" not in words(Client().get(other["Location"]))
    assert Claim.objects.count() == 2


def test_a_right_that_nobody_has_entered_is_entered_and_waits_to_be_verified(browser: Client) -> None:
    browser.post("/portal/report/ip", typed(**RIGHT))
    browser.post("/portal/report/ip", typed(**RIGHT, where="L-2", once="2" * 32))

    right = Right.objects.get()
    assert (right.state, right.owner_name, right.owner_email) == ("submitted", "Lumière SA", "ann@reader.example")
    assert [claim.warnings for claim in Claim.objects.all()] == [["not_verified"], ["not_verified"]]


def test_a_trade_mark_needs_its_number(browser: Client) -> None:
    page = browser.post("/portal/report/ip", typed(**{**RIGHT, "right_number": ""}))
    assert page.status_code == 422
    assert "number in its register" in words(page)
    assert Right.objects.count() == 0


def test_a_trap_costs_a_person_nothing_and_takes_nothing_from_a_machine(browser: Client) -> None:
    page = browser.post(SAFETY, typed(fax_number="+49"))
    assert page.status_code == 422
    assert Report.objects.count() == 0
    assert "The plug has no earth" in words(page)
    assert "+49" not in words(page)


def test_somebody_who_reports_without_end_is_slowed_down(browser: Client) -> None:
    codes = [
        browser.post(SAFETY, typed(once=f"{number:032x}", reason=f"Reason {number}")).status_code for number in range(8)
    ]
    assert codes[0] == 302
    assert 429 in codes


@pytest.mark.parametrize(
    "changes",
    [
        {"reason": "x" * 20_001},
        {"where": "\n".join(f"L-{number}" for number in range(201))},
        {"where": "L-1\n" + "y" * 2_500},
        {"name": "n" * 201},
        {"once": "no mark at all"},
    ],
)
def test_huge_and_strange_inputs_are_refused_in_words(browser: Client, changes: dict[str, Any]) -> None:
    page = browser.post(SAFETY, typed(**changes))
    assert page.status_code == 422
    assert Report.objects.count() == 0


def test_scripts_in_texts_stay_texts(browser: Client) -> None:
    script = "<script>alert(1)</script>"
    page = browser.post(SAFETY, typed(reason=script, name=script, where="nowhere" + script))
    assert script not in words(page)
    sent = browser.post(SAFETY, typed(reason=script, name=script), follow=True)
    assert script not in words(sent)
    assert "&lt;script&gt;" in words(sent)


def test_the_character_zero_is_refused(browser: Client) -> None:
    assert browser.post(SAFETY, typed(reason="zero\0")).status_code in (400, 422)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_topic_has_its_form(browser: Client, language: str) -> None:
    browser.cookies["piepowder_portal_language"] = language
    page = browser.get(reverse("portal:report_topics"), {"item": "https://market.example/item/L-1"})
    forms = re.findall(r'href="(/portal/report/[a-z]+\?[^"]+)"', words(page))
    assert len(forms) == 5
    for address in forms:
        form = browser.get(address.replace("&amp;", "&"))
        assert form.status_code == 200
        assert "https://market.example/item/L-1" in words(form)
        assert form["Cache-Control"] == "no-store, private"


def test_there_is_no_form_for_anything_else(browser: Client) -> None:
    assert browser.get("/portal/report/everything").status_code == 404


def test_a_receipt_opens_with_its_own_link_alone(browser: Client) -> None:
    sent = browser.post(SAFETY, typed())
    address = sent["Location"]
    assert browser.get(address).status_code == 200
    assert browser.get(address[:-3] + "abc").status_code == 403
    assert browser.get("/portal/report/sent/nothing.at-all").status_code == 403


def test_a_receipt_is_closed_when_its_links_are_made_worthless(browser: Client) -> None:
    address = browser.post(SAFETY, typed())["Location"]
    reporter = str(Reporter.objects.get().pk)
    shut_out(actor=SYSTEM, kind="reporter", ref=reporter, at=datetime.now(UTC) + timedelta(seconds=1))
    assert browser.get(address).status_code == 403


@pytest.mark.parametrize(
    ("kind", "ref", "only"), [("reporter", "x", "y"), ("reporter", "x", ""), ("seller", "S-7", "z")]
)
def test_a_signed_link_of_another_sort_opens_no_receipt(browser: Client, kind: str, ref: str, only: str) -> None:
    token = mint(Subject(kind, ref, "en", only), datetime.now(UTC), timedelta(hours=1))
    assert browser.get(f"/portal/report/sent/{token}").status_code == 403
