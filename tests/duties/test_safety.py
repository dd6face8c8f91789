"""Product safety: the clock of notices, lists of dangerous products, random checks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from piepowder.access.options import choose
from piepowder.access.visibility import NotPermitted
from piepowder.decisions.operations import withdraw
from piepowder.duties import law_jobs
from piepowder.duties.due import due_before
from piepowder.duties.models import RandomCheck, Recall, RecallMatch, SafetyNotice
from piepowder.duties.operations import (
    BadRecallList,
    dismiss_match,
    import_recalls,
    random_check,
    send_to_review,
)
from piepowder.duties.safety.lists import read_list
from piepowder.duties.safety.notices import is_about_safety, on_decision_issued, on_reports_received
from piepowder.intake.events import ReportArrived, ReportsReceived
from piepowder.intake.models import Detection
from piepowder.kernel.actor import SYSTEM, Actor
from piepowder.kernel.flow import WrongState
from piepowder.policy.operations import switch_pack
from tests.decisions.conftest import Court

pytestmark = pytest.mark.django_db
LIST = """Alert number;Product;Brand;Type / number of model;Barcode;Risk type;Country of origin;Date
A12/0001/26;Heater;Acme;HX-200;4006381333931, 40123451;Fire;CN;04/03/2026
A12/0002/26;Charger;NoName;;;Electric shock;;2026-03-01
"""


def offer(court: Court, title: str, **content: Any) -> Any:
    item = court.item(title=title)
    court.snapshot(item, {"title": title, **content})
    return item


def notify(court: Court, policy_code: str = "U-1") -> SafetyNotice | None:
    item = court.item()
    report = court.report(item)
    arrived = ReportArrived(
        report.pk, item.pk, report.snapshot_id, policy_code, "illegal", "user", 50, "listing", "DE", "de", "S-1"
    )
    on_reports_received(ReportsReceived((arrived,), court.now, SYSTEM))
    return SafetyNotice.objects.filter(report=report).first()


def test_a_notice_about_safety_is_due_in_three_working_days_once_the_law_is_kept(court: Court, clerk: Actor) -> None:
    assert notify(court) is None
    switch_pack(actor=SYSTEM, code="gpsr", on=True, at=court.now)
    assert notify(court, "R-2") is None
    notice = notify(court)
    assert notice is not None
    # A Wednesday: Thursday, Friday, Monday.
    assert notice.due_at == datetime(2026, 3, 10, tzinfo=UTC)
    until = court.now + timedelta(days=9)
    assert [due.rule for due in due_before(clerk, until=until, limit=9) if due.kind == "safety_notice"] == [
        "safety_notice"
    ]


def test_a_decision_processes_the_notices_before_it_until_it_is_taken_back(court: Court, clerk: Actor) -> None:
    switch_pack(actor=SYSTEM, code="gpsr", on=True, at=court.now)
    notice = notify(court)
    assert notice is not None
    decision = court.decide(court.person(), court.case(notice.item), at=court.now)
    notice.refresh_from_db()
    assert (notice.processed_at, notice.decision_id) == (decision.decided_at, decision.pk)
    withdraw(actor=clerk, decision_id=decision.pk, at=court.now + timedelta(seconds=5))
    notice.refresh_from_db()
    assert notice.processed_at is None


def test_which_policies_are_about_safety() -> None:
    assert is_about_safety("U", ["U"])
    assert is_about_safety("U-1.2", ["U", "X"])
    assert not is_about_safety("UX-1", ["U"])
    assert not is_about_safety("", ["U", ""])
    assert on_decision_issued.__doc__


def test_a_list_is_read_whatever_its_columns_are_called() -> None:
    rows, problems = read_list(LIST)
    assert problems == []
    assert (rows[0].number, rows[0].gtins, rows[0].country) == ("A12/0001/26", ("4006381333931", "40123451"), "CN")
    assert [row.published_on for row in rows] == [date(2026, 3, 4), date(2026, 3, 1)]


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        ("brand,model\nA,B\n", "/rows/1"),
        ("number,product\n,Heater\n", "/rows/2/number"),
        ("number,product\n1," + "x" * 140_000 + "\n", "/rows"),
        ("number,product,date\n1,Heater,yesterday\n", "/rows/2/published_on"),
        ("number,product\n" + "x" * 61 + ",Heater\n", "/rows/2/number"),
        ("number,product\n", "/rows"),
        ("", "/rows/1"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused_whole_with_its_rows(
    court: Court, clerk: Actor, text: str, pointer: str
) -> None:
    with pytest.raises(BadRecallList) as refused:
        import_recalls(actor=clerk, source="safety_gate", text=text, at=court.now)
    assert refused.value.problems[0].pointer == pointer
    assert not Recall.objects.exists()


def test_what_is_on_offer_is_compared_with_a_list_by_number_or_brand_and_model(court: Court, clerk: Actor) -> None:
    by_number = offer(court, "Warm air", gtin="04006381333931")
    by_name = offer(court, "ACME heater HX 200", brand="acme")
    offer(court, "ACME heater HX 2000", brand="acme")
    offer(court, "Charger", brand="NoName")
    court.item("seller", title="Acme HX-200")
    taken = import_recalls(actor=clerk, source="Safety_Gate", text=LIST, file_name="week.csv", at=court.now)
    assert (taken.source, taken.rows, taken.fresh, taken.compared_at) == ("safety_gate", 2, 2, None)

    assert law_jobs.compare_recalls(now=court.now) == 2
    found = {match.item: match.matched_on for match in RecallMatch.objects.select_related("item")}
    assert found == {by_number: ["gtin"], by_name: ["brand", "model"]}
    taken.refresh_from_db()
    assert (taken.compared_at, taken.looked_at, taken.found) == (court.now, 4, 2)

    again = import_recalls(actor=clerk, source="safety_gate", text=LIST, at=court.now)
    assert (again.fresh, Recall.objects.count()) == (0, 2)
    assert law_jobs.compare_recalls(now=court.now) == 0


def test_new_offers_are_compared_from_the_first_look_on(court: Court, clerk: Actor) -> None:
    import_recalls(actor=clerk, source="safety_gate", text=LIST, at=court.now)
    court.item()
    assert law_jobs.look_at_new_offers(now=court.now) == 0
    late = offer(court, "Warm air", gtin="4006381333931")
    assert law_jobs.look_at_new_offers(now=court.now) == 1
    assert law_jobs.look_at_new_offers(now=court.now) == 0
    assert RecallMatch.objects.get().item == late


def test_a_match_goes_to_review_as_detected_by_the_list(court: Court, clerk: Actor) -> None:
    item = offer(court, "Warm air", gtin="4006381333931")
    import_recalls(actor=clerk, source="safety_gate", text=LIST, at=court.now)
    law_jobs.compare_recalls(now=court.now)
    with pytest.raises(BadRecallList):
        send_to_review(actor=clerk, match_id=RecallMatch.objects.get().pk, at=court.now)
    choose(actor=SYSTEM, at=court.now, values={"safety.dangerous_policy": "R-2"})
    match = send_to_review(actor=clerk, match_id=RecallMatch.objects.get().pk, at=court.now)
    detection = Detection.objects.get(item=item)
    assert (detection.model, detection.version, detection.label) == ("recall list", "safety_gate", "A12/0001/26")
    assert (match.state, item.snapshots.count()) == ("reported", 2)
    with pytest.raises(WrongState):
        dismiss_match(actor=clerk, match_id=match.pk, why="Another heater.", at=court.now)


def test_a_match_is_dismissed_with_reasons_only(court: Court, clerk: Actor) -> None:
    offer(court, "Warm air", gtin="4006381333931")
    import_recalls(actor=clerk, source="safety_gate", text=LIST, at=court.now)
    law_jobs.compare_recalls(now=court.now)
    match = RecallMatch.objects.get()
    with pytest.raises(BadRecallList):
        dismiss_match(actor=clerk, match_id=match.pk, why=" ", at=court.now)
    assert dismiss_match(actor=clerk, match_id=match.pk, why="Repaired batch.", at=court.now).why == "Repaired batch."


def test_a_random_check_is_drawn_by_its_seed_and_kept(court: Court, clerk: Actor) -> None:
    for number in range(12):
        offer(court, f"Lamp {number}")
    offer(court, "Warm air", gtin="4006381333931")
    import_recalls(actor=clerk, source="safety_gate", text=LIST, at=court.now)
    first = random_check(actor=clerk, at=court.now, seed=7, size=5)
    second = random_check(actor=clerk, at=court.now, seed=7, size=5)
    assert (first.population, first.looked_at, first.items) == (13, 5, second.items)
    whole = random_check(actor=clerk, at=court.now, seed=1, size=50)
    assert (whole.looked_at, whole.found) == (13, 1)


def test_a_check_draws_itself_when_it_is_due_while_a_law_asks_for_it(court: Court, clerk: Actor) -> None:
    court.item()
    import_recalls(actor=clerk, source="safety_gate", text=LIST, at=court.now)
    assert law_jobs.check_at_random(now=court.now) == 0
    switch_pack(actor=SYSTEM, code="eu_dsa", on=True, at=court.now)
    assert law_jobs.check_at_random(now=court.now) == 1
    assert law_jobs.check_at_random(now=court.now + timedelta(days=7)) == 0
    assert law_jobs.check_at_random(now=court.now + timedelta(days=31)) == 1
    assert RandomCheck.objects.count() == 2


def test_the_next_list_and_check_stand_among_what_is_due(court: Court, clerk: Actor) -> None:
    switch_pack(actor=SYSTEM, code="gpsr", on=True, at=court.now)
    switch_pack(actor=SYSTEM, code="eu_dsa", on=True, at=court.now)
    found = due_before(clerk, until=court.now + timedelta(days=60), limit=9)
    assert [due.rule for due in found] == ["safety_gate", "random_checks"]
    import_recalls(actor=clerk, source="safety_gate", text=LIST, at=court.now + timedelta(days=5))
    found = due_before(clerk, until=court.now + timedelta(days=10), limit=9)
    assert found == []


def test_lists_are_not_for_people_of_one_vendor(court: Court, clerk: Actor) -> None:
    narrow = court.person("acme", *(one for mandate in clerk.mandates for one in mandate.permissions))
    with pytest.raises(NotPermitted):
        import_recalls(actor=narrow, source="safety_gate", text=LIST, at=court.now)
