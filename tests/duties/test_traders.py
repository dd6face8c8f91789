"""What traders are asked, what checking says, and what follows when they do not answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from piepowder.correspondence.models import Letter
from piepowder.correspondence.operations import load_shipped_letters
from piepowder.decisions.models import Decision, Enforcement
from piepowder.decisions.operations import load_shipped_templates, overturn
from piepowder.duties.holds import place_hold
from piepowder.duties.models import Trader, TraderField
from piepowder.duties.people_listeners import on_decision_overturned
from piepowder.duties.traders.checks import check
from piepowder.duties.traders.files import BadTrader, GivenField, NotAsked, certify, end_contract, give, open_file
from piepowder.duties.traders.sales import SalesDay, note_sales
from piepowder.duties.traders.settling import NotVerified, ask_remedy, settle_field, suspend, verify
from piepowder.duties.traders.sweeping import ask_certifications, delete_files, suspend_overdue
from piepowder.duties.traders.volume import DayOfSales, disclosed_since, high_volume_since
from piepowder.intake.models import Item, StoredMedia
from piepowder.kernel import events
from piepowder.kernel.actor import SYSTEM, Actor
from piepowder.kernel.flow import WrongState
from piepowder.kernel.permissions import Permission
from piepowder.policy import packs
from piepowder.policy.models import Pack
from tests.decisions.conftest import policy
from tests.duties.people import officer

GIVEN = {
    "name": "Ada Kramer Lampen",
    "address": "Lindenweg 4, 50667 Köln",
    "phone": "+49 221 555 0134",
    "email": "ada@lampen.example",
    "payment_account": "DE89 3704 0044 0532 0130 00",
    "trade_register": "Amtsgericht Köln",
    "register_number": "HRB 99871",
    "self_certification": "yes",
}


@pytest.fixture
def desk(db: None, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Iterator[Actor]:
    """Somebody who looks after traders, with the bodies of law switched on."""
    monkeypatch.setattr(events, "_listeners", {})
    for code in ("eu_dsa", "us_inform", "p2b"):
        Pack.objects.create(code=code, on=True, changed_at=now, changed_by="test")
    packs.forget()
    policy("V-1", ground="terms", category="CONSUMER_INFORMATION", keywords=[], kinds=["seller"])
    load_shipped_templates(actor=SYSTEM, at=now)
    load_shipped_letters(actor=SYSTEM, at=now)
    yield officer(
        Permission.TRADER_EDIT, Permission.DUTY_VIEW, Permission.DECISION_ISSUE_DIRECT, Permission.DECISION_OVERTURN
    )
    packs.forget()


def opened(desk: Actor, now: datetime, **changes: Any) -> Trader:
    told = {"seller_ref": "S-9", "kind": "company", "market": "DE", "language": "de", **changes}
    return open_file(actor=desk, at=now, **told)


def fill(desk: Actor, now: datetime, ref: str = "S-9") -> Trader:
    StoredMedia.objects.get_or_create(
        digest="d" * 64, defaults={"content_type": "application/pdf", "size": 9, "stored_at": now}
    )
    fields = [GivenField(code, value) for code, value in GIVEN.items()]
    return give(actor=desk, seller_ref=ref, fields=[*fields, GivenField("id_document", document="d" * 64)], at=now)


def settle_all(desk: Actor, trader: Trader, now: datetime) -> None:
    for code in TraderField.objects.filter(trader=trader).values_list("code", flat=True):
        settle_field(actor=desk, trader_id=trader.pk, code=code, verified=True, at=now)


@pytest.mark.parametrize(
    ("code", "value", "said"),
    [
        ("payment_account", "DE89 3704 0044 0532 0130 00", "ok"),
        ("payment_account", "DE89 3704 0044 0532 0130 01", "bad_checksum"),
        ("payment_account", "021000021 / 12345678", "not_checked"),
        ("vat", "DE 136,695 976", "ok"),
        ("vat", "DE136695978", "bad_checksum"),
        ("vat", "QQ123", "unknown_country"),
        ("lei", "213800KUD8LAJWSQ9D15", "ok"),
        ("lei", "213800KUD8LXJWSQ9D15", "bad_checksum"),
        ("eori", "DE 123456789012345", "ok"),
        ("eori", "DE1234567890123456", "bad_length"),
        ("eori", "US123", "unknown_country"),
        ("tax_id", "123-45-6789", "ok"),
        ("email", "nobody", "bad_format"),
        ("phone", "+49 221 555 0134", "ok"),
        ("name", "Ada", "not_checked"),
    ],
)
def test_the_form_of_a_number_says_whether_it_can_be_one(code: str, value: str, said: str) -> None:
    assert check(code, value) == said


def test_a_trader_is_asked_gives_is_checked_and_verified(desk: Actor, now: datetime) -> None:
    trader = opened(desk, now)
    letter = Letter.objects.get(event="trader_asked")
    assert letter.recipient_ref == "S-9"
    assert trader.due_at is not None
    assert trader.due_at > now
    with pytest.raises(NotVerified) as lacking:
        verify(actor=desk, trader_id=trader.pk, at=now)
    assert {one.pointer for one in lacking.value.problems} >= {"/fields/name", "/fields/id_document"}
    part = give(actor=desk, seller_ref="S-9", fields=[GivenField("name", "Ada Kramer Lampen")], at=now)
    assert part.state == "requested"
    assert fill(desk, now).state == "given"
    settle_all(desk, trader, now)
    done = verify(actor=desk, trader_id=trader.pk, at=now)
    assert (done.state, done.due_at) == ("verified", None)
    assert Letter.objects.filter(event="trader_verified", address="ada@lampen.example").count() == 1


def test_a_trader_whose_market_no_law_asks_about_is_not_asked(desk: Actor, now: datetime) -> None:
    with pytest.raises(NotAsked):
        opened(desk, now, market="CH")
    Pack.objects.filter(code="eu_dsa").update(on=False)
    packs.forget()
    with pytest.raises(NotAsked):
        opened(desk, now)


def test_what_is_wrong_with_what_is_given_is_said_of_every_field(desk: Actor, now: datetime) -> None:
    opened(desk, now)
    wrong = [GivenField("shoe_size", "44"), GivenField("name", " "), GivenField("id_document", document="0" * 64)]
    with pytest.raises(BadTrader) as refused:
        give(actor=desk, seller_ref="S-9", fields=wrong, at=now)
    assert [one.code for one in refused.value.problems] == ["unknown_value", "required", "unknown_upload"]
    assert not TraderField.objects.exists()


def test_who_does_not_answer_in_time_is_suspended_with_a_statement_and_restored_once_verified(
    desk: Actor, now: datetime
) -> None:
    trader = opened(desk, now)
    assert trader.due_at is not None
    assert suspend_overdue(at=trader.due_at - timedelta(seconds=1)) == 0
    late = trader.due_at
    assert suspend_overdue(at=late) == 1
    trader.refresh_from_db()
    decision = Decision.objects.get()
    assert (trader.state, trader.suspension_id, decision.machine) == ("suspended", decision.pk, "duties:trader_data")
    assert decision.statement.text
    assert decision.statement.complaint_until
    assert Item.objects.get(pk=decision.item_id).external_id == "S-9"
    fill(desk, late + timedelta(days=3))
    settle_all(desk, trader, late)
    verify(actor=desk, trader_id=trader.pk, at=late + timedelta(days=4))
    decision.refresh_from_db()
    trader.refresh_from_db()
    assert (decision.state, trader.state, trader.suspension_id) == ("superseded", "verified", None)
    assert set(Enforcement.objects.filter(decision=decision).values_list("state", flat=True)) <= {
        "cancelled",
        "reversed",
    }


def test_what_is_not_right_is_asked_for_again_and_then_a_person_suspends(desk: Actor, now: datetime) -> None:
    trader = opened(desk, now)
    fill(desk, now)
    with pytest.raises(BadTrader):
        settle_field(actor=desk, trader_id=trader.pk, code="name", verified=False, at=now)
    settle_field(
        actor=desk, trader_id=trader.pk, code="register_number", verified=False, why="names another firm", at=now
    )
    asked = ask_remedy(actor=desk, trader_id=trader.pk, reason="The register names another firm.", at=now)
    assert asked.state == "remedy"
    assert asked.due_at is not None
    suspended = suspend(actor=desk, trader_id=trader.pk, at=now + timedelta(days=1))
    decision = Decision.objects.get(pk=suspended.suspension_id)
    assert str(decision.decider_id) == desk.ref
    overturned_at = now + timedelta(days=2)
    overturn(actor=desk, decision_id=decision.pk, at=overturned_at, reason="appeal")
    on_decision_overturned(_overturned(decision, desk, overturned_at))
    suspended.refresh_from_db()
    assert (suspended.state, suspended.suspension_id) == ("given", None)


def _overturned(decision: Decision, actor: Actor, at: datetime) -> Any:
    from piepowder.decisions.events import DecisionOverturned

    return DecisionOverturned(
        decision.pk, None, decision.item_id, "seller", "S-9", "DE", decision.outcome, None, at, actor
    )


def test_a_high_volume_seller_is_who_reached_both_numbers_in_one_window_of_twelve_months() -> None:
    today = date(2026, 3, 4)
    spread = {date(2024, 6, 1) + timedelta(days=30 * n): DayOfSales(12, 30_000) for n in range(20)}
    assert high_volume_since(spread, today) is None
    across = {date(2025, 11, 1): DayOfSales(120, 250_000), date(2026, 1, 20): DayOfSales(80, 250_000)}
    assert high_volume_since(across, today) == date(2026, 1, 20)
    apart = {date(2024, 12, 1): DayOfSales(150, 300_000), date(2025, 12, 1): DayOfSales(60, 300_000)}
    assert high_volume_since(apart, today) is None
    together = {date(2024, 12, 2): DayOfSales(150, 300_000), date(2025, 12, 1): DayOfSales(60, 300_000)}
    assert high_volume_since(together, today) == date(2025, 12, 1)
    assert high_volume_since(together, date(2027, 12, 3)) is None
    assert disclosed_since(across, today) is None
    rich = across | {date(2026, 2, 2): DayOfSales(1, 1_600_000)}
    assert disclosed_since(rich, today) == date(2026, 2, 2)


def test_totals_make_a_seller_high_volume_and_ask_for_what_that_takes(desk: Actor, now: datetime) -> None:
    day = now.date()
    assert note_sales(actor=desk, days=[SalesDay("S-7", day, 150, 300_000)], at=now) == 0
    assert not Letter.objects.exists()
    assert note_sales(actor=desk, days=[SalesDay("S-7", day - timedelta(days=9), 60, 250_000)], at=now) == 1
    trader = Trader.objects.get(seller_ref="S-7")
    assert trader.high_volume_since == day
    assert trader.due_at is not None
    assert 9 <= (trader.due_at - now).days <= 11
    assert "200 items" in Letter.objects.get(event="trader_asked").text
    with pytest.raises(BadTrader):
        note_sales(actor=desk, days=[SalesDay("S-7", day + timedelta(days=9), 1, 1)], at=now)


def test_a_high_volume_seller_confirms_once_a_year_or_is_suspended(desk: Actor, now: datetime) -> None:
    note_sales(actor=desk, days=[SalesDay("S-7", now.date(), 250, 900_000)], at=now)
    trader = Trader.objects.get()
    StoredMedia.objects.create(digest="e" * 64, content_type="application/pdf", size=9, stored_at=now)
    fields = [GivenField(code, GIVEN.get(code, "x")) for code in ("name", "email", "phone", "payment_account")]
    fields += [GivenField("tax_id", "123-45-6789"), GivenField("representative_id", document="e" * 64)]
    give(actor=desk, seller_ref="S-7", fields=fields, at=now)
    settle_all(desk, trader, now)
    verified = verify(actor=desk, trader_id=trader.pk, at=now)
    assert verified.certify_on == date(2027, 3, 4)
    assert ask_certifications(at=now + timedelta(days=364)) == 0
    assert ask_certifications(at=now + timedelta(days=365)) == 1
    again = certify(actor=desk, seller_ref="S-7", at=now + timedelta(days=366))
    assert (again.state, again.certify_on) == ("verified", date(2028, 3, 5))
    assert ask_certifications(at=now + timedelta(days=740)) == 1
    assert suspend_overdue(at=now + timedelta(days=760)) == 1
    trader.refresh_from_db()
    assert trader.state == "suspended"


def test_a_file_is_deleted_six_months_after_the_contract_unless_it_is_held(desk: Actor, now: datetime) -> None:
    trader = opened(desk, now)
    fill(desk, now)
    ended = end_contract(actor=desk, seller_ref="S-9", on=now.date(), at=now)
    assert ended.delete_on == date(2026, 9, 4)
    with pytest.raises(WrongState):
        give(actor=desk, seller_ref="S-9", fields=[GivenField("name", "Ada")], at=now)
    after = now + timedelta(days=190)
    hold = place_hold(actor=SYSTEM, kind="seller", ref="S-9", reason="A court asks for it.", at=now)
    assert delete_files(at=after) == 0
    assert TraderField.objects.exists()
    hold.released_at = after
    hold.save()
    assert delete_files(at=now + timedelta(days=180)) == 0
    assert delete_files(at=after) == 1
    trader.refresh_from_db()
    assert trader.state == "deleted"
    assert not TraderField.objects.exists()
    assert not StoredMedia.objects.exists()
