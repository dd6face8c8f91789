"""Misuse (DSA Art. 23): what is manifest, who is warned first, who is suspended, and for how long."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from piepowder.access.visibility import NotPermitted
from piepowder.correspondence.models import Letter
from piepowder.decisions.operations import overturn, withdraw
from piepowder.duties import law_jobs
from piepowder.duties.misuse.counting import Whose, counts_of, suspension_counts, who_to_look_at
from piepowder.duties.misuse.policy_text import policy_text
from piepowder.duties.misuse.weighing import Judged
from piepowder.duties.models import ManifestFlag, Misuse
from piepowder.duties.operations import (
    AlreadyFlagged,
    AlreadyWarned,
    BadMisuse,
    NothingConfirmed,
    NotManifest,
    NotRepeated,
    end_misuse,
    propose_flag,
    settle_flag,
    suspend_for_misuse,
    warn_of_misuse,
)
from piepowder.intake.models import Reporter
from piepowder.intake.pausing import paused_until
from piepowder.kernel.actor import SYSTEM, Actor
from piepowder.kernel.permissions import Permission
from piepowder.policy.operations import switch_pack
from tests.decisions.conftest import Court, policy

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("letters")]
JUDGED = Judged("grave", "some", "meant")
SELLER = Whose("content", "S-1")


@pytest.fixture
def guard(court: Court) -> Actor:
    """Somebody in-house who looks after misuse."""
    policy("S-1", ground="terms", kinds=["seller"], legal_reference="")
    return court.person(
        "house",
        Permission.DUTY_VIEW,
        Permission.MISUSE_EDIT,
        Permission.DECISION_ISSUE_DIRECT,
        Permission.DECISION_OVERTURN,
        Permission.DECISION_WITHDRAW_ANY,
        everywhere=True,
    )


def illegal(court: Court, guard: Actor, at: Any = None, confirmed: bool = True) -> ManifestFlag:
    """A decision that found content of S-1 illegal, called manifest."""
    then = replace(court, now=at or court.now)
    decision = then.decide(court.person(), then.case())
    flag = propose_flag(actor=guard, side="content", about_id=decision.pk, at=at or court.now)
    return settle_flag(actor=guard, flag_id=flag.pk, confirmed=confirmed, at=at or court.now)


def unfounded(court: Court, guard: Actor, reporter: Reporter, at: Any = None) -> ManifestFlag:
    report = court.report(court.item())
    report.reporter, report.founded, report.received_at = reporter, False, at or court.now
    report.save()
    flag = propose_flag(actor=guard, side="notice", about_id=report.pk, at=at or court.now)
    return settle_flag(actor=guard, flag_id=flag.pk, confirmed=True, at=at or court.now)


def test_the_number_calls_a_person_who_warns_and_then_suspends_the_account(court: Court, guard: Actor) -> None:
    for _ in range(3):
        illegal(court, guard)
    (candidate,) = who_to_look_at(guard, court.now)
    assert (candidate.whose, candidate.confirmed) == (SELLER, 3)

    misuse = warn_of_misuse(actor=guard, whose=SELLER, judged=JUDGED, at=court.now)
    assert misuse.factors["warning"] | {"total": 0, "share": 0} == {
        "absolute": 3, "total": 0, "share": 0, "since": "2025-09-04", "until": "2026-03-04",
        "gravity": "grave", "consequences": "some", "intention": "meant",
    }  # fmt: skip
    letter = Letter.objects.get(event="misuse_warning_seller")
    assert "3 of" in letter.text or "3 项" in letter.text
    assert who_to_look_at(guard, court.now) == []
    with pytest.raises(NotRepeated):
        suspend_for_misuse(actor=guard, misuse_id=misuse.pk, judged=JUDGED, days=30, at=court.now)

    later = court.now + timedelta(days=3)
    illegal(court, guard, at=later)
    assert [one.misuse for one in who_to_look_at(guard, later)] == [misuse]
    misuse = suspend_for_misuse(actor=guard, misuse_id=misuse.pk, judged=JUDGED, days=30, at=later)
    assert misuse.decision is not None
    restriction = misuse.decision.enforcements.get()
    assert (restriction.family, restriction.measure, restriction.target_external_id) == ("account", "suspended", "S-1")
    assert restriction.ends_at == restriction.starts_at + timedelta(days=30)
    assert misuse.decision.statement.text
    assert suspension_counts(court.now, later + timedelta(days=1)) == {"content": 1, "notice": 0, "complaint": 0}

    overturn(actor=guard, decision_id=misuse.decision.pk, at=later + timedelta(days=1), reason="own_review")
    misuse.refresh_from_db()
    assert misuse.state == "ended"


def test_notices_of_a_suspended_reporter_are_set_aside_for_its_time(court: Court, guard: Actor) -> None:
    reporter = Reporter.objects.create(kind="user", external_ref="r-1", name="N", email="n@n.example")
    whose = Whose("notice", reporter_id=reporter.pk)
    unfounded(court, guard, reporter)
    misuse = warn_of_misuse(actor=guard, whose=whose, judged=JUDGED, at=court.now)
    assert Letter.objects.get(event="misuse_warning_reporter").address == "n@n.example"
    later = court.now + timedelta(days=1)
    unfounded(court, guard, reporter, later)
    misuse = suspend_for_misuse(actor=guard, misuse_id=misuse.pk, judged=JUDGED, days=10, at=later)
    until = later + timedelta(days=10)
    assert paused_until("reporter", reporter.pk, "notices", later) == until
    assert paused_until("reporter", reporter.pk, "complaints", later) is None
    assert Letter.objects.filter(event="misuse_suspended_reporter").count() == 1
    assert law_jobs.end_suspensions(now=until - timedelta(seconds=1)) == 0
    assert law_jobs.end_suspensions(now=until) == 1
    assert paused_until("reporter", reporter.pk, "notices", until) is None
    assert Misuse.objects.get(pk=misuse.pk).state == "ended"


def test_a_suspension_of_notices_can_end_before_its_time(court: Court, guard: Actor) -> None:
    reporter = Reporter.objects.create(kind="user", external_ref="r-1")
    unfounded(court, guard, reporter)
    misuse = warn_of_misuse(actor=guard, whose=Whose("notice", reporter_id=reporter.pk), judged=JUDGED, at=court.now)
    later = court.now + timedelta(days=1)
    unfounded(court, guard, reporter, later)
    suspend_for_misuse(actor=guard, misuse_id=misuse.pk, judged=JUDGED, days=10, at=later)
    end_misuse(actor=guard, misuse_id=misuse.pk, at=later + timedelta(days=1))
    assert paused_until("reporter", reporter.pk, "notices", later + timedelta(days=1)) is None


def test_the_two_counters_never_mix(court: Court, guard: Actor) -> None:
    reporter = Reporter.objects.create(kind="user", external_ref="r-1")
    for _ in range(2):
        illegal(court, guard)
        unfounded(court, guard, reporter)
    assert who_to_look_at(guard, court.now) == []
    assert counts_of(SELLER, court.now).absolute == 2
    assert counts_of(Whose("notice", reporter_id=reporter.pk), court.now).absolute == 2
    assert counts_of(Whose("complaint", "S-1"), court.now).absolute == 0


def test_only_what_a_person_confirmed_counts(court: Court, guard: Actor) -> None:
    illegal(court, guard, confirmed=False)
    assert counts_of(SELLER, court.now).absolute == 0
    with pytest.raises(NothingConfirmed):
        warn_of_misuse(actor=guard, whose=SELLER, judged=JUDGED, at=court.now)
    decision = court.decide(court.person(), court.case())
    flag = propose_flag(actor=court.person(), side="content", about_id=decision.pk, at=court.now)
    with pytest.raises(NotPermitted):
        settle_flag(actor=SYSTEM, flag_id=flag.pk, confirmed=True, at=court.now)
    with pytest.raises(NotPermitted):
        settle_flag(actor=court.person("acme", Permission.MISUSE_EDIT), flag_id=flag.pk, confirmed=True, at=court.now)
    with pytest.raises(AlreadyFlagged):
        propose_flag(actor=guard, side="content", about_id=decision.pk, at=court.now)


def test_what_is_undone_counts_no_more(court: Court, guard: Actor) -> None:
    flag, other = illegal(court, guard), illegal(court, guard)
    overturn(actor=guard, decision_id=flag.about_id, at=court.now + timedelta(hours=1), reason="appeal")
    withdraw(actor=guard, decision_id=other.about_id, at=court.now + timedelta(seconds=1))
    assert set(ManifestFlag.objects.values_list("state", flat=True)) == {"lifted"}
    assert counts_of(SELLER, court.now).absolute == 0


def test_what_cannot_be_manifest_is_not_proposed(court: Court, guard: Actor) -> None:
    terms = court.decide(court.person(), court.case(), policy_codes=("T-1",), ground="terms")
    report = court.report(court.item())
    for side, about in (("content", terms.pk), ("notice", report.pk), ("complaint", report.pk), ("other", report.pk)):
        with pytest.raises(NotManifest):
            propose_flag(actor=guard, side=side, about_id=about, at=court.now)


def test_old_cases_fall_out_of_the_period_that_counts(court: Court, guard: Actor) -> None:
    illegal(court, guard)
    assert counts_of(SELLER, court.now + timedelta(days=200)).absolute == 0
    switch_pack(actor=SYSTEM, code="eu_dsa", on=True, choices={"misuse_count": "1 years"}, at=court.now)
    assert counts_of(SELLER, court.now + timedelta(days=200)).absolute == 1


def test_nobody_is_warned_twice_nor_for_what_makes_no_sense(court: Court, guard: Actor) -> None:
    illegal(court, guard)
    with pytest.raises(BadMisuse):
        warn_of_misuse(actor=guard, whose=Whose("notice", "S-1"), judged=JUDGED, at=court.now)
    with pytest.raises(BadMisuse):
        warn_of_misuse(actor=guard, whose=SELLER, judged=Judged("", "some", "meant"), at=court.now)
    misuse = warn_of_misuse(actor=guard, whose=SELLER, judged=JUDGED, at=court.now)
    with pytest.raises(AlreadyWarned):
        warn_of_misuse(actor=guard, whose=SELLER, judged=JUDGED, at=court.now)
    with pytest.raises(BadMisuse):
        suspend_for_misuse(actor=guard, misuse_id=misuse.pk, judged=JUDGED, days=400, at=court.now)
    with pytest.raises(NotPermitted):
        who_to_look_at(court.person("acme", Permission.DUTY_VIEW), court.now)


def test_the_published_rules_name_the_periods_in_force(court: Court) -> None:
    assert "last 6 months" in policy_text("en", court.now)
    switch_pack(actor=SYSTEM, code="eu_dsa", on=True, choices={"misuse_suspension": "45 days"}, at=court.now)
    assert "暂停 45 天" in policy_text("zh-hans", court.now)
    assert "45 days" in policy_text("pl", court.now)
