"""Nobody hears their own decision, nor leads those who do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from piepowder.access.models import User
from piepowder.access.operations import set_manager
from piepowder.appeals.models import Appeal, Bar
from piepowder.appeals.operations import (
    Barred,
    NotHearer,
    NothingToHear,
    answer,
    ask,
    assign,
    conclude,
    give_back,
    take,
    take_next,
    withdraw_appeal,
)
from piepowder.appeals.queries import may_hear
from piepowder.correspondence.models import Letter
from piepowder.decisions.models import Decision, Opinion
from piepowder.decisions.operations import judge
from piepowder.kernel.actor import SYSTEM, Actor, ActorKind
from piepowder.kernel.errors import Forbidden
from piepowder.kernel.permissions import Permission
from piepowder.review.models import Case
from tests.appeals.conftest import HEARS, REASONS, TEXT, Desk
from tests.decisions.conftest import cleared, ruling

pytestmark = pytest.mark.django_db


def manage(user: Actor, manager: Actor | None, desk: Desk) -> None:
    boss = User.objects.get(pk=int(manager.ref)) if manager else None
    set_manager(actor=SYSTEM, user=User.objects.get(pk=int(user.ref)), manager=boss, at=desk.court.now)


def whys(appeal: Appeal, actor: Actor) -> list[str]:
    return list(Bar.objects.filter(appeal=appeal, user_id=int(actor.ref)).values_list("why", flat=True))


def test_whoever_decided_is_barred_and_so_are_their_managers_of_then_and_now(desk: Desk) -> None:
    decider, then, above, new = desk.hearer(), desk.hearer(), desk.hearer(), desk.hearer()
    manage(decider, then, desk)
    manage(then, above, desk)
    decision = desk.decision(decider)
    manage(decider, new, desk)
    appeal = desk.file(decision)
    assert whys(appeal, decider) == ["decider"]
    assert (whys(appeal, then), whys(appeal, above)) == (["manager_then"], ["manager_then"])
    assert whys(appeal, new) == ["manager_now"]
    for actor in (decider, then, above, new):
        with pytest.raises(Barred):
            take(actor=actor, appeal_id=appeal.pk, at=desk.later)
        assert not may_hear(appeal, int(actor.ref))


def test_a_manager_set_after_the_complaint_is_barred_when_they_reach_for_it(desk: Desk) -> None:
    decider, late, other = desk.hearer(), desk.hearer(), desk.hearer()
    appeal = desk.file(desk.decision(decider))
    manage(decider, late, desk)
    with pytest.raises(Barred):
        take(actor=late, appeal_id=appeal.pk, at=desk.later)
    with pytest.raises(NothingToHear):
        take_next(actor=late, at=desk.later)
    assert take_next(actor=other, at=desk.later).pk == appeal.pk
    assert whys(appeal, late) == ["manager_now"]


def test_who_comes_to_lead_the_decider_while_hearing_loses_the_appeal_instead_of_concluding_it(desk: Desk) -> None:
    decider, hearer = desk.hearer(), desk.hearer()
    appeal = desk.file(desk.decision(decider))
    take(actor=hearer, appeal_id=appeal.pk, at=desk.later)
    manage(decider, hearer, desk)
    with pytest.raises(Barred):
        conclude(actor=hearer, appeal_id=appeal.pk, outcome="upheld", reasons=REASONS, at=desk.later)
    appeal.refresh_from_db()
    assert (appeal.state, appeal.hearer_id) == ("admitted", None)
    assert whys(appeal, hearer) == ["manager_now"]


def test_proposer_approver_and_their_managers_are_barred(desk: Desk) -> None:
    from piepowder.decisions.operations import EnforcementOrder, approve

    proposer, lead, boss = desk.hearer(), desk.hearer("house", Permission.DECISION_APPROVE), desk.hearer()
    manage(lead, boss, desk)
    court = desk.court
    claim = court.claim(proposer)
    orders = (EnforcementOrder("account", "terminated"),)
    judged = judge(
        actor=proposer, lease_id=claim.lease_id, ruling=ruling(claim.case.item, enforcements=orders), at=court.now
    )
    assert judged.proposal is not None
    decision = approve(actor=lead, proposal_id=judged.proposal.pk, at=court.now)
    assert decision.reporting_line == [int(boss.ref)]
    appeal = desk.file(decision)
    assert whys(appeal, proposer) == ["decider", "approver"]
    assert whys(appeal, lead) == ["approver"]
    assert whys(appeal, boss) == ["manager_then", "manager_now"]


def test_whoever_gave_an_opinion_is_barred_with_their_managers_of_that_time(desk: Desk) -> None:
    court = desk.court
    first, second, boss = desk.hearer(), desk.hearer(), desk.hearer()
    manage(first, boss, desk)
    case = court.case()
    judge(actor=first, lease_id=court.claim(first, case).lease_id, ruling=ruling(case.item), at=court.now, second=True)
    judged = judge(actor=second, lease_id=court.claim(second, case).lease_id, ruling=ruling(case.item), at=court.now)
    assert judged.decision is not None
    assert Opinion.objects.count() == 2
    assert judged.decision.reporting_line == [int(boss.ref)]
    manage(first, None, desk)
    appeal = desk.file(judged.decision)
    assert whys(appeal, first) == ["opinion"]
    assert whys(appeal, boss) == ["manager_then"]


def test_whoever_gave_an_opinion_is_barred_too_from_what_was_approved_beside_it(desk: Desk) -> None:
    from piepowder.decisions.operations import EnforcementOrder, approve

    court, first, second, third = desk.court, desk.hearer(), desk.hearer(), desk.hearer()
    case = court.case()
    assert case.item.snapshot_id
    Case.objects.filter(pk=case.pk).update(severity=0)
    for actor, said in ((first, ruling(case.item)), (second, cleared(case.item.snapshot_id))):
        lease = court.claim(actor, case).lease_id
        split = judge(actor=actor, lease_id=lease, ruling=said, at=court.now, second=actor is first).split
    assert split
    orders = (*ruling(case.item).enforcements, EnforcementOrder("account", "terminated"))
    adjudicator = court.person("house", Permission.CASE_ADJUDICATE, *HEARS, everywhere=True)
    claim = court.claim(adjudicator, case)
    judged = judge(
        actor=adjudicator, lease_id=claim.lease_id, ruling=ruling(case.item, enforcements=orders), at=court.now
    )
    assert judged.proposal is not None
    lead = desk.hearer("house", Permission.DECISION_APPROVE)
    beside = approve(actor=lead, proposal_id=judged.proposal.pk, at=court.now)
    assert beside.case_id is None
    appeal = desk.file(beside)
    assert (whys(appeal, first), whys(appeal, second)) == (["opinion"], ["opinion"])
    assert whys(appeal, third) == []


def test_a_complaint_against_ones_own_decision_is_not_ones_own_to_end(desk: Desk) -> None:
    decider, clerk = (desk.hearer("house", Permission.APPEAL_FILE) for _ in range(2))
    appeal = desk.file(desk.decision(decider))
    with pytest.raises(Barred):
        withdraw_appeal(actor=decider, appeal_id=appeal.pk, at=desk.later)
    assert withdraw_appeal(actor=clerk, appeal_id=appeal.pk, at=desk.later).state == "withdrawn"


def test_a_machine_and_the_system_hear_nothing(desk: Desk) -> None:
    appeal = desk.file(desk.decision())
    key = Actor(ActorKind.KEY, "abcdef", desk.hearer().mandates)
    for actor in (SYSTEM, key):
        with pytest.raises(Forbidden):
            take(actor=actor, appeal_id=appeal.pk, at=desk.later)
        with pytest.raises(NotHearer):
            conclude(actor=actor, appeal_id=appeal.pk, outcome="upheld", reasons=REASONS, at=desk.later)


def test_an_assigned_appeal_goes_to_who_may_hear_it_and_to_nobody_else(desk: Desk) -> None:
    decider, hearer, bystander = desk.hearer(), desk.hearer(), desk.court.person()
    lead = desk.court.person("house", Permission.APPEAL_VIEW, Permission.APPEAL_ASSIGN)
    appeal = desk.file(desk.decision(decider))
    with pytest.raises(Barred):
        assign(actor=lead, appeal_id=appeal.pk, user_id=int(decider.ref), at=desk.later)
    with pytest.raises(Forbidden):
        assign(actor=lead, appeal_id=appeal.pk, user_id=int(bystander.ref), at=desk.later)
    assert assign(actor=lead, appeal_id=appeal.pk, user_id=int(hearer.ref), at=desk.later).hearer_id == int(hearer.ref)
    assert give_back(actor=lead, appeal_id=appeal.pk, at=desk.later).state == "admitted"


def test_the_next_one_is_the_one_that_is_due_first(desk: Desk) -> None:
    hearer = desk.hearer()
    second = desk.file(desk.decision(), at=desk.later + timedelta(hours=1))
    first = desk.file(desk.decision(), at=desk.later)
    assert [take_next(actor=hearer, at=desk.later).pk for _ in range(2)] == [first.pk, second.pk]


def test_another_vendors_appeals_do_not_exist_for_a_hearer_of_one(desk: Desk) -> None:
    from piepowder.appeals.operations import NoSuchAppeal

    appeal = desk.file(desk.decision(desk.court.person("acme")))
    with pytest.raises(NoSuchAppeal):
        take(actor=desk.hearer("house", everywhere=False), appeal_id=appeal.pk, at=desk.later)


def test_the_promise_rests_while_the_complainant_is_asked(desk: Desk) -> None:
    hearer = desk.hearer()
    appeal = desk.file(desk.decision())
    due = appeal.due_at
    assert due is not None
    take(actor=hearer, appeal_id=appeal.pk, at=desk.later)
    ask(actor=hearer, appeal_id=appeal.pk, text="Which picture do you mean?", at=desk.later + timedelta(hours=1))
    appeal.refresh_from_db()
    assert appeal.due_at is None
    answer(actor=SYSTEM, appeal_id=appeal.pk, text="The third.", at=desk.later + timedelta(hours=49))
    appeal.refresh_from_db()
    assert appeal.due_at == due + timedelta(hours=48)
    assert Letter.objects.filter(event="appeal.question").get().places["question"] == "Which picture do you mean?"


RAW = {
    "the decider as hearer": "UPDATE appeals_appeal SET state = 'in_hand', hearer_id = %(barred)s",
    "the hearer's place taken by the decider": "UPDATE appeals_appeal SET hearer_id = %(barred)s WHERE state = 'in_hand'",
    "concluded by nobody": "UPDATE appeals_appeal SET state = 'concluded', outcome = 'upheld', hearer_id = NULL",
    "a bar deleted": "DELETE FROM appeals_bar",
    "a bar turned against another": "UPDATE appeals_bar SET user_id = %(free)s",
    "a bar against the hearer": "INSERT INTO appeals_bar (appeal_id, user_id, why, at) "
    "SELECT id, hearer_id, 'manager_now', filed_at FROM appeals_appeal",
    "another decider on the appeal": "UPDATE appeals_appeal SET decider_id_then = NULL",
    "the appeal deleted": "DELETE FROM appeals_appeal",
}


@pytest.mark.parametrize("sql", RAW.values(), ids=RAW.keys())
def test_the_database_itself_refuses(desk: Desk, sql: str) -> None:
    decider, hearer = desk.hearer(), desk.hearer()
    appeal = desk.file(desk.decision(decider))
    take(actor=hearer, appeal_id=appeal.pk, at=desk.later)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, {"barred": int(decider.ref), "free": int(hearer.ref)})
    appeal.refresh_from_db()
    assert (appeal.state, appeal.hearer_id) == ("in_hand", int(hearer.ref))


@pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite has such a statement")
def test_nothing_is_pushed_aside_by_another_row(desk: Desk) -> None:
    decider, hearer = desk.hearer(), desk.hearer()
    appeal = desk.file(desk.decision(decider))
    columns = ", ".join(str(field.column) for field in Appeal._meta.concrete_fields)
    begun_anew = columns.replace("decider_id_then", "NULL")
    under_another_id = begun_anew.replace("id,", "'0' || substr(id, 2),", 1)
    for sql in (
        f"INSERT OR REPLACE INTO appeals_bar (id, appeal_id, user_id, why, at) "
        f"SELECT id, appeal_id, {hearer.ref}, why, at FROM appeals_bar",
        f"INSERT OR REPLACE INTO appeals_appeal ({columns}) SELECT {begun_anew} FROM appeals_appeal",
        f"INSERT OR REPLACE INTO appeals_appeal ({columns}) SELECT {under_another_id} FROM appeals_appeal",
    ):
        with pytest.raises(DatabaseError, match="never replaced"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    assert whys(appeal, decider) == ["decider"]


def test_an_appeal_cannot_even_be_stored_with_its_decider_hearing_it(desk: Desk) -> None:
    decider = desk.hearer()
    decision = desk.decision(decider)
    fields: dict[str, Any] = {
        "decision": decision,
        "complainant_kind": "recipient",
        "complainant_ref": "S-1",
        "basis": "visibility",
        "text": TEXT,
        "language": "en",
        "source": "raw",
        "until": desk.later.date(),
        "rule": "raw",
        "filed_at": desk.later,
        "target_s": 1,
    }
    for known in (int(decider.ref), None):
        with pytest.raises(DatabaseError), transaction.atomic():
            Appeal.objects.create(
                **fields, decider_id_then=known, state="in_hand", hearer_id=int(decider.ref), taken_at=desk.later
            )
    # Nor can somebody get in before the bars are there.
    appeal = Appeal.objects.create(**fields, decider_id_then=int(decider.ref))
    with pytest.raises(DatabaseError), transaction.atomic():
        Appeal.objects.filter(pk=appeal.pk).update(state="in_hand", hearer_id=int(desk.hearer().ref))


def test_what_has_ended_stays_as_it_is_but_its_words_can_be_erased(desk: Desk) -> None:
    hearer = desk.hearer()
    appeal = desk.file(desk.decision())
    take(actor=hearer, appeal_id=appeal.pk, at=desk.later)
    conclude(actor=hearer, appeal_id=appeal.pk, outcome="upheld", reasons=REASONS, at=desk.later)
    for change in ({"outcome": "overturned"}, {"hearer_id": int(desk.hearer().ref)}, {"reasons": "Something else."}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Appeal.objects.filter(pk=appeal.pk).update(**change)
    Appeal.objects.filter(pk=appeal.pk).update(text="", reasons="", complainant_ref="")
    assert Decision.objects.get().state == "issued"


def test_hearing_asks_for_more_than_looking(desk: Desk) -> None:
    appeal = desk.file(desk.decision())
    onlooker = desk.court.person("house", *(one for one in HEARS if one is not Permission.APPEAL_HEAR), everywhere=True)
    with pytest.raises(Forbidden):
        take(actor=onlooker, appeal_id=appeal.pk, at=desk.later)
