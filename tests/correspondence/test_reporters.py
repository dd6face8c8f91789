"""Who reports is told that the notice came and what became of it, while the pack is on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from piepowder.correspondence.models import Letter
from piepowder.correspondence.operations import confirm_receipt, load_shipped_letters, tell_outcome, tell_undone
from piepowder.correspondence.queries import letters_about, letters_to
from piepowder.decisions.events import DecisionIssued, DecisionOverturned
from piepowder.decisions.models import Decision
from piepowder.decisions.operations import overturn, rule_directly, withdraw
from piepowder.intake.events import ReportsReceived
from piepowder.intake.models import Item, Report, Reporter
from piepowder.intake.operations import report
from piepowder.intake.schemas import Notice, parse_notice
from piepowder.kernel.actor import SYSTEM, Actor
from piepowder.kernel.events import _listeners, subscribe
from piepowder.kernel.permissions import Permission
from piepowder.outbox.models import Delivery
from piepowder.policy import packs
from piepowder.policy.models import Pack
from tests.decisions.conftest import Court, cleared, court, court_without_templates, ruling

__all__ = ["court", "court_without_templates"]

ADA = {"kind": "user", "name": "Ada Long", "email": "ada@example.org"}


@pytest.fixture(autouse=True)
def _wired(court: Court, now: datetime) -> Iterator[None]:
    """Letters alone listen, as the program has it; the pack is on, the words are there."""
    before = dict(_listeners)
    _listeners.clear()
    subscribe(ReportsReceived, confirm_receipt)
    subscribe(DecisionIssued, tell_outcome)
    subscribe(DecisionOverturned, tell_undone)
    Pack.objects.create(code="eu_dsa", on=True, changed_at=now, changed_by="system")
    packs.forget()
    load_shipped_letters(actor=SYSTEM, at=now)
    yield
    packs.forget()
    _listeners.clear()
    _listeners.update(before)


@pytest.fixture
def judge(court: Court) -> Actor:
    return court.person("house", Permission.DECISION_ISSUE_DIRECT, Permission.DECISION_OVERTURN, everywhere=True)


def notify(now: datetime, *items: Item, **changes: Any) -> list[Report]:
    """Send a notice about the items; a minute ago, so that a decision now judges it."""
    raw = {
        "reporter": ADA,
        "items": [{"kind": item.kind, "id": item.external_id} for item in items],
        "basis": "illegal",
        "reason": "It is a copy of our lamp.",
        "good_faith": True,
        **changes,
    }
    notice = parse_notice(raw)
    assert isinstance(notice, Notice), notice
    receipt = report(actor=SYSTEM, notice=notice, at=now - timedelta(minutes=1))
    return list(Report.objects.filter(pk__in=receipt.reports).order_by("received_at", "id"))


def left(decision: Decision, now: datetime) -> None:
    """Everything that the decision sent has arrived."""
    gone = {"state": "delivered", "tried_since": now, "finished_at": now}
    Delivery.objects.filter(message__group_ref=str(decision.pk)).update(**gone)


def test_a_notice_is_confirmed_once_to_whoever_sent_it(court: Court, now: datetime) -> None:
    first, second = court.item(title="Lamp"), court.item(title="Pen")

    notify(now, first, second, language="en")

    letter = Letter.objects.get()
    assert (letter.event, letter.address, letter.language) == ("report.received", "ada@example.org", "en")
    assert "- Lamp (X-1)\n- Pen (X-2)" in letter.text
    assert "It is a copy of our lamp." in letter.text
    assert "How we use software" in letter.text


def test_nothing_is_written_while_the_pack_is_off(court: Court, judge: Actor, now: datetime) -> None:
    Pack.objects.update(on=False)
    packs.forget()
    item = court.item()

    notify(now, item)
    rule_directly(actor=judge, item_id=item.pk, ruling=ruling(item), at=now)

    assert not Letter.objects.exists()


def test_who_cannot_be_reached_gets_nothing_and_an_account_is_reached_through_the_marketplace(
    court: Court, now: datetime
) -> None:
    item = court.item()

    court.report(item)
    notify(now, item, reporter={"kind": "user", "id": "U-7"}, basis="terms")

    letter = Letter.objects.get()
    assert letter.message.body["recipient"]["known_as"] == "U-7"
    assert letter.message.body["recipient"]["id"] == str(Reporter.objects.get(external_ref="U-7").pk)


@pytest.mark.parametrize(
    ("made", "says"),
    [
        ({}, "we have restricted what you reported"),
        ({"enforcements": ()}, "We have noted it, but we have not restricted"),
    ],
)
def test_the_outcome_is_told_with_the_ways_to_complain(
    court: Court, judge: Actor, now: datetime, made: dict[str, Any], says: str
) -> None:
    item = court.item()
    [one] = notify(now, item, language="en")

    decision = rule_directly(actor=judge, item_id=item.pk, ruling=ruling(item, **made), at=now)

    letter = letters_about("report", str(one.pk)).get(event="report.decided")
    assert says in letter.text
    assert "until 4 September 2026. A person looks at every complaint." in letter.text
    assert "a person decided. Software only put the reports in order." in letter.text
    assert letter.not_before == decision.final_at
    assert "S-1" not in letter.text


def test_no_action_is_told_too(court: Court, judge: Actor, now: datetime) -> None:
    item = court.item()
    [one] = notify(now, item, language="zh-Hans")
    assert item.snapshot_id

    rule_directly(actor=judge, item_id=item.pk, ruling=cleared(item.snapshot_id), at=now)

    letter = letters_to("reporter", str(one.reporter_id)).get(event="report.decided")
    assert letter.language == "zh-Hans"
    assert "没有发现" in letter.text


def test_undoing_the_decision_takes_the_letter_back(court: Court, judge: Actor, now: datetime) -> None:
    item = court.item()
    [one] = notify(now, item)
    decision = rule_directly(actor=judge, item_id=item.pk, ruling=ruling(item), at=now)
    withdraw(actor=SYSTEM, decision_id=decision.pk, at=now + timedelta(seconds=3))

    [letter] = letters_about("report", str(one.pk)).filter(event="report.decided")
    assert letter.progress == "cancelled"
    again = rule_directly(actor=judge, item_id=item.pk, ruling=ruling(item), at=now + timedelta(seconds=9))
    newest = letters_about("report", str(one.pk)).filter(event="report.decided")[0]
    assert newest.message.group_ref == str(again.pk)
    assert newest.places["before"] == "first"


def test_a_decision_that_was_undone_later_is_told_and_so_is_the_one_in_its_place(
    court: Court, judge: Actor, now: datetime
) -> None:
    item = court.item()
    [one] = notify(now, item, language="en")
    decision = rule_directly(actor=judge, item_id=item.pk, ruling=ruling(item), at=now)
    left(decision, now)
    later = now + timedelta(days=3)
    assert item.snapshot_id

    overturn(
        actor=judge, decision_id=decision.pk, at=later, replacement=cleared(item.snapshot_id), reason="appeal"
    )  # fmt: skip

    newest = letters_about("report", str(one.pk)).filter(event="report.decided")[0]
    assert newest.places["outcome"] == "no_violation"
    assert "This letter replaces what we told you before." in newest.text


def test_a_decision_undone_without_another_in_its_place_is_told(court: Court, judge: Actor, now: datetime) -> None:
    item = court.item()
    [one] = notify(now, item, language="en")
    decision = rule_directly(actor=judge, item_id=item.pk, ruling=ruling(item), at=now)
    left(decision, now)

    overturn(actor=judge, decision_id=decision.pk, at=now + timedelta(days=3), reason="appeal")

    newest = letters_about("report", str(one.pk)).filter(event="report.decided")[0]
    assert "We have undone our earlier decision." in newest.text


def test_the_same_outcome_is_not_told_twice(court: Court, judge: Actor, now: datetime) -> None:
    item = court.item()
    [one] = notify(now, item)
    former = rule_directly(actor=judge, item_id=item.pk, ruling=ruling(item), at=now)
    left(former, now)

    rule_directly(
        actor=judge, item_id=item.pk, ruling=ruling(item), at=now + timedelta(days=1), supersedes_id=former.pk
    )  # fmt: skip

    assert letters_about("report", str(one.pk)).filter(event="report.decided").count() == 1
