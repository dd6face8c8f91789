"""Publishing, retiring and loading: who may, what is refused, and what is recorded."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from piepowder.access.visibility import NotPermitted
from piepowder.kernel.actor import SYSTEM, Actor
from piepowder.kernel.permissions import Permission
from piepowder.ledger.models import Fact
from piepowder.policy import operations
from piepowder.policy.drafts import Measure
from piepowder.policy.library import shipped_tree
from piepowder.policy.models import Policy, PolicyText, PolicyVersion
from piepowder.policy.operations import (
    AlreadyRetired,
    Backdated,
    BadPolicy,
    CodeTaken,
    LeafHasNoChildren,
    StillHasPolicies,
    UnknownPolicy,
    create_policy,
    load_shipped,
    publish_version,
    retire,
)
from piepowder.policy.queries import version_in_force

from .conftest import WORDS, draft, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def umbrellas(editor: Actor, now: datetime) -> Policy:
    return create_policy(actor=editor, code="Z-1", kinds=["listing"], first=draft(), at=now)


def test_a_new_policy_applies_from_its_date_on_and_is_recorded(umbrellas: Policy, editor: Actor, now: datetime) -> None:
    first_day = datetime.fromisoformat("2026-04-01T00:00:00Z")
    assert version_in_force("Z-1", "DE", first_day - timedelta(microseconds=1)) is None
    version = version_in_force("Z-1", "DE", first_day)
    assert version is not None
    assert (version.number, version.published_by, version.published_at) == (1, editor.ref, now)
    assert version.default_enforcement == [
        {"family": "visibility", "measure": "content_removed", "duration_days": None}
    ]
    assert list(version.texts.values_list("language", "title")) == [("en", "Lost umbrellas"), ("zh-Hans", "遗失的雨伞")]
    facts = Fact.objects.filter(subject_kind="policy", subject_id="Z-1").order_by("id")
    assert [fact.verb for fact in facts] == ["policy.create", "policy.publish"]
    assert facts[1].body["effective_from"] == "2026-04-01"


def test_the_next_version_supersedes_on_its_day_and_the_old_one_stays(
    umbrellas: Policy, editor: Actor, now: datetime
) -> None:
    second = publish_version(actor=editor, code="Z-1", draft=draft(effective_from=date(2026, 5, 1), severity=1), at=now)
    assert second.number == 2
    before, after = (
        version_in_force("Z-1", "DE", datetime.fromisoformat(f"{day}T12:00:00Z"))
        for day in ("2026-04-30", "2026-05-01")
    )
    assert before is not None
    assert after is not None
    assert (before.number, before.severity, after.number, after.severity) == (1, 2, 2, 1)


def test_a_market_s_own_version_holds_there_only(umbrellas: Policy, editor: Actor, now: datetime) -> None:
    publish_version(actor=editor, code="Z-1", draft=draft(markets=("EU",), severity=0), at=now)
    later = now + timedelta(days=60)
    severities = {}
    for market in ("DE", "GB"):
        version = version_in_force("Z-1", market, later)
        assert version is not None
        severities[market] = version.severity
    assert severities == {"DE": 0, "GB": 2}


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"texts": {}}, "/texts", "missing_text"),
        ({"texts": {"en": replace(WORDS, recipient_text=" ")}}, "/texts/en/recipient_text", "missing_text"),
        ({"texts": {"en": replace(WORDS, rule="")}}, "/texts/en/rule", "missing_text"),
        ({"texts": {"en": WORDS, "de": replace(WORDS, rule="", title="")}}, "/texts/de/title", "missing_text"),
        ({"texts": {"English": WORDS}}, "/texts/English", "bad_language"),
        ({"texts": {"en": replace(WORDS, title="x" * 201)}}, "/texts/en/title", "too_long"),
        ({"markets": ("Germany",)}, "/markets/0", "bad_market"),
        ({"severity": 4}, "/severity", "bad_severity"),
        ({"ground": "taste"}, "/ground", "bad_ground"),
        ({"ground": "illegal"}, "/legal_reference", "missing_reference"),
        ({"terms_clause": ""}, "/terms_clause", "missing_reference"),
        ({"category": "SCAMS"}, "/category", "unknown_category"),
        ({"keywords": ("NUDITY",)}, "/keywords/0", "unknown_keyword"),
        (
            {"default_enforcement": (Measure("account", "content_removed"),)},
            "/default_enforcement/0",
            "unknown_measure",
        ),
        ({"default_enforcement": (Measure("visibility", "other"),)}, "/default_enforcement/0", "measure_needs_text"),
        (
            {"default_enforcement": (Measure("account", "suspended", 0),)},
            "/default_enforcement/0/duration_days",
            "bad_duration",
        ),
        (
            {"default_enforcement": (Measure("account", "suspended"), Measure("account", "terminated"))},
            "/default_enforcement",
            "one_measure_per_family",
        ),
    ],
)
def test_a_version_that_says_something_impossible_is_refused_with_a_pointer(
    umbrellas: Policy, editor: Actor, now: datetime, changes: dict[str, Any], pointer: str, code: str
) -> None:
    with pytest.raises(BadPolicy) as caught:
        publish_version(actor=editor, code="Z-1", draft=draft(**changes), at=now)
    assert (pointer, code) in [(problem.pointer, problem.code) for problem in caught.value.problems]
    assert PolicyVersion.objects.count() == 1


def test_nobody_can_publish_into_the_past(umbrellas: Policy, editor: Actor, now: datetime) -> None:
    publish_version(actor=editor, code="Z-1", draft=draft(effective_from=now.date()), at=now)
    with pytest.raises(Backdated):
        publish_version(actor=editor, code="Z-1", draft=draft(effective_from=now.date() - timedelta(days=1)), at=now)


def test_published_words_and_rules_cannot_be_edited_or_deleted_even_in_the_database(umbrellas: Policy) -> None:
    attempts = [
        lambda: PolicyVersion.objects.update(severity=3),
        lambda: PolicyText.objects.update(title="something else"),
        lambda: PolicyText.objects.all().delete(),
        lambda: Policy.objects.update(code="Z-2"),
        lambda: Policy.objects.filter(code="Z-1")._raw_delete("default"),
    ]
    for attempt in attempts:
        with pytest.raises(DatabaseError), transaction.atomic():
            attempt()
    assert PolicyText.objects.filter(title="Lost umbrellas").count() == 1


def test_a_code_is_never_given_twice_even_after_retirement(umbrellas: Policy, editor: Actor, now: datetime) -> None:
    retire(actor=editor, code="Z-1", at=now)
    with pytest.raises(CodeTaken):
        create_policy(actor=editor, code="Z-1", first=draft(), at=now)


def test_a_retired_policy_is_in_force_until_its_moment_and_takes_no_more_versions(editor: Actor, now: datetime) -> None:
    create_policy(actor=editor, code="Z-1", first=draft(effective_from=now.date()), at=now)
    end = now + timedelta(days=3)
    retire(actor=editor, code="Z-1", at=end)
    assert version_in_force("Z-1", "DE", end - timedelta(microseconds=1)) is not None
    assert version_in_force("Z-1", "DE", end) is None
    with pytest.raises(AlreadyRetired):
        retire(actor=editor, code="Z-1", at=end)
    with pytest.raises(AlreadyRetired):
        publish_version(actor=editor, code="Z-1", draft=draft(), at=now)
    assert Fact.objects.filter(verb="policy.retire", subject_id="Z-1").count() == 1


def test_a_family_is_retired_after_its_policies_and_a_leaf_never_becomes_a_family(editor: Actor, now: datetime) -> None:
    create_policy(actor=editor, code="Z", is_leaf=False, first=draft(), at=now)
    create_policy(actor=editor, code="Z-1", parent="Z", first=draft(), at=now)
    with pytest.raises(StillHasPolicies):
        retire(actor=editor, code="Z", at=now)
    with pytest.raises(LeafHasNoChildren):
        create_policy(actor=editor, code="Z-1.1", parent="Z-1", first=draft(), at=now)
    with pytest.raises(UnknownPolicy):
        create_policy(actor=editor, code="Y-9", parent="Y", first=draft(), at=now)
    retire(actor=editor, code="Z-1", at=now)
    retire(actor=editor, code="Z", at=now)
    assert not Policy.objects.filter(retired_at__isnull=True).exists()


@pytest.mark.parametrize(
    "actor",
    [
        person(Permission.POLICY_VIEW),
        person(Permission.POLICY_EDIT, vendors=frozenset({"bpo-1"})),
        person(Permission.POLICY_EDIT, queues=frozenset({"listings"})),
        person(Permission.POLICY_EDIT, languages=frozenset({"en"})),
        person(Permission.POLICY_EDIT, markets=frozenset({"DE"})),
    ],
)
def test_whoever_may_not_edit_for_everybody_changes_nothing(umbrellas: Policy, actor: Actor, now: datetime) -> None:
    attempts = [
        lambda: create_policy(actor=actor, code="Z-2", first=draft(), at=now),
        lambda: publish_version(actor=actor, code="Z-1", draft=draft(), at=now),
        lambda: publish_version(actor=actor, code="Z-1", draft=draft(markets=("DE", "FR")), at=now),
        lambda: retire(actor=actor, code="Z-1", at=now),
        lambda: load_shipped(actor=actor, at=now),
    ]
    facts = Fact.objects.count()
    for attempt in attempts:
        with pytest.raises(NotPermitted):
            attempt()
    assert (Policy.objects.count(), PolicyVersion.objects.count(), Fact.objects.count()) == (1, 1, facts)


def test_an_editor_of_one_market_publishes_for_that_market(umbrellas: Policy, now: datetime) -> None:
    german = person(Permission.POLICY_EDIT, markets=frozenset({"DE", "AT"}))
    version = publish_version(actor=german, code="Z-1", draft=draft(markets=("DE",)), at=now)
    assert version.markets == ["DE"]


def test_loading_the_shipped_tree_twice_adds_nothing(now: datetime) -> None:
    first = load_shipped(actor=SYSTEM, at=now)
    counts = [model.objects.count() for model in (Policy, PolicyVersion, PolicyText, Fact)]
    second = load_shipped(actor=SYSTEM, at=now + timedelta(days=1))
    assert first.created == tuple(node.code for node in shipped_tree())
    assert (second.created, second.kept) == ((), first.created)
    assert [model.objects.count() for model in (Policy, PolicyVersion, PolicyText, Fact)] == counts


def test_loading_keeps_what_a_house_has_made_its_own(editor: Actor, now: datetime) -> None:
    own = draft(effective_from=now.date(), texts={"en": replace(WORDS, title="Our own fraud family")})
    create_policy(actor=editor, code="F", is_leaf=False, first=own, at=now)
    loaded = load_shipped(actor=SYSTEM, at=now)
    assert loaded.kept == ("F",)
    assert PolicyText.objects.get(version__policy__code="F").title == "Our own fraud family"
    parent = Policy.objects.get(code="F-1").parent
    assert parent is not None
    assert parent.code == "F"


def test_loading_adds_the_languages_that_an_older_installation_lacks(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = tuple(replace(node, recipient_words=()) for node in shipped_tree())
    with monkeypatch.context() as before:
        before.setattr(operations, "shipped_tree", lambda: older)
        load_shipped(actor=SYSTEM, at=now)
    assert set(PolicyText.objects.values_list("language", flat=True)) == {"en", "zh-Hans"}
    kept = set(PolicyText.objects.values_list("pk", flat=True))
    load_shipped(actor=SYSTEM, at=now + timedelta(days=1))
    added = PolicyText.objects.exclude(pk__in=kept)
    assert added.count() == 4 * 50
    assert set(added.values_list("rule", flat=True)) == {""}
    assert Fact.objects.filter(verb="policy.translate").count() == 50


def test_a_policy_that_a_house_has_reworded_gets_no_words_of_ours(editor: Actor, now: datetime) -> None:
    create_policy(actor=editor, code="F", is_leaf=False, first=draft(effective_from=now.date()), at=now)
    create_policy(actor=editor, code="F-1", parent="F", first=draft(effective_from=now.date()), at=now)
    load_shipped(actor=SYSTEM, at=now)
    texts = PolicyText.objects.filter(version__policy__code="F-1")
    assert set(texts.values_list("language", flat=True)) == {"en", "zh-Hans"}


def test_loading_takes_a_fixed_number_of_queries(now: datetime, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(14):
        load_shipped(actor=SYSTEM, at=now)
