"""What is older than its rule allows is emptied in small steps, and nothing that is held ever is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from piepowder.duties.holds import BadHold, HoldBySystem, held, place_hold, release_hold
from piepowder.duties.models import RetentionRun
from piepowder.duties.people_jobs import retain
from piepowder.duties.retention.rules import BadRetention, choose_retention, dry_run, rules
from piepowder.intake.models import Item, Report, Snapshot
from piepowder.kernel.actor import SYSTEM, Actor
from piepowder.kernel.permissions import Permission
from piepowder.ledger.models import Fact
from piepowder.ledger.queries import verify
from piepowder.policy import packs
from piepowder.policy.models import Pack
from tests.decisions.conftest import Court
from tests.duties.people import officer

YEAR = timedelta(days=365)


@pytest.fixture
def keeper(court: Court) -> Actor:
    return officer(Permission.ERASURE_RUN, Permission.HOLD_EDIT, Permission.DUTY_VIEW)


def reported(court: Court, number: int) -> list[Report]:
    rows = [court.report(court.item(), name=f"Reporter {n}", email=f"r{n}@mail.example") for n in range(number)]
    Report.objects.update(judged_at=court.now)
    return rows


def standing(code: str, at: datetime) -> int | None:
    return next(rule.months for rule in rules(at.date()) if rule.code == code)


def test_nothing_is_emptied_until_somebody_chooses_and_then_from_the_day_chosen(court: Court, keeper: Actor) -> None:
    reported(court, 3)
    later = court.now + YEAR
    assert retain(now=later) == 0
    tomorrow = later.date() + timedelta(days=1)
    choose_retention(actor=keeper, code="reports", months=6, from_on=tomorrow, at=later)
    assert standing("reports", later) is None
    assert retain(now=later) == 0
    assert {line.rows for line in dry_run(keeper, "reports", 6, later)} == {3}
    assert retain(now=later + timedelta(days=1)) == 3
    assert set(Report.objects.values_list("reason", flat=True)) == {"[erased]"}
    run = RetentionRun.objects.get()
    assert (run.code, run.emptied, run.held) == ("reports", 3, 0)
    assert retain(now=later + timedelta(days=2)) == 0
    assert verify(now=later, unsealed_limit=YEAR * 2).problems == []


def test_a_rule_of_a_body_of_law_holds_while_that_is_switched_on(court: Court, keeper: Actor) -> None:
    choose_retention(actor=keeper, code="reports", months=6, from_on=court.now.date(), at=court.now, pack="p2b")
    assert standing("reports", court.now) is None
    Pack.objects.create(code="p2b", on=True, changed_at=court.now, changed_by="test")
    packs.forget()
    assert standing("reports", court.now) == 6
    packs.forget()


def test_what_cannot_be_chosen_is_said_at_its_field(court: Court, keeper: Actor) -> None:
    yesterday = court.now.date() - timedelta(days=1)
    with pytest.raises(BadRetention) as refused:
        choose_retention(actor=keeper, code="shoes", months=0, from_on=yesterday, at=court.now, pack="x")
    assert [one.pointer for one in refused.value.problems] == ["/code", "/months", "/from_on", "/pack"]


def test_a_reporter_without_a_recent_report_loses_name_and_address_and_no_other_does(
    court: Court, keeper: Actor
) -> None:
    old, recent = reported(court, 2)
    later = court.now + YEAR
    Report.objects.filter(pk=recent.pk).update(received_at=later)
    choose_retention(actor=keeper, code="reporters", months=6, from_on=later.date(), at=later)
    assert retain(now=later) == 1
    old.reporter.refresh_from_db()
    recent.reporter.refresh_from_db()
    assert (old.reporter.name, recent.reporter.name) == ("", "Reporter 1")


def test_a_hold_says_what_and_why_and_ends_by_release_or_day(court: Court, keeper: Actor) -> None:
    with pytest.raises(BadHold) as refused:
        place_hold(actor=keeper, kind="item", ref="L-1", reason=" ", at=court.now, until=court.now.date() - YEAR)
    assert [one.pointer for one in refused.value.problems] == ["/ref", "/reason", "/until"]
    hold = place_hold(
        actor=keeper, kind="seller", ref="S-9", reason="A court.", at=court.now, until=court.now.date() + YEAR
    )
    assert held("seller", "S-9", court.now.date() + YEAR)
    assert not held("seller", "S-9", court.now.date() + YEAR + timedelta(days=1))
    release_hold(actor=keeper, hold_id=hold.pk, why="Done.", at=court.now)
    assert not held("seller", "S-9", court.now.date())
    ours = place_hold(actor=SYSTEM, kind="seller", ref="S-9", reason="x", at=court.now, source="termination")
    with pytest.raises(HoldBySystem):
        release_hold(actor=keeper, hold_id=ours.pk, why="Done.", at=court.now)
    assert not Fact.objects.filter(body__ref="S-9").exists()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    held_ones=st.sets(st.integers(0, 3)),
    kinds=st.lists(st.sampled_from(["item", "report", "seller"]), min_size=4, max_size=4),
    steps=st.lists(st.sampled_from(["retain", "tomorrow"]), min_size=1, max_size=4),
)
def test_nothing_that_is_held_is_ever_erased(
    court: Court, keeper: Actor, held_ones: set[int], kinds: list[str], steps: list[str]
) -> None:
    """Whatever is held in whatever way, and however often the worker passes, it is whole; the rest goes."""
    items = [court.item(seller_ref=f"P-{n}-{Item.objects.count()}") for n in range(4)]
    for item in items:
        court.snapshot(item, {"title": "as it was", "description": "as it was"})
    Item.objects.filter(pk__in=[one.pk for one in items]).update(state="deleted")
    reports = [court.report(item) for item in items]
    Report.objects.filter(pk__in=[one.pk for one in reports]).update(judged_at=court.now)
    at = court.now + YEAR * 2
    for code in ("items", "reports"):
        choose_retention(actor=keeper, code=code, months=6, from_on=at.date(), at=at)
    for n in held_ones:
        ref: Any = {"item": items[n].pk, "report": reports[n].pk, "seller": items[n].seller_ref}[kinds[n]]
        place_hold(actor=keeper, kind=kinds[n], ref=str(ref), reason="Evidence.", at=at)
    for step in steps:
        at += timedelta(days=1) if step == "tomorrow" else timedelta(0)
        retain(now=at)
    retain(now=at)
    for n, (item, report) in enumerate(zip(items, reports, strict=True)):
        said = Snapshot.objects.get(item=item, number=2).content
        reason = Report.objects.get(pk=report.pk).reason
        if n in held_ones:
            assert said == {"title": "as it was", "description": "as it was"}
            assert reason == "This is forbidden."
        else:
            assert (said, reason) == ({}, "[erased]")
