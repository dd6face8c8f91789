"""The screens of the duties about content."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from piepowder.duties.models import ManifestFlag, Order, RecallMatch, Threat, ThreatView
from piepowder.duties.operations import OrderGiven, receive_order
from piepowder.intake.models import Reporter
from piepowder.kernel.actor import SYSTEM
from piepowder.policy import packs
from tests.web.conftest import LogIn

pytestmark = pytest.mark.django_db
ORDER = {
    "kind": "act", "reference": "AZ 1", "authority": "Bundesnetzagentur", "country": "DE", "language": "en",
    "received_at": "2026-03-04T10:00", "contact_email": "a@bnetza.example", "legal_basis": "Section 8",
    "reasons": "It was recalled for risk of fire.", "locations": "listing:L-1003\nL-none", "territories": "DE",
    "redress": "Objection.", "acknowledge": "1",
}  # fmt: skip


def queries_of(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def test_an_order_is_taken_in_followed_and_answered(log_in: LogIn) -> None:
    lead = log_in("lead")
    made = lead.post(reverse("duties_order_add"), ORDER)
    order = Order.objects.get()
    url = reverse("duties_order", args=[order.pk])
    assert made.url == url
    here, gone = order.lines.order_by("position")

    def step(way: str, **typed: object) -> int:
        return lead.post(reverse("duties_order_do", args=[order.pk, way]), typed).status_code

    refused = lead.post(reverse("duties_order_do", args=[order.pk, "rule"]), {"policy": "none", "facts": "x"})
    assert refused.status_code == 422
    assert step("miss", line=gone.pk) == 302
    facts = "Order AZ 1 names this power bank: it was recalled for risk of fire."
    assert step("rule", line=here.pk, policy="U-1", measure="visibility:content_removed", facts=facts) == 302
    assert step("reply") == 302
    told = lead.get(url).content.decode()
    order.refresh_from_db()
    assert order.state == "closed"
    assert told.count("order") > 5
    assert "Effect given to your order AZ 1" in told


def test_what_is_due_shows_what_is_late_and_a_law_takes_no_laxer_number(log_in: LogIn) -> None:
    admin = log_in("admin")
    admin.post(reverse("duties_order_add"), ORDER | {"received_at": "2026-01-05T10:00"})
    overview = admin.get(reverse("duties")).content.decode()
    assert "AZ 1" in overview
    assert "late" in overview
    form = {"on": "on", "n-complaint_window": "3", "unit-complaint_window": "months"}
    refused = admin.post(reverse("duties_pack", args=["eu_dsa"]), form)
    assert refused.status_code == 422
    assert "at least 6 months" in refused.content.decode()
    assert admin.post(reverse("duties_pack", args=["eu_dsa"]), form | {"n-complaint_window": "7"}).status_code == 302
    assert packs.in_force("eu_dsa", datetime.now(UTC).date())
    assert str(packs.period_of("eu_dsa", "complaint_window", datetime.now(UTC).date())) == "7 months"


def test_a_moderator_raises_a_threat_that_only_the_few_see(log_in: LogIn) -> None:
    moderator, admin = log_in("moderator"), log_in("admin")
    secret = "He wrote that he will come tonight."
    raised = moderator.post(reverse("duties_threat_raise"), {"summary": secret, "item": "L-1003", "country": "DE"})
    threat = Threat.objects.get()
    assert raised.url == reverse("home")
    url = reverse("duties_threat", args=[threat.pk])
    for login in ("moderator", "lead", "bpolead", "bpo"):
        assert log_in(login).get(url).status_code == 403
    page = admin.get(url)
    assert secret in page.content.decode()
    assert page["Cache-Control"] == "no-store"
    assert ThreatView.objects.count() == 1
    admin.post(
        reverse("duties_life_authorities"),
        {"name": "LKA", "country": "DE", "phone": "110", "language": "de", "active": "on"},
    )
    authority = threat_authority(admin, url)
    told = {"authority": authority, "way": "phone", "text": secret}
    assert admin.post(reverse("duties_threat_do", args=[threat.pk, "report"]), told).status_code == 302
    threat.refresh_from_db()
    assert threat.state == "reported"


def threat_authority(admin: Client, url: str) -> str:
    return str(admin.get(url).context["page"].whom[0].pk)


def test_a_list_is_taken_in_and_what_looks_like_it_is_settled(log_in: LogIn) -> None:
    from piepowder.duties import law_jobs

    lead = log_in("lead")
    wrong = lead.post(
        reverse("duties_recall_import"), {"source": "gate", "file": SimpleUploadedFile("a.csv", b"brand\nx\n")}
    )
    assert wrong.status_code == 422
    rows = b"number,product,barcode\nA1,Handbag,4006381333931\n"
    lead.post(reverse("duties_recall_import"), {"source": "gate", "file": SimpleUploadedFile("a.csv", rows)})
    law_jobs.compare_recalls(now=datetime.now(UTC))
    match = RecallMatch.objects.get()
    assert "A1" in lead.get(reverse("duties_safety")).content.decode()
    lead.post(reverse("duties_recall_settle", args=[match.pk, "dismiss"]), {"why": "Another bag."})
    assert "Another bag." in lead.get(reverse("duties_recall_matches")).content.decode()
    lead.post(reverse("duties_random_check"))
    assert "Random checks" in lead.get(reverse("duties_safety")).content.decode()


def test_a_trusted_flagger_is_entered_changed_and_gets_evidence_made(log_in: LogIn) -> None:
    admin = log_in("admin")
    form = {
        "external_ref": "TF-1",
        "name": "Toy watch",
        "awarded_by": "BNetzA",
        "areas": "U",
        "valid_until": "2026-01-01",
    }
    admin.post(reverse("duties_flagger_add"), form)
    flagger = Reporter.objects.get(external_ref="TF-1")
    assert "lapsed" in admin.get(reverse("duties_flaggers")).content.decode()
    admin.post(reverse("duties_flagger", args=[flagger.pk]), form | {"valid_until": ""})
    assert "has priority" in admin.get(reverse("duties_flaggers")).content.decode()
    pack = admin.get(reverse("duties_flagger_evidence", args=[flagger.pk]))
    assert pack["Content-Type"] == "application/zip"
    admin.post(reverse("duties_flagger_suspend", args=[flagger.pk]), {"suspended": "1"})
    assert "suspended" in admin.get(reverse("duties_flaggers")).content.decode()


def test_misuse_is_confirmed_weighed_and_warned_of(log_in: LogIn, town: datetime) -> None:
    admin = log_in("admin")
    reporter = Reporter.objects.create(kind="user", external_ref="U-77", name="Rita")
    flags = [
        ManifestFlag.objects.create(
            side="notice", about_id=f"00000000-0000-7000-8000-00000000000{n}", reporter=reporter, happened_at=town,
            proposed_at=town, proposed_by="1",
        )
        for n in range(3)
    ]  # fmt: skip
    for flag in flags:
        admin.post(reverse("duties_flag_settle", args=[flag.pk, "confirm"]))
    assert "weigh and warn" in admin.get(reverse("duties_misuse")).content.decode()
    url = f"{reverse('duties_misuse_warn')}?side=notice&reporter={reporter.pk}"
    assert admin.get(url).status_code == 200
    warned = admin.post(url, {"gravity": "slight", "consequences": "none", "intention": "unknown"})
    page = admin.get(warned.url).content.decode()
    assert "At the warning" in page
    again = admin.post(
        warned.url, {"way": "suspend", "gravity": "slight", "consequences": "none", "intention": "meant", "days": "9"}
    )
    assert again.status_code == 422
    assert "after the warning" in again.content.decode()
    assert admin.post(warned.url, {"way": "drop"}).status_code == 302


@pytest.mark.parametrize("name", ["duties_orders", "duties_flaggers", "duties"])
def test_a_list_costs_the_same_few_queries_whatever_its_length(name: str, log_in: LogIn) -> None:
    admin, now = log_in("admin"), datetime.now(UTC)

    def more(start: int) -> None:
        for number in range(start, start + 3):
            receive_order(
                actor=SYSTEM,
                given=OrderGiven(
                    kind="act", reference=f"AZ {number}", country="DE", authority="A", locations=("L-1001", "L-1002"),
                    received_at=now - timedelta(days=1),
                ),
                at=now,
            )  # fmt: skip
            Reporter.objects.create(kind="trusted_flagger", external_ref=f"TF-{number}", name=f"Flagger {number}")

    more(0)
    admin.get(reverse(name))
    few = queries_of(admin, reverse(name))
    more(3)
    assert queries_of(admin, reverse(name)) == few


def test_screens_of_duties_open_for_who_may_see_them_all(log_in: LogIn) -> None:
    names = ("duties", "duties_orders", "duties_safety", "duties_flaggers", "duties_misuse", "duties_recall_matches")
    assert {log_in("lead").get(reverse(name)).status_code for name in names} == {200}
    assert {log_in("bpolead").get(reverse(name)).status_code for name in names} == {403}
    assert {
        log_in("admin").get(reverse("duties_pack", args=[one.code])).status_code for one in packs.definitions()
    } == {200}
    assert log_in("admin").get(reverse("duties_pack", args=["none"])).status_code == 404
