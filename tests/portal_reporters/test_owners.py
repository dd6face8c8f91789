"""Owners of rights: their rights, claims, outcomes and the sellers' answers, and nothing of other owners."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from piepowder.kernel.ids import new_id
from piepowder.kernel.permissions import Permission
from piepowder.rights.models import Claim, ClaimBatch, CounterNotice, Right
from piepowder.rights.operations import Sender, answer_counter
from piepowder.rights.queries import owner_scores
from tests.portal_reporters.conftest import Visit, words
from tests.rights.conftest import Desk

RIGHT: dict[str, Any] = {
    "type": "design",
    "title": "Handle",
    "number": "D-1",
    "territories": "de",
    "owner_name": "Lumière SA",
    "owner_email": "rights@lumiere.example",
}
CLAIMS: dict[str, Any] = {
    "where": "L-1",
    "reason": "Our sign is on it.",
    "name": "Lu Mière",
    "email": "rights@lumiere.example",
    "good_faith": "on",
}


def test_an_owner_enters_a_right_and_claims_on_it(desk: Desk, visit: Visit) -> None:
    desk.items("L-1", "L-2")
    browser = visit("rights_owner", "R-1")
    assert browser.post("/portal/rights/add", {**RIGHT, "territories": "Narnia"}).status_code == 422
    assert browser.post("/portal/rights/add", RIGHT).status_code == 302
    right = Right.objects.get()
    assert (right.owner_ref, right.state, right.territories) == ("R-1", "submitted", ["DE"])

    listed = SimpleUploadedFile("items.csv", b"id\nL-2\nnowhere\n", "text/csv")
    sent = browser.post(f"/portal/rights/{right.pk}/claim", {**CLAIMS, "list": listed})

    batch = ClaimBatch.objects.get()
    assert sent["Location"] == f"/portal/rights/notices/{batch.pk}/"
    page = words(browser.get(sent["Location"]))
    assert "we do not find this item" in page
    assert Claim.objects.count() == 2
    assert "Handle" in words(browser.get("/portal/rights/"))
    assert "not judged yet" in words(browser.get("/portal/claims/"))


def test_the_agent_claims_with_their_own_name(desk: Desk, visit: Visit) -> None:
    desk.items("L-1")
    right = desk.right()
    visit("rights_owner", "A-1").post(f"/portal/rights/{right.pk}/claim", CLAIMS)
    assert (ClaimBatch.objects.get().sender_kind, Claim.objects.get().warnings) == ("agent", [])


def test_outcomes_and_answers_are_told(desk: Desk, visit: Visit) -> None:
    item = desk.items("L-1")[0]
    right = desk.right()
    desk.claim(right, "L-1")
    desk.decide(item)
    browser = visit("rights_owner", "R-1")
    assert "founded" in words(browser.get("/portal/claims/?outcome=founded"))
    claim = Claim.objects.get()
    assert "it is restricted" in words(browser.get(f"/portal/reports/{claim.report_id}/"))


def test_other_owners_rights_and_notices_do_not_exist(desk: Desk, visit: Visit) -> None:
    desk.items("L-1")
    right = desk.right()
    batch = desk.claim(right, "L-1").batch
    report = Claim.objects.get().report_id
    for kind, ref in (("rights_owner", "R-2"), ("rights_owner", "R-1%"), ("seller", "R-1"), ("buyer", "R-1")):
        browser = visit(kind, ref)
        for path in (
            f"rights/{right.pk}/claim",
            f"rights/notices/{batch.pk}/",
            f"rights/{new_id()}/claim",
            f"reports/{report}/",
        ):
            assert browser.get(f"/portal/{path}").status_code == 404
        assert browser.post(f"/portal/rights/{right.pk}/claim", CLAIMS).status_code == 404
        if kind == "rights_owner":
            assert "LUMI" not in words(browser.get("/portal/rights/")) + words(browser.get("/portal/claims/"))


def test_pages_do_not_ask_more_the_more_there_is(desk: Desk, visit: Visit, django_assert_max_num_queries: Any) -> None:
    refs = [f"L-{number}" for number in range(15)]
    desk.items(*refs)
    right = desk.right()
    batch = desk.claim(right, *refs).batch
    browser = visit("rights_owner", "R-1")
    for path, most in (("rights/", 9), ("claims/", 4), (f"rights/notices/{batch.pk}/", 6)):
        with django_assert_max_num_queries(most):
            assert browser.get(f"/portal/{path}").status_code == 200


COUNTER = {"ground": "authorised", "text": "Our licence is of 3 January."}


def decided(desk: Desk) -> Claim:
    item = desk.items("L-1")[0]
    desk.claim(desk.right(), "L-1")
    desk.decide(item)
    return Claim.objects.get()


def test_a_seller_answers_a_claim_and_takes_the_answer_back(desk: Desk, visit: Visit) -> None:
    claim, browser = decided(desk), visit("seller", "S-7")
    address = f"/portal/claims-against/{claim.pk}/"
    page = words(browser.get("/portal/claims-against/"))
    assert "Bag L-1" in page
    assert "Lumière SA" in page
    assert "rights@lumiere.example" not in page + words(browser.get(address))

    assert browser.post(address, {"ground": "authorised", "text": ""}).status_code == 422
    licence = SimpleUploadedFile("licence.pdf", b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF", "application/pdf")
    assert browser.post(address, {**COUNTER, "files": licence}).status_code == 302
    counter = CounterNotice.objects.get()
    assert (counter.state, counter.files.count()) == ("filed", 1)
    assert "A person looks at it" in words(browser.get(address))
    browser.post(address, {"way": "withdraw"})
    counter.refresh_from_db()
    assert counter.state == "withdrawn"


def test_the_answer_is_read_where_it_was_asked_for(desk: Desk, visit: Visit) -> None:
    claim, browser = decided(desk), visit("seller", "S-7")
    address = f"/portal/claims-against/{claim.pk}/"
    browser.post(address, COUNTER)
    hearer = desk.person(Permission.DECISION_OVERTURN, Permission.RIGHT_VIEW)
    desk.now = max(desk.now, CounterNotice.objects.get().filed_at)
    counter = CounterNotice.objects.get()
    answer_counter(actor=hearer, counter_id=counter.pk, accepted=True, answer="It covers <b>all</b>.", at=desk.clock)
    page = words(browser.get(address))
    assert "It covers &lt;b&gt;all&lt;/b&gt;." in page
    assert "Person" not in page


def test_other_sellers_see_no_claim_and_nobody_sees_one_that_is_not_decided(desk: Desk, visit: Visit) -> None:
    claim = decided(desk)
    assert visit("seller", "S-8").get(f"/portal/claims-against/{claim.pk}/").status_code == 404
    assert visit("seller", "S-8").post(f"/portal/claims-against/{claim.pk}/", COUNTER).status_code == 404
    assert visit("rights_owner", "R-1").get(f"/portal/claims-against/{claim.pk}/").status_code == 404
    desk.items("L-2")
    desk.claim(Right.objects.get(), "L-2")
    pending = Claim.objects.get(item__external_id="L-2")
    assert visit("seller", "S-7").get(f"/portal/claims-against/{pending.pk}/").status_code == 404


def test_what_a_stranger_claims_on_a_right_is_neither_shown_to_its_owner_nor_counted_for_them(
    desk: Desk, visit: Visit
) -> None:
    item = desk.items("L-1")[0]
    desk.claim(desk.right(), "L-1", sender=Sender("X-9", "Stranger", "x@stranger.example"), reason="Qxsecret words.")
    desk.decide(item, "no_violation")
    claim, browser = Claim.objects.get(), visit("rights_owner", "R-1")
    assert "Bag L-1" not in words(browser.get("/portal/claims/")) + words(browser.get("/portal/reports/"))
    assert browser.get(f"/portal/reports/{claim.report_id}/").status_code == 404
    assert browser.post(f"/portal/reports/{claim.report_id}/complain", {"text": "In their name."}).status_code == 404
    assert owner_scores(["R-1"])["R-1"].judged == 0


def test_an_owner_follows_what_the_agent_sent(desk: Desk, visit: Visit) -> None:
    desk.items("L-1")
    desk.claim(desk.right(), "L-1", sender=Sender("A-1"))
    claim = Claim.objects.get()
    assert "Bag L-1" in words(visit("rights_owner", "R-1").get(f"/portal/reports/{claim.report_id}/"))
