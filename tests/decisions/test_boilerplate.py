"""When two texts of facts are the same text."""

from __future__ import annotations

import pytest

from piepowder.decisions.boilerplate import facts_key

NAMES = ("Replica bag", "L-1", "S-7")


@pytest.mark.parametrize(
    ("other", "names"),
    [
        ("The listing “Replica bag” (L-1) shows a logo at 20 EUR.", NAMES),
        ("the listing Oak chair, L-99: shows a logo at 35 EUR", ("Oak chair", "L-99", "S-1")),
        ("THE LISTING bag L-1 shows a lógo at 1 EUR", ("Bag", "L-1", "")),
    ],
)
def test_texts_that_differ_only_in_names_numbers_signs_and_case_share_a_key(other: str, names: tuple[str, ...]) -> None:
    key = facts_key("The listing Replica bag L-1 shows a logo at 20 EUR.", NAMES)
    assert len(key) == 32
    assert facts_key(other, names) == key


def test_a_text_that_says_something_about_the_item_has_a_key_of_its_own() -> None:
    said = "The clasp in picture 2 carries the monogram of the brand."
    assert facts_key(said, NAMES) != facts_key("The lining in picture 2 carries the monogram of the brand.", NAMES)


def test_a_name_is_taken_out_as_a_whole_and_not_out_of_other_words() -> None:
    assert facts_key("A baggage tag, no bag at all", ("bag",)) != facts_key("A gage tag, no at all", ())


def test_chinese_is_compared_without_the_title_that_stands_in_it() -> None:
    assert facts_key("标题为「仿牌手袋」的商品印有商标", ("仿牌手袋",)) == facts_key(
        "标题为「橡木椅」的商品印有商标。", ("橡木椅",)
    )


def test_nothing_written_has_no_key() -> None:
    assert facts_key(" \n", NAMES) == ""
