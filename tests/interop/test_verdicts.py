"""The verdict about a statement is the database's own, and a careful sender's beside it."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piepowder.decisions.transparency import vocabulary
from piepowder.decisions.transparency.web_address import is_web_address
from piepowder.interop.dsa import FieldError, validate, validate_batch
from tests.interop.executed import ALONE, EXECUTED, MANY, SOUND, sent

TODAY = date(2026, 11, 20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
FIELDS = [row["field"] for row in EXECUTED["schema"] if "." not in row["field"]]
VALUES = [value for values in EXECUTED["enums"].values() for value in values]


def local(errors: list[FieldError]) -> str:
    if any(error.severity == "error" for error in errors):
        return "invalid"
    return "warn" if errors else "valid"


def rules(errors: list[FieldError]) -> dict[str, list[str]]:
    told: dict[str, list[str]] = {}
    for error in errors:
        told.setdefault(error.field, []).append(error.rule)
    return told


@pytest.mark.parametrize("case", ALONE, ids=lambda case: case["id"])
def test_a_statement_alone_fails_in_the_fields_and_by_the_rules_that_the_database_names(case: dict[str, Any]) -> None:
    errors = validate(sent(case), "official", TODAY)
    assert rules(errors) == case["expected"].get("rules", {})
    assert sorted({error.field for error in errors}) == case["expected"].get("error_fields", [])


@pytest.mark.parametrize("case", MANY, ids=lambda case: case["id"])
def test_a_batch_fails_under_the_keys_of_the_endpoint(case: dict[str, Any]) -> None:
    found = validate_batch(sent(case), "official", TODAY)
    expected = case["expected"].get("error_fields", {})
    if isinstance(expected, dict):
        assert {key: sorted({error.field for error in errors}) for key, errors in found.items()} == expected
    else:
        assert sorted(found) == sorted(expected)


@pytest.mark.parametrize("case", [*ALONE, *MANY], ids=lambda case: case["id"])
def test_a_careful_sender_says_so_before_sending(case: dict[str, Any]) -> None:
    body = sent(case)
    if case["endpoint"].endswith("/statement"):
        errors = validate(body, "strict", TODAY)
    else:
        errors = [error for told in validate_batch(body, "strict", TODAY).values() for error in told]
    assert local(errors) == case["local_verdict"]


def test_the_values_are_those_of_the_database() -> None:
    enums = EXECUTED["enums"]
    assert set(enums["category"]) == vocabulary.CATEGORIES
    assert set(enums["category_specification"]) == vocabulary.KEYWORDS
    assert set(enums["content_language"]) == vocabulary.CONTENT_LANGUAGES
    assert set(enums["territorial_scope"]) == vocabulary.COUNTRIES
    assert {category: set(words) for category, words in EXECUTED["category_keyword_map"].items()} == {
        category: set(words) for category, words in vocabulary.KEYWORDS_OF.items()
    }


@pytest.mark.parametrize(
    ("change", "alone", "among"),
    [
        # A bare text stands for a list of one where a statement is sent alone, and for none among others.
        ({"content_type": "CONTENT_TYPE_OTHER"}, {"content_type", "content_type_other"}, {"content_type"}),
        (
            {"decision_visibility": "DECISION_VISIBILITY_OTHER"},
            {"decision_visibility", "decision_visibility_other"},
            {"decision_visibility"},
        ),
        ({"content_id_ean": 5}, {"content_id_ean"}, set()),
        # An object passes for a list, and whatever is there counts as a restriction, were it nonsense.
        ({"content_type": {"a": "CONTENT_TYPE_TEXT"}}, set(), set()),
        ({"decision_visibility": [], "decision_account": False}, {"decision_account"}, {"decision_account"}),
        ({"decision_visibility": ["null"], "account_type": "null"}, set(), set()),
        ({"territorial_scope": ["null"]}, {"territorial_scope"}, {"territorial_scope"}),
        # Texts are not asked whether they are texts, only how long they are.
        ({"decision_facts": ["x"], "source_identity": 7, "illegal_content_explanation": False}, set(), set()),
        ({"decision_facts": []}, {"decision_facts"}, {"decision_facts"}),
        ({"puid": 4711}, set(), set()),
        ({"puid": -1.0}, set(), set()),
        ({"puid": 1.5}, {"puid"}, {"puid"}),
        ({"puid": 10**30}, {"puid"}, {"puid"}),
        ({"puid": True}, {"puid"}, {"puid"}),
        ({"puid": ["x"]}, {"puid"}, {"puid"}),
        # The text of an "other" is measured before it is dropped, that of another ground never.
        ({"content_type_other": "x" * 501}, {"content_type_other"}, {"content_type_other"}),
        ({"decision_monetary_other": "x" * 501}, set(), set()),
        ({"incompatible_content_explanation": "x" * 2_001}, set(), set()),
        ({"incompatible_content_illegal": "maybe"}, {"incompatible_content_illegal"}, {"incompatible_content_illegal"}),
        ({"decision_facts": "\u00a0" + "é" * 5_000 + "\u3000"}, set(), set()),
        ({"application_date": "2026-02-30"}, {"application_date"}, {"application_date"}),
        ({"application_date": "2026-3-9"}, {"application_date"}, {"application_date"}),
        ({"end_date_account_restriction": "0000-02-29"}, set(), set()),
        (
            {"end_date_account_restriction": "0001-02-29"},
            {"end_date_account_restriction"},
            {"end_date_account_restriction"},
        ),
        ({"content_id": {"EAN-13": " "}}, {"content_id.EAN-13"}, {"content_id.EAN-13"}),
        ({"content_id": ["4006381333931"]}, set(), set()),
        ({"category_addition": None}, {"category_addition"}, {"category_addition"}),
        ({"decision_ground": None}, {"decision_ground"}, {"decision_ground"}),
        (
            {"decision_ground_reference_url": "foo://x.org"},
            {"decision_ground_reference_url"},
            {"decision_ground_reference_url"},
        ),
    ],
)
def test_every_kind_of_wrong_value_is_judged_as_there(change: dict[str, Any], alone: set[str], among: set[str]) -> None:
    payload = {**SOUND, **change}
    assert {error.field for error in validate(payload, "official", TODAY)} == alone
    batch = validate_batch({"statements": [payload]}, "official", TODAY)
    assert {error.field for error in batch.get("statement_0", [])} == among


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"puid": 4711}, "puid"),
        ({"decision_monetary": "null"}, "decision_monetary"),
        ({"decision_visibility": {"a": "DECISION_VISIBILITY_CONTENT_REMOVED"}}, "decision_visibility"),
        ({"decision_facts": ["a"]}, "decision_facts"),
        ({"territorial_scope": None}, "territorial_scope"),
        ({"end_date_account_restriction": "2026-12-01"}, "end_date_account_restriction"),
        ({"application_date": "2026-11-21"}, "application_date"),
        ({"content_id": ["4006381333931"]}, "content_id"),
        ({"content_id_ean": "4006381333930"}, "content_id_ean"),
        ({"content_id_ean": "4006381333931", "content_id": {"EAN-13": "5449000000996"}}, "content_id_ean"),
        ({"category_specification_other": "words"}, "category_specification_other"),
        ({"decision_ground_reference_url": "ftp://example.org/law"}, "decision_ground_reference_url"),
    ],
)
def test_what_the_database_lets_pass_and_would_be_missed_later_is_an_error_here(
    change: dict[str, Any], field: str
) -> None:
    payload = {**SOUND, **change}
    assert validate(payload, "official", TODAY) == []
    assert [error.field for error in validate(payload, "strict", TODAY) if error.severity == "error"] == [field]


def test_what_is_dropped_unread_disturbs_nobody() -> None:
    payload = {**SOUND, "decision_monetary_other": 5, "incompatible_content_ground": ["x"], "content_id_ean": ""}
    assert validate(payload, "strict", TODAY) == []


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (None, "statements"),
        ([], "statements"),
        ({"statements": None}, "statements"),
        ({"statements": "abc"}, "statements"),
        ({"statements": {}}, "statements"),
        ({"statements": [SOUND] * 101}, "statements"),
        ({"statements": [SOUND, "abc"]}, "uncaught_exception"),
        ({"statements": [SOUND, None]}, "uncaught_exception"),
        ({"statements": [[]]}, "statement_0"),
        ({"statements": {"first": {}}}, "statement_first"),
    ],
)
def test_a_body_that_is_no_batch_is_told_as_the_endpoint_tells_it(body: Any, key: str) -> None:
    assert list(validate_batch(body, "official", TODAY)) == [key]


def test_puids_that_differ_only_in_blanks_or_kind_are_the_same() -> None:
    body = {"statements": [{**SOUND, "puid": puid} for puid in ("7", 7, " 8", "8", "9")]}
    found = validate_batch(body, "official", TODAY)
    assert [error.rule for error in found["existing_puids"]] == ["value:7", "value:8"]


@given(payload=JSON, day=st.dates())
def test_no_json_value_breaks_it(payload: Any, day: date) -> None:
    for level in ("official", "strict"):
        validate(payload, level, day)
        validate_batch(payload, level, day)
        validate_batch({"statements": payload}, level, day)


@given(changes=st.dictionaries(st.sampled_from(FIELDS), JSON | st.sampled_from(VALUES), min_size=1, max_size=5))
def test_what_the_database_refuses_a_careful_sender_refuses_too(changes: dict[str, Any]) -> None:
    payload = {**SOUND, **changes}
    official = validate(payload, "official", TODAY)
    strict = validate(payload, "strict", TODAY)
    assert strict[: len(official)] == official
    validate_batch({"statements": [payload, payload]}, "strict", TODAY)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("https://example.org/a?b=1#c", True),
        ("HTTP://LOCALHOST:8000", True),
        ("https://müller.de/ü", True),
        ("https://user:pw@example.org/%20", True),
        ("http://[2001:db8::1]/x", True),
        ("http://[nonsense]/x", False),
        ("https://☃.net", True),
        ("ftp://example.org", True),
        ("example.org", False),
        ("https://", False),
        ("https://exa mple.org", False),
        ("https://example.org/a b", False),
        ("javascript:alert(1)", False),
    ],
)
def test_addresses(text: str, is_one: bool) -> None:
    assert is_web_address(text) is is_one


def test_it_runs_without_django_being_set_up() -> None:
    said = (
        "from datetime import date; from piepowder.interop.dsa import validate;"
        "print(len(validate({}, 'official', date(2026, 1, 1))))"
    )
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, env={"PYTHONPATH": "src"})
    assert (done.stdout.strip(), done.stderr) == ("14", "")
