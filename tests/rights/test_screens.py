"""The IP desk's screens: found, filed, followed and answered, with a fixed number of queries."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zipfile import ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from piepowder.access.models import Grant, Role, User, Vendor
from piepowder.access.operations import load_shipped_roles
from piepowder.kernel.actor import SYSTEM
from piepowder.kernel.permissions import Permission
from piepowder.rights.models import Claim, ClaimBatch, CounterNotice, Right
from piepowder.rights.operations import file_counter
from tests.rights.conftest import FIELDS, Desk, png

LogIn = Callable[[str], Client]


@pytest.fixture
def now() -> datetime:
    """An hour ago: screens read the clock themselves."""
    return datetime.now(UTC) - timedelta(hours=1)


@pytest.fixture
def log_in(desk: Desk) -> LogIn:
    load_shipped_roles(actor=SYSTEM, at=desk.now)

    def walk_in(role: str) -> Client:
        vendor = Vendor.objects.get(code="house")
        user = User.objects.create(email=f"{role}@house.example", name=f"Qx {role}", vendor=vendor)
        Grant.objects.create(user=user, role=Role.objects.get(code=role), granted_at=desk.now)
        browser = Client()
        browser.force_login(user)
        return browser

    return walk_in


def words(response: Any) -> str:
    return str(response.content.decode())


def countered(desk: Desk, ref: str = "L-1") -> CounterNotice:
    item = desk.items(ref)[0]
    desk.claim(Right.objects.first() or desk.right(), ref)
    claim = Claim.objects.get(item=item)
    desk.decide(item)
    return file_counter(
        actor=desk.key(Permission.APPEAL_FILE), claim_id=claim.pk, seller_ref="S-7", ground="authorised",
        text="We hold a licence.", evidence=[desk.upload().digest], at=desk.clock,
    )  # fmt: skip


def test_a_right_is_entered_verified_and_retired(desk: Desk, log_in: LogIn) -> None:
    browser = log_in("policy_manager")
    typed = {**FIELDS, "territories": "eu", "categories": "Fashion", "language": "en", "classes": "18, 25"}
    made = browser.post(reverse("right_add"), {**typed, "evidence": SimpleUploadedFile("e.png", png(9), "image/png")})
    right = Right.objects.get()
    assert made["Location"] == reverse("right", args=[right.pk])
    assert (right.classes, len(right.territories), right.files.count()) == (["18", "25"], 27, 1)

    browser.post(reverse("right_move", args=[right.pk, "verify"]))
    page = browser.get(reverse("right", args=[right.pk]))
    assert "Qx policy_manager" in words(page)
    paper = browser.get(reverse("rights_paper", args=[right.files.get().stored_id]))
    assert paper["Content-Disposition"].startswith("attachment")
    assert b"".join(paper.streaming_content) == png(9)
    browser.post(reverse("right_move", args=[right.pk, "retire"]))
    right.refresh_from_db()
    assert right.state == "retired"


def test_a_form_that_is_not_right_keeps_what_was_typed(log_in: LogIn) -> None:
    typed = {
        **FIELDS,
        "number": "",
        "territories": "Narnia",
        "title": "<b>Sign</b>",
        "categories": "",
        "language": "en",
    }
    page = log_in("policy_manager").post(reverse("right_add"), typed)
    assert page.status_code == 422
    assert "&lt;b&gt;Sign&lt;/b&gt;" in words(page)
    assert "number in its register" in words(page)
    assert not Right.objects.exists()


def test_claims_are_filed_from_a_pasted_list_and_a_file(desk: Desk, log_in: LogIn) -> None:
    desk.items("L-1", "L-2", "L-3")
    right, browser = desk.right(), log_in("operations_lead")
    listed = SimpleUploadedFile("items.csv", b"id;note\nL-2;x\nL-3;y\nnowhere;z\n", "text/csv")
    said = {"sender": "owner", "locations": "L-1\n", "list": listed, "reason": "Our sign.", "good_faith": "on"}

    filed = browser.post(reverse("right_claim", args=[right.pk]), said)

    batch = ClaimBatch.objects.get()
    assert filed["Location"] == reverse("claim_notice", args=[batch.pk])
    page = words(browser.get(filed["Location"]))
    assert "no such item is known here" in page
    assert "every 2s" not in page
    csv = b"".join(browser.get(reverse("claim_notice_csv", args=[batch.pk])).streaming_content).decode()
    assert len(csv.strip().splitlines()) == 5
    assert Claim.objects.count() == 3


def test_the_evidence_is_downloaded(desk: Desk, log_in: LogIn) -> None:
    claim = countered(desk).claim
    answer = log_in("appeals_specialist").get(reverse("claim_evidence", args=[claim.pk]))
    pack = ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    assert "manifest.json" in pack.namelist()
    assert answer["Content-Type"] == "application/zip"


def test_a_counter_notice_is_accepted_by_somebody_who_hears_appeals(desk: Desk, log_in: LogIn) -> None:
    counter = countered(desk)
    browser, address = log_in("appeals_specialist"), reverse("counter", args=[counter.pk])
    assert "We hold a licence." in words(browser.get(address))
    assert browser.post(address, {"way": "accept", "answer": ""}).status_code == 422
    assert browser.post(address, {"way": "accept", "answer": "The licence covers it."}).status_code == 302
    counter.refresh_from_db()
    assert (counter.state, counter.answer) == ("accepted", "The licence covers it.")


def test_somebody_who_may_not_undo_decisions_cannot_accept(desk: Desk, log_in: LogIn) -> None:
    counter = countered(desk)
    page = log_in("operations_lead").post(reverse("counter", args=[counter.pk]), {"way": "accept", "answer": "Yes."})
    assert page.status_code in (403, 422)
    counter.refresh_from_db()
    assert counter.state == "filed"


LISTS = ("rights_registry", "claims_list", "counters_list", "rights_owners", "repeat_infringers")


@pytest.mark.parametrize("name", LISTS)
def test_lists_do_not_ask_more_the_longer_they_are(
    name: str, desk: Desk, log_in: LogIn, django_assert_max_num_queries: Any
) -> None:
    browser = log_in("administrator")
    browser.get(reverse(name))
    for number in range(4):
        countered(desk, f"L-{number}")
    desk.right(number="2", owner_ref="R-2")
    with django_assert_max_num_queries(16):
        page = browser.get(reverse(name))
    assert page.status_code == 200


def test_an_owner_who_claims_wrongly_stands_out(desk: Desk, log_in: LogIn) -> None:
    right = desk.right()
    for number in range(12):
        item = desk.items(f"L-{number}")[0]
        desk.claim(right, f"L-{number}", reason=f"Sign {number}")
        desk.decide(item, "no_violation")
    browser = log_in("administrator")
    page = words(browser.get(reverse("rights_owners")))
    assert "misused" in page
    assert "100.0 %" in page
    assert "misused" in words(browser.get(reverse("rights_owner", args=["R-1"])))


def test_repeat_infringers_are_listed_with_their_strikes(desk: Desk, log_in: LogIn) -> None:
    desk.now -= timedelta(days=60)
    right = desk.right()
    for number in range(3):
        item = desk.items(f"L-{number}")[0]
        desk.claim(right, f"L-{number}", reason=f"Sign {number}")
        desk.decide(item)
        desk.now += timedelta(days=10)
    page = words(log_in("administrator").get(reverse("repeat_infringers")))
    assert "S-7" in page
    assert "<b>3</b>" in page


@pytest.mark.parametrize("role", ["moderator", "trainer", "planner"])
def test_others_do_not_enter(role: str, desk: Desk, log_in: LogIn) -> None:
    claim, browser = countered(desk).claim, log_in(role)
    for name, args in (*((one, []) for one in LISTS), ("right", [claim.right_id]), ("claim_evidence", [claim.pk])):
        assert browser.get(reverse(name, args=args)).status_code in (403, 404)
    paper = reverse("rights_paper", args=[claim.counters.get().files.get().stored_id])
    assert browser.get(paper).status_code in (403, 404)


def test_claims_out_of_reach_are_not_there(desk: Desk, log_in: LogIn) -> None:
    counter = countered(desk)
    browser = log_in("appeals_specialist")
    Grant.objects.update(markets=["FR"])
    for name, args in (
        ("claim", [counter.claim_id]),
        ("counter", [counter.pk]),
        ("claim_evidence", [counter.claim_id]),
    ):
        assert browser.get(reverse(name, args=args)).status_code == 404
    assert "Bag L-1" not in words(browser.get(reverse("claims_list")))
    assert "Bag L-1" not in words(browser.get(reverse("claim_notice", args=[counter.claim.batch_id])))
