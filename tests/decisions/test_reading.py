"""Who sees what of a decision, and lists and exports that are complete."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from piepowder.access.models import User
from piepowder.decisions.export import COLUMNS, export_decisions
from piepowder.decisions.operations import EnforcementOrder, NoSuchDecision, decide_by_machine, withdraw
from piepowder.decisions.queries import BadCursor, DecisionFilters, decision_page, decisions_about, recent_decisions
from piepowder.http.tables import csv_response
from piepowder.kernel.actor import Actor, Mandate, Scope
from piepowder.kernel.errors import Forbidden
from piepowder.kernel.permissions import Permission
from piepowder.ledger.models import Fact
from piepowder.review.export import UnknownColumn
from tests.decisions.conftest import Court, cleared, ruling

pytestmark = pytest.mark.django_db

CANARY = "canary"


@contextmanager
def queries(count: int) -> Iterator[None]:
    with CaptureQueriesContext(connection) as seen:
        yield
    assert len(seen) == count, [query["sql"] for query in seen]


def canary_decision(court: Court, item: Any = None) -> Any:
    """A decision of vendor acme with a canary in everything that tells who made it."""
    actor = court.person("acme")
    actor = replace(actor, site=f"{CANARY}-site", team=f"{CANARY}-team")
    User.objects.filter(pk=int(actor.ref)).update(name=f"{CANARY} Person")
    return court.decide(
        actor,
        court.case(item or court.item()),
        facts=f"Picture two shows it, says {CANARY}.",
        note=f"ask {CANARY}",
        enforcements=(
            EnforcementOrder("visibility", "content_removed"),
            EnforcementOrder("account", "suspended", days=7),
        ),
    )


def test_another_vendors_decision_shows_what_was_decided_and_not_by_whom(court: Court) -> None:
    decision = canary_decision(court)
    stranger, colleague, boss = court.person("house"), court.person("acme"), court.person("house", everywhere=True)
    (shown,) = decisions_about(stranger, seller_ref="S-1")
    assert CANARY not in str(asdict(shown))
    assert (shown.own, shown.vendor, shown.decider_id, shown.case_id, shown.queue) == (False, "", None, None, "")
    assert (shown.outcome, shown.policies) == ("violation", ("R-2",))
    assert [one.measure for one in shown.enforcements] == ["suspended", "content_removed"]
    for insider in (colleague, boss):
        (full,) = decisions_about(insider, item_id=decision.item_id)
        assert (full.own, full.vendor, full.note) == (True, "acme", f"ask {CANARY}")
        assert full.decider == f"{CANARY} Person"


def test_what_somebody_of_another_vendor_typed_beside_a_restriction_stays_with_them(court: Court) -> None:
    order = EnforcementOrder("visibility", "other", description=f"{CANARY} asked for it")
    decision = court.decide(court.person("acme"), enforcements=(order,))
    (shown,) = decisions_about(court.person("house"), item_id=decision.item_id)
    assert CANARY not in str(asdict(shown))
    (full,) = decisions_about(court.person("acme"), item_id=decision.item_id)
    assert full.enforcements[0].description == f"{CANARY} asked for it"


def test_another_vendors_decision_is_in_no_list_page_or_export(court: Court) -> None:
    decision = canary_decision(court)
    stranger = court.person("house", Permission.DECISION_EXPORT)
    assert recent_decisions(stranger, DecisionFilters()).rows == ()
    assert recent_decisions(stranger, DecisionFilters(text=CANARY, vendor="acme")).rows == ()
    with pytest.raises(NoSuchDecision):
        decision_page(stranger, decision.pk)
    table = export_decisions(actor=stranger, filters=DecisionFilters(), at=court.now)
    assert (table.total, list(table.rows)) == (0, [])


def test_a_scope_by_market_and_language_narrows_history_too(court: Court) -> None:
    canary_decision(court)
    base = court.person("house")

    def seen(**scope: frozenset[str]) -> int:
        mandate = Mandate(frozenset({Permission.DECISION_VIEW}), Scope(**scope))
        return len(decisions_about(replace(base, mandates=(mandate,)), seller_ref="S-1"))

    assert seen(markets=frozenset({"DE"}), languages=frozenset({"de"})) == 1
    assert seen(markets=frozenset({"FR"})) == 0
    assert seen(languages=frozenset({"fr"})) == 0
    assert decisions_about(replace(base, mandates=()), seller_ref="S-1") == []


def test_history_is_newest_first_without_what_was_withdrawn(court: Court) -> None:
    actor, item = court.person(), court.item()
    old = court.decide(actor, court.case(item))
    gone = court.decide(actor)
    withdraw(actor=actor, decision_id=gone.pk, at=court.now)
    new = court.decide(actor, court.case(item), at=court.now + timedelta(seconds=1))
    assert [row.id for row in decisions_about(actor, seller_ref="S-1")] == [new.pk, old.pk]
    assert [row.id for row in decisions_about(actor, item_id=item.pk, limit=1)] == [new.pk]
    assert decisions_about(actor) == []


def test_a_machines_decision_shows_to_every_vendor_with_its_name(court: Court) -> None:
    machine = court.person("house", Permission.DECISION_ISSUE_MACHINE, everywhere=True)
    item = court.item()
    decide_by_machine(
        actor=replace(machine, vendor=""),
        item_id=item.pk,
        ruling=ruling(item),
        machine="eye",
        version="2",
        at=court.now,
    )
    (shown,) = decisions_about(court.person("acme"), item_id=item.pk)
    assert (shown.machine, shown.machine_version, shown.decider) == ("eye", "2", "")


def test_lists_ask_three_questions_however_long_they_are(court: Court) -> None:
    actor = court.person()
    for _ in range(4):
        court.decide(actor)
    with queries(3):
        assert len(recent_decisions(actor, DecisionFilters()).rows) == 4
    with queries(3):
        assert len(decisions_about(actor, seller_ref="S-1")) == 4


def test_pages_follow_each_other_without_gap_or_repeat_while_decisions_land(court: Court) -> None:
    actor = court.person()
    made = [court.decide(actor, at=court.now + timedelta(seconds=number // 2)).pk for number in range(5)]
    first = recent_decisions(actor, DecisionFilters(), limit=2)
    court.decide(actor, at=court.now + timedelta(seconds=9))
    second = recent_decisions(actor, DecisionFilters(), after=first.next, limit=2)
    third = recent_decisions(actor, DecisionFilters(), after=second.next, limit=2)
    seen = [row.id for page in (first, second, third) for row in page.rows]
    assert sorted(seen) == sorted(made)
    assert third.next == ""


@pytest.mark.parametrize("cursor", ["x", "2026-03-04T10:00:00+00:00", "2026-03-04T10:00:00~" + "0" * 32, "~"])
def test_a_cursor_that_is_none_is_refused(court: Court, cursor: str) -> None:
    with pytest.raises(BadCursor):
        recent_decisions(court.person(), DecisionFilters(), after=cursor)


@pytest.mark.parametrize(
    ("filters", "hits"),
    [
        ({}, 3),
        ({"outcome": "no_violation"}, 1),
        ({"policy": "R-2"}, 2),
        ({"policy": "R"}, 0),
        ({"seller": "S-2"}, 1),
        ({"state": "withdrawn"}, 0),
        ({"kind": "short_video"}, 1),
        ({"market": "DE", "language": "de", "queue": "general", "vendor": "house", "site": "house-1"}, 3),
        ({"automated": True}, 0),
        ({"automated": False}, 3),
        ({"text": "HIGHLIGHTER"}, 2),
        ({"item": "nothing"}, 0),
    ],
)
def test_filters_narrow(court: Court, filters: dict[str, Any], hits: int) -> None:
    actor = court.person()
    court.decide(actor)
    court.decide(actor, court.case(court.item("short_video", seller_ref="S-2")))
    case = court.case()
    court.decide(actor, case, **asdict_shallow(cleared(case.snapshot_id)))
    assert len(recent_decisions(actor, DecisionFilters(**filters)).rows) == hits


def asdict_shallow(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def test_filters_by_item_time_and_person(court: Court) -> None:
    actor, other = court.person(), court.person()
    first = court.decide(actor)
    second = court.decide(other, at=court.now + timedelta(seconds=5))

    def found(**filters: Any) -> list[Any]:
        return [row.id for row in recent_decisions(actor, DecisionFilters(**filters)).rows]

    assert found(item=first.item.external_id) == [first.pk]
    assert found(decider_id=int(other.ref)) == [second.pk]
    assert found(since=second.decided_at) == [second.pk]
    assert found(until=second.decided_at) == [first.pk]


def test_a_decisions_page_shows_statement_citations_deliveries_and_chain(court: Court) -> None:
    actor = court.person("house", Permission.OUTBOX_VIEW)
    decision = court.decide(actor, policy_codes=("R-2", "T-1"))
    with queries(5):
        page = decision_page(actor, decision.pk)
    assert page.statement is not None
    assert page.statement.text == decision.statement.text
    assert [(one.code, one.primary) for one in page.cited] == [("R-2", True), ("T-1", False)]
    assert page.cited[0].title == "Forbidden goods R-2"
    assert [(one.topic, one.state, one.endpoint) for one in page.sent] == [
        ("statement.issued", "pending", "kept"),
        ("enforcement.applied", "pending", "kept"),
    ]
    assert (page.supersedes_id, page.superseded_by_id, page.withdrawn_at) == (None, None, None)
    unprivileged = decision_page(court.person(), decision.pk)
    assert {one.endpoint for one in unprivileged.sent} == {""}


def exporter(court: Court) -> Actor:
    return court.person("house", Permission.DECISION_EXPORT)


def test_an_export_has_every_decision_of_its_moment_with_its_ids(court: Court) -> None:
    actor = exporter(court)
    made = [court.decide(actor) for _ in range(5)]
    table = export_decisions(actor=actor, filters=DecisionFilters(), at=court.now)
    court.decide(actor, at=court.now + timedelta(seconds=1))
    lines = list(table.rows)
    assert (table.columns, table.total) == (COLUMNS, 5)
    assert [line[0] for line in lines] == [decision.pk for decision in made]
    assert [line[2] for line in lines] == [decision.item_id for decision in made]
    assert {len(line) for line in lines} == {len(COLUMNS)}


def test_an_export_has_the_columns_and_the_order_that_were_asked_for(court: Court) -> None:
    actor = exporter(court)
    made = [court.decide(actor, at=court.now + timedelta(seconds=number)) for number in range(3)]
    at = court.now + timedelta(minutes=1)
    table = export_decisions(
        actor=actor, filters=DecisionFilters(), at=at, columns=("outcome", "decision_id"), order="newest"
    )
    assert [line[1] for line in table.rows] == [decision.pk for decision in reversed(made)]
    for columns, order in ((("password",), "newest"), (("outcome",), "sideways"), ((), "newest")):
        with pytest.raises(UnknownColumn):
            export_decisions(actor=actor, filters=DecisionFilters(), at=at, columns=columns, order=order)


def test_an_export_is_recorded_before_its_first_row_without_the_text_searched_for(court: Court) -> None:
    actor = exporter(court)
    export_decisions(actor=actor, filters=DecisionFilters(text="Anna", market="DE"), at=court.now)
    fact = Fact.objects.get(verb="decisions.export")
    assert fact.actor_ref == actor.ref
    assert fact.body["filters"] == {"market": "DE", "text": "…"}


def test_an_export_needs_its_permission_at_once(court: Court) -> None:
    with pytest.raises(Forbidden):
        export_decisions(actor=court.person(), filters=DecisionFilters(), at=court.now)


def test_no_cell_is_a_formula(court: Court) -> None:
    actor = exporter(court)
    court.decide(actor, facts="=HYPERLINK(1) picture 2 shows a vape")
    table = export_decisions(actor=actor, filters=DecisionFilters(), at=court.now)
    content = b"".join(csv_response(table)).decode()  # type: ignore[arg-type]
    line = next(csv.DictReader(io.StringIO(content.removeprefix("\ufeff"))))
    assert line["facts"].startswith("'=")
