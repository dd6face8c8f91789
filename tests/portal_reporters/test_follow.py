"""Following a report, complaining also when nothing was done, and seeing nothing of anybody else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from piepowder.appeals.models import Appeal
from piepowder.intake.models import Report
from piepowder.kernel.ids import new_id
from piepowder.portal.links import Subject, mint
from tests.portal_reporters.conftest import Visit, typed, words
from tests.rights.conftest import Desk

SAFETY = "/portal/report/safety"


def reported(desk: Desk, *refs: str, **changes: Any) -> Report:
    desk.items(*refs)
    Client().post(SAFETY, typed(where="\n".join(refs), **changes))
    return Report.objects.select_related("item", "reporter").get(item__external_id=refs[0])


def follow(visit: Visit, report: Report, **more: str) -> Client:
    return visit("reporter", str(report.reporter_id), str(report.pk), **more)


def decide(desk: Desk, report: Report, outcome: str) -> None:
    # After the report, which came just now, and final a moment later.
    from django.db import connection

    Report.objects.filter(pk=report.pk).update(received_at=desk.now - timedelta(minutes=30))
    with connection.cursor():
        desk.decide(report.item, outcome)


@pytest.mark.parametrize(
    ("outcome", "told"), [("violation", "you were right: it is restricted"), ("no_violation", "no breach found")]
)
def test_the_outcome_is_told_with_what_can_be_done(desk: Desk, visit: Visit, outcome: str, told: str) -> None:
    report = reported(desk, "L-1", "L-2")
    decide(desk, report, outcome)

    page = words(follow(visit, report).get(f"/portal/reports/{report.pk}/"))

    assert told in page
    assert "being looked at" in page
    assert "free of charge until" in page
    assert "A person decided." in page
    assert "S-7" not in page


def test_somebody_complains_that_nothing_was_done(desk: Desk, visit: Visit) -> None:
    report = reported(desk, "L-1")
    decide(desk, report, "no_violation")
    browser = follow(visit, report)
    address = f"/portal/reports/{report.pk}/complain"

    empty = browser.post(address, {"text": " "})
    assert (empty.status_code, Appeal.objects.count()) == (422, 0)
    sent = browser.post(address, {"text": "Picture 2 shows the bare wire."}, follow=True)

    appeal = Appeal.objects.get()
    assert (appeal.complainant_kind, appeal.basis, appeal.report_id) == ("reporter", "no_action", report.pk)
    assert "We have your complaint." in words(sent)
    again = browser.post(address, {"text": "Once more."})
    assert (again.status_code, Appeal.objects.count()) == (422, 1)
    assert "You have complained about this decision already." in words(browser.get(address))


def test_before_the_decision_there_is_nothing_to_complain_about(desk: Desk, visit: Visit) -> None:
    report = reported(desk, "L-1")
    assert follow(visit, report).get(f"/portal/reports/{report.pk}/complain").status_code == 404


def test_a_decision_that_can_still_be_taken_back_is_told_to_nobody(desk: Desk, visit: Visit) -> None:
    report = reported(desk, "L-1")
    desk.now = datetime.now(UTC) + timedelta(minutes=1)
    desk.decide(report.item)
    assert "being looked at" in words(follow(visit, report).get(f"/portal/reports/{report.pk}/"))


def test_a_link_to_one_report_opens_that_alone(desk: Desk, visit: Visit) -> None:
    mine = reported(desk, "L-1")
    other = reported(desk, "L-3", once="4" * 32, reason="Another thing.")
    stranger = reported(desk, "L-4", once="5" * 32, email="bob@reader.example")
    browser = follow(visit, mine)

    for report in (other, stranger):
        for path in ("", "complain"):
            assert browser.get(f"/portal/reports/{report.pk}/{path}").status_code == 404
    assert browser.get("/portal/reports/").status_code == 302
    assert browser.get("/portal/rights/").status_code in (302, 404)
    assert browser.get("/portal/claims-against/").status_code in (302, 404)


def test_a_reporter_sees_all_and_only_their_own(desk: Desk, visit: Visit) -> None:
    mine, other = reported(desk, "L-1"), reported(desk, "L-2", once="6" * 32, email="bob@reader.example")
    browser = visit("reporter", str(mine.reporter_id))
    page = words(browser.get("/portal/reports/"))
    assert "Bag L-1" in page
    assert "Bag L-2" not in page
    assert browser.get(f"/portal/reports/{other.pk}/").status_code == 404
    assert browser.get(f"/portal/reports/{new_id()}/").status_code == 404


@pytest.mark.parametrize("kind", ["reporter", "buyer", "rights_owner"])
def test_a_subject_that_is_nobody_sees_nothing(desk: Desk, visit: Visit, kind: str) -> None:
    report = reported(desk, "L-1")
    for ref in ("x", "mail:", str(report.pk), "%"):
        browser = visit(kind, ref)
        assert "Bag L-1" not in words(browser.get("/portal/reports/"))
        assert browser.get(f"/portal/reports/{report.pk}/").status_code == 404


def test_a_tampered_link_opens_nothing(desk: Desk) -> None:
    report = reported(desk, "L-1")
    now = datetime.now(UTC)
    token = mint(Subject("reporter", str(report.reporter_id), "en", str(report.pk)), now, timedelta(hours=1))
    body, _dot, signature = token.partition(".")
    for forged in (f"{body}x.{signature}", f"{body}.{signature[:-2]}AA", body, f".{signature}", "a" * 5_000):
        assert Client().get(f"/portal/open/{forged}").status_code in (403, 404)
    old = mint(Subject("reporter", str(report.reporter_id)), now - timedelta(days=2), timedelta(days=1))
    assert Client().get(f"/portal/open/{old}").status_code == 403
    assert Client().get(f"/portal/reports/{report.pk}/").status_code == 401


def test_the_list_does_not_ask_more_the_longer_it_is(
    desk: Desk, visit: Visit, django_assert_max_num_queries: Any
) -> None:
    report = reported(desk, *(f"L-{number}" for number in range(12)))
    browser = visit("reporter", str(report.reporter_id))
    with django_assert_max_num_queries(4):
        browser.get("/portal/reports/")
    with django_assert_max_num_queries(9):
        browser.get(f"/portal/reports/{report.pk}/")


def test_it_reads_in_chinese(desk: Desk, visit: Visit) -> None:
    report = reported(desk, "L-1")
    page = follow(visit, report, language="zh-Hans").get(f"/portal/reports/{report.pk}/")
    assert page["Content-Language"] == "zh-hans"
