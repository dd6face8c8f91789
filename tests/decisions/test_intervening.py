"""Warning, interrupting and ending a stream: a decision each, told at once, and the stream is watched on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from piepowder.access.visibility import NotPermitted
from piepowder.decisions.intervening import Intervened, NotAStream, intervene
from piepowder.decisions.models import Decision, Enforcement, Statement
from piepowder.decisions.operations import BadRuling, LeaseLost, withdraw
from piepowder.intake.models import Item, Moment
from piepowder.kernel.actor import SYSTEM, Actor
from piepowder.ledger.models import Fact
from piepowder.outbox.models import Message
from piepowder.outbox.operations import TooLate
from piepowder.review.marks import BadMark, marks_in, marks_of
from piepowder.review.models import Case, CaseClock, CaseEvent
from piepowder.review.operations import NoSuchMark, add_mark, remove_mark, set_target, watch_on
from tests.decisions.conftest import Court, ruling

pytestmark = pytest.mark.django_db


@pytest.fixture
def stream(court: Court) -> Item:
    set_target(actor=SYSTEM, at=court.now, queue_code="general", severity=3, target_s=300)
    return court.item(kind="livestream", title="Live sale")


def step_in(court: Court, actor: Actor, way: str, item: Item, **more: Any) -> Intervened:
    claim = court.claim(actor, court.case(item))
    return intervene(actor=actor, lease_id=claim.lease_id, way=way, ruling=ruling(item), at=court.now, **more)


def messages() -> list[tuple[str, Any]]:
    return list(Message.objects.order_by("deliveries__sequence", "created_at", "id").values_list("topic", "body"))


def test_a_warning_notes_the_violation_restricts_nothing_and_leaves_at_once(court: Court, stream: Item) -> None:
    done = step_in(court, court.person(), "warn", stream)
    assert (done.decision.outcome, done.decision.final_at) == ("violation", court.now)
    assert not Enforcement.objects.exists()
    ((topic, body),) = messages()
    assert (topic, body["intervention"]) == ("violation.noted", {"way": "warn", "minutes": None})


def test_an_interruption_lasts_for_minutes_and_says_so_to_the_host(court: Court, stream: Item) -> None:
    step_in(court, court.person(), "interrupt", stream, minutes=15)
    row = Enforcement.objects.get()
    assert (row.measure, row.starts_at, row.ends_at) == (
        "content_disabled",
        court.now,
        court.now + timedelta(minutes=15),
    )
    assert "10:00 UTC" in (text := Statement.objects.get().text)
    assert "10:15 UTC" in text
    told = {"way": "interrupt", "minutes": 15}
    assert [(topic, body["intervention"]) for topic, body in messages()] == [
        ("statement.issued", told),
        ("enforcement.applied", told),
    ]


def test_the_stream_is_watched_on_in_a_case_of_its_own_with_a_clock_of_its_own(court: Court, stream: Item) -> None:
    actor = court.person()
    done = step_in(court, actor, "interrupt", stream, minutes=5)
    assert done.claim is not None
    before, after = Case.objects.get(pk=done.decision.case_id), done.claim.case
    assert (before.state, after.state, after.holder_id) == ("decided", "claimed", before.holder_id)
    assert (after.queue_id, after.lane_id, after.severity) == (before.queue_id, before.lane_id, before.severity)
    first, second = CaseClock.objects.get(case=before), CaseClock.objects.get(case=after)
    assert (first.state, first.ended_at) == ("breached", court.now)  # It had waited for half an hour, of five minutes.
    assert (second.state, second.started_at, second.due_at) == (
        "running",
        court.now,
        court.now + timedelta(minutes=5),
    )
    assert after.due_at == second.due_at
    kinds = list(CaseEvent.objects.filter(case=after).order_by("id").values_list("kind", flat=True))
    assert kinds == ["opened", "offered", "claimed"]
    assert Fact.objects.get(verb="case.watch_on").body["watched_on_from"] == str(before.pk)
    # What is ruled next leaves the interruption as it is.
    again = intervene(actor=actor, lease_id=done.claim.lease_id, way="warn", ruling=ruling(stream), at=court.now)
    assert Decision.objects.filter(state="issued").count() == 2
    assert again.decision.supersedes_id is None
    assert Enforcement.objects.get().state == "scheduled"


def test_ending_removes_it_for_good_and_leaves_nothing_to_watch(court: Court, stream: Item) -> None:
    actor = court.person()
    done = step_in(court, actor, "end", stream)
    assert done.claim is None
    assert (Enforcement.objects.get().measure, Case.objects.get().state) == ("content_removed", "decided")
    with pytest.raises(TooLate):
        withdraw(actor=actor, decision_id=done.decision.pk, at=court.now)


def test_a_stream_that_ended_meanwhile_is_ruled_on_but_not_watched_on(court: Court, stream: Item) -> None:
    Moment.objects.create(item=stream, kind="ended", reference="e", at_ms=9, received_at=court.now, source="test")
    done = step_in(court, court.person(), "warn", stream)
    assert (done.claim, Case.objects.count()) == (None, 1)


@pytest.mark.parametrize(
    ("way", "more", "pointer"),
    [
        ("shout", {}, "/way"),
        ("interrupt", {}, "/minutes"),
        ("interrupt", {"minutes": 0}, "/enforcements/0/minutes"),
        ("interrupt", {"minutes": 10_081}, "/enforcements/0/minutes"),
    ],
)
def test_what_cannot_be_done_changes_nothing(
    court: Court, stream: Item, way: str, more: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(BadRuling) as refused:
        step_in(court, court.person(), way, stream, **more)
    assert [problem.pointer for problem in refused.value.problems] == [pointer]
    assert (Decision.objects.count(), Case.objects.get().state) == (0, "claimed")


def test_only_streams_are_stepped_into_and_only_by_who_holds_them(court: Court, stream: Item) -> None:
    holder, other = court.person(), court.person("acme")
    with pytest.raises(NotAStream):
        step_in(court, holder, "warn", court.item())
    claim = court.claim(holder, court.case(stream))
    with pytest.raises((LeaseLost, NotPermitted)):
        intervene(actor=other, lease_id=claim.lease_id, way="warn", ruling=ruling(stream), at=court.now)
    with pytest.raises(NotPermitted):
        watch_on(actor=holder, case_id=claim.case.pk, at=court.now)


def test_a_mark_lies_in_a_film_of_the_item_and_goes_only_by_its_author_before_the_decision(court: Court) -> None:
    item = court.item(kind="short_video")
    court.media(item, "a" * 64)
    author, colleague = court.person(), court.person()
    claim = court.claim(author, court.case(item))
    mark = add_mark(
        actor=author, lease_id=claim.lease_id, at=court.now, at_ms=1_500, media="a" * 64, text=" shown  here "
    )
    (line,) = marks_of(author, claim.case.pk)
    assert (line.at_ms, line.text, line.removable) == (1_500, "shown here", True)
    (seen,) = marks_of(colleague, claim.case.pk)
    assert (seen.by, seen.removable) == (mark.author.name, False)
    assert not any("shown" in str(fact.body) for fact in Fact.objects.filter(verb="mark.add"))
    for wrong in ({"media": "b" * 64, "at_ms": 1}, {"at_ms": -1}, {"at_ms": 5, "until_ms": 4}):
        with pytest.raises(BadMark):
            add_mark(actor=author, lease_id=claim.lease_id, at=court.now, **wrong)
    with pytest.raises(NoSuchMark):
        remove_mark(actor=colleague, mark_id=mark.pk, at=court.now)
    remove_mark(actor=author, mark_id=mark.pk, at=court.now)
    assert marks_in(author, item.pk) == []
    kept = add_mark(actor=author, lease_id=claim.lease_id, at=court.now, at_ms=7, media="a" * 64)
    Case.objects.filter(pk=claim.case.pk).update(state="decided", decided_at=court.now)
    with pytest.raises(NotPermitted):
        remove_mark(actor=author, mark_id=kept.pk, at=court.now)


def test_another_vendors_marks_are_not_seen(court: Court) -> None:
    item = court.item(kind="livestream")
    ours = court.person("acme")
    claim = court.claim(ours, court.case(item))
    add_mark(actor=ours, lease_id=claim.lease_id, at=court.now, at_ms=1, text="ours")
    assert marks_in(court.person("house"), item.pk) == []
    assert [one.text for one in marks_in(court.person("house", everywhere=True), item.pk)] == ["ours"]
