"""What became of somebody's reports weighs on what they report next, and on what of theirs is waiting."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from piepowder.intake import jobs
from piepowder.intake.accuracy import Accuracy
from piepowder.intake.models import Report, Reporter
from piepowder.intake.reporters import suspend_flagger
from piepowder.intake.weighing import accuracy_of, note_judged
from piepowder.kernel.actor import SYSTEM
from piepowder.kernel.ids import new_id
from piepowder.review.models import Case
from tests.review.conftest import Court


def reporter(kind: str = "user", ref: str = "U-1", trust: int = 50) -> Reporter:
    return Reporter.objects.create(kind=kind, external_ref=ref, trust=trust)


def told(court: Court, item: Any, who: Reporter, *, founded: bool | None = None, at: datetime | None = None) -> Report:
    ref = str(new_id())
    return Report.objects.create(
        reference=ref, digest=ref, item=item, snapshot_id=item.snapshot_id, reporter=who, basis="terms",
        reason="It should not be sold.", good_faith=True, received_at=at or court.now, source="test",
        founded=founded, judged_at=None if founded is None else (at or court.now),
    )  # fmt: skip


def test_a_reporter_is_weighed_once_their_report_is_judged(court: Court) -> None:
    court.queue()
    item, who = court.item(), reporter()
    told(court, item, who, founded=True)
    note_judged(item_id=item.pk, at=court.now)
    assert jobs.weigh_reporters(now=court.now) == 1
    who.refresh_from_db()
    assert (who.trust, who.weigh_at) == (56, None)
    assert jobs.weigh_reporters(now=court.now) == 0


def test_only_the_last_hundred_judged_reports_count(court: Court) -> None:
    who, item = reporter(), court.item()
    for number in range(110):
        told(court, item, who, founded=number >= 10, at=court.now + timedelta(minutes=number))
    told(court, item, who)
    assert accuracy_of(who.pk) == Accuracy(100, 100)


def test_the_standing_of_a_trusted_flagger_is_not_earned(court: Court) -> None:
    flagger, item = reporter("trusted_flagger", "TF", 90), court.item()
    told(court, item, flagger, founded=False)
    note_judged(item_id=item.pk, at=court.now)
    assert jobs.weigh_reporters(now=court.now) == 0


def test_the_open_cases_of_a_reporter_follow_their_trust(court: Court) -> None:
    court.queue()
    who = reporter()
    judged, waiting, other = court.item(), court.case(), court.case()
    told(court, waiting.item, who)
    court.report(waiting.item, trust=50)
    waiting.refresh_from_db()
    told(court, judged, who, founded=False)
    note_judged(item_id=judged.pk, at=court.now)
    jobs.weigh_reporters(now=court.now)
    after = Case.objects.get(pk=waiting.pk)
    assert after.trust == 44
    assert after.rank > waiting.rank
    assert Case.objects.get(pk=other.pk).rank == other.rank


def test_a_notice_of_a_trusted_flagger_is_claimed_first_until_they_are_suspended(court: Court) -> None:
    court.queue()
    flagger, crowd = reporter("trusted_flagger", "TF", 90), court.case()
    court.report(*[crowd.item] * 40, trust=85)
    court.pass_time(hours=20)
    item = court.item()
    told(court, item, flagger)
    court.report(item, trust=90, reporter_kind="trusted_flagger")
    theirs = Case.objects.get(item=item)
    assert theirs.rank < Case.objects.get(pk=crowd.pk).rank
    suspend_flagger(actor=SYSTEM, reporter_id=flagger.pk, suspended=True, at=court.now)
    theirs.refresh_from_db()
    assert theirs.trust == 50
    assert theirs.rank > Case.objects.get(pk=crowd.pk).rank
    suspend_flagger(actor=SYSTEM, reporter_id=flagger.pk, suspended=False, at=court.now)
    assert Case.objects.get(pk=theirs.pk).rank < Case.objects.get(pk=crowd.pk).rank
