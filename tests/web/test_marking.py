"""Marks in texts, and what changed between two versions."""

from __future__ import annotations

import pytest

from piepowder.web.differences import changes, compared, media_changes
from piepowder.web.item_words import item_words
from piepowder.web.marking import excerpts, marked_html, marked_pieces


def span(start: int, end: int, said: str = "", field: str = "description") -> dict[str, object]:
    return {"field": field, "start": start, "end": end, "said": said}


def test_where_findings_overlap_each_has_its_say() -> None:
    spans = [span(0, 8, "a: knife"), span(4, 12, "b: sharp"), span(99, 120, "c: far away"), span(5, 5, "d: nothing")]
    assert list(marked_pieces("very sharp knife", spans)) == [
        ("very", ("a: knife",)),
        (" sha", ("a: knife", "b: sharp")),
        ("rp k", ("b: sharp",)),
        ("nife", None),
    ]


def test_a_marked_text_is_escaped_and_its_mark_says_who_found_it() -> None:
    html = marked_html('<b>"bad"</b>', [span(3, 8, 'model "x" <1>: bad')])
    assert html == (
        '&lt;b&gt;<mark class="is-single" title="model &quot;x&quot; &lt;1&gt;: bad">&quot;bad&quot;</mark>&lt;/b&gt;'
    )


def test_chinese_is_marked_by_characters() -> None:
    assert list(marked_pieces("高仿手袋，1:1复刻", [span(0, 2, "m: 仿")])) == [
        ("高仿", ("m: 仿",)),
        ("手袋，1:1复刻", None),
    ]


def test_spans_in_nested_fields_are_marked_where_their_text_is_shown() -> None:
    content = {
        "title": "Shop",
        "address": {"lines": ["1 Bad Street"], "city": "Kiel", "country": "DE"},
        "attributes": {"colour": "blood red", "story": "s" * 70 + " gun"},
    }
    words = item_words(
        content,
        [
            span(2, 5, "m: bad", "/address/lines/0"),
            span(0, 5, "m: blood", "attributes.colour"),
            span(71, 74, "m: gun", "story"),
        ],
    )
    address, colour = words.facts
    assert [address.value[s["start"] : s["end"]] for s in address.spans] == ["Bad"]
    assert [colour.value[s["start"] : s["end"]] for s in colour.spans] == ["blood"]
    assert [words.texts[0].text[s["start"] : s["end"]] for s in words.texts[0].spans] == ["gun"]


def test_the_words_found_are_told_once_and_shortened() -> None:
    content = {"description": "gun and gun and " + "x" * 90}
    found = excerpts(content, [span(0, 3), span(8, 11), span(16, 106), span(200, 210), {"media": 1}])
    assert found == ["gun", "x" * 59 + "…"]


def test_a_change_in_a_long_text_is_marked_by_the_word() -> None:
    before, after = compared("Made of real leather in Italy.", "Made of vegan leather in Portugal.")
    assert [piece.text for piece in before if piece.changed] == ["real", "Italy"]
    assert [piece.text for piece in after if piece.changed] == ["vegan", "Portugal"]
    assert "".join(piece.text for piece in after) == "Made of vegan leather in Portugal."


def test_a_change_in_chinese_is_marked_by_the_character() -> None:
    before, after = compared("意大利真皮手袋", "意大利仿皮手袋")
    assert [[p.text for p in side if p.changed] for side in (before, after)] == [["真"], ["仿"]]


def test_long_stretches_in_common_are_shortened_and_nothing_that_changed_is() -> None:
    same = "word " * 200
    _, after = compared(f"{same}old {same}", f"{same}new {same}")
    assert [piece.text for piece in after if piece.changed] == ["new"]
    assert sum(len(piece.text) for piece in after) < 250


def test_texts_too_long_to_compare_are_shown_as_a_whole() -> None:
    before, after = compared("a b " * 1_000, "c d " * 1_000)
    assert len([piece for piece in after if piece.changed]) == 1
    assert "".join(piece.text for piece in before).startswith("a b a b")


def test_the_difference_names_what_was_added_changed_and_dropped() -> None:
    found = changes(
        {"title": "Bag", "price": {"amount": 100, "currency": "EUR"}, "attributes": {"colour": "red"}, "images": ["a"]},
        {
            "title": "Bag",
            "price": {"amount": 250, "currency": "EUR"},
            "brand": "Lux",
            "attributes": {},
            "images": ["b"],
        },
    )
    said = [(c.label, "".join(p.text for p in c.before), "".join(p.text for p in c.after)) for c in found]
    assert said == [("Price", "1.00 EUR", "2.50 EUR"), ("Brand", "–", "Lux"), ("Colour", "red", "–")]


@pytest.mark.parametrize(
    ("before", "after", "gone", "new"),
    [(["a", "b"], ["b", "c"], ("a",), ("c",)), (["", "a"], ["a"], (), ()), ([], ["x", "x"], (), ("x",))],
)
def test_media_are_compared_by_their_bytes(
    before: list[str], after: list[str], gone: tuple[str, ...], new: tuple[str, ...]
) -> None:
    assert media_changes(before, after) == (gone, new)
