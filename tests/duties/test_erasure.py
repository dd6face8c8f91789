"""What is known of a person is emptied everywhere, what must stay says why, and the ledger holds."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from piepowder.access.models import User, Vendor
from piepowder.access.visibility import NotPermitted
from piepowder.appeals.models import Appeal, Evidence
from piepowder.correspondence.models import Letter
from piepowder.correspondence.operations import Recipient, RecipientKind, load_shipped_letters, send
from piepowder.database.triggers import ERASED
from piepowder.decisions.models import Decision, Statement
from piepowder.duties.holds import held, place_hold, release_hold
from piepowder.duties.models import Buyer, BuyersInformed, Erasure, Termination
from piepowder.duties.people_jobs import erase
from piepowder.duties.retention.requests import (
    BadErasure,
    advance,
    foreseen,
    refuse_erasure,
    request_erasure,
    run_erasure,
)
from piepowder.intake.models import Item, Report, Reporter, Snapshot, Trait
from piepowder.kernel.actor import SYSTEM
from piepowder.kernel.flow import WrongState
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import seal
from piepowder.ledger.queries import verify
from piepowder.outbox.models import Delivery, Message
from piepowder.policy.models import Ladder
from piepowder.portal.models import AppealDraft, Resubmission
from piepowder.review.models import Case, CaseEvent, Note
from piepowder.standing.models import Account, PointsAdjustment
from tests.decisions.conftest import Court
from tests.duties.people import all_columns, declared, officer, places_of, text_columns

SELLER = {
    "name": "Zuzanna Kowalczyk Keramik",
    "legal_name": "Zuzanna Kowalczyk",
    "email": "zuzanna@keramik.example",
    "phone": "+48 601 555 019",
    "address": {"lines": ["Ulica Szeroka 17"], "city": "Krosno", "country": "PL"},
}
VALUES = ("Kowalczyk", "zuzanna@keramik", "601 555 019", "Szeroka 17", "Vase of Mrs Z")
LATER = timedelta(days=400)


@pytest.fixture
def clerk(court: Court) -> Any:
    return officer(Permission.ERASURE_RUN, Permission.HOLD_EDIT)


@pytest.fixture
def traces(court: Court) -> Item:
    """A seller with a listing that was reported, judged and explained, with notes and a reason typed on the way."""
    seller = court.item("seller", external_id="S-1", title=SELLER["name"])
    court.snapshot(seller, SELLER)
    Trait.objects.create(item=seller, kind="email", digest="0" * 32, shown="z…@keramik.example")
    listing = court.item(title="Vase of Mrs Z")
    court.snapshot(listing, {"title": "Vase of Mrs Z", "description": "Ask Zuzanna Kowalczyk, +48 601 555 019"})
    report = court.report(listing, name="Jonas Petersen", email="jonas@reporter.example")
    Report.objects.filter(pk=report.pk).update(reason="Mrs Kowalczyk sells fakes", judged_at=court.now)
    case = court.case(listing)
    person = court.person()
    decision = court.decide(
        person, case, facts="Mrs Kowalczyk of Szeroka 17 offers a copy of a museum's vase.", note="spoke to Kowalczyk"
    )
    with transaction.atomic():
        CaseEvent.objects.create(
            case=case,
            kind="held",
            at=court.now,
            actor_kind="person",
            actor_ref=person.ref,
            body={"reason": "asked Kowalczyk", "until": "x"},
        )
    Note.objects.create(
        about_kind="seller",
        about_ref="S-1",
        case=case,
        author_id=int(person.ref),
        vendor="house",
        text="Kowalczyk again",
        at=court.now,
    )
    assert decision.state == "issued"
    return listing


def run(clerk: Any, at: datetime, kind: str = "seller", ref: str = "S-1", **more: Any) -> Erasure:
    asked = request_erasure(actor=clerk, kind=kind, ref=ref, asked_by="person", at=at, **more)
    run_erasure(actor=clerk, erasure_id=asked.pk, at=at)
    while not advance(erasure_id=asked.pk, at=at, most=7).over:
        pass
    asked.refresh_from_db()
    return asked


def test_every_text_column_is_said_to_be_personal_or_not() -> None:
    said, there = declared(), text_columns()
    assert sorted(set(there) - set(said)) == []
    assert sorted(set(said) - all_columns()) == []


def finish_messages(now: datetime) -> None:
    Delivery.objects.update(state="delivered", taken_until=None, finished_at=now)


def words_elsewhere(
    court: Court,
    listing: Item,
    decision: Decision,
) -> None:
    """What the packages above keep of the same seller."""
    person = court.person()
    appeal = Appeal.objects.create(
        decision=decision,
        decider_id_then=decision.decider_id,
        complainant_kind="recipient",
        complainant_ref="S-1",
        basis="visibility",
        text="I am Zuzanna Kowalczyk and this is wrong.",
        language="pl",
        source="key:x",
        until=court.now.date(),
        rule="x",
        filed_at=court.now,
        target_s=60,
    )
    Evidence.objects.create(appeal=appeal, side="complainant", text="Kowalczyk's invoice", added_at=court.now)
    Appeal.objects.filter(pk=appeal.pk).update(state="withdrawn", ended_at=court.now)
    ladder = Ladder.objects.create(code="x", mode="shadow")
    account = Account.objects.create(seller_ref="S-1", market="DE", language="pl")
    PointsAdjustment.objects.create(
        account=account,
        ladder=ladder,
        counter="points",
        points=1,
        reason="Kowalczyk called",
        at=court.now,
        by=person.ref,
    )
    AppealDraft.objects.create(kind="seller", ref="S-1", decision=decision, text="Kowalczyk", saved_at=court.now)
    Resubmission.objects.create(
        item=listing, snapshot_id=listing.snapshot_id, ref="S-1", note="I, Kowalczyk, changed it", at=court.now
    )
    Termination.objects.create(
        seller_ref="S-1",
        item=listing,
        market="DE",
        policy_code="T-1",
        ground="terms",
        facts="Mrs Kowalczyk again",
        state="called_off",
        informed_at=court.now,
        earliest_at=court.now,
        effective_at=court.now,
        announced_by_id=int(person.ref),
    )
    letter = send(
        actor=SYSTEM,
        event="trader_verified",
        recipient=Recipient(RecipientKind.SELLER, "S-1", email="zuzanna@keramik.example", name="Zuzanna Kowalczyk"),
        about=("trader", str(listing.pk)),
        values={"seller": "S-1", "before": "new"},
        at=court.now,
    )
    assert letter.name


def test_a_seller_is_erased_everywhere_and_the_ledger_still_verifies(
    court: Court,
    clerk: Any,
    traces: Item,
) -> None:
    load_shipped_letters(actor=SYSTEM, at=court.now)
    words_elsewhere(court, traces, Decision.objects.get())
    finish_messages(court.now)
    seal(at=court.now)
    rows = {model: model._default_manager.count() for model in (Decision, Statement, Report, Appeal, Letter, Message)}
    before = places_of(*VALUES)
    assert len(before) >= 15, sorted(before)
    erasure = run(clerk, court.now + LATER)
    assert (erasure.state, erasure.stays) == ("done", [])
    assert places_of(*VALUES) == {}
    assert erasure.proof["problems"] == []
    assert verify(now=court.now + LATER, unsealed_limit=LATER * 2).problems == []
    assert {model: model._default_manager.count() for model in rows} == rows
    statement = Statement.objects.get()
    assert statement.puid
    assert statement.structured["decision_ground"] == "DECISION_GROUND_ILLEGAL_CONTENT"
    assert CaseEvent.objects.filter(body__until="x").exists()


def test_what_is_open_to_a_complaint_stays_until_then_and_goes_by_itself_after(
    court: Court,
    clerk: Any,
    traces: Item,
) -> None:
    finish_messages(court.now)
    soon = court.now + timedelta(days=1)
    erasure = run(clerk, soon)
    assert erasure.state == "partly"
    assert {why for _place, _rows, why, _until in erasure.stays} == {"complaint_open"}
    assert "Szeroka 17" in str(places_of("Szeroka 17"))
    # The seller's own file is under no complaint: it is gone at once.
    assert "phone" not in Snapshot.objects.get(item__kind="seller", number=2).content
    assert erase(now=soon + timedelta(hours=1)) == 0
    assert erase(now=court.now + LATER) > 0
    erasure.refresh_from_db()
    assert erasure.state == "done"
    assert places_of(*VALUES) == {}


def test_what_is_foreseen_is_what_is_done(court: Court, clerk: Any, traces: Item) -> None:
    finish_messages(court.now)
    at = court.now + LATER
    asked = request_erasure(actor=clerk, kind="seller", ref="S-1", asked_by="person", at=at)
    foreseen_rows: dict[str, int] = {}
    for line in foreseen(clerk, asked, at):
        assert not line.why
        foreseen_rows[line.place] = foreseen_rows.get(line.place, 0) + line.rows
    assert Decision.objects.get().facts.startswith("Mrs Kowalczyk")
    assert dict(run(clerk, at).emptied) == foreseen_rows


def test_a_reporter_is_erased_once_the_report_is_judged(court: Court, clerk: Any, traces: Item) -> None:
    finish_messages(court.now)
    reporter = Reporter.objects.get(name="Jonas Petersen")
    waiting = court.item()
    second = court.report(waiting)
    Report.objects.filter(pk=second.pk).update(reporter=reporter)
    court.case(waiting)
    partly = run(clerk, court.now + LATER, kind="reporter", ref=str(reporter.pk))
    assert partly.state == "partly"
    assert {why for _place, _rows, why, _until in partly.stays} == {"undecided"}
    Report.objects.filter(pk=second.pk).update(judged_at=court.now)
    Case.objects.filter(item=waiting).update(state="closed")
    erase(now=court.now + LATER + timedelta(days=2))
    partly.refresh_from_db()
    assert (partly.state, partly.addresses) == ("done", [])
    assert places_of("Jonas Petersen", "jonas@reporter", "sells fakes") == {}
    assert Report.objects.count() == 2


@pytest.mark.parametrize(
    ("kind", "ref", "addresses"),
    [("buyer", "r-ann", []), ("rights_owner", "", ["jonas@reporter.example"])],
    ids=["by the marketplace's id", "by address alone"],
)
def test_what_somebody_reported_and_complained_about_goes_with_them(
    court: Court, clerk: Any, traces: Item, kind: str, ref: str, addresses: list[str]
) -> None:
    finish_messages(court.now)
    report = Report.objects.get(reporter__name="Jonas Petersen")
    Reporter.objects.filter(pk=report.reporter_id).update(external_ref="r-ann")
    decision = Decision.objects.get()
    appeal = Appeal.objects.create(
        decision=decision,
        decider_id_then=decision.decider_id,
        complainant_kind="reporter",
        complainant_ref="r-ann",
        report=report,
        basis="visibility",
        text="I, Jonas Petersen, do not agree.",
        language="pl",
        source="key:x",
        until=court.now.date(),
        rule="x",
        filed_at=court.now,
        target_s=60,
    )
    Appeal.objects.filter(pk=appeal.pk).update(state="withdrawn", ended_at=court.now)
    done = run(clerk, court.now + LATER, kind=kind, ref=ref, addresses=addresses)
    assert done.state == "done"
    assert places_of("Jonas Petersen", "jonas@reporter", "sells fakes") == {}


def test_a_person_who_left_keeps_their_number_and_nothing_else(court: Court, clerk: Any) -> None:
    leaver = User.objects.create(
        email="iris@house.example",
        name="Iris Valdez",
        vendor=Vendor.objects.get(code="house"),
        languages=["es"],
        preferences={"keys": {}},
    )
    with pytest.raises(BadErasure):
        request_erasure(actor=clerk, kind="staff", ref="iris", asked_by="person", at=court.now)
    here = run(clerk, court.now, kind="staff", ref=str(leaver.pk))
    assert [why for _place, _rows, why, _until in here.stays] == ["still_here"]
    User.objects.filter(pk=leaver.pk).update(is_active=False)
    erase(now=court.now + timedelta(days=2))
    here.refresh_from_db()
    assert here.state == "done"
    assert places_of("Valdez", "iris@house") == {}
    leaver.refresh_from_db()
    assert leaver.name == "[erased]"


def test_a_buyer_is_found_by_id_or_address(court: Court, clerk: Any, traces: Item) -> None:
    campaign = BuyersInformed.objects.create(
        decision=Decision.objects.get(),
        item=traces,
        market="DE",
        product="Vase",
        redress="x",
        learned_at=court.now,
        bought_since=court.now.date(),
        due_at=court.now,
        opened_by="1",
        opened_at=court.now,
    )
    for number in range(2):
        Buyer.objects.create(
            campaign=campaign,
            order_ref=f"O-{number}",
            buyer_ref=f"B-{number}",
            name="Omar Haddad",
            email="omar@buyers.example",
            language="en",
            bought_on=court.now.date(),
            state="told",
        )
    assert run(clerk, court.now, kind="buyer", ref="B-0").state == "done"
    assert places_of("Haddad", "omar@buyers") == {}


def test_a_request_that_is_refused_says_why_and_changes_nothing(court: Court, clerk: Any, traces: Item) -> None:
    asked = request_erasure(actor=clerk, kind="seller", ref="S-1", asked_by="person", at=court.now)
    assert asked.due_on == date(2026, 4, 6)  # a month from March 4 is a Saturday, the Monday after is no holiday here
    with pytest.raises(BadErasure):
        refuse_erasure(actor=clerk, erasure_id=asked.pk, why="", at=court.now)
    refuse_erasure(actor=clerk, erasure_id=asked.pk, why="A court case is pending.", at=court.now)
    with pytest.raises(WrongState):
        run_erasure(actor=clerk, erasure_id=asked.pk, at=court.now)
    assert Trait.objects.exists()


def test_nobody_without_the_permission_erases(court: Court, traces: Item) -> None:
    with pytest.raises(NotPermitted):
        request_erasure(actor=officer(Permission.HOLD_EDIT), kind="seller", ref="S-1", asked_by="person", at=court.now)


def test_the_words_of_a_decision_can_be_erased_and_never_changed(court: Court, traces: Item) -> None:
    decision = Decision.objects.get()
    for becomes in ({"facts": "Somebody else's words about it."}, {"note": "changed"}, {"handling_ms": 1}):
        with pytest.raises(DatabaseError, match="never edited"), transaction.atomic():
            Decision.objects.filter(pk=decision.pk).update(**becomes)
    with pytest.raises(DatabaseError, match="never edited"), transaction.atomic():
        Statement.objects.update(structured={})
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        CaseEvent.objects.filter(body__until="x").update(body={"until": "y"})
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        CaseEvent.objects.all().delete()
    Decision.objects.filter(pk=decision.pk).update(facts=ERASED, note="")


@pytest.mark.parametrize("kind", ["seller", "item", "case", "report"])
def test_what_is_held_is_not_erased_until_it_is_released(
    court: Court,
    clerk: Any,
    traces: Item,
    kind: str,
) -> None:
    finish_messages(court.now)
    at = court.now + LATER
    refs = {
        "seller": "S-1",
        "item": traces.pk,
        "case": Decision.objects.get().case_id,
        "report": Report.objects.get().pk,
    }
    hold = place_hold(actor=clerk, kind=kind, ref=str(refs[kind]), reason="A court asks for it.", at=at)
    assert held(kind, refs[kind], at.date())
    asked = run(clerk, at)
    assert asked.state == "partly"
    assert "held" in {why for _place, _rows, why, _until in asked.stays}
    assert "Vase of Mrs Z" in str(places_of("Vase of Mrs Z"))
    assert Report.objects.get().reason == "Mrs Kowalczyk sells fakes"
    assert Decision.objects.get().facts.startswith("Mrs Kowalczyk")
    release_hold(actor=clerk, hold_id=hold.pk, why="The court is done.", at=at)
    erase(now=at + timedelta(days=2))
    asked.refresh_from_db()
    assert asked.state == "done"
