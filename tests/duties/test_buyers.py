"""Buyers of the last six months learn that what they bought was illegal, each by a letter that proves it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from piepowder.correspondence.models import Letter
from piepowder.correspondence.operations import load_shipped_letters
from piepowder.decisions.events import DecisionOverturned
from piepowder.decisions.models import Decision
from piepowder.decisions.operations import overturn
from piepowder.duties.buyers.campaigns import (
    BadCampaign,
    BuyerGiven,
    CampaignExists,
    NobodyToTell,
    NotIllegal,
    add_buyers,
    ask_marketplace,
    open_campaign,
    publish_notice,
    start_telling,
)
from piepowder.duties.buyers.queries import totals
from piepowder.duties.buyers.tables import read_csv
from piepowder.duties.buyers.telling import tell_waiting
from piepowder.duties.models import Buyer, BuyersInformed
from piepowder.duties.people_listeners import on_decision_overturned
from piepowder.kernel import events
from piepowder.kernel.actor import SYSTEM, Actor
from piepowder.kernel.permissions import Permission
from piepowder.outbox.models import Message
from tests.decisions.conftest import Court
from tests.duties.people import officer

REDRESS = "Send it back free of charge; you get your money back."


@pytest.fixture
def clerk(court: Court, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Actor:
    monkeypatch.setattr(events, "_listeners", {})
    events.subscribe(DecisionOverturned, on_decision_overturned)
    load_shipped_letters(actor=SYSTEM, at=now)
    return officer(Permission.BUYERS_INFORM, Permission.DUTY_VIEW, Permission.DECISION_OVERTURN)


@pytest.fixture
def decision(court: Court) -> Any:
    return court.decide(court.person(), court.case(court.item(title="Glow pen")))


def campaign_of(clerk: Actor, decision: Decision, now: datetime) -> BuyersInformed:
    return open_campaign(actor=clerk, decision_id=decision.pk, redress=REDRESS, trader="Volt & Co, Berlin", at=now)


def test_every_buyer_of_six_months_is_told_and_the_rest_by_a_public_notice(
    clerk: Actor, decision: Any, now: datetime
) -> None:
    campaign = campaign_of(clerk, decision, now)
    assert campaign.bought_since == date(2025, 9, 4)
    assert campaign.due_at > now
    with pytest.raises(CampaignExists):
        campaign_of(clerk, decision, now)
    ask_marketplace(actor=clerk, campaign_id=campaign.pk, at=now)
    assert Message.objects.get(topic="buyers.requested").body["bought_since"] == "2025-09-04"
    with pytest.raises(NobodyToTell):
        start_telling(actor=clerk, campaign_id=campaign.pk, at=now)
    table = "order,buyer,name,email,language,bought_on\n" + "".join(
        f"O-{n},B-{n},Buyer {n},b{n}@mail.example,{'zh-Hans' if n % 2 else 'en'},2026-01-{n + 1:02d}\n"
        for n in range(3)
    )
    rows = [*read_csv(table), BuyerGiven("O-7", date(2026, 1, 9)), BuyerGiven("O-8", date(2025, 9, 3), "B-8")]
    assert add_buyers(actor=clerk, campaign_id=campaign.pk, buyers=rows, at=now) == (4, 1)
    assert add_buyers(actor=clerk, campaign_id=campaign.pk, buyers=rows, at=now) == (0, 1)
    start_telling(actor=clerk, campaign_id=campaign.pk, at=now)
    assert tell_waiting(at=now) == 3
    assert tell_waiting(at=now) == 0
    assert totals([campaign.pk]) == {campaign.pk: {"no_contact": 1, "told": 3}}
    campaign.refresh_from_db()
    assert campaign.state == "sending"
    assert "Glow pen" in campaign.notice
    letter = Letter.objects.get(pk=Buyer.objects.get(order_ref="O-0").letter)
    assert letter.address == "b0@mail.example"
    assert "Volt & Co, Berlin" in letter.text
    assert REDRESS in letter.text
    with pytest.raises(BadCampaign):
        publish_notice(actor=clerk, campaign_id=campaign.pk, text=campaign.notice, url="nowhere", at=now)
    done = publish_notice(
        actor=clerk, campaign_id=campaign.pk, text=campaign.notice, url="https://market.example/notices/1", at=now
    )
    done.refresh_from_db()
    assert done.state == "done"


def test_when_it_was_not_illegal_after_all_those_who_were_told_are_written_to_again(
    clerk: Actor, decision: Any, now: datetime
) -> None:
    campaign = campaign_of(clerk, decision, now)
    add_buyers(actor=clerk, campaign_id=campaign.pk, buyers=[BuyerGiven("O-1", now.date(), "B-1")], at=now)
    start_telling(actor=clerk, campaign_id=campaign.pk, at=now)
    tell_waiting(at=now)
    overturn(actor=clerk, decision_id=decision.pk, at=now + timedelta(days=2), reason="appeal")
    campaign.refresh_from_db()
    assert campaign.state == "correcting"
    assert tell_waiting(at=now + timedelta(days=2)) == 1
    assert tell_waiting(at=now + timedelta(days=2)) == 0
    campaign.refresh_from_db()
    assert campaign.state == "corrected"
    assert Letter.objects.get(pk=Buyer.objects.get().correction).event == "buyer_corrected"


def test_only_a_standing_decision_about_something_illegal_has_buyers_to_tell(
    clerk: Actor,
    court: Court,
    now: datetime,
) -> None:
    terms = court.decide(court.person(), policy_codes=("T-1",), ground="terms")
    with pytest.raises(NotIllegal):
        campaign_of(clerk, terms, now)


def test_a_table_from_an_old_computer_is_read_and_an_endless_cell_refused(clerk: Actor) -> None:
    assert [row.order_ref for row in read_csv("order,bought_on\rO-1,2026-03-01\rO-2,2026-03-02\r")] == ["O-1", "O-2"]
    with pytest.raises(BadCampaign):
        read_csv("order,bought_on\n" + "x" * 140_000 + ",2026-03-01\n")


def test_a_table_that_cannot_be_read_says_which_row(clerk: Actor) -> None:
    with pytest.raises(BadCampaign, match="no column"):
        read_csv("name\nAda\n")
    with pytest.raises(BadCampaign) as refused:
        read_csv("order,bought_on\nO-1,yesterday\n")
    assert "row 2" in refused.value.problems[0].detail
