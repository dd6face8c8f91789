"""What arrives in the synthetic marketplace."""

from __future__ import annotations

import ast
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from stdnum import ean

import piepowder
from piepowder.intake.schemas import Notice, Submitted, parse_notice, parse_submission
from piepowder.intake.states import Kind
from piepowder.policy.library import shipped_tree
from piepowder.simulate.chance import Chance
from piepowder.simulate.clips import can_film, filmed
from piepowder.simulate.gallery import Gallery
from piepowder.simulate.marketplace import WAVE, Arriving, Marketplace
from piepowder.simulate.pictures import Picture, drawn
from piepowder.simulate.vocabulary import LANGUAGES, markets, plantable, words
from piepowder.simulate.wrongs import WEIGHTS, plant
from tests.simulate.conftest import pixel

AT = datetime(2026, 3, 4, 10, tzinfo=UTC)


def some(count: int, *, seed: int = 1, wave: bool = False) -> list[Arriving]:
    market = Marketplace(Chance(seed, "marketplace"), Gallery(draw=pixel, films=False))
    return [market.next_item(AT, wave=wave) for _ in range(count)]


@pytest.fixture(scope="module")
def arrived() -> list[Arriving]:
    return some(1_500)


def test_equal_seeds_send_equal_items_and_others_do_not() -> None:
    assert some(120) == some(120)
    assert [one.raw for one in some(120)] != [one.raw for one in some(120, seed=2)]


def test_everything_that_arrives_and_every_report_can_be_received(arrived: list[Arriving]) -> None:
    assert [found for one in arrived if not isinstance(found := parse_submission(one.raw), Submitted)] == []
    notices = [one.complaint.notice for one in arrived if one.complaint]
    assert len(notices) > 50
    assert [found for one in notices if not isinstance(found := parse_notice(one), Notice)] == []


def test_all_kinds_languages_and_markets_are_there(arrived: list[Arriving]) -> None:
    assert {one.raw["kind"] for one in arrived} == set(Kind.values)
    assert {one.raw["language"] for one in arrived} == set(LANGUAGES)
    assert {one.raw["market"] for one in arrived} == {market.code for market in markets()}
    assert len(markets()) == 8


def test_gtins_have_the_right_check_digit(arrived: list[Arriving]) -> None:
    gtins = [one.raw["content"]["gtin"] for one in arrived if "gtin" in one.raw["content"]]

    assert len(gtins) > 200
    assert all(ean.is_valid(gtin) for gtin in gtins)
    assert len(set(gtins)) == len(gtins)


def test_a_violation_can_be_seen_in_what_was_submitted(arrived: list[Arriving]) -> None:
    wrong = [one for one in arrived if one.code]
    assert len(wrong) > 150
    for one in wrong:
        signs = words(one.raw["language"])["violations"][one.code]
        seen = str(one.raw["content"])
        said = any(fixed_part(sign) in seen for sign in signs["says"])
        # What is left out shows by its absence, a borrowed name by the name.
        assert said or signs.get("missing") or signs.get("mismatch"), one.raw


def fixed_part(sign: str) -> str:
    """The longest stretch of a sentence that is the same whatever brand is put in."""
    return max((part for part in sign.replace("}", "{").split("{")[::2]), key=len)


def test_every_violation_that_is_planted_is_a_shipped_policy_made_for_that_kind() -> None:
    kinds = {node.code: node.kinds for node in shipped_tree() if node.is_leaf}

    for kind, weights in WEIGHTS.items():
        assert {code for code in weights if kind not in kinds[code]} == set()
    # The abuse of children is not played; what many violations together lead to follows by itself.
    assert set(kinds) - set(plantable()) == {"Y-1", "S-1"}
    assert {code for weights in WEIGHTS.values() for code in weights} == set(plantable())


def test_the_six_vocabularies_say_the_same_things() -> None:
    english = words("en")
    for language in LANGUAGES:
        said = words(language)
        assert said.keys() == english.keys()
        for group in ("products", "violations", "lookalikes", "report", "facts", "fields", "document"):
            assert said[group].keys() == english[group].keys(), (language, group)
        for code in plantable():
            wrong = plant(code, chance=Chance(1, language), language=language, name="X")
            assert wrong.says
            assert len(said["violations"][code].get("title", ())) == len(english["violations"][code].get("title", ()))


def test_the_wave_is_a_ring_of_linked_sellers() -> None:
    struck = some(120, wave=True)
    shops = [one.raw["content"] for one in struck if one.raw["kind"] == "seller"]

    assert {one.wave for one in struck} == {WAVE}
    assert 1 < len(shops) < 10
    assert len({shop["attributes"]["payout_account"] for shop in shops}) == 1
    assert len({shop["name"] for shop in shops}) > 1
    assert Counter(one.code for one in struck if one.raw["kind"] == "listing").keys() == {"F-1", "O-1", "F-2"}


def test_pictures_are_small_real_and_a_few_hundred() -> None:
    content = drawn(Picture("goods", "kettle", 2, "Birkenhof"))

    assert content[:4] == b"RIFF"
    assert content[8:12] == b"WEBP"
    assert len(content) < 20_000
    assert content == drawn(Picture("goods", "kettle", 2, "Birkenhof"))
    assert content != drawn(Picture("goods", "kettle", 1, "Birkenhof"))
    gallery = Gallery(draw=pixel, films=False)
    market = Marketplace(Chance(1, "marketplace"), gallery)
    for _ in range(1_500):
        market.next_item(AT)
    assert 150 < len(gallery.take_new()) < 800


@pytest.mark.skipif(not can_film(), reason="films need the extra 'video'")
def test_films_are_webm() -> None:
    assert filmed(0)[:4] == b"\x1a\x45\xdf\xa3"


def test_nothing_but_the_simulation_reads_the_truth() -> None:
    sources = Path(piepowder.__file__).parent
    readers = {
        path.relative_to(sources).parts[0]
        for path in sources.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "piepowder.simulate.models"
    }

    assert readers == {"simulate"}
