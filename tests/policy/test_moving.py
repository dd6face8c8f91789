"""Where policies stand: moving them keeps the tree a tree."""

from __future__ import annotations

from datetime import datetime

import pytest

from piepowder.access.visibility import NotPermitted
from piepowder.kernel.actor import SYSTEM, Actor
from piepowder.kernel.permissions import Permission
from piepowder.ledger.models import Fact
from piepowder.policy.drafts import Wording
from piepowder.policy.models import Policy
from piepowder.policy.moving import NotBeside, UnderItself, move_policy
from piepowder.policy.operations import LeafHasNoChildren, create_policy

from .conftest import draft, person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _tree(db: None, now: datetime) -> None:
    family = draft(texts={"en": Wording("Family")})
    for code, parent, is_leaf in (
        ("A", "", False), ("A-1", "A", True), ("A-2", "A", True), ("B", "", False), ("B-1", "B", True),
    ):  # fmt: skip
        first = draft() if is_leaf else family
        create_policy(actor=SYSTEM, code=code, parent=parent, is_leaf=is_leaf, first=first, at=now)


def order() -> list[str]:
    return list(Policy.objects.order_by("position").values_list("code", flat=True))


def test_a_policy_moves_behind_another_and_its_family_is_told(editor: Actor, now: datetime) -> None:
    move_policy(actor=editor, at=now, code="A-1", parent="B", after="B-1")
    assert order() == ["A", "A-2", "B", "B-1", "A-1"]
    assert Policy.objects.get(code="A-1").parent == Policy.objects.get(code="B")
    fact = Fact.objects.get(verb="policy.move")
    assert (fact.subject_id, fact.body["parent"], fact.body["after"]) == ("A-1", "B", "B-1")


def test_a_family_moves_with_what_stands_under_it(editor: Actor, now: datetime) -> None:
    move_policy(actor=editor, at=now, code="B")
    assert order() == ["B", "B-1", "A", "A-1", "A-2"]
    move_policy(actor=editor, at=now, code="B", parent="A", after="A-1")
    assert order() == ["A", "A-1", "B", "B-1", "A-2"]


def test_moving_to_where_it_stands_changes_and_records_nothing(editor: Actor, now: datetime) -> None:
    move_policy(actor=editor, at=now, code="A-1", parent="A")
    assert not Fact.objects.filter(verb="policy.move").exists()


def test_the_tree_stays_a_tree(editor: Actor, now: datetime) -> None:
    move_policy(actor=editor, at=now, code="B", parent="A")
    with pytest.raises(UnderItself):
        move_policy(actor=editor, at=now, code="A", parent="B")
    with pytest.raises(LeafHasNoChildren):
        move_policy(actor=editor, at=now, code="A-1", parent="A-2")
    with pytest.raises(NotBeside):
        move_policy(actor=editor, at=now, code="A-1", parent="A", after="B-1")


def test_moving_needs_the_right_for_all_markets(now: datetime) -> None:
    with pytest.raises(NotPermitted):
        move_policy(actor=person(Permission.POLICY_EDIT, markets=frozenset({"DE"})), at=now, code="A-1")
