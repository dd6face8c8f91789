"""Drafts of the routing rules, what tells two sets apart, and that nobody publishes over somebody else."""

from __future__ import annotations

from typing import Any

import pytest

from piepowder.access.visibility import NotPermitted
from piepowder.kernel.actor import Actor, Scope
from piepowder.kernel.permissions import Permission
from piepowder.review import operations as review
from piepowder.review.models import RoutingDraft, RoutingVersion
from piepowder.review.publishing import own_draft
from piepowder.review.rule_difference import rule_changes
from tests.review.conftest import LEAD, Court

EDITOR = LEAD | {Permission.QUEUE_EDIT}


def rule(name: str, queue: str | None = "general", **when: Any) -> dict[str, Any]:
    return {"name": name, "when": when, "then": {"queue": queue}}


def editor(court: Court, **values: Any) -> Actor:
    return court.person(permissions=EDITOR, available=False, **values)


def test_a_draft_is_kept_per_person_and_is_in_force_for_nobody(court: Court) -> None:
    court.queue()
    court.route_all(rule("All"))
    ann, ben = editor(court), editor(court)
    review.save_routing_draft(actor=ann, at=court.now, rules=[rule("Mine")])
    assert own_draft(ben) is None
    found = own_draft(ann)
    assert found is not None
    assert (found.base, found.rules) == (1, [rule("Mine")])
    assert RoutingVersion.objects.count() == 1


def test_publishing_a_draft_puts_it_in_force_and_ends_it(court: Court) -> None:
    court.queue()
    ann = editor(court)
    review.save_routing_draft(actor=ann, at=court.now, rules=[rule("Mine")])
    version = review.publish_routing_draft(actor=ann, at=court.now)
    assert (version.number, version.rules, version.published_by) == (1, [rule("Mine")], ann.ref)
    assert not RoutingDraft.objects.exists()


def test_a_draft_of_an_older_version_is_refused_and_kept(court: Court) -> None:
    court.queue()
    ann, ben = editor(court), editor(court)
    for one in (ann, ben):
        review.save_routing_draft(actor=one, at=court.now, rules=[rule(one.ref)])
    review.publish_routing_draft(actor=ben, at=court.now)
    with pytest.raises(review.RoutingMovedOn):
        review.publish_routing_draft(actor=ann, at=court.now)
    draft = own_draft(ann)
    assert draft is not None
    # Having looked at the difference, Ann starts from the version in force.
    review.save_routing_draft(actor=ann, at=court.now, rules=draft.rules, base=1)
    assert review.publish_routing_draft(actor=ann, at=court.now).number == 2


def test_an_unsound_draft_is_kept_but_not_published(court: Court) -> None:
    court.queue()
    ann = editor(court)
    review.save_routing_draft(actor=ann, at=court.now, rules=[rule("Nowhere", "no-such-queue")])
    with pytest.raises(review.BadRouting) as refused:
        review.publish_routing_draft(actor=ann, at=court.now)
    assert [problem.pointer for problem in refused.value.problems] == ["/0/then/queue"]
    assert own_draft(ann) is not None


def test_rules_for_everybody_are_not_for_somebody_bound_to_a_vendor(court: Court) -> None:
    court.queue()
    bound = editor(court, vendor="acme", scope=Scope(vendors=frozenset({"acme"})))
    with pytest.raises(NotPermitted):
        review.save_routing_draft(actor=bound, at=court.now, rules=[])
    with pytest.raises(NotPermitted):
        review.publish_routing(actor=bound, at=court.now, rules=[])


def test_the_difference_tells_what_was_added_removed_changed_and_moved() -> None:
    before = [rule("A"), rule("B"), rule("C"), rule("D")]
    after = [rule("C"), rule("A"), rule("B", market=["DE"]), rule("E")]
    told = [
        (change.how, change.name, change.place_before, change.place_after) for change in rule_changes(before, after)
    ]
    assert told == [
        ("moved", "C", 3, 1),
        ("changed", "B", 2, 3),
        ("added", "E", None, 4),
        ("removed", "D", 4, None),
    ]


def test_sets_that_say_the_same_in_other_words_do_not_differ() -> None:
    bare = {"name": "A", "then": {"queue": "q"}}
    wordy = {"name": "A", "when": {"kind": []}, "then": {"queue": "q", "severity": None, "policy": None}}
    assert rule_changes([bare], [wordy]) == []
    assert [one.how for one in rule_changes([bare, bare], [bare])] == ["removed"]
