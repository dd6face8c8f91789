"""Reading the tree and finding a policy while somebody types."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from piepowder.access.visibility import NotPermitted
from piepowder.kernel.actor import SYSTEM, Actor
from piepowder.kernel.permissions import Permission
from piepowder.policy.models import Policy, PolicyText, PolicyVersion
from piepowder.policy.operations import create_policy, load_shipped, publish_version, retire
from piepowder.policy.queries import (
    NoSuchPolicy,
    history,
    policy_tree,
    read_policy,
    readings_in,
    search,
    texts_in,
    version_in_force,
    versions_in_force,
)
from piepowder.policy.search import Match

from .conftest import WORDS, draft, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree(now: datetime) -> None:
    load_shipped(actor=SYSTEM, at=now)


def codes(
    actor: Actor, text: str, now: datetime, language: str = "en", market: str | None = "DE", **more: Any
) -> list[str]:
    return [line.code for line in search(actor, text, language, market, now, **more)]


@pytest.mark.usefixtures("tree")
class TestSearch:
    @pytest.mark.parametrize(
        ("typed", "best"),
        [
            ("C-1.1", "C-1.1"),
            ("c1.1", "C-1.1"),
            ("Ｃ-1.1", "C-1.1"),
            ("counterfeit", "C-1.1"),
            ("PHISH", "F-2"),
            ("knuckleduster", "P-1.3"),
            ("fake review", "F-3"),
            ("售假", "C-1.1"),
            ("刷单", "F-3"),
            ("甩棍", "P-1.3"),
            ("c21", "C-2.1"),
            ("c 2.1", "C-2.1"),
            ("conterfeit", "C-1.1"),
            ("couterfeits", "C-1.1"),
            ("pishing", "F-2"),
            ("fierarms", "P-1.1"),
            ("harrasment", "H-2"),
            ("solvent trap", "P-1.1"),
            ("钓鱼恶意链接", "F-2"),
            ("仇恨性言论", "H-1"),
            ("私下 交易", "O-1"),
            ("召回", "U-1"),
            ("欧盟责任人", "U-3"),
        ],
    )
    def test_the_policy_meant_comes_first_in_either_language(
        self, reader: Actor, now: datetime, typed: str, best: str
    ) -> None:
        assert codes(reader, typed, now)[0] == best

    def test_better_places_come_first_and_ties_stay_in_tree_order(self, reader: Actor, now: datetime) -> None:
        lines = search(reader, "f", "en", "DE", now, limit=100)
        matches = [line.match for line in lines]
        assert matches == sorted(match for match in matches if match is not None)
        prefixed = [line.code for line in lines if line.match is Match.CODE_PREFIX]
        assert prefixed == ["F-1", "F-2", "F-3", "F-4", "F-5"]

    def test_every_word_must_be_found_and_the_worst_place_counts(self, reader: Actor, now: datetime) -> None:
        [line] = search(reader, "phishing umbrella", "en", "DE", now) or [None]
        assert line is None
        found = {line.code: line.match for line in search(reader, "phishing codes", "en", "DE", now)}
        assert found["F-2"] is Match.RULE_WORD

    def test_a_title_is_shown_in_the_language_asked_for_whatever_was_typed(self, reader: Actor, now: datetime) -> None:
        assert search(reader, "counterfeit", "zh-hans", "DE", now)[0].title == "售假"
        assert search(reader, "售假", "fr", "DE", now)[0].title == "Counterfeit goods"

    def test_only_what_applies_to_the_market_and_the_kind_is_offered(self, reader: Actor, now: datetime) -> None:
        assert "U-3" in codes(reader, "U-3", now)
        assert codes(reader, "U-3", now, market="US") == []
        assert codes(reader, "U-3", now, market=None) == ["U-3"]
        assert codes(reader, "C-1.1", now, kind="document") == []
        assert codes(reader, "V", now, kind="document")[:2] == ["V-1", "V-2"]

    def test_the_market_s_own_words_are_searched(self, reader: Actor, now: datetime) -> None:
        assert (
            search(reader, "F-3", "en", "GB", now)[0].title == "Fake reviews and concealed incentives (United Kingdom)"
        )
        assert codes(reader, "concealed incentives", now, market="DE") == []

    def test_nothing_typed_offers_all_leaves_in_tree_order_and_groups_are_never_offered(
        self, reader: Actor, now: datetime
    ) -> None:
        everything = codes(reader, "  ", now, limit=100)
        assert (everything[0], everything[-1], len(everything)) == ("P-1.1", "S-1", 47)
        assert codes(reader, "", now, limit=3) == everything[:3]
        assert "P-1" not in codes(reader, "P-1", now)

    def test_signs_without_meaning_find_nothing(self, reader: Actor, now: datetime) -> None:
        assert codes(reader, "- -", now) == []
        assert codes(reader, "%", now) == []
        assert codes(reader, "- phishing", now)[0] == "F-2"

    def test_who_may_not_read_policies_of_a_market_finds_none(self, now: datetime) -> None:
        german = person(Permission.POLICY_VIEW, markets=frozenset({"DE"}))
        assert codes(german, "C-1.1", now, market="DE") == ["C-1.1"]
        with pytest.raises(NotPermitted):
            codes(german, "C-1.1", now, market="FR")
        with pytest.raises(NotPermitted):
            codes(person(Permission.CASE_VIEW), "C-1.1", now)


@pytest.mark.usefixtures("tree")
class TestTree:
    def test_it_is_read_from_the_families_down(self, reader: Actor, now: datetime) -> None:
        lines = policy_tree(reader, "zh-hans", "DE", now)
        assert [(line.code, line.depth, line.title) for line in lines[:3]] == [
            ("P", 0, "禁售商品"),
            ("P-1", 1, "武器与爆炸物"),
            ("P-1.1", 2, "枪支、弹药及枪支零部件"),
        ]
        assert len(lines) == 67

    def test_a_policy_of_other_markets_or_retired_is_left_out(
        self, reader: Actor, editor: Actor, now: datetime
    ) -> None:
        assert "U-3" not in [line.code for line in policy_tree(reader, "en", "US", now)]
        retire(actor=editor, code="M-5", at=now)
        assert "M-5" not in [line.code for line in policy_tree(reader, "en", None, now)]
        assert "U-3" in [line.code for line in policy_tree(reader, "en", None, now)]

    def test_a_new_policy_stands_under_its_family_although_it_came_last(
        self, reader: Actor, editor: Actor, now: datetime
    ) -> None:
        create_policy(actor=editor, code="M-6", parent="M", first=draft(effective_from=now.date()), at=now)
        order = [line.code for line in policy_tree(reader, "en", "DE", now)]
        assert order[order.index("M-5") + 1] == "M-6"


@pytest.mark.usefixtures("tree")
def test_one_policy_is_read_in_full_in_the_language_there_is(reader: Actor, now: datetime) -> None:
    german = read_policy(reader, "V-1", "de", "DE", now)
    american = read_policy(reader, "V-1", "zh-Hans", "US", now)
    general = read_policy(reader, "V-1", "en", "JP", now)
    assert (german.language, german.line.number, german.legal_reference) == (
        "en",
        2,
        "Regulation (EU) 2022/2065 Art. 30",
    )
    assert (american.language, american.line.number, american.markets) == ("zh-Hans", 3, ("US",))
    assert (general.line.number, general.line.ground, general.terms_clause) == (1, "terms", "Seller Terms 3.1")
    assert len(german.examples_good) >= 2
    with pytest.raises(NoSuchPolicy):
        read_policy(reader, "U-3", "en", "US", now)


@pytest.mark.usefixtures("tree")
def test_the_history_shows_what_is_to_come_and_survives_retirement(reader: Actor, editor: Actor, now: datetime) -> None:
    coming = draft(effective_from=now.date() + timedelta(days=30), texts={"en": replace(WORDS, title="Coming")})
    publish_version(actor=editor, code="M-5", draft=coming, at=now)
    retire(actor=editor, code="M-5", at=now + timedelta(days=60))
    assert [(reading.line.number, reading.line.title) for reading in history(reader, "M-5", "en")] == [
        (2, "Coming"),
        (1, "Undisclosed advertising"),
    ]
    with pytest.raises(NoSuchPolicy):
        history(reader, "M-99", "en")


@pytest.mark.usefixtures("tree")
def test_many_versions_are_found_at_once_and_families_and_unknown_codes_are_left_out(now: datetime) -> None:
    found = versions_in_force(["C", "C-1.1", "F-3", "U-3", "NO-1"], "GB", now)
    assert {code: version.number for code, version in found.items()} == {"C-1.1": 1, "F-3": 2}
    before = datetime.fromisoformat("2025-12-31T23:59:59Z")
    assert version_in_force("C-1.1", "GB", before) is None
    texts = texts_in(found.values(), "zh")
    assert texts[found["C-1.1"].pk].title == "售假"


@pytest.mark.usefixtures("tree")
def test_words_for_recipients_are_never_shown_to_those_who_apply_the_policy(reader: Actor, now: datetime) -> None:
    version = versions_in_force(["C-1.1"], "DE", now)["C-1.1"]
    assert texts_in([version], "de")[version.pk].title == "Gefälschte Markenware"
    assert readings_in([version], "de")[version.pk].title == "Counterfeit goods"
    assert {line.title for line in policy_tree(reader, "de", "DE", now) if line.code == "C-1.1"} == {
        "Counterfeit goods"
    }
    assert [line.title for line in search(reader, "C-1.1", "de", "DE", now)] == ["Counterfeit goods"]
    assert search(reader, "Markenware", "de", "DE", now) == []
    assert {reading.language for reading in history(reader, "F-3", "it")} == {"en"}


@pytest.mark.usefixtures("tree")
def test_reading_takes_a_fixed_number_of_queries(reader: Actor, now: datetime, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(3):
        policy_tree(reader, "en", "DE", now)
    with django_assert_num_queries(3):
        read_policy(reader, "C-1.1", "en", "DE", now)
    with django_assert_num_queries(2):
        versions_in_force(["C-1.1", "F-3"], "DE", now)
    with django_assert_num_queries(3):
        history(reader, "F-3", "en")
    with django_assert_num_queries(3):
        search(reader, "fake", "en", "DE", now)


def test_searching_five_hundred_policies_takes_as_many_queries_as_one(
    reader: Actor, now: datetime, django_assert_num_queries: Any
) -> None:
    policies = Policy.objects.bulk_create([Policy(code=f"X-{number}", position=number) for number in range(500)])
    fields: dict[str, Any] = {"effective_from": date(2026, 1, 1), "severity": 2, "ground": "terms", "published_at": now}
    versions = PolicyVersion.objects.bulk_create([PolicyVersion(policy=row, number=1, **fields) for row in policies])
    PolicyText.objects.bulk_create(
        [
            PolicyText(version=version, language=language, title=f"Policy {index:03}", rule="rule " * 80)
            for index, version in enumerate(versions)
            for language in ("en", "zh-Hans")
        ]
    )
    with django_assert_num_queries(3):
        found = search(reader, "policy 49", "en", "DE", now, limit=50)
    assert [line.code for line in found if line.match is Match.TITLE_WORD] == [
        f"X-{number}" for number in range(490, 500)
    ]
    assert [line.code for line in found if line.match is Match.TITLE] == ["X-49", "X-149", "X-249", "X-349", "X-449"]
