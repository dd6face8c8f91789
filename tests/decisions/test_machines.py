"""Machines decide the same way as people, with their name on it, and never over a person's head."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from piepowder.decisions.models import Decision
from piepowder.decisions.operations import BadRuling, CaseTaken, NoSuchItem, decide_by_machine, withdraw
from piepowder.kernel.actor import Actor, ActorKind
from piepowder.kernel.errors import Forbidden, Malformed
from piepowder.kernel.ids import new_id
from piepowder.kernel.permissions import Permission
from piepowder.ledger.models import Fact
from piepowder.review.models import Case
from tests.decisions.conftest import Court, ruling

pytestmark = pytest.mark.django_db


def machine_of(court: Court) -> Actor:
    actor = court.person("house", Permission.DECISION_ISSUE_MACHINE, Permission.DECISION_WITHDRAW_ANY, everywhere=True)
    return replace(actor, kind=ActorKind.KEY, ref="pk_eye", vendor="", site="", team="")


def rule(court: Court, item: Any, **by: Any) -> Decision:
    by = by or {"item_id": item.pk}
    return decide_by_machine(
        actor=machine_of(court), ruling=ruling(item), machine="vape-eye", version="2.1", at=court.now, **by
    )


def test_an_item_without_a_case_is_decided_and_the_statement_says_that_no_person_was_involved(court: Court) -> None:
    decision = rule(court, court.item())
    assert (decision.machine, decision.machine_version, decision.decider_id) == ("vape-eye", "2.1", None)
    assert (decision.case_id, decision.handling_ms) == (None, None)
    assert decision.automated_detection is True
    assert decision.statement.structured["automated_decision"] == "AUTOMATED_DECISION_FULLY"
    assert decision.statement.structured["automated_detection"] == "Yes"
    assert "ohne Mitwirkung eines Menschen" in decision.statement.text
    assert Fact.objects.get(verb="decision.issue").body["machine"] == ["vape-eye", "2.1"]


@pytest.mark.parametrize("by", ["item_id", "case_id"])
def test_a_case_that_waits_is_closed_by_the_machines_decision(court: Court, by: str) -> None:
    case = court.case()
    decision = rule(court, case.item, **{by: case.item_id if by == "item_id" else case.pk})
    assert (decision.case_id, decision.queue) == (case.pk, "general")
    assert Case.objects.get(pk=case.pk).state == "decided"


def test_a_case_in_somebodys_hands_is_left_to_them(court: Court) -> None:
    claim = court.claim(court.person())
    with pytest.raises(CaseTaken):
        rule(court, claim.case.item)
    assert Decision.objects.count() == 0
    assert Case.objects.get().state == "claimed"


def test_a_reported_item_that_a_machine_decides_was_found_by_the_notice(court: Court) -> None:
    item = court.item()
    court.report(item)
    decision = rule(court, item)
    assert (decision.source, decision.automated_detection) == ("notice", False)
    assert decision.statement.structured["source_type"] == "SOURCE_ARTICLE_16"


def test_a_machine_needs_the_permission_a_name_and_a_version_and_an_item(court: Court) -> None:
    item = court.item()
    with pytest.raises(Forbidden):
        decide_by_machine(
            actor=court.person(), item_id=item.pk, ruling=ruling(item), machine="eye", version="1", at=court.now
        )
    with pytest.raises(BadRuling):
        decide_by_machine(
            actor=machine_of(court), item_id=item.pk, ruling=ruling(item), machine="eye", version="", at=court.now
        )
    with pytest.raises(NoSuchItem):
        rule(court, item, item_id=new_id())
    with pytest.raises(NoSuchItem):
        rule(court, item, case_id=new_id())
    assert Decision.objects.count() == 0


def test_a_machines_decision_on_no_case_can_be_undone_by_whoever_may_withdraw_any(court: Court) -> None:
    decision = rule(court, court.item())
    withdraw(actor=machine_of(court), decision_id=decision.pk, at=court.now)
    decision.refresh_from_db()
    assert (decision.state, decision.enforcements.get().state) == ("withdrawn", "cancelled")


@pytest.mark.parametrize(("machine", "version"), [("m" * 101, "1"), ("m", "1" * 61), ("m\x00", "1")])
def test_a_name_that_cannot_be_kept_is_refused(court: Court, machine: str, version: str) -> None:
    item = court.item()
    with pytest.raises(Malformed):
        decide_by_machine(
            actor=machine_of(court),
            ruling=ruling(item),
            machine=machine,
            version=version,
            at=court.now,
            item_id=item.pk,
        )
    assert Decision.objects.count() == 0
