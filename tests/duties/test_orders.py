"""Orders of authorities: taken in, followed line by line, answered, and heard of by whom they affect."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from piepowder.access.operations import create_key
from piepowder.access.options import choose
from piepowder.access.visibility import NotPermitted
from piepowder.correspondence.models import Letter
from piepowder.decisions.models import Decision
from piepowder.decisions.operations import EnforcementOrder, withdraw
from piepowder.duties.due import due_before
from piepowder.duties.models import Order, OrderLine
from piepowder.duties.operations import (
    BadOrder,
    Identifiers,
    LinesOpen,
    OrderGiven,
    OrderKnown,
    acknowledge_order,
    ask_authority,
    change_user_hold,
    complete_order,
    decline_order,
    disclose,
    receive_order,
    reply_to_authority,
    rule_lines,
    search_identical,
    settle_line,
)
from piepowder.duties.orders.elements import ELEMENTS
from piepowder.duties.orders.identical import hold_against_orders
from piepowder.duties.orders.reading import OrderFilters, order_page, orders_list
from piepowder.duties.products import products_of
from piepowder.kernel.actor import EVERYWHERE, SYSTEM, Actor
from piepowder.kernel.flow import WrongState
from piepowder.outbox.models import Delivery
from tests.decisions.conftest import FACTS, REMOVED, Court

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("letters")]
GOOD_FRIDAY = datetime(2026, 4, 3, 8, tzinfo=UTC)


def given(court: Court, *locations: str, **changes: Any) -> OrderGiven:
    order = OrderGiven(
        kind="act",
        reference="AZ 4711/26",
        country="DE",
        authority="Bundesnetzagentur",
        language="en",
        contact_name="A. Muster",
        contact_email="orders@authority.example",
        legal_basis="Section 8 ProdSG",
        reasons="The product was recalled for risk of fire.",
        territories=("DE",),
        redress="Objection within one month.",
        locations=locations,
        received_at=court.now - timedelta(hours=2),
    )
    return replace(order, **changes)


def follow(clerk: Actor, order: Order, court: Court, *lines: OrderLine, at: datetime | None = None) -> Any:
    return rule_lines(
        actor=clerk,
        order_id=order.pk,
        line_ids=[line.pk for line in lines or order.lines.all()],
        policy_codes=("R-2",),
        facts=FACTS,
        enforcements=(REMOVED,),
        at=at or court.now,
    )


def letters_of(event: str) -> list[Letter]:
    return list(Letter.objects.filter(event=event).order_by("created_at"))


def test_an_order_is_followed_told_to_the_seller_and_answered(court: Court, clerk: Actor) -> None:
    item = court.item()
    order = receive_order(actor=clerk, given=given(court, item.external_id), at=court.now, acknowledge=True)
    (line,) = follow(clerk, order, court)
    order = reply_to_authority(actor=clerk, order_id=order.pk, at=court.now + timedelta(minutes=1))

    decision = Decision.objects.get(pk=line.decision_id)
    assert (decision.source, decision.statement.exclusion, decision.case_id) == ("authority", "authority_order", None)
    assert decision.enforcements.get().measure == "content_removed"
    assert (order.state, order.acknowledged_at, order.effect_at) == ("closed", court.now, court.now)
    assert order.replied_at == court.now + timedelta(minutes=1)
    assert [letter.address for letter in letters_of("order_received")] == ["orders@authority.example"]
    assert item.external_id in letters_of("order_effected")[0].text
    (told,) = letters_of("order_user")
    assert (told.recipient_kind, told.recipient_ref, told.not_before) == ("seller", "S-1", decision.final_at)
    for part in ("Bundesnetzagentur", "risk of fire", "Objection within one month", "AZ 4711/26"):
        assert part in told.text


def test_a_seller_is_not_told_before_the_authority_lets_us(court: Court, clerk: Actor) -> None:
    until = court.now + timedelta(days=30)
    order = receive_order(
        actor=clerk, given=given(court, court.item().external_id, notify_not_before=until), at=court.now
    )
    follow(clerk, order, court)
    assert letters_of("order_user")[0].not_before == until

    change_user_hold(actor=clerk, order_id=order.pk, until=None, at=court.now + timedelta(days=2))

    held, told = letters_of("order_user")
    assert told.not_before == court.now + timedelta(days=2)
    assert Delivery.objects.get(message=held.message).state == "cancelled"


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({}, []),
        ({"legal_basis": " ", "redress": ""}, ["legal_basis", "redress"]),
        ({"territories": (), "locations": ()}, ["locations", "territories"]),
        ({"kind": "information", "locations": ()}, ["subject"]),
        ({"kind": "information", "locations": (), "subject_ref": "S-1", "territories": ()}, []),
        ({"kind": "safety", "identical_until": date(2027, 1, 1)}, ["identifiers"]),
        ({"contact_email": "", "reasons": ""}, ["reasons", "contact"]),
    ],
)
def test_what_an_order_lacks_is_named(court: Court, clerk: Actor, changes: dict[str, Any], missing: list[str]) -> None:
    order = receive_order(actor=clerk, given=given(court, "X-none", **changes), at=court.now)
    assert order.missing == [code for code in ELEMENTS if code in missing]


def test_the_authority_is_asked_for_what_is_missing_while_the_clock_goes_on(court: Court, clerk: Actor) -> None:
    order = receive_order(actor=clerk, given=given(court, redress="", language="zh-Hans"), at=court.now)
    due = order.due_at
    order = ask_authority(actor=clerk, order_id=order.pk, at=court.now)
    assert (order.state, order.acknowledged_at, order.due_at) == ("clarifying", court.now, due)
    assert letters_of("order_question")[0].language == "zh-Hans"

    item = court.item()
    order = complete_order(
        actor=clerk, order_id=order.pk, given=given(court, item.external_id, reference="other"), at=court.now
    )
    assert (order.state, order.missing, order.reference) == ("received", [], "AZ 4711/26")
    assert order.lines.get().item == item


@pytest.mark.parametrize(("kind", "due_on", "rule"), [("safety", "2026-04-08", "+2WD"), ("act", "2026-04-07", "+1WD")])
def test_effect_is_due_by_working_days_of_the_country_of_establishment(
    court: Court, clerk: Actor, kind: str, due_on: str, rule: str
) -> None:
    choose(actor=SYSTEM, at=court.now, values={"law.country": "DE", "law.time_zone": "Europe/Berlin"})
    order = receive_order(
        actor=clerk, given=given(court, "X", kind=kind, received_at=GOOD_FRIDAY), at=GOOD_FRIDAY + timedelta(hours=1)
    )
    assert order.due_at is not None
    assert (order.due_at - timedelta(seconds=1)).date().isoformat() == due_on
    assert order.due_rule.startswith(f"1182/71 {rule} DE holidays-")


def test_clocks_of_orders_stand_among_what_is_due_until_effect_is_given(court: Court, clerk: Actor) -> None:
    item = court.item()
    order = receive_order(actor=clerk, given=given(court, item.external_id), at=court.now)
    until = court.now + timedelta(days=10)
    assert [(due.rule, due.ref) for due in due_before(clerk, until=until, limit=9) if due.kind == "order"] == [
        ("order_receipt", str(order.pk)),
        ("order_effect", str(order.pk)),
    ]
    acknowledge_order(actor=clerk, order_id=order.pk, at=court.now)
    follow(clerk, order, court)
    assert not [due for due in due_before(clerk, until=until, limit=9) if due.kind == "order"]


def test_what_is_not_here_or_not_covered_is_said_line_by_line(court: Court, clerk: Actor) -> None:
    order = receive_order(
        actor=clerk, given=given(court, court.item().external_id, "https://else.example/x"), at=court.now
    )
    here, gone = order.lines.order_by("position")
    with pytest.raises(BadOrder, match="nothing is known here"):
        follow(clerk, order, court, gone)
    with pytest.raises(LinesOpen):
        reply_to_authority(actor=clerk, order_id=order.pk, at=court.now)
    settle_line(actor=clerk, order_id=order.pk, line_id=gone.pk, way="miss", at=court.now)
    follow(clerk, order, court, here)
    order.refresh_from_db()
    assert order.state == "effected"
    assert [line.state for line in order.lines.order_by("position")] == ["done", "not_here"]


def test_undoing_the_decision_opens_the_line_again_and_tells_the_seller_nothing(court: Court, clerk: Actor) -> None:
    order = receive_order(actor=clerk, given=given(court, court.item().external_id), at=court.now)
    (line,) = follow(clerk, order, court)
    assert line.decision_id
    withdraw(actor=clerk, decision_id=line.decision_id, at=court.now + timedelta(seconds=5))
    line.refresh_from_db()
    order.refresh_from_db()
    assert (line.state, line.decision_id, order.state, order.effect_at) == ("open", None, "received", None)
    assert Delivery.objects.get(message=letters_of("order_user")[0].message).state == "cancelled"


def test_an_order_that_is_not_followed_is_answered_with_reasons(court: Court, clerk: Actor) -> None:
    order = receive_order(actor=clerk, given=given(court, "X"), at=court.now)
    with pytest.raises(BadOrder):
        decline_order(actor=clerk, order_id=order.pk, why=" ", at=court.now)
    order = decline_order(actor=clerk, order_id=order.pk, why="It names no offer of ours.", at=court.now)
    assert (order.state, "no offer of ours" in letters_of("order_declined")[0].text) == ("declined", True)
    with pytest.raises(WrongState):
        decline_order(actor=clerk, order_id=order.pk, why="Again.", at=court.now)


def test_information_is_given_once_logged_by_name_and_told_to_the_seller(court: Court, clerk: Actor) -> None:
    wanted = given(court, kind="information", subject_ref="S-1", notify_not_before=court.now + timedelta(days=9))
    order = receive_order(actor=clerk, given=wanted, at=court.now)
    with pytest.raises(BadOrder, match="answered, not ruled on"):
        follow(clerk, order, court)
    told: dict[str, Any] = {"actor": clerk, "order_id": order.pk, "recipient": "A. Muster"}
    disclose(**told, fields=["name"], at=court.now, last=False)
    disclose(**told, fields=["postal address"], digest="a" * 64, at=court.now + timedelta(hours=1))
    order.refresh_from_db()
    assert (order.state, order.effect_at) == ("closed", court.now + timedelta(hours=1))
    assert "- name\n- postal address" in letters_of("order_information")[0].text
    assert letters_of("order_information_user")[0].not_before == court.now + timedelta(days=9)
    with pytest.raises(WrongState):
        disclose(**told, fields=["more"], at=court.now)


def test_the_letter_about_given_information_waits_as_long_as_the_authority_asks(court: Court, clerk: Actor) -> None:
    wanted = given(court, kind="information", subject_ref="S-1", notify_not_before=court.now + timedelta(days=9))
    order = receive_order(actor=clerk, given=wanted, at=court.now)
    disclose(actor=clerk, order_id=order.pk, recipient="A. Muster", fields=["name"], at=court.now)

    until, later = court.now + timedelta(days=30), court.now + timedelta(days=2)
    change_user_hold(actor=clerk, order_id=order.pk, until=until, at=later)

    held, told = letters_of("order_information_user")
    assert Delivery.objects.get(message=held.message).state == "cancelled"
    assert (told.not_before, told.places) == (until, held.places)


def test_an_order_without_a_zone_of_time_is_refused_in_words(court: Court) -> None:
    key = create_key(
        actor=SYSTEM,
        name="authority",
        permissions=["order:edit"],
        scope=EVERYWHERE,
        at=court.now,
        expires_at=datetime.now(UTC) + timedelta(days=1),
    )
    sent = {"kind": "act", "reference": "1", "authority": "A", "country": "DE", "received_at": "2026-01-01T10:00:00"}
    headers = {"Authorization": f"Bearer {key.secret}"}
    answer = Client().post("/api/v1/orders", sent, "application/json", headers=headers)
    assert (answer.status_code, "received_at" in answer.text) == (422, True)


def test_what_is_identical_is_found_by_what_the_order_says_and_nothing_else(court: Court, clerk: Actor) -> None:
    def offer(title: str, **content: Any) -> str:
        item = court.item(title=title, external_id=title.replace(" ", "-"))
        court.snapshot(item, {"title": title, **content})
        return item.external_id

    same_number = offer("Kettle", gtin="0000040123451")
    same_model = offer("ACME Heater HX-200 white", brand="Acme")
    in_attributes = offer("Heater", brand="ACME", attributes={"model": "hx 200"})
    offer("Heater HX-2000", brand="Acme")
    offer("Heater HX-200", brand="Other")
    court.item("text", title="Heater", external_id="text")
    identifiers = Identifiers(gtins=("40123451",), brand="Acme", model="HX-200")
    order = receive_order(
        actor=clerk,
        given=given(court, kind="safety", identifiers=identifiers, identical_until=date(2026, 6, 1)),
        at=court.now,
    )
    search = search_identical(actor=clerk, order_id=order.pk, at=court.now)
    found = {line.location.removeprefix("listing:"): line.matched_on for line in order.lines.all()}
    assert found == {same_number: ["gtin"], same_model: ["brand", "model"], in_attributes: ["brand", "model"]}
    assert (search.found, search.looked_at) == (3, 5)
    assert search_identical(actor=clerk, order_id=order.pk, at=court.now).found == 0


def test_new_offers_are_held_against_an_order_until_its_period_ends(court: Court, clerk: Actor) -> None:
    wanted = given(
        court, kind="safety", identifiers=Identifiers(title="Red Lamp"), identical_until=date(2026, 6, 1), locations=()
    )
    order = receive_order(actor=clerk, given=wanted, at=court.now)
    first, second = court.item(title="red  lamp!"), court.item(title="Red lamp")
    assert hold_against_orders(products_of([first.pk]), court.now) == 1
    assert hold_against_orders(products_of([second.pk]), datetime(2026, 6, 2, tzinfo=UTC)) == 0
    assert [line.origin for line in order.lines.all()] == ["identical"]


def test_identical_offers_are_ruled_on_after_the_order_was_answered(court: Court, clerk: Actor) -> None:
    wanted = given(
        court, "X-none", kind="safety", identifiers=Identifiers(title="Lamp"), identical_until=date(2026, 6, 1)
    )
    order = receive_order(actor=clerk, given=wanted, at=court.now)
    settle_line(actor=clerk, order_id=order.pk, line_id=order.lines.get().pk, way="miss", at=court.now)
    reply_to_authority(actor=clerk, order_id=order.pk, at=court.now)
    hold_against_orders(products_of([court.item(title="Lamp").pk]), court.now)
    (line,) = follow(clerk, order, court, order.lines.get(origin="identical"))
    order.refresh_from_db()
    assert (line.state, order.state) == ("done", "closed")


def test_one_order_is_taken_in_once(court: Court, clerk: Actor) -> None:
    receive_order(actor=clerk, given=given(court, "X"), at=court.now)
    with pytest.raises(OrderKnown):
        receive_order(actor=clerk, given=given(court, "Y"), at=court.now)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"country": "XX"}, "/country"),
        ({"reference": " "}, "/reference"),
        ({"received_at": datetime(2030, 1, 1, tzinfo=UTC)}, "/received_at"),
        ({"category": "NONE"}, "/category"),
        ({"locations": ("x" * 2001,)}, "/locations/0"),
        ({"territories": ("Germany",)}, "/territories/0"),
        ({"kind": "wish"}, "/kind"),
    ],
)
def test_what_is_no_order_at_all_is_refused(court: Court, clerk: Actor, changes: dict[str, Any], pointer: str) -> None:
    with pytest.raises(BadOrder) as refused:
        receive_order(actor=clerk, given=given(court, **changes), at=court.now)
    assert [problem.pointer for problem in refused.value.problems] == [pointer]


def test_orders_are_not_for_people_of_one_vendor(court: Court, clerk: Actor) -> None:
    order = receive_order(actor=clerk, given=given(court, "X"), at=court.now)
    outsider = court.person("acme", *(permission for mandate in clerk.mandates for permission in mandate.permissions))
    for attempt in (
        lambda: receive_order(actor=outsider, given=given(court, reference="other"), at=court.now),
        lambda: order_page(outsider, order.pk),
        lambda: orders_list(outsider, OrderFilters(), court.now),
    ):
        with pytest.raises(NotPermitted):
            attempt()
    assert due_before(outsider, until=court.now + timedelta(days=9), limit=9) == []


def test_an_item_under_an_order_can_be_restricted_somewhere_only(court: Court, clerk: Actor) -> None:
    order = receive_order(actor=clerk, given=given(court, court.item().external_id), at=court.now)
    (line,) = rule_lines(
        actor=clerk,
        order_id=order.pk,
        line_ids=[order.lines.get().pk],
        policy_codes=("R-2",),
        facts=FACTS,
        enforcements=(EnforcementOrder("visibility", "content_disabled", territories=("DE",)),),
        at=court.now,
    )
    assert line.decision is not None
    assert line.decision.enforcements.get().territories == ["DE"]
