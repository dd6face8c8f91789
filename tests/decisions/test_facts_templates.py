"""Beginnings for facts: filled from the item, completed by a person, and never decided by as they are."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from piepowder.access.visibility import NotPermitted
from piepowder.decisions.facts_templates import (
    BadFactsTemplate,
    FactsTemplateExists,
    NoSuchFactsTemplate,
    beginnings,
    load_shipped_facts,
    remove_facts_template,
    save_facts_template,
    shipped_facts,
)
from piepowder.decisions.filling import filled, left_to_fill, short_title, unknown_places
from piepowder.decisions.history import in_force, last_decisions, last_judged_number, violations_by_policy
from piepowder.decisions.models import Decision, FactsTemplate
from piepowder.decisions.operations import BadRuling
from piepowder.decisions.repeated import repeated_facts, repetition_of, written_before
from piepowder.decisions.ruling import EnforcementOrder
from piepowder.intake.models import Item
from piepowder.kernel.actor import SYSTEM
from piepowder.ledger.models import Fact
from piepowder.policy.library import shipped_tree
from tests.decisions.conftest import Court

PASTED = "The title says vape and the picture shows a vape of the brand"


def test_places_are_filled_and_what_the_item_does_not_say_is_left_to_the_person() -> None:
    text = "“{title}” costs {price}: […], as {seller} says. [… which picture]"
    said = filled(text, {"title": "Pen {price}", "price": "", "seller": "S-1"})
    assert said == "“Pen {price}” costs [… price]: […], as S-1 says. [… which picture]"
    assert left_to_fill(said) == ["[… price]", "[…]", "[… which picture]"]
    assert left_to_fill("He wrote “[...] and so on” [1].") == []
    assert unknown_places("{title} {colour} {}") == ["colour", ""]


def test_a_long_title_is_named_shortly() -> None:
    assert short_title("word " * 100) == "word " * 15 + "word…"
    assert short_title(" Pen \n 4 ") == "Pen 4"


def test_every_shipped_policy_has_a_beginning_in_both_languages_with_a_part_for_the_person() -> None:
    leaves = {node.code for node in shipped_tree() if node.is_leaf}
    for language in ("en", "zh-Hans"):
        templates = shipped_facts()[language]
        assert set(templates) == leaves
        for one in (one for some in templates.values() for one in some):
            assert left_to_fill(one["text"]), one
            assert not unknown_places(one["text"]), one
            assert max(len(one["text"]) / 5, len(one["title"])) <= 60, one


def test_the_shipped_ones_are_loaded_once(court: Court) -> None:
    assert load_shipped_facts(actor=SYSTEM, at=court.now) == FactsTemplate.objects.count() > 90
    assert load_shipped_facts(actor=SYSTEM, at=court.now) == 0


def test_beginnings_come_in_the_nearest_language_filled_and_in_their_order(
    court: Court, django_assert_num_queries: Any
) -> None:
    save = {"actor": SYSTEM, "at": court.now, "policy_code": "R-2"}
    save_facts_template(**save, language="en", title="Second", text="{title} […]", position=2)
    save_facts_template(**save, language="en", title="First", text="{title} at {price}: [… what]", position=1)
    save_facts_template(**save, language="en", title="Off", text="[…]", active=False)
    save_facts_template(**save, language="zh-Hans", title="中文", text="「{title}」[…]")
    with django_assert_num_queries(1):
        found = beginnings(["R-2", "T-1"], "de", {"title": "Pen", "price": "3 EUR"})
    assert [(one.title, one.text, one.left) for one in found["R-2"]] == [
        ("First", "Pen at 3 EUR: [… what]", ("[… what]",)),
        ("Second", "Pen […]", ("[…]",)),
    ]
    assert [one.text for one in beginnings(["R-2"], "zh-Hans", {"title": "笔"})["R-2"]] == ["「笔」[…]"]


def test_a_template_is_written_anew_and_taken_away_and_the_ledger_knows(court: Court) -> None:
    fields: dict[str, Any] = {"actor": SYSTEM, "at": court.now, "policy_code": "R-2", "language": "en"}
    one = save_facts_template(**fields, title="Vape", text="[… what]")
    save_facts_template(**fields, title="Vape pen", text="[… where]", template_id=one.pk)
    assert FactsTemplate.objects.get().text == "[… where]"
    with pytest.raises(FactsTemplateExists):
        save_facts_template(**fields, title="Vape pen", text="[… twice]")
    remove_facts_template(actor=SYSTEM, at=court.now, template_id=one.pk)
    with pytest.raises(NoSuchFactsTemplate):
        remove_facts_template(actor=SYSTEM, at=court.now, template_id=one.pk)
    verbs = Fact.objects.filter(subject_kind="facts_template").order_by("id").values_list("verb", flat=True)
    assert list(verbs) == ["facts_template.save", "facts_template.save", "facts_template.remove"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"policy_code": "X-9"}, "unknown_policy"),
        ({"language": ""}, "unknown_language"),
        ({"title": " "}, "required"),
        ({"text": " "}, "required"),
        ({"text": "{colour} […]"}, "unknown_place"),
        ({"text": "{title} is a vape."}, "nothing_left"),
    ],
)
def test_a_template_that_could_not_be_used_is_refused(court: Court, changes: dict[str, Any], code: str) -> None:
    fields = {"policy_code": "R-2", "language": "en", "title": "Vape", "text": "[…]", **changes}
    with pytest.raises(BadFactsTemplate) as refused:
        save_facts_template(actor=SYSTEM, at=court.now, **fields)
    assert [problem.code for problem in refused.value.problems] == [code]


def test_only_who_may_edit_templates_does(court: Court) -> None:
    with pytest.raises(NotPermitted):
        save_facts_template(
            actor=court.person(), at=court.now, policy_code="R-2", language="en", title="Vape", text="[…]"
        )


def test_facts_with_a_part_left_open_decide_nothing(court: Court) -> None:
    with pytest.raises(BadRuling) as refused:
        court.decide(court.person(), facts="The pen in picture 2 is a vape, [… which kind], and is sold to anybody.")
    assert ("/facts", "unfilled") in [(problem.pointer, problem.code) for problem in refused.value.problems]
    assert not Decision.objects.exists()


def test_repeated_texts_are_counted_for_the_writer_and_for_others_within_the_vendor(court: Court) -> None:
    ann, ben, carl = court.person(), court.person(), court.person("acme")
    for who, number in ((ann, 1), (ann, 2), (ben, 3), (carl, 4)):
        item = court.item(title=f"Vape pen {number}")
        court.decide(who, court.case(item), facts=f"{item.title}: {PASTED} ({number}).")
    item = court.item(title="Another vape pen")
    typed = f"Another vape pen: {PASTED} (17)!"
    assert (lambda r: (r.by_me, r.by_others))(written_before(ann, typed, item, now=court.now)) == (2, 1)
    assert written_before(carl, typed, item, now=court.now).total == 1
    assert written_before(ann, "Something that nobody has ever written.", item, now=court.now).total == 0
    assert written_before(ann, typed, item, now=court.now + timedelta(days=31)).total == 0


def test_the_list_of_repeated_texts_says_who_how_often_and_shows_examples(
    court: Court, django_assert_num_queries: Any
) -> None:
    ann, carl, house = court.person(), court.person("acme"), court.person("house", everywhere=True)
    for number in range(4):
        court.decide(ann, court.case(court.item(title=f"Pen {number}")), facts=f"Pen {number}: {PASTED}")
    court.decide(carl, court.case(court.item(title="Pen 9")), facts=f"Pen 9: {PASTED}")
    with django_assert_num_queries(4):
        (text,) = repeated_facts(house, now=court.now, at_least=2)
    assert (text.count, text.policies, len(text.examples)) == (5, (("R-2", 5),), 3)
    assert [count for _, count in text.writers] == [4, 1]
    assert repetition_of(house, text.key, now=court.now, except_for=text.examples[0].decision_id).total == 4
    assert [one.count for one in repeated_facts(carl, now=court.now, at_least=1)] == [1]
    assert repeated_facts(carl, now=court.now, at_least=2) == []
    assert repeated_facts(house, now=court.now, at_least=2, policy="T-1") == []
    assert [one.count for one in repeated_facts(house, now=court.now, at_least=1, person_id=int(carl.ref))] == [1]


def test_the_violations_of_a_seller_are_counted_by_policy_and_month(
    court: Court, django_assert_num_queries: Any
) -> None:
    ann = court.person("house", everywhere=True)
    for _ in range(2):
        court.decide(ann, court.case(court.item()))
    court.decide(ann, court.case(court.item(seller_ref="S-2")))
    with django_assert_num_queries(1):
        (one,) = violations_by_policy(ann, "S-1", now=court.now)
    assert (one.code, one.count, one.months) == ("R-2", 2, (0,) * 11 + (2,))
    later = violations_by_policy(ann, "S-1", now=court.now + timedelta(days=62))
    assert sum(later[0].months[:11]) == 2


def test_account_restrictions_in_force_are_told_until_they_end(court: Court) -> None:
    ann = court.person("house", everywhere=True)
    order = EnforcementOrder("account", "suspended", days=7)
    court.decide(ann, court.case(court.item()), enforcements=(order,))
    found = in_force(ann, ["S-1", "S-2"], now=court.now)
    assert {ref: [one.measure for one in some] for ref, some in found.items()} == {"S-1": ["suspended"]}
    assert in_force(ann, ["S-1"], now=court.now + timedelta(days=8)) == {}


def test_the_last_word_on_an_item_names_nobody_of_another_vendor(court: Court) -> None:
    ann, carl = court.person(), court.person("acme")
    item = court.item()
    made = court.decide(ann, court.case(item))
    for reader, name in ((ann, "Person 1 house"), (carl, "")):
        row = last_decisions(reader, [item.pk])[item.pk]
        assert (row.id, row.outcome, row.decider) == (made.pk, "violation", name)


def test_the_last_judged_version_is_the_one_a_decision_stands_on(court: Court) -> None:
    ann, item = court.person(), court.item()
    court.decide(ann, court.case(item))
    for _ in range(2):
        court.snapshot(Item.objects.get(pk=item.pk))
    assert last_judged_number(item.pk, 3) == 1
    assert last_judged_number(item.pk, 1) is None
