"""Bodies of law as data: when they hold, and which numbers one may choose."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from piepowder.access.options import choose
from piepowder.access.visibility import NotPermitted
from piepowder.kernel.actor import SYSTEM
from piepowder.kernel.clocks.periods import Period
from piepowder.kernel.permissions import Permission
from piepowder.ledger.models import Fact
from piepowder.policy import packs
from piepowder.policy.library import BrokenLibrary
from piepowder.policy.models import Pack
from piepowder.policy.operations import BadPack, UnknownPack, switch_pack
from piepowder.policy.pack_files import read_packs, shipped_packs
from tests.policy.conftest import person

GOOD_FRIDAY = datetime(2026, 4, 3, 8, tzinfo=UTC)


def test_the_shipped_packs_are_those_of_five_laws() -> None:
    assert [pack.code for pack in shipped_packs()] == ["eu_dsa", "gpsr", "p2b", "uk_osa", "us_inform"]


@pytest.mark.parametrize(
    ("pack", "rule", "limit", "bound"),
    [
        ("eu_dsa", "complaint_window", "6 months", "at_least"),
        ("eu_dsa", "trader_deletion", "6 months", "exactly"),
        ("eu_dsa", "report_publication", "2 months", "at_most"),
        ("eu_dsa", "report_keeping", "5 years", "at_least"),
        ("gpsr", "order_effect", "2 working_days", "at_most"),
        ("gpsr", "safety_notice", "3 working_days", "at_most"),
        ("p2b", "termination_notice", "30 days", "at_least"),
        ("p2b", "terms_notice", "15 days", "at_least"),
        ("p2b", "complaint_figures", "12 months", "at_most"),
        ("us_inform", "collect", "10 days", "at_most"),
        ("us_inform", "cure", "10 days", "at_most"),
    ],
)
def test_the_limits_are_the_laws(pack: str, rule: str, limit: str, bound: str) -> None:
    found = packs.rule_of(pack, rule)
    assert (str(found.limit), found.bound) == (limit, bound)


@pytest.mark.django_db
def test_a_pack_holds_from_its_first_to_its_last_day_and_never_before_its_law() -> None:
    assert not packs.in_force("gpsr", date(2026, 4, 1))
    switch_pack(
        actor=SYSTEM, code="gpsr", on=True, from_on=date(2026, 4, 1), until_on=date(2026, 4, 30), at=GOOD_FRIDAY
    )
    days = (date(2026, 3, 31), date(2026, 4, 1), date(2026, 4, 30), date(2026, 5, 1))
    assert [packs.in_force("gpsr", day) for day in days] == [False, True, True, False]
    switch_pack(actor=SYSTEM, code="eu_dsa", on=True, at=GOOD_FRIDAY)
    assert [packs.in_force("eu_dsa", day) for day in (date(2024, 2, 16), date(2024, 2, 17))] == [False, True]
    switch_pack(actor=SYSTEM, code="eu_dsa", on=False, at=GOOD_FRIDAY)
    assert not packs.in_force("eu_dsa", date(2026, 4, 3))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("pack", "rule", "period", "allowed"),
    [
        ("eu_dsa", "complaint_window", "5 months", False),
        ("eu_dsa", "complaint_window", "180 days", False),
        ("eu_dsa", "complaint_window", "186 days", True),
        ("eu_dsa", "complaint_window", "1 years", True),
        ("gpsr", "order_effect", "1 working_days", True),
        ("gpsr", "order_effect", "24 hours", True),
        ("gpsr", "order_effect", "48 hours", False),
        ("gpsr", "order_effect", "3 days", False),
        ("gpsr", "identical", "3 days", False),
        ("eu_dsa", "notice_receipt", "4 hours", True),
        ("eu_dsa", "trader_deletion", "7 months", False),
        ("us_inform", "verify", "9 days", True),
        ("us_inform", "verify", "9 working_days", False),
        ("us_inform", "verify", "soon", False),
        ("p2b", "no_such_rule", "3 days", False),
    ],
)
def test_ones_own_number_can_only_be_stricter_than_the_law(pack: str, rule: str, period: str, allowed: bool) -> None:
    def attempt() -> Pack:
        return switch_pack(actor=SYSTEM, code=pack, on=True, choices={rule: period}, at=GOOD_FRIDAY)

    if allowed:
        assert attempt().choices == {rule: period}
        assert packs.period_of(pack, rule, date(2026, 4, 3)) == Period.read(period)
    else:
        with pytest.raises(BadPack) as refused:
            attempt()
        assert [one.pointer for one in refused.value.problems] == [f"/choices/{rule}"]
        assert not Pack.objects.exists()


@pytest.mark.django_db
def test_a_choice_counts_only_while_its_pack_holds_and_the_laws_own_number_is_none() -> None:
    chosen = {"complaint_window": "8 months", "out_of_court": "90 days"}
    pack = switch_pack(actor=SYSTEM, code="eu_dsa", on=True, from_on=date(2026, 4, 1), choices=chosen, at=GOOD_FRIDAY)
    assert pack.choices == {"complaint_window": "8 months"}
    assert packs.period_of("eu_dsa", "complaint_window", date(2026, 4, 1)) == Period(8, "months")
    assert packs.period_of("eu_dsa", "complaint_window", date(2026, 3, 31)) == Period(6, "months")
    kept = switch_pack(actor=SYSTEM, code="eu_dsa", on=True, from_on=date(2026, 4, 1), at=GOOD_FRIDAY)
    assert kept.choices == {"complaint_window": "8 months"}
    assert Fact.objects.filter(verb="pack.switch").count() == 1


@pytest.mark.django_db
def test_what_is_due_is_counted_as_its_law_counts_where_the_organisation_is() -> None:
    choose(
        actor=SYSTEM,
        at=GOOD_FRIDAY,
        values={"law.country": "DE", "law.region": "BY", "law.time_zone": "Europe/Berlin"},
    )
    order = packs.deadline("gpsr", "order_effect", GOOD_FRIDAY)
    assert (order.on, order.rule.split(" holidays")[0]) == (date(2026, 4, 8), "1182/71 +2WD DE-BY")
    assert packs.deadline("us_inform", "collect", datetime(2026, 4, 23, tzinfo=UTC)).on == date(2026, 5, 3)
    assert packs.deadline("gpsr", "order_effect", GOOD_FRIDAY, country="").on == date(2026, 4, 7)
    with pytest.raises(ValueError, match="no clock"):
        packs.deadline("gpsr", "identical", GOOD_FRIDAY)


@pytest.mark.django_db
def test_a_region_that_is_not_known_leaves_the_countrys_holidays() -> None:
    choose(actor=SYSTEM, at=GOOD_FRIDAY, values={"law.country": "DE", "law.region": "Franconia"})
    assert packs.calendar_of().name.startswith("DE holidays-")
    assert packs.calendar_of("XX").name.startswith("- holidays-")


@pytest.mark.django_db
def test_only_who_may_edit_laws_everywhere_switches_them() -> None:
    for actor in (person(Permission.POLICY_EDIT), person(Permission.PACK_EDIT, markets=frozenset({"DE"}))):
        with pytest.raises(NotPermitted):
            switch_pack(actor=actor, code="gpsr", on=True, at=GOOD_FRIDAY)
    with pytest.raises(UnknownPack):
        switch_pack(actor=SYSTEM, code="none", on=True, at=GOOD_FRIDAY)
    with pytest.raises(BadPack) as refused:
        switch_pack(
            actor=SYSTEM, code="gpsr", on=True, from_on=date(2024, 1, 1), until_on=date(2023, 1, 1), at=GOOD_FRIDAY
        )
    assert [one.pointer for one in refused.value.problems] == ["/until_on", "/from_on"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("limit: 2 fortnights", "fortnights"),
        ("bound: sometimes", "bound"),
        ("what: {en: only}", "zh-Hans: missing"),
        ("wish: more", "wish: unknown field"),
        ("default: 3 days", "the limit is the default"),
    ],
)
def test_a_pack_that_says_something_wrong_is_not_read(tmp_path: Path, change: str, told: str) -> None:
    rule = {
        "code": "one",
        "source": "Art. 1",
        "limit": "2 days",
        "bound": "at_most",
        "title": "{en: A, zh-Hans: 甲}",
        "what": "{en: B, zh-Hans: 乙}",
    }
    name, _colon, value = change.partition(": ")
    rule[name] = value
    lines = "\n    ".join(f"{key}: {text}" for key, text in rule.items())
    (tmp_path / "law.yaml").write_text(
        "code: law\nlaw: Law\nvalid_from: 2026-01-01\ncounting: calendar_days\n"
        "title: {en: A, zh-Hans: 甲}\nabout: {en: B, zh-Hans: 乙}\nrules:\n  - " + lines,
        encoding="utf-8",
    )
    with pytest.raises(BrokenLibrary, match=told):
        read_packs(tmp_path)
