"""What becomes of notices and complaints of somebody who is suspended for misusing them (DSA Art. 23(2))."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from piepowder.appeals.filing import ComplaintsSuspended
from piepowder.duties.law_listeners import on_appeal_concluded
from piepowder.duties.misuse.counting import Whose, counts_of
from piepowder.duties.models import ManifestFlag
from piepowder.intake.events import ReportsReceived
from piepowder.intake.models import Report, Reporter
from piepowder.intake.operations import pause, report
from piepowder.intake.schemas import Notice, parse_notice
from piepowder.intake.states import PausedWhat, PausedWhose
from piepowder.kernel.actor import SYSTEM
from piepowder.kernel.events import _listeners, subscribe
from tests.appeals.conftest import Desk, desk
from tests.decisions.conftest import Court

__all__ = ["desk"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def told() -> Iterator[list[object]]:
    """What the packages above are told of reports."""
    before = dict(_listeners)
    _listeners.clear()
    events: list[object] = []
    subscribe(ReportsReceived, events.append)
    yield events
    _listeners.clear()
    _listeners.update(before)


def notify(court: Court, text: str, days: int = 0) -> None:
    notice = parse_notice(
        {
            "reporter": {"kind": "user", "id": "U-1", "name": "Ada Long", "email": "ada@example.org"},
            "items": [{"kind": "listing", "id": "L-1"}],
            "basis": "illegal",
            "reason": text,
            "good_faith": True,
        }
    )
    assert isinstance(notice, Notice), notice
    report(actor=SYSTEM, notice=notice, at=court.now + timedelta(days=days))


def test_notices_are_kept_and_nobody_is_told_of_them_while_they_are_set_aside(court: Court, told: list[object]) -> None:
    court.item(external_id="L-1")
    notify(court, "It is a copy of our lamp.")
    reporter = Reporter.objects.get(external_ref="U-1")
    until = court.now + timedelta(days=10)
    pause(
        actor=SYSTEM,
        whose=PausedWhose.REPORTER,
        ref=str(reporter.pk),
        what=PausedWhat.NOTICES,
        until=until,
        at=court.now,
    )
    notify(court, "It is a copy of our other lamp.", days=5)
    assert (len(told), Report.objects.count()) == (1, 2)
    notify(court, "It is a copy of our third lamp.", days=10)
    assert (len(told), Report.objects.count()) == (2, 3)


def test_complaints_are_refused_until_the_suspension_is_over(desk: Desk) -> None:
    decision = desk.decision()
    until = desk.later + timedelta(days=1)
    pause(
        actor=SYSTEM,
        whose=PausedWhose.SELLER,
        ref=decision.item.seller_ref,
        what=PausedWhat.COMPLAINTS,
        until=until,
        at=desk.court.now,
    )
    with pytest.raises(ComplaintsSuspended):
        desk.file(decision)
    assert desk.file(decision, at=until).state == "admitted"


def test_a_complaint_that_its_hearer_called_manifestly_unfounded_counts(desk: Desk) -> None:
    from piepowder.appeals.events import AppealConcluded
    from piepowder.appeals.operations import conclude, take
    from tests.appeals.conftest import REASONS

    appeal = desk.file(desk.decision())
    hearer = desk.hearer()
    take(actor=hearer, appeal_id=appeal.pk, at=desk.later)
    conclude(actor=hearer, appeal_id=appeal.pk, outcome="upheld", reasons=REASONS, unfounded=True, at=desk.later)
    # Said again it is one.
    on_appeal_concluded(
        AppealConcluded(appeal.pk, appeal.decision_id, "upheld", None, desk.later, hearer, appeal.complainant_kind)
    )
    flag = ManifestFlag.objects.get(side="complaint")
    assert (flag.about_id, flag.state, flag.seller_ref) == (appeal.pk, "confirmed", appeal.complainant_ref)
    assert counts_of(Whose("complaint", appeal.complainant_ref), desk.later).absolute == 1
