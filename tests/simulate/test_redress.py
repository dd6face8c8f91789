"""The other side of the bench in the demonstration: everything is there, by the operations, and the same for a seed."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F

from piepowder.access.models import User
from piepowder.appeals.models import Appeal, Bar, OutOfCourtCase
from piepowder.correspondence.models import Letter
from piepowder.duties.models import Misuse, Order, RecallMatch, Threat
from piepowder.duties.models.buyers import Buyer
from piepowder.duties.models.terminations import Termination
from piepowder.duties.models.traders import Trader
from piepowder.interop.models import Submission
from piepowder.ledger.jobs import seal_facts
from piepowder.ledger.queries import verify
from piepowder.outbox.models import Message
from piepowder.policy import packs
from piepowder.rights.models import Claim, CounterNotice, Right
from piepowder.simulate.operations import seed
from piepowder.simulate.redress import play_redress, visitors
from piepowder.standing import catalogue
from piepowder.standing.models import Sanction, Tally
from piepowder.wiring import load_shipped

pytestmark = pytest.mark.django_db


@pytest.fixture
def seeded(now: datetime) -> datetime:
    load_shipped(at=now - timedelta(minutes=1))
    seed(size="small", seed=1, now=now, items=700, password="-", progress=lambda *told: None)
    return now


def what_happened() -> list[Any]:
    """Whom everything is about, without the ids that are new each time."""
    return [
        list(Appeal.objects.order_by("filed_at").values_list("complainant_ref", "state", "outcome", "text")),
        list(Claim.objects.order_by("seller_ref").values_list("report__item__external_id", flat=True)),
        list(Order.objects.order_by("reference").values_list("reference", "lines__item__external_id")),
        list(RecallMatch.objects.order_by("recall__number").values_list("item__external_id", flat=True)),
        list(Trader.objects.order_by("seller_ref").values_list("seller_ref", "state")),
        list(Termination.objects.values_list("seller_ref")) + list(Misuse.objects.values_list("seller_ref")),
        list(Tally.objects.order_by("account__seller_ref", "ladder").values_list("account__seller_ref", "score")),
    ]


def test_the_other_side_lives_and_is_the_same_for_a_seed(seeded: datetime) -> None:
    with transaction.atomic():
        play_redress(seed=1, now=seeded)
        first = what_happened()
        transaction.set_rollback(True)
    packs.forget()
    catalogue.forget()
    assert visitors() is None
    play_redress(seed=1, now=seeded)
    assert what_happened() == first

    outcomes = Counter(Appeal.objects.values_list("outcome", flat=True))
    assert (outcomes["overturned"], outcomes["upheld"], outcomes["modified"], outcomes["omitted"]) == (3, 3, 1, 1)
    assert set(Appeal.objects.values_list("state", flat=True)) == {
        "admitted", "in_hand", "concluded", "omitted", "withdrawn",
    }  # fmt: skip
    assert Bar.objects.exists()
    assert not Bar.objects.filter(user=F("appeal__hearer")).exists()
    assert Letter.objects.filter(event="appeal.concluded").count() == 8
    assert (OutOfCourtCase.objects.count(), Right.objects.count(), CounterNotice.objects.count()) == (1, 2, 1)
    assert set(Order.objects.values_list("state", flat=True)) == {"closed", "received"}
    assert Order.objects.filter(state="received", due_at__isnull=False).count() == 1
    assert set(Trader.objects.values_list("state", flat=True)) == {"verified", "requested", "suspended"}
    assert (Threat.objects.count(), Termination.objects.count(), Misuse.objects.count()) == (1, 1, 1)
    assert RecallMatch.objects.exists()
    assert Buyer.objects.count() == 7
    assert Submission.objects.filter(state="queued").exists()
    assert Sanction.objects.exists()
    assert User.objects.filter(manager__isnull=False).exists()
    assert not Message.objects.filter(created_at__gt=seeded).exists()

    who = visitors()
    assert who is not None
    assert Appeal.objects.filter(complainant_ref=who.seller_ref, outcome="overturned").exists()
    seal_facts(now=seeded)
    assert verify(now=seeded).problems == []
