"""From the decision to the database: everything arrives once, whatever happens on the way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from piepowder.access.options import choose
from piepowder.decisions.operations import EnforcementOrder, overturn, withdraw
from piepowder.interop import sending
from piepowder.interop.answers import Reading
from piepowder.interop.client import Client
from piepowder.interop.dsa.simulator import Reply, Simulator
from piepowder.interop.jobs import watch_lateness
from piepowder.interop.line import standing
from piepowder.interop.models import Submission
from piepowder.interop.operations import queue_past
from piepowder.interop.options import LATE_AFTER, SUBMITS
from piepowder.interop.payloads import hash_of, payload_of
from piepowder.kernel.actor import SYSTEM
from piepowder.ledger.models import Fact
from piepowder.outbox.models import Message
from tests.interop.conftest import DUE, Desk

pytestmark = pytest.mark.django_db
FOR_GOOD = (EnforcementOrder("visibility", "content_removed"),)


def states() -> list[str]:
    return list(Submission.objects.order_by("created_at", "id").values_list("state", flat=True))


def test_a_final_decision_is_submitted_and_what_came_back_is_kept(desk: Desk) -> None:
    submission = desk.decide()
    assert desk.turn(timedelta(seconds=11)) == 0
    assert desk.turn() == 1
    submission.refresh_from_db()
    stored = desk.simulator.platforms["a"].stored[submission.puid]
    assert (submission.state, submission.how, submission.status) == ("sent", "answered", 201)
    assert (submission.uuid, submission.permalink) == (stored["uuid"], stored["permalink"])
    assert submission.made_there_at == desk.now
    assert submission.payload_hash == hash_of(submission.statement.structured)
    assert submission.sent_at == desk.now + DUE
    assert stored["decision_facts"] == submission.statement.structured["decision_facts"]
    assert "decision_facts" not in str(submission.response)
    assert desk.turn() == 0
    assert list(Fact.objects.filter(subject_kind="submission").order_by("id").values_list("verb", flat=True)) == [
        "submission.queue",
        "submission.send",
    ]


def test_nothing_is_queued_while_it_is_off_and_past_decisions_can_be_queued_once(desk: Desk) -> None:
    choose(actor=SYSTEM, at=desk.now, values={SUBMITS: False})
    with pytest.raises(Submission.DoesNotExist):
        desk.decide()
    assert desk.turn() == 0
    choose(actor=SYSTEM, at=desk.now, values={SUBMITS: True})
    later = desk.now + DUE
    assert queue_past(actor=SYSTEM, since=later, at=later) == 0
    assert queue_past(actor=SYSTEM, since=desk.now, at=later) == 1
    assert queue_past(actor=SYSTEM, since=desk.now, at=later) == 0
    desk.turns(timedelta(minutes=5))
    assert len(desk.stored()) == 1


def test_what_is_not_for_the_database_is_recorded_with_the_reason(desk: Desk) -> None:
    outside = desk.decide(item={"market": "GB", "language": "en"})
    excluded = desk.decide(exclusion="deceptive_high_volume")
    desk.turns()
    assert (outside.state, outside.why) == ("not_needed", "no_eea")
    assert (excluded.state, excluded.why) == ("not_needed", "deceptive_high_volume")
    assert desk.stored() == []


def test_a_withdrawn_decision_is_never_sent(desk: Desk) -> None:
    submission = desk.decide()
    decision = submission.statement.decision
    withdraw(actor=SYSTEM, decision_id=decision.pk, at=desk.now + timedelta(seconds=5))
    desk.turns()
    assert (states(), desk.stored()) == (["withdrawn"], [])


def test_a_restriction_that_never_took_effect_is_left_out(desk: Desk) -> None:
    submission = desk.decide()
    submission.statement.enforcements.update(state="cancelled")
    desk.turns()
    submission.refresh_from_db()
    assert (submission.state, submission.why, desk.stored()) == ("not_needed", "never_in_force", [])


def test_an_overturned_statement_stays_there_with_a_note_here(desk: Desk) -> None:
    submission = desk.decide()
    desk.turns()
    later = desk.now + timedelta(hours=1)
    overturn(actor=SYSTEM, decision_id=submission.statement.decision_id, at=later, reason="appeal")
    submission.refresh_from_db()
    assert (submission.state, submission.reversal, submission.reversed_at) == ("sent", "overturned", later)
    assert len(desk.stored()) == 1


def test_batches_are_filled_to_the_limit(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "MOST_TOGETHER", 2)
    puids = {desk.decide().puid for _ in range(3)}
    assert [desk.turn(), desk.turn(), desk.turn()] == [2, 1, 0]
    assert set(desk.stored()) == puids
    assert [path for _method, path in desk.simulator.requests] == ["/api/v1/statements"] * 2


class Choosy(Simulator):
    """Refuses one puid that our own check lets pass, as the database may after a change of its rules."""

    refused = ""

    def _many(self, body: Any, platform: Any) -> Reply:
        for index, one in enumerate(body["statements"]):
            if one["puid"] == self.refused:
                return Reply(422, {"errors": {f"statement_{index}": {"category": ["The category is no more."]}}})
        return super()._many(body, platform)


def test_what_is_refused_goes_into_repair_and_the_rest_at_once(desk: Desk) -> None:
    first, second, third = (desk.decide() for _ in range(3))
    desk.simulator.__class__ = Choosy
    desk.simulator.refused = second.puid  # type: ignore[attr-defined]
    desk.turns()
    assert states() == ["sent", "repair", "sent"]
    second.refresh_from_db()
    assert second.errors == [{"field": "category", "said": "The category is no more."}]
    assert sorted(desk.stored()) == sorted([first.puid, third.puid])


def test_what_our_own_check_finds_is_not_sent_at_all(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    bad, good = desk.decide(), desk.decide()
    original = payload_of

    def spoiled(statement: Any) -> dict[str, Any]:
        change = {"category": "STATEMENT_CATEGORY_GONE"} if statement.puid == bad.puid else {}
        return original(statement) | change

    monkeypatch.setattr(sending, "payload_of", spoiled)
    desk.turns()
    bad.refresh_from_db()
    assert (bad.state, bad.errors) == ("repair", [{"field": "category", "rule": "in"}])
    assert desk.stored() == [good.puid]


def test_a_puid_that_is_there_already_is_marked_and_the_rest_goes(desk: Desk) -> None:
    known, fresh = desk.decide(), desk.decide()
    with Client(desk.address, "a", allow_private=True) as client:
        assert client.post_one(known.statement.structured).status == 201
    desk.turns()
    known.refresh_from_db()
    assert (known.state, known.how, known.sent_at) == ("duplicate", "refused_as_known", desk.now + DUE)
    assert sorted(desk.stored()) == sorted([known.puid, fresh.puid])


@pytest.mark.parametrize("stored", [True, False])
@pytest.mark.parametrize("status", [500, 502, 504])
def test_an_unknown_outcome_is_asked_after_before_anything_is_sent_again(desk: Desk, status: int, stored: bool) -> None:
    submission = desk.decide()
    desk.simulator.trouble(status, after_storing=stored)
    assert desk.turn() == 0
    assert states() == ["unsure"]
    assert desk.turn(DUE + timedelta(seconds=1)) == 0
    desk.turns(DUE + timedelta(seconds=30))
    submission.refresh_from_db()
    assert (submission.state, submission.how) == ("sent", "found" if stored else "answered")
    asked = [path for _method, path in desk.simulator.requests if "existing-puid" in path]
    assert (len(asked), desk.stored()) == (1, [submission.puid])


class Killed(BaseException):
    """What ends a process: nothing catches it."""


@pytest.mark.parametrize("step", ["before the request", "between request and storing", "while storing"])
def test_a_worker_that_dies_loses_and_doubles_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    one, two = desk.decide(), desk.decide()

    def die(*args: Any, **options: Any) -> Any:
        raise Killed

    target = {
        "before the request": (Client, "post_many"),
        "between request and storing": (sending, "settle"),
        "while storing": (sending, "_changes"),
    }[step]
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(*target, die)
        desk.turn()
    assert states() == ["taken", "taken"]
    assert len(desk.stored()) == (0 if step == "before the request" else 2)
    assert desk.turn(DUE + timedelta(minutes=5)) == 0
    desk.turns(DUE + sending.LEASE + timedelta(seconds=1))
    assert (states(), sorted(desk.stored())) == (["sent", "sent"], sorted([one.puid, two.puid]))


def test_a_late_answer_of_the_first_attempt_is_ours_and_no_duplicate(desk: Desk) -> None:
    """The check came before the slow first request had been carried out there."""
    submission = desk.decide()
    desk.simulator.trouble(504)
    desk.turn()
    Submission.objects.update(state="queued", next_at=desk.now)
    with Client(desk.address, "a", allow_private=True) as client:
        client.post_one(submission.statement.structured)
    desk.turns(DUE + timedelta(minutes=1))
    submission.refresh_from_db()
    assert (submission.state, submission.how) == ("sent", "found")


def test_whoever_lost_the_lease_changes_nothing_any_more(desk: Desk) -> None:
    submission = desk.decide()
    taken = sending.take(now=desk.now + DUE)
    Submission.objects.update(state="unsure", taken_until=None, doubted=True)
    with Client(desk.address, "a", allow_private=True) as client:
        answer = client.post_many([one.payload for one in taken])
    assert sending.settle(taken, answer, token="a", now=desk.now + DUE) == 0
    submission.refresh_from_db()
    assert submission.state == "unsure"


def test_the_line_rests_longer_after_each_failure_and_as_long_as_it_is_asked_to(desk: Desk) -> None:
    desk.decide()
    at, waits = DUE, []
    for _ in range(3):
        desk.simulator.trouble(429)
        desk.turn(at)
        until = standing().rests_until
        assert until is not None
        waits.append((until - desk.now - at).total_seconds())
        at = until - desk.now
    assert waits == [5, 10, 20]
    desk.simulator.trouble(429, retry_after="1800")
    desk.turn(at)
    assert standing().rests_until == desk.now + at + timedelta(minutes=30)
    assert desk.turn(at + timedelta(minutes=29)) == 0
    desk.turns(at + timedelta(minutes=31))
    assert (states(), standing().failures) == (["sent"], 0)


def test_one_statement_on_which_the_database_breaks_does_not_keep_the_others(desk: Desk) -> None:
    class Fragile(Simulator):
        def _many(self, body: Any, platform: Any) -> Reply:
            if poison.puid in [one["puid"] for one in body["statements"]]:
                return Reply(500, {"message": "oh", "errors": {"uncaught_exception": ["oh"]}})
            return super()._many(body, platform)

    poison, good = desk.decide(), desk.decide()
    desk.simulator.__class__ = Fragile
    for minute in range(0, 60, 6):
        desk.turns(DUE + timedelta(minutes=minute))
    good.refresh_from_db()
    poison.refresh_from_db()
    assert (good.state, poison.doubted, poison.attempts >= 4) == ("sent", True, True)


def test_a_token_that_cannot_be_sent_is_told_to_nobody(desk: Desk) -> None:
    with Client(desk.address, "s3cret\nX: y", allow_private=True) as client:
        answer = client.existing("a")
    assert (answer.status, answer.reached, "s3cret" in answer.problem) == (None, False, False)


def test_a_refused_token_halts_the_queue_and_tells(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.decide()
    desk.simulator.replace_token("a", "new")
    desk.turns()
    assert "halted" in caplog.text
    assert (states(), standing().usable) == (["queued"], False)
    [message] = Message.objects.filter(topic="submissions.halted")
    assert "401" in message.body["problem"]
    seen = len(desk.simulator.requests)
    desk.turns(DUE + timedelta(days=1))
    assert len(desk.simulator.requests) == seen


def test_lateness_is_told_once_a_day(desk: Desk) -> None:
    desk.decide()
    choose(actor=SYSTEM, at=desk.now, values={LATE_AFTER: 2})
    told = [watch_lateness(now=desk.now + timedelta(hours=hours)) for hours in (1, 3, 4, 20, 28)]
    assert told == [0, 1, 0, 0, 1]
    assert Message.objects.filter(topic="submissions.late").count() == 2
    desk.turns(timedelta(hours=29))
    assert watch_lateness(now=desk.now + timedelta(days=5)) == 0


def test_an_answer_that_names_nothing_is_no_success() -> None:
    from piepowder.interop.answers import Turn, read
    from piepowder.interop.client import Answer

    def turns(answer: Answer) -> tuple[list[Turn], Reading]:
        reading = read(answer, ["a", "b"])
        return [reading.fates["a"].turn, reading.fates["b"].turn], reading

    assert turns(Answer(201, {"statements": [{"puid": "b", "uuid": "u"}]}))[0] == [Turn.DOUBT, Turn.STORED]
    assert turns(Answer(201, None))[0] == [Turn.DOUBT, Turn.DOUBT]
    bodies: list[Any] = [
        *(None, [], {"errors": []}, {"errors": {"statements": ["no"]}}, {"errors": {"statement_9": {}}})
    ]
    for body in bodies:
        found, reading = turns(Answer(422, body))
        assert (found, reading.failed) == ([Turn.AGAIN, Turn.AGAIN], True)
    for status in (301, 400, 404, 413, 429):
        assert turns(Answer(status, {}))[1].failed
    assert turns(Answer(None, reached=False))[0] == [Turn.AGAIN, Turn.AGAIN]
    assert turns(Answer(None, reached=True))[0] == [Turn.DOUBT, Turn.DOUBT]
    assert turns(Answer(403, {}))[1].refuses_token
