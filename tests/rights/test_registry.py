"""The registry: entered by owners, verified by people, verified again when the register says something else."""

from __future__ import annotations

from typing import Any

import pytest

from piepowder.access.visibility import NotPermitted
from piepowder.kernel.flow import WrongState
from piepowder.kernel.permissions import Permission
from piepowder.rights.models import Right
from piepowder.rights.operations import (
    BadRight,
    OnlyPeopleVerify,
    RightFields,
    RightRegistered,
    change_right,
    register_right,
    retire_right,
    settle_right,
)
from piepowder.rights.queries import right_by_number
from tests.rights.conftest import FIELDS, Desk


def fields(**changes: Any) -> RightFields:
    return RightFields(**{**FIELDS, **changes})


def test_a_new_right_waits_for_a_person(desk: Desk) -> None:
    right = register_right(actor=desk.key(Permission.REPORT_SUBMIT), fields=fields(), at=desk.clock)
    assert (right.state, len(right.territories), right.number_key) == ("submitted", 27, "018123456")

    with pytest.raises(OnlyPeopleVerify):
        settle_right(actor=desk.key(Permission.RIGHT_EDIT), right_id=right.pk, way="verify", at=desk.clock)
    keeper = desk.person(Permission.RIGHT_EDIT)
    right = settle_right(actor=keeper, right_id=right.pk, way="verify", at=desk.clock)
    assert (right.state, str(right.verified_by_id)) == ("verified", keeper.ref)


def test_a_number_is_entered_once_however_it_is_written(desk: Desk) -> None:
    first = desk.right()
    with pytest.raises(RightRegistered):
        desk.right(number="018-123.456")
    assert right_by_number("trademark", "018123456") == first

    retire_right(actor=desk.person(Permission.RIGHT_EDIT), right_id=first.pk, at=desk.clock)
    assert right_by_number("trademark", "018123456") is None
    desk.right(number="018-123.456")


def test_what_the_register_says_is_verified_again_and_an_address_is_not(desk: Desk) -> None:
    right, keeper = desk.right(), desk.person(Permission.RIGHT_EDIT)

    same = change_right(actor=keeper, right_id=right.pk, fields=fields(owner_email="new@l.example"), at=desk.clock)
    assert (same.state, same.owner_email) == ("verified", "new@l.example")

    wider = change_right(actor=keeper, right_id=right.pk, fields=fields(territories=("US",)), at=desk.clock)
    assert (wider.state, wider.verified_at, wider.territories) == ("submitted", None, ["US"])


def test_what_is_retired_stays_retired(desk: Desk) -> None:
    right, keeper = desk.right(), desk.person(Permission.RIGHT_EDIT)
    retire_right(actor=keeper, right_id=right.pk, at=desk.clock)
    with pytest.raises(WrongState):
        settle_right(actor=keeper, right_id=right.pk, way="verify", at=desk.clock)
    with pytest.raises(WrongState):
        change_right(actor=keeper, right_id=right.pk, fields=fields(owner_name="X"), at=desk.clock)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"type": "monopoly"}, "/type"),
        ({"title": " "}, "/title"),
        ({"owner_ref": ""}, "/owner_ref"),
        ({"number": "--"}, "/number"),
        ({"territories": ("DE", "Narnia")}, "/territories"),
        ({"title": "x" * 301}, "/title"),
        ({"title": "zero\0"}, ""),
        ({"categories": ("x" * 301,)}, "/categories"),
    ],
)
def test_a_right_that_cannot_be_entered_says_why(desk: Desk, changes: dict[str, Any], pointer: str) -> None:
    with pytest.raises(BadRight) as told:
        register_right(actor=desk.person(Permission.RIGHT_EDIT), fields=fields(**changes), at=desk.clock)
    assert pointer in [one.pointer for one in told.value.problems]
    assert not Right.objects.exists()


def test_evidence_must_have_been_uploaded(desk: Desk) -> None:
    keeper = desk.person(Permission.RIGHT_EDIT)
    with pytest.raises(BadRight):
        register_right(actor=keeper, fields=fields(), evidence=["a" * 64], at=desk.clock)
    right = register_right(actor=keeper, fields=fields(), evidence=[desk.upload().digest], at=desk.clock)
    assert right.files.count() == 1


def test_only_those_who_may_enter_and_change(desk: Desk) -> None:
    reader = desk.person(Permission.RIGHT_VIEW)
    with pytest.raises(NotPermitted):
        register_right(actor=reader, fields=fields(), at=desk.clock)
    with pytest.raises(NotPermitted):
        retire_right(actor=reader, right_id=desk.right().pk, at=desk.clock)
    with pytest.raises(NotPermitted):
        change_right(
            actor=desk.key(Permission.REPORT_SUBMIT), right_id=Right.objects.get().pk, fields=fields(), at=desk.clock
        )
