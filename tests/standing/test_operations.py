"""What decisions leave on a seller's account, what follows, and what no longer does when they are undone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from piepowder.access.visibility import NotPermitted
from piepowder.configuration import applying, reading
from piepowder.correspondence.models import Letter
from piepowder.decisions.models import Decision, Enforcement
from piepowder.decisions.operations import overturn
from piepowder.intake.models import Item
from piepowder.kernel.actor import SYSTEM
from piepowder.kernel.flow import WrongState
from piepowder.kernel.permissions import Permission
from piepowder.ledger.models import Fact
from piepowder.policy.models import Ladder
from piepowder.review.models import Case
from piepowder.standing import models
from piepowder.standing.operations import (
    BadAdjustment,
    BadCredit,
    BadLadder,
    CreditDiffers,
    MissingReason,
    NoSuchSeller,
    NotInRange,
    SwitchUnchanged,
    adjust,
    choose_points,
    confirm_sanction,
    credit,
    hold_points,
    load_shipped_ladders,
    publish_ladder,
    refuse_sanction,
    release_points,
    switch_ladder,
)
from tests.standing.conftest import CONTENT, DAY, Market

pytestmark = pytest.mark.django_db


def letters() -> list[str]:
    return list(
        Letter.objects.filter(recipient_kind="seller").order_by("created_at", "id").values_list("event", flat=True)
    )


def rows() -> int:
    return sum(
        model.objects.count()
        for model in (models.Account, models.Entry, models.Tally, models.Sanction, models.LadderSwitch)
    )


class TestOff:
    def test_nothing_is_written_while_every_ladder_is_off(self, market: Market) -> None:
        load_shipped_ladders(actor=SYSTEM, at=market.now)
        first = market.violation()
        second = market.violation()
        market.undo(first.pk)
        market.later(1)
        market.undo(second.pk)
        assert rows() == 0
        assert not Fact.objects.filter(verb__startswith="standing.").exists()
        assert Ladder.objects.count() == 6

    def test_shipped_ladders_are_loaded_once_and_an_edited_one_stays(self, market: Market) -> None:
        assert len(load_shipped_ladders(actor=SYSTEM, at=market.now)) == 6
        publish_ladder(actor=SYSTEM, code="yearly-48", content=CONTENT, at=market.now)
        assert load_shipped_ladders(actor=SYSTEM, at=market.now) == ()
        assert Ladder.objects.get(code="yearly-48").versions.count() == 2


class TestSanctions:
    def test_points_count_when_the_decision_is_final_and_the_warning_comes_first(self, market: Market) -> None:
        market.switch()
        market.violation()
        market.sweep()
        assert (market.score(), market.sanctions()) == (None, [])
        market.later(1)
        assert (market.score(), market.sanctions()) == (10, [("t10", "warning", "given")])
        letter = Letter.objects.get(event="standing.warning")
        assert "Ten" in letter.subject
        assert "P-1.1" in letter.text

    def test_a_sanction_is_a_machines_decision_of_its_own_with_its_statement(self, market: Market) -> None:
        market.switch()
        for _ in range(4):
            market.violation()
            market.later(1)
        sanction = models.Sanction.objects.get(threshold="t40", part="measures")
        decision = sanction.decision
        assert decision is not None
        assert (decision.machine, decision.machine_version, decision.decider) == ("ladder:test", "1", None)
        assert decision.statement.structured["automated_decision"] == "AUTOMATED_DECISION_FULLY"
        assert "Forty" in decision.facts
        assert "40 points" in decision.facts
        row = Enforcement.objects.get(decision=decision)
        assert (row.family, row.measure, row.target_kind, row.target_external_id) == (
            "account", "suspended", "seller", "S-1",
        )  # fmt: skip
        assert row.ends_at is not None
        assert timedelta(days=28) <= row.ends_at - sanction.starts_at < timedelta(days=29)

    def test_a_sanction_is_no_violation_of_its_own_and_opens_no_case(self, market: Market) -> None:
        market.switch()
        for _ in range(2):
            market.violation()
            market.later(1)
        assert models.Entry.objects.count() == 2
        assert Item.objects.get(kind="seller").external_id == "S-1"
        assert not Case.objects.filter(item__kind="seller").exists()

    def test_what_is_for_good_waits_for_a_person_who_then_decides_in_their_own_name(self, market: Market) -> None:
        market.switch()
        for _ in range(4):
            market.violation()
            market.later(1)
        waiting = models.Sanction.objects.get(part="for_good")
        assert waiting.state == "waiting"
        with pytest.raises(NotPermitted):
            confirm_sanction(
                actor=market.person(Permission.DECISION_ISSUE_DIRECT), sanction_id=waiting.pk, at=market.now
            )
        judge = market.person(Permission.SANCTION_CONFIRM, Permission.DECISION_ISSUE_DIRECT)
        done = confirm_sanction(actor=judge, sanction_id=waiting.pk, at=market.now)
        assert done.state == "in_force"
        assert done.decision is not None
        assert str(done.decision.decider_id) == judge.ref
        assert done.decision.enforcements.get().measure == "terminated"
        with pytest.raises(WrongState):
            confirm_sanction(actor=judge, sanction_id=waiting.pk, at=market.now)
        market.later(200)
        assert models.Sanction.objects.get(part="for_good").state == "in_force", "nobody recovers from what is for good"

    def test_a_person_may_decide_against_it_and_says_why(self, market: Market) -> None:
        market.switch()
        for _ in range(4):
            market.violation()
            market.later(1)
        judge = market.person(Permission.SANCTION_CONFIRM)
        ref = models.Sanction.objects.get(part="for_good").pk
        with pytest.raises(MissingReason):
            refuse_sanction(actor=judge, sanction_id=ref, reason=" ", at=market.now)
        assert refuse_sanction(actor=judge, sanction_id=ref, reason="First offence.", at=market.now).state == "refused"
        market.later(1)
        assert market.sanctions()[-2:] == [("t40", "for_good", "refused"), ("t40", "measures", "in_force")]

    def test_what_holds_until_the_score_recovers_is_lifted_and_the_decision_stands(self, market: Market) -> None:
        market.switch()
        for _ in range(2):
            market.violation()
            market.later(1)
        market.later(89)
        assert market.sanctions()[-1] == ("t20", "measures", "lifted")
        decision = Decision.objects.get(machine="ladder:test")
        assert decision.state == "issued"
        assert decision.enforcements.get().state in ("reversed", "cancelled")
        assert letters()[-1] == "standing.lifted"

    def test_what_has_days_ends_by_itself(self, market: Market) -> None:
        market.switch()
        for _ in range(4):
            market.violation()
            market.later(1)
        market.later(28)
        assert ("t40", "measures", "ended") in market.sanctions()

    def test_measures_of_somebody_who_was_not_warned_are_announced_and_begin_later(self, market: Market) -> None:
        announced = {**CONTENT["points"]["thresholds"][1], "warn_days": 3}
        market.switch(content={**CONTENT, "points": {**CONTENT["points"], "thresholds": [announced]}})
        first, _second = market.violation(), market.violation()
        market.later(1)
        assert market.sanctions() == [("t20", "measures", "announced")]
        assert letters() == ["standing.announced"]
        market.undo(first.pk)
        assert market.sanctions() == [("t20", "measures", "undone")]
        market.violation()
        market.later(2)
        assert [state for _, _, state in market.sanctions()] == ["undone", "announced"]
        market.later(2)
        assert [state for _, _, state in market.sanctions()] == ["undone", "in_force"]

    def test_what_a_machine_may_not_decide_alone_waits_for_a_person(self, market: Market) -> None:
        from piepowder.access.models import Choice
        from piepowder.access.options import forget

        Choice.objects.create(
            key="decisions.four_eyes", value=["account:suspended"], changed_at=market.now, changed_by="1"
        )
        forget()
        market.switch()
        for _ in range(4):
            market.violation()
            market.later(1)
        row = models.Sanction.objects.get(threshold="t40", part="measures")
        assert (row.state, row.problem) == ("waiting", "needs_people")

    def test_in_shadow_a_ladder_counts_and_nothing_follows_until_it_goes_live(self, market: Market) -> None:
        market.switch("shadow")
        for _ in range(2):
            market.violation()
            market.later(1)
        assert (market.score(), market.sanctions(), letters()) == (20, [], [])
        switch_ladder(actor=SYSTEM, code="test", mode="live", at=market.now)
        market.later(0.01)
        assert market.sanctions() == [("t20", "measures", "in_force")]

    def test_violations_of_the_past_days_count_when_asked_for(self, market: Market) -> None:
        market.violation()
        market.now += DAY
        market.violation()
        overturned = market.violation()
        market.now += DAY
        market.undo(overturned.pk)
        market.switch("shadow", count_past_days=2)
        assert (market.score(), models.Entry.objects.count()) == (20, 2)
        with pytest.raises(SwitchUnchanged):
            switch_ladder(actor=SYSTEM, code="test", mode="shadow", at=market.now)

    def test_a_claim_that_was_wrong_is_not_the_sellers_violation(self, market: Market) -> None:
        market.switch()
        market.violation(kind="ip_claim", code="C-3.1")
        assert models.Entry.objects.count() == 0


class TestUndone:
    def test_an_overturned_decision_takes_its_points_and_what_followed_from_it(self, market: Market) -> None:
        market.switch()
        decisions = []
        for _ in range(4):
            decisions.append(market.violation())
            market.later(1)
        market.later(0.01)
        market.undo(decisions[1].pk)
        assert market.score() == 30
        states = {(threshold, part): state for threshold, part, state in market.sanctions()}
        assert states["t40", "measures"] == states["t40", "for_good"] == "undone"
        sanction = models.Sanction.objects.get(threshold="t40", part="measures").decision
        assert sanction is not None
        assert sanction.state == "overturned"
        assert sanction.enforcements.get().state in ("reversed", "cancelled")

    def test_what_follows_from_the_rest_comes_in_its_place(self, market: Market) -> None:
        market.switch()
        first = market.violation()
        market.later(1)
        for _ in range(2):
            market.violation()
            market.later(1)
        market.undo(first.pk)
        market.later(0.01)
        assert market.sanctions() == [
            ("t10", "warning", "undone"),
            ("t20", "measures", "undone"),
            ("t10", "warning", "given"),
            ("t20", "measures", "in_force"),
        ]

    def test_a_sanction_that_was_overturned_itself_does_not_come_again(self, market: Market) -> None:
        market.switch()
        for _ in range(2):
            market.violation()
            market.later(1)
        market.later(0.01)
        decision = Decision.objects.get(machine="ladder:test")
        overturn(actor=SYSTEM, decision_id=decision.pk, at=market.now, reason="appeal")
        market.later(1)
        assert market.sanctions()[-1] == ("t20", "measures", "undone")
        assert Decision.objects.filter(machine="ladder:test").count() == 1

    def test_a_violation_that_is_decided_anew_keeps_its_day(self, market: Market) -> None:
        market.switch()
        item = market.court.item(seller_ref="S-1", market="DE", language="en")
        market.rule(item)
        first = models.Entry.objects.get()
        market.later(5)
        market.rule(item, "M-1")
        assert models.Entry.objects.get(undone="").at == first.at
        assert market.score() == 10
        market.cleared(item)
        assert market.score() == 0
        assert models.Entry.objects.filter(undone="superseded").count() == 2

    def test_what_was_decided_anew_while_the_ladder_was_off_counts_no_more_when_it_is_on_again(
        self, market: Market
    ) -> None:
        market.switch()
        item = market.court.item("listing", seller_ref="S-1", market="DE", language="en")
        market.rule(item)
        market.later(1)
        assert market.score() == 10
        switch_ladder(actor=SYSTEM, code="test", mode="off", at=market.now)
        market.cleared(item)
        market.later(1)
        switch_ladder(actor=SYSTEM, code="test", mode="live", at=market.now)
        market.later(1)
        assert models.Entry.objects.get().undone == "superseded"
        assert market.score() == 0


class TestEarning:
    def test_a_credit_is_noted_once_by_its_reference(self, market: Market) -> None:
        market.switch()
        market.violation()
        market.later(1)
        told: dict[str, Any] = {"actor": SYSTEM, "seller_ref": "S-1", "kind": "training", "reference": "quiz-7"}
        assert credit(**told, at=market.now)[1] is True
        assert credit(**told, at=market.now)[1] is False
        market.sweep()
        assert market.score() == 6
        with pytest.raises(CreditDiffers):
            credit(**(told | {"kind": "orders"}), at=market.now)
        with pytest.raises(NoSuchSeller):
            credit(**(told | {"seller_ref": "nobody"}), at=market.now)
        with pytest.raises(NoSuchSeller):
            credit(**(told | {"seller_ref": "S\x001"}), at=market.now)
        with pytest.raises(BadCredit) as refused:
            credit(**(told | {"kind": "luck", "reference": ""}), quantity=0, at=market.now)
        assert {one.pointer for one in refused.value.problems} == {"/kind", "/reference", "/quantity"}

    def test_a_person_gives_and_takes_points_with_a_reason(self, market: Market) -> None:
        market.switch()
        market.violation()
        market.later(1)
        someone = market.person(Permission.POINTS_ADJUST)
        told: dict[str, Any] = {"actor": someone, "ladder": "test", "seller_ref": "S-1", "at": market.now}
        adjust(**told, points=-3, reason="A lenient day.")
        assert market.score() == 7
        with pytest.raises(BadAdjustment) as refused:
            adjust(**told, points=0, reason="", counter="stars")
        assert {one.pointer for one in refused.value.problems} == {"/points", "/reason", "/counter"}
        with pytest.raises(NotPermitted):
            adjust(**(told | {"actor": market.person()}), points=1, reason="x")

    def test_points_are_chosen_within_the_range_of_the_rule(self, market: Market) -> None:
        market.switch()
        market.violation(code="C-1.1")
        market.later(1)
        entry = models.Entry.objects.get()
        assert market.score() == 48 if entry.severity == 0 else 4 <= (market.score() or 0) < 48
        someone = market.person(Permission.POINTS_ADJUST)
        choose_points(actor=someone, entry_id=entry.pk, ladder="test", points=8, at=market.now)
        assert market.score() == 8
        with pytest.raises(NotInRange):
            choose_points(actor=someone, entry_id=entry.pk, ladder="test", points=49, at=market.now)

    def test_points_are_held_while_an_appeal_is_open(self, market: Market) -> None:
        market.switch()
        decision = market.violation()
        market.later(1)
        hold_points(actor=SYSTEM, decision_id=decision.pk, at=market.now)
        assert hold_points(actor=SYSTEM, decision_id=decision.pk, at=market.now) is not None
        market.later(1)
        assert market.score() == 0
        release_points(actor=SYSTEM, decision_id=decision.pk, at=market.now)
        assert release_points(actor=SYSTEM, decision_id=decision.pk, at=market.now) is None
        market.later(1)
        assert (market.score(), market.sanctions()) == (10, [("t10", "warning", "given")])


class TestLadders:
    def test_a_ladder_that_names_unknown_policies_is_refused_by_field(self, market: Market) -> None:
        bad = {**CONTENT, "policy": "Q-9", "points": {**CONTENT["points"]}}
        bad["points"]["rules"] = [{"code": "a", "reasons": ["Nope"], "points": 1}]
        with pytest.raises(BadLadder) as refused:
            publish_ladder(actor=SYSTEM, code="test", content=bad, at=market.now)
        assert {one.pointer for one in refused.value.problems} == {"/policy", "/points/rules/0/reasons"}

    def test_only_who_may_edit_ladders_everywhere_publishes_and_switches(self, market: Market) -> None:
        with pytest.raises(NotPermitted):
            publish_ladder(actor=market.person(Permission.STANDING_VIEW), code="test", content=CONTENT, at=market.now)
        limited = market.court.person("acme", Permission.LADDER_EDIT)
        with pytest.raises(NotPermitted):
            switch_ladder(actor=limited, code="test", mode="live", at=market.now)

    def test_ladders_are_part_of_the_set_up_that_is_carried_elsewhere(self, market: Market) -> None:
        publish_ladder(actor=SYSTEM, code="test", content=CONTENT, at=market.now)
        assert reading.ladders() == {"test": CONTENT}
        applying.ladder(SYSTEM, market.now, "other", reading.ladders()["test"])
        assert Ladder.objects.get(code="other").mode == "off"
        with pytest.raises(BadLadder):
            applying.ladder(SYSTEM, market.now, "other", ["no", "ladder"])

    def test_facts_hold_no_reference_to_the_seller(self, market: Market) -> None:
        market.switch()
        for _ in range(2):
            market.violation()
            market.later(1)
        told = Fact.objects.filter(verb__regex=r"^(standing|sanction|ladder)\.")
        assert told.count() >= 5
        assert not any(
            "S-1" in str(body).replace("'S-1'", "") or "'S-1'" in str(body)
            for body in told.values_list("body", flat=True)
        )
