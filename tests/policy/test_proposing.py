"""Writing a version: who may, who approves, what is refused, and what is recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from piepowder.access import options
from piepowder.access.visibility import NotPermitted
from piepowder.kernel.actor import SYSTEM, Actor
from piepowder.kernel.flow import WrongState
from piepowder.kernel.permissions import Permission
from piepowder.ledger.models import Fact
from piepowder.policy.models import Policy, PolicyVersion, Proposed
from piepowder.policy.operations import Backdated, BadPolicy, CodeTaken, create_policy, publish_version
from piepowder.policy.options import FOUR_EYES
from piepowder.policy.proposed import open_writing, standing_content, writing, writings
from piepowder.policy.proposing import (
    AlreadyProposed,
    ChangedMeanwhile,
    MissingReason,
    NoSuchProposed,
    OwnVersion,
    approve_version,
    drop_version,
    mark,
    overtaken_by,
    save_version,
    send_back_version,
    start_policy,
    start_version,
    submit_version,
    take_back_version,
)
from piepowder.policy.states import ProposedState

from .conftest import draft, person

pytestmark = pytest.mark.django_db

Write = Callable[..., Proposed]


@pytest.fixture(autouse=True)
def _options() -> None:
    options.forget()


@pytest.fixture
def approver() -> Actor:
    return replace(person(Permission.POLICY_APPROVE, Permission.POLICY_VIEW), ref="8")


@pytest.fixture
def policy(now: datetime) -> Policy:
    return create_policy(actor=SYSTEM, code="Z-1", first=draft(), at=now)


@pytest.fixture
def write(policy: Policy, editor: Actor, now: datetime) -> Write:
    """Begin the next version of Z-1 and save it with changes."""

    def begun(actor: Actor = editor, **changes: Any) -> Proposed:
        proposed = start_version(actor=actor, at=now, code="Z-1")
        content = {**proposed.content, "effective_from": "2026-06-01", **changes}
        return save_version(actor=actor, at=now, proposed_id=proposed.pk, seen=mark(proposed), content=content)

    return begun


def submit(actor: Actor, proposed: Proposed, at: datetime) -> Proposed:
    return submit_version(actor=actor, at=at, proposed_id=proposed.pk, seen=mark(proposed))


def test_what_somebody_wrote_is_published_when_somebody_else_approves(
    write: Write, editor: Actor, approver: Actor, now: datetime
) -> None:
    proposed = submit(editor, write(severity=0), now)
    version = approve_version(actor=approver, at=now, proposed_id=proposed.pk, seen=mark(proposed))
    assert (version.number, version.severity, version.effective_from) == (2, 0, date(2026, 6, 1))
    assert version.published_by == approver.ref
    assert version.texts.get(language="en").title == "Lost umbrellas"
    proposed.refresh_from_db()
    assert (proposed.state, proposed.version, proposed.settled_by) == (ProposedState.PUBLISHED, version, "8")
    facts = Fact.objects.filter(subject_kind="policy", subject_id="Z-1").order_by("id")
    assert [fact.verb for fact in facts][2:] == [
        "policy.begin", "policy.write", "policy.submit", "policy.publish", "policy.approve",
    ]  # fmt: skip
    assert not any("umbrella" in str(fact.body).casefold() for fact in facts)


def test_nobody_who_wrote_at_it_approves_it(write: Write, approver: Actor, now: datetime) -> None:
    both = replace(person(Permission.POLICY_APPROVE, Permission.POLICY_EDIT), ref="8")
    proposed = write()
    proposed = save_version(
        actor=both,
        at=now + timedelta(seconds=1),
        proposed_id=proposed.pk,
        seen=mark(proposed),
        content=proposed.content,
    )
    submit(both, proposed, now)
    with pytest.raises(OwnVersion):
        approve_version(actor=both, at=now, proposed_id=proposed.pk, seen=mark(proposed))
    assert not PolicyVersion.objects.filter(number=2).exists()
    assert writing(both, proposed.pk, "en").may_approve is False


def test_one_person_alone_publishes_where_the_house_has_switched_four_eyes_off(
    write: Write, editor: Actor, now: datetime
) -> None:
    alone = person(Permission.POLICY_APPROVE, Permission.POLICY_EDIT)
    options.choose(actor=SYSTEM, at=now, values={FOUR_EYES: False})
    proposed = submit(alone, write(alone), now)
    assert writing(alone, proposed.pk, "en").may_approve is True
    assert approve_version(actor=alone, at=now, proposed_id=proposed.pk, seen=mark(proposed)).number == 2


def test_who_may_only_write_cannot_approve(write: Write, editor: Actor, now: datetime) -> None:
    other = replace(editor, ref="9")
    proposed = submit(editor, write(), now)
    with pytest.raises(NotPermitted):
        approve_version(actor=other, at=now, proposed_id=proposed.pk, seen=mark(proposed))


def test_one_draft_at_a_time_is_open_for_a_policy(write: Write, editor: Actor, now: datetime) -> None:
    proposed = write()
    with pytest.raises(AlreadyProposed):
        start_version(actor=editor, at=now, code="Z-1")
    drop_version(actor=editor, at=now, proposed_id=proposed.pk)
    assert open_writing(editor, "Z-1") is None
    assert start_version(actor=editor, at=now, code="Z-1").pk != proposed.pk


def test_saving_over_what_somebody_else_saved_is_refused(write: Write, editor: Actor, now: datetime) -> None:
    proposed = write()
    first = mark(proposed)
    later = now + timedelta(seconds=1)
    save_version(actor=editor, at=later, proposed_id=proposed.pk, seen=first, content=proposed.content)
    with pytest.raises(ChangedMeanwhile):
        save_version(actor=editor, at=later, proposed_id=proposed.pk, seen=first, content={})
    with pytest.raises(ChangedMeanwhile):
        submit_version(actor=editor, at=later, proposed_id=proposed.pk, seen=first)


def test_an_unfinished_version_is_kept_and_cannot_be_submitted(write: Write, editor: Actor, now: datetime) -> None:
    measures = [{"family": "account", "measure": "suspended", "duration_days": "soon"}]
    proposed = write(effective_from="never", severity=None, category="", default_enforcement=measures)
    with pytest.raises(BadPolicy) as caught:
        submit(editor, proposed, now)
    assert {problem.pointer for problem in caught.value.problems} == {
        "/effective_from", "/severity", "/category", "/default_enforcement/0/duration_days",
    }  # fmt: skip


def test_a_day_that_has_gone_by_is_refused_unless_the_approver_says_from_today(
    write: Write, editor: Actor, approver: Actor, now: datetime
) -> None:
    proposed = submit(editor, write(), now)
    late = datetime.fromisoformat("2026-06-02T08:00:00Z")
    with pytest.raises(Backdated):
        approve_version(actor=approver, at=late, proposed_id=proposed.pk, seen=mark(proposed))
    version = approve_version(actor=approver, at=late, proposed_id=proposed.pk, seen=mark(proposed), from_today=True)
    assert version.effective_from == date(2026, 6, 2)


def test_it_goes_back_with_a_reason_and_can_be_taken_back(
    write: Write, editor: Actor, approver: Actor, now: datetime
) -> None:
    proposed = submit(editor, write(), now)
    with pytest.raises(WrongState):
        save_version(actor=editor, at=now, proposed_id=proposed.pk, seen=mark(proposed), content={})
    with pytest.raises(MissingReason):
        send_back_version(actor=approver, at=now, proposed_id=proposed.pk, reason="  ")
    back = send_back_version(actor=approver, at=now, proposed_id=proposed.pk, reason="Name the law")
    assert (back.state, back.reason) == (ProposedState.DRAFT, "Name the law")
    submit(editor, back, now)
    assert take_back_version(actor=editor, at=now, proposed_id=proposed.pk).state == ProposedState.DRAFT


def test_a_right_for_one_market_reaches_versions_of_that_market_only(
    write: Write, editor: Actor, policy: Policy, now: datetime
) -> None:
    german = replace(person(Permission.POLICY_EDIT, markets=frozenset({"DE"})), ref="9")
    with pytest.raises(NotPermitted):
        start_version(actor=german, at=now, code="Z-1")
    proposed = write(markets=["FR"])
    with pytest.raises(NoSuchProposed):
        writing(german, proposed.pk, "en")
    drop_version(actor=editor, at=now, proposed_id=proposed.pk)
    publish_version(actor=SYSTEM, code="Z-1", draft=draft(markets=("DE",)), at=now)
    own = start_version(actor=german, at=now, code="Z-1", number=2)
    with pytest.raises(NotPermitted):
        content = {**own.content, "markets": ["DE", "FR"]}
        save_version(actor=german, at=now, proposed_id=own.pk, seen=mark(own), content=content)
    assert [row.proposed for row in writings(german, "en")] == [own]


def test_who_works_for_one_vendor_has_no_part_in_it(write: Write, now: datetime) -> None:
    proposed = write()
    vendor = person(Permission.POLICY_EDIT, Permission.POLICY_APPROVE, vendors=frozenset({"acme"}))
    for look in (lambda: writings(vendor, "en"), lambda: writing(vendor, proposed.pk, "en")):
        with pytest.raises(NotPermitted):
            look()
    assert open_writing(vendor, "Z-1") is None


def test_a_new_policy_exists_only_once_it_is_approved(editor: Actor, approver: Actor, now: datetime) -> None:
    family = start_policy(actor=editor, at=now, code="Y", is_leaf=False)
    with pytest.raises(AlreadyProposed):
        start_policy(actor=editor, at=now, code="Y")
    content = family.content | {"texts": {"en": {"title": "Yachts"}}, "effective_from": "2026-06-01"}
    family = save_version(actor=editor, at=now, proposed_id=family.pk, seen=mark(family), content=content)
    submit(editor, family, now)
    assert not Policy.objects.filter(code="Y").exists()
    approve_version(actor=approver, at=now, proposed_id=family.pk, seen=mark(family))
    assert Policy.objects.get(code="Y").is_leaf is False
    with pytest.raises(CodeTaken):
        start_policy(actor=editor, at=now, code="Y")


def test_a_version_published_meanwhile_is_told(write: Write, now: datetime) -> None:
    proposed = write()
    assert overtaken_by(proposed) is None
    publish_version(actor=SYSTEM, code="Z-1", draft=draft(severity=1), at=now)
    assert overtaken_by(proposed) == 2


def test_the_difference_is_to_the_version_of_the_same_markets(write: Write, now: datetime) -> None:
    publish_version(
        actor=SYSTEM, code="Z-1", draft=draft(effective_from=now.date(), markets=("DE",), severity=1), at=now
    )
    proposed = write(markets=["DE"])
    before, content = standing_content(proposed, now)
    assert before is not None
    assert (before.number, content["severity"]) == (2, 1)
