"""Reading levels agree with the published values of their measures, and point at what is hard."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piepowder.correspondence.reading import Counts, fernandez_huerta, fog, gulpease, kandel_moles, lix, reading_level
from piepowder.correspondence.sentences import sentences
from piepowder.correspondence.templates import shipped_letters

HARD = (
    "Notwithstanding the aforementioned considerations regarding the applicability of contractual provisions, "
    "the organisation reserves the possibility of subsequently reconsidering its previously communicated determination."
)


@pytest.mark.parametrize(
    ("text", "score", "grade"),
    [
        ("The Australian platypus is seemingly a hybrid of a mammal and reptilian creature.", 37.5, 11.3),
        ("This sentence, taken as a reading passage unto itself, is being used to prove a point.", 69.0, 7.6),
        ("The cat sat on the mat.", 116.1, 0),
    ],
)
def test_english_agrees_with_the_published_examples(text: str, score: float, grade: float) -> None:
    level = reading_level(text, "en")

    assert (level.score, level.grade) == (score, grade)


def test_german_agrees_with_the_example_of_the_wiener_sachtextformel() -> None:
    song = "Alle meine Entchen schwimmen auf dem See, Köpfchen unters Wasser, Schwänzchen in die Höh."

    assert reading_level(song, "de").grade == 3.8


def test_the_other_measures_are_computed_as_published() -> None:
    """100 words in 5 sentences, 180 syllables, 450 letters, 20 words of four syllables, 30 longer than six letters."""
    counts = Counts(sentences=5, words=100, letters=450, long=30, syllables=180, of={1: 60, 2: 20, 4: 20})

    assert round(kandel_moles(counts), 2) == 54.22
    assert round(gulpease(counts), 2) == 59.0
    assert round(fernandez_huerta(counts), 2) == 78.44
    assert round(fog(counts), 2) == 16.0
    assert round(lix(counts), 2) == 50.0


@pytest.mark.parametrize("language", ["en", "de", "fr", "it", "es", "pl", "nl", "zh-Hans"])
def test_a_text_without_words_asks_for_nothing(language: str) -> None:
    assert reading_level("", language).grade == reading_level("— 12 …", language).grade == 0


def test_hard_sentences_are_named_as_they_stand_in_the_text() -> None:
    level = reading_level(f"We decided.\n\n{HARD} You can complain.", "en")

    assert level.hard == (HARD,)
    assert level.is_above(9)


def test_chinese_is_measured_by_the_length_of_its_sentences() -> None:
    short, long = "我们已收到您的举报。", "我们" + "根据本平台的相关规则以及适用的法律法规的有关规定" * 3 + "作出决定。"

    level = reading_level(short + long, "zh-Hans")

    assert level.hard == (long,)
    assert reading_level(short, "zh-Hans").grade < 5


def test_an_abbreviation_an_initial_and_an_ordinal_end_no_sentence() -> None:
    text = "Das steht in Art. 17 Abs. 3, z. B. am 1. Mai. Dr. A. Muster sagt es.\n- Ein Punkt\n- Noch einer: hier"

    assert sentences(text) == [
        "Das steht in Art. 17 Abs. 3, z. B. am 1. Mai.",
        "Dr. A. Muster sagt es.",
        "Ein Punkt",
        "Noch einer: hier",
    ]


@given(st.text(max_size=200), st.sampled_from(["en", "de", "fr", "it", "es", "pl", "zh-Hans", "sv"]))
def test_any_text_has_a_level_and_its_hard_sentences_stand_in_it(text: str, language: str) -> None:
    level = reading_level(text, language)

    assert level.grade >= 0
    assert all(one in text for one in level.hard)


def test_what_ships_reads_within_the_target() -> None:
    for kind, language, words in shipped_letters():
        level = reading_level(words.body, language)
        assert not level.is_above(9), (kind.code, language, level)
