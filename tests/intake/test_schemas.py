"""What may come in, and what is said about what may not."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from benchmarks.intake import listings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stdnum import ean

from piepowder.intake.schemas import Submitted, json_schema, parse_notice, parse_submission
from piepowder.intake.schemas.notices import NOTICES
from piepowder.kernel.errors import FieldProblem
from tests.intake.conftest import listing, parsed

MINIMAL: dict[str, dict[str, Any]] = {
    "seller": {"name": "Lux GmbH"},
    "listing": {"title": "Lamp"},
    "short_video": {"video": "https://cdn.example/v.mp4"},
    "livestream": {"title": "Sunday sale"},
    "text": {"body": "Nice.", "text_type": "review"},
    "document": {"doc_type": "id_card"},
    "ip_claim": {
        "right_type": "trademark",
        "owner": "Lux GmbH",
        "statement": "They use our mark.",
        "claimed_items": [{"kind": "listing", "id": "L-1"}],
    },
}


def wire(kind: str, **content: Any) -> dict[str, Any]:
    return {"kind": kind, "id": "X-1", "market": "FR", "language": "fr", "content": {**MINIMAL[kind], **content}}


@pytest.mark.parametrize("kind", MINIMAL)
def test_every_kind_can_come_with_what_it_must_have_and_needs_each_of_those_fields(kind: str) -> None:
    assert parsed(wire(kind)).kind == kind
    for field in MINIMAL[kind]:
        raw = wire(kind)
        del raw["content"][field]
        assert problems(raw) == [(f"/content/{field}", "missing")]


def problems(raw: Any) -> list[tuple[str, str]]:
    found = parse_submission(raw)
    assert isinstance(found, list), found
    return [(problem.pointer, problem.code) for problem in found]


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"kind": "hat"}, "/kind", "unknown_kind"),
        ({"kind": ["listing"]}, "/kind", "unknown_kind"),
        ({"id": ""}, "/id", "bad_text"),
        ({"id": "a\nb"}, "/id", "bad_text"),
        ({"id": "x" * 201}, "/id", "too_long"),
        ({"id": 7}, "/id", "wrong_type"),
        ({"market": "de"}, "/market", "unknown_market"),
        ({"market": "UK"}, "/market", "unknown_market"),
        ({"language": "en-GB"}, "/language", "unknown_language"),
        ({"language": "DE"}, "/language", "unknown_language"),
        ({"submission": "changed"}, "/submission", "not_allowed"),
        ({"schema_version": 2}, "/schema_version", "not_allowed"),
        ({"occurred_at": "2026-03-04"}, "/occurred_at", "bad_time"),
        ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "/occurred_at", "bad_time"),
        ({"content": None}, "/content", "wrong_type"),
        ({"content": {"title": ""}}, "/content/title", "too_short"),
        ({"content": {"price": {"amount": 12.5, "currency": "EUR"}}}, "/content/price/amount", "wrong_type"),
        ({"content": {"price": {"amount": True, "currency": "EUR"}}}, "/content/price/amount", "wrong_type"),
        ({"content": {"price": {"amount": "12", "currency": "EUR"}}}, "/content/price/amount", "wrong_type"),
        ({"content": {"price": {"amount": -1, "currency": "EUR"}}}, "/content/price/amount", "out_of_range"),
        ({"content": {"price": {"amount": 1, "currency": "EURO"}}}, "/content/price/currency", "unknown_currency"),
        ({"content": {"price": {"amount": 1}}}, "/content/price/currency", "missing"),
        ({"content": {"gtin": "4006381333932"}}, "/content/gtin", "bad_check_digit"),
        ({"content": {"gtin": "12"}}, "/content/gtin", "bad_gtin"),
        ({"content": {"condition": "mint"}}, "/content/condition", "not_allowed"),
        ({"content": {"images": ["ftp://x/y"]}}, "/content/images/0", "bad_address"),
        ({"content": {"images": ["https://x/y", "sha256:beef"]}}, "/content/images/1", "bad_address"),
        ({"content": {"images": ["https://x/y z"]}}, "/content/images/0", "bad_address"),
        ({"content": {"images": ["https://x/y"] * 51}}, "/content/images", "too_many"),
        ({"content": {"title": "a\0b"}}, "/content/title", "bad_text"),
        ({"content": {"attributes": {"a": {"b": ["\0"]}}}}, "/content/attributes/a/b/0", "bad_text"),
        ({"content": {"attributes": {"a": {"b\0": 1}}}}, "/content/attributes/a", "bad_text"),
        ({"content": {"attributes": {"a": 2**70}}}, "/content", "not_json"),
        ({"content": {"attributes": {"a": {1: 2}}}}, "/content", "not_json"),
        ({"content": {"attributes": {"a": {"s", "t"}}}}, "/content", "not_json"),
        ({"content": {"attributes": {"a": "x" * 600_000}}}, "/content", "too_long"),
        ({"relations": [{"role": "Variant Of", "kind": "listing", "id": "L-2"}]}, "/relations/0/role", "bad_role"),
        ({"detections": [{"model": "m", "version": "1", "label": "x", "score": 1.2}]}, "/detections/0/score", "out_of_range"),
        ({"detections": [{"model": "m", "version": "1", "label": "x", "score": float("inf")}]}, "/detections/0/score",
         "wrong_type"),
    ],
)  # fmt: skip
def test_each_bad_field_is_pointed_at_with_its_code(change: dict[str, Any], pointer: str, code: str) -> None:
    raw = listing()
    content = change.pop("content", {})
    raw.update(change)
    raw["content"] = {**raw["content"], **content} if content is not None else None
    found = problems(raw)
    assert found[0] == (pointer, code)


def test_all_bad_fields_are_told_at_once_and_each_names_its_field_and_cause() -> None:
    raw = listing(market="Germany", content={"gtin": "4006381333932", "price": {"amount": "9", "currency": "EUR"}})
    found = parse_submission(raw, "/items/3")
    assert isinstance(found, list)
    assert {problem.pointer for problem in found} == {
        "/items/3/market",
        "/items/3/content/gtin",
        "/items/3/content/price/amount",
    }
    for problem in found:
        assert problem.pointer.removeprefix("/items/3/").replace("/", ".") in problem.detail


def test_a_wrong_check_digit_is_told_with_the_right_one() -> None:
    found = parse_submission(listing(content={"gtin": "4006381333932"}))
    assert isinstance(found, list)
    assert found[0].detail == "'content.gtin' ends in the wrong check digit: it would have to be 1"


@pytest.mark.parametrize(
    ("raw", "hint"),
    [
        (listing(languag="de"), "did you mean 'language'?"),
        (listing(content={"titel": "x"}), "did you mean 'title'?"),
        (listing(content={"wingspan": 3}), "goes into 'attributes'"),
        (listing(content={"price": {"amount": 1, "currency": "EUR", "ammount": 2}}), "did you mean 'amount'?"),
        (listing(media=[{"url": "https://x/y"}]), "in the content"),
        (listing(external_id="L-9"), "'id'"),
    ],
)
def test_an_unknown_field_is_refused_with_a_hint(raw: Any, hint: str) -> None:
    found = parse_submission(raw)
    assert isinstance(found, list)
    assert [problem.code for problem in found] == ["unknown_field"]
    assert hint in found[0].detail


def test_only_a_withdrawal_or_deletion_may_come_without_content() -> None:
    for submission in ("submitted", "updated"):
        raw = listing(submission=submission)
        del raw["content"]
        assert problems(raw) == [("/content", "missing")]
    for submission in ("withdrawn", "deleted"):
        raw = listing(submission=submission)
        del raw["content"]
        assert parsed(raw).content is None


def test_media_and_relations_are_read_from_the_content() -> None:
    upload = "sha256:" + "ab" * 32
    video = wire("short_video", thumbnails=[upload], promotes=["L-1", "L-2", "L-1"])
    given = parsed({**video, "relations": [{"role": "reply_to", "kind": "short_video", "id": "V-0"}]})
    assert [(media.role, media.url, media.digest) for media in given.media] == [
        ("video", "https://cdn.example/v.mp4", ""),
        ("thumbnail", "", "ab" * 32),
    ]
    assert [(one.role, one.kind, one.external_id) for one in given.relations] == [
        ("reply_to", "short_video", "V-0"),
        ("promotes", "listing", "L-1"),
        ("promotes", "listing", "L-2"),
    ]
    claim = parsed(wire("ip_claim"))
    assert [(one.role, one.external_id) for one in claim.relations] == [("claims_against", "L-1")]
    seller = parsed(wire("seller", logo=upload, documents=[{"doc_type": "register", "file": "https://x/y.pdf"}]))
    assert [media.role for media in seller.media] == ["image", "document"]
    assert seller.seller_ref == "X-1"


def test_the_digest_changes_with_what_is_said_and_not_with_how_it_is_written() -> None:
    first = parsed(listing(content={"attributes": {"a": 1, "b": 2}}))
    again = parsed(json.loads(json.dumps(listing(content={"attributes": {"b": 2, "a": 1}}), indent=3)))
    assert first.digest == again.digest
    others = [
        listing(content={"attributes": {"a": 1, "b": 2}}, market="FR"),
        listing(content={"attributes": {"a": 1, "b": 2}}, language="fr"),
        listing(content={"attributes": {"a": 1, "b": 2}}, seller="S-2"),
        listing(content={"attributes": {"a": 1, "b": 3}}),
        listing(content={"attributes": {"a": 1, "b": 2}}, relations=[{"role": "of", "kind": "text", "id": "1"}]),
    ]
    assert len({first.digest, *(parsed(raw).digest for raw in others)}) == 6


@given(st.text("0123456789", min_size=7, max_size=15))
def test_a_gtin_is_taken_exactly_when_the_library_takes_it(number: str) -> None:
    assert isinstance(parse_submission(listing(content={"gtin": number})), Submitted) is ean.is_valid(number)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["listing", "DE", "de"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
fields = [
    "kind",
    "id",
    "market",
    "language",
    "submission",
    "seller",
    "relations",
    "detections",
    "occurred_at",
    "schema_version",
]
content_fields = [
    "title",
    "price",
    "gtin",
    "images",
    "attributes",
    "body",
    "promotes",
    "video",
    "documents",
    "address",
    "about",
]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(sorted(MINIMAL)),
    st.dictionaries(st.sampled_from(fields) | st.text(max_size=5), json_values, max_size=3),
    st.dictionaries(st.sampled_from(content_fields) | st.text(max_size=5), json_values, max_size=3),
)
def test_whatever_comes_is_read_or_refused_with_problems_that_can_be_written_down(
    kind: str, around: dict[str, Any], inside: dict[str, Any]
) -> None:
    raw = {**wire(kind, **inside), **around}
    for found in (parse_submission(raw), parse_notice(raw), parse_submission(around)):
        if isinstance(found, list):
            assert found
            for problem in found:
                assert isinstance(problem, FieldProblem)
                orjson.dumps([problem.pointer, problem.code, problem.detail])


@settings(max_examples=60, deadline=None)
@given(json_values)
def test_what_is_no_object_at_all_is_refused_too(raw: Any) -> None:
    assert isinstance(parse_submission(raw), list)
    assert isinstance(parse_notice(raw), list)


def test_a_deeply_nested_value_is_refused_and_not_fallen_over() -> None:
    deep: Any = 1
    for _ in range(5_000):
        deep = [deep]
    assert problems(listing(content={"attributes": {"a": deep}})) == [("/content", "not_json")]


def test_the_published_schema_knows_every_kind() -> None:
    assert set(json_schema()["discriminator"]["mapping"]) == set(MINIMAL)
    assert NOTICES.json_schema()["required"] == ["reporter", "items", "basis", "reason", "good_faith"]


def test_what_the_benchmark_feeds_is_sound() -> None:
    for line in listings(40, prefix="x"):
        assert parsed(orjson.loads(line)).media
