"""The tree that comes with Piepowder: complete in both languages, valid, and stable in its codes."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from piepowder.decisions.states import MEASURES as DECIDED_MEASURES
from piepowder.intake.states import Kind
from piepowder.policy import library
from piepowder.policy.drafts import KINDS, Draft
from piepowder.policy.dsa import CATEGORY_KEYWORDS, EEA_MARKETS, EU_MARKETS, MEASURES
from piepowder.policy.library import (
    RECIPIENT_LANGUAGES,
    SHIPPED,
    BrokenLibrary,
    Node,
    read_tree,
    shipped_tree,
    with_recipient_words,
)

LEAVES = [
    "P-1.1", "P-1.2", "P-1.3", "P-2.1", "P-2.2", "P-3.1", "P-4.1",
    "R-1", "R-2", "R-3", "R-4",
    "C-1.1", "C-1.2", "C-2.1", "C-2.2", "C-3.1",
    "M-1", "M-2", "M-3", "M-4", "M-5",
    "F-1", "F-2", "F-3", "F-4", "F-5",
    "U-1", "U-2", "U-3",
    "A-1", "A-2", "A-3", "A-4",
    "H-1", "H-2", "H-3", "H-4",
    "Y-1", "Y-2",
    "O-1", "O-2",
    "L-1", "L-2",
    "V-1", "V-2", "V-3",
    "S-1",
]  # fmt: skip
GROUPS = [
    "P", "P-1", "P-2", "P-3", "P-4", "R", "C", "C-1", "C-2", "C-3", "M", "F", "U", "A", "H", "Y", "O", "L", "V", "S",
]  # fmt: skip
HAN = re.compile(r"[\u4e00-\u9fff]")


def leaves() -> list[Node]:
    return [node for node in shipped_tree() if node.is_leaf]


def leaf_drafts() -> list[tuple[str, Draft]]:
    return [(node.code, draft) for node in leaves() for draft in node.versions]


def test_the_codes_are_the_ones_we_gave_because_decisions_elsewhere_cite_them() -> None:
    assert [node.code for node in leaves()] == LEAVES
    assert [node.code for node in shipped_tree() if not node.is_leaf] == GROUPS


def test_every_family_that_a_marketplace_needs_is_there() -> None:
    families = [node.versions[0].texts["en"].title for node in shipped_tree() if not node.parent]
    assert len(families) == 13


@pytest.mark.parametrize(("code", "draft"), leaf_drafts())
def test_both_languages_say_everything(code: str, draft: Draft) -> None:
    assert set(draft.texts) == {"en", "zh-Hans"}
    for language, wording in draft.texts.items():
        words = [wording.title, wording.rule, wording.reviewer_note, wording.recipient_text]
        words += [*wording.examples_good, *wording.examples_bad]
        for text in words:
            assert bool(HAN.search(text)) == (language == "zh-Hans"), text
        addressed = r"\byou(r|rself)?\b" if language == "en" else "您"
        assert re.search(addressed, wording.recipient_text, re.IGNORECASE), wording.recipient_text
        assert 2 <= len(re.findall(r"[.!?](?:\s|$)|。", wording.rule)) <= 8


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_no_text_is_used_twice(language: str) -> None:
    texts: Counter[str] = Counter()
    for _, draft in leaf_drafts():
        wording = draft.texts[language]
        texts.update([wording.title, wording.rule, wording.reviewer_note, wording.recipient_text])
        texts.update([*wording.examples_good, *wording.examples_bad])
    assert [text for text, count in texts.items() if count > 1] == []


def test_child_safety_and_imminent_harm_are_the_gravest_and_their_media_is_guarded() -> None:
    gravest = {node.code for node in leaves() if min(draft.severity for draft in node.versions) == 0}
    assert gravest == {"P-1.2", "A-4", "H-3", "H-4", "Y-1"}
    for node in leaves():
        if node.code.startswith(("A-", "Y-")):
            assert all(draft.sensitive_media for draft in node.versions)


def test_every_kind_of_item_and_every_family_of_enforcement_is_used() -> None:
    assert {kind for node in leaves() for kind in node.kinds} == set(KINDS)
    assert {measure.family for _, draft in leaf_drafts() for measure in draft.default_enforcement} == set(MEASURES)
    assert all(draft.default_enforcement for _, draft in leaf_drafts())


def test_law_of_one_market_is_cited_in_that_market_only() -> None:
    local = {(code, draft.legal_reference): draft.markets for code, draft in leaf_drafts() if draft.markets}
    assert local[("U-3", "Regulation (EU) 2023/988 Art. 19")] == EU_MARKETS
    assert local[("V-1", "15 U.S.C. 45f")] == ("US",)
    assert all(draft.terms_clause for _, draft in leaf_drafts())


def test_the_closed_lists_agree_with_the_packages_above() -> None:
    assert set(Kind.values) == set(KINDS)
    assert {family.value: measures for family, measures in DECIDED_MEASURES.items()} == dict(MEASURES)
    assert (len(CATEGORY_KEYWORDS), len(EU_MARKETS), len(EEA_MARKETS)) == (16, 27, 30)
    keywords = {keyword for group in CATEGORY_KEYWORDS.values() for keyword in group}
    assert len(keywords) == 68, "all of the database's 69 but STALKING, which has no place in the report"


def broken(tmp_path: Path, file: str, old: str, new: str) -> str:
    for path in SHIPPED.glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        if path.name == file:
            assert old in text
            text = text.replace(old, new, 1)
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    with pytest.raises(BrokenLibrary) as caught:
        read_tree(tmp_path)
    assert len(caught.value.problems) == 1, caught.value.problems
    return caught.value.problems[0]


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        ("05_fraud.yaml", "[KEYWORD_PHISHING]", "[KEYWORD_FISHING]", "F-2: versions/0/keywords/0: 'FISHING' does not"),
        ("05_fraud.yaml", "[KEYWORD_PHISHING]", "[KEYWORD_OTHER]", "F-2: versions/0/keywords/0: OTHER needs a text"),
        ("05_fraud.yaml", "STATEMENT_CATEGORY_SCAMS", "SCAMS", "F-1: versions/0/category: 'SCAMS_AND_FRAUD' does not"),
        ("06_unsafe_products.yaml", "severity: 3", "severity: 4", "U-3: versions/0/severity: a whole number from 0"),
        ("06_unsafe_products.yaml", "severity: 3", "severty: 3", "U-3: versions/0/severty: unknown field"),
        ("06_unsafe_products.yaml", "      markets: [EU]\n", "", "U-3: versions/0/markets: missing"),
        ("06_unsafe_products.yaml", "markets: [EU]", "markets: [NO]", "U-3: versions/0/markets/0: a text is expected"),
        (
            "07_adult.yaml",
            "measure: content_age_restricted",
            "measure: blurred",
            "A-2: versions/0/default_enforcement/0",
        ),
        (
            "09_minors.yaml",
            "terminated, duration_days: null",
            "terminated, duration_days: 9",
            "Y-1: versions/0/default",
        ),
        (
            "10_off_platform_contact.yaml",
            "zh-Hans:\n          title: 私下交易",
            "zh:\n          title: 私下交易",
            "O-1: ",
        ),
        ("11_livestream_conduct.yaml", "code: L-2", "code: L-1", "L-1: code: used 2 times"),
        ("12_seller_verification.yaml", "code: V-3", "code: W-3", "W-3: parent: 'V' is not the beginning"),
        ("12_seller_verification.yaml", "kinds: [seller]", "kinds: [shop]", "V-3: kinds/0: 'shop' is no kind of item"),
        ("12_seller_verification.yaml", "number: 2", "number: 3", "V-1: versions/1/number: 2 is expected"),
        (
            "12_seller_verification.yaml",
            "legal_reference: 15 U.S.C. 45f",
            'legal_reference: ""',
            "V-1: versions/2/legal",
        ),
    ],
)
def test_a_mistake_in_a_file_is_named_with_file_code_and_field(
    tmp_path: Path, file: str, old: str, new: str, problem: str
) -> None:
    assert broken(tmp_path, file, old, new).startswith(f"{file}: {problem}" if ": code" not in problem else problem)


def test_a_thin_text_is_refused(tmp_path: Path) -> None:
    line = "            - 主播让观众停打胰岛素、改服滴剂\n            - 宣称治疗关节炎的磁疗手环，附前后对比图\n"
    problem = broken(tmp_path, "04_misleading_listings.yaml", line, "")
    assert problem.endswith("M-4: versions/0/texts/zh-Hans/examples_bad: at least two examples")


def test_recipients_are_told_of_every_version_in_six_languages() -> None:
    assert {"en", "zh-Hans", *RECIPIENT_LANGUAGES} == {"de", "en", "es", "fr", "it", "zh-Hans"}
    for node in leaves():
        assert len(node.recipient_words) == len(node.versions), node.code
        for draft, words in zip(node.versions, node.recipient_words, strict=True):
            assert set(words) == set(RECIPIENT_LANGUAGES)
            told = [wording.recipient_text for wording in (*draft.texts.values(), *words.values())]
            assert all(told), node.code
            assert len(set(told)) == 6, node.code


@pytest.mark.parametrize("language", RECIPIENT_LANGUAGES)
def test_no_words_for_recipients_are_used_twice(language: str) -> None:
    words = [words[language] for node in leaves() for words in node.recipient_words]
    assert len({wording.title for wording in words}) == len(words) == 50
    assert len({wording.recipient_text for wording in words}) == len(words)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("V-3:", "V-9:", ["it.yaml: V-3: missing", "it.yaml: V-9: no version of a policy"]),
        ("F-3/2:", "F-3/3:", ["it.yaml: F-3/2: missing", "it.yaml: F-3/3: no version of a policy"]),
        ("title: Merci contraffatte", 'title: ""', ["it.yaml: C-1.1: words/title: must not be empty"]),
        ("title: Merci contraffatte", "titel: Merci", ["it.yaml: C-1.1: words/titel: unknown field"]),
    ],
)
def test_a_mistake_in_the_words_for_recipients_is_named(tmp_path: Path, old: str, new: str, problem: list[str]) -> None:
    for path in (SHIPPED / "words").glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        (tmp_path / path.name).write_text(text.replace(old, new) if path.name == "it.yaml" else text, encoding="utf-8")
    with pytest.raises(BrokenLibrary) as caught:
        with_recipient_words(read_tree(SHIPPED), tmp_path)
    assert list(caught.value.problems) == problem


def test_the_shipped_tree_is_read_once_per_process() -> None:
    assert library.shipped_tree() is library.shipped_tree()
