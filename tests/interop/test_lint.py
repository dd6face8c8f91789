"""Personal data in what would be published is found, and what only looks a little like it is not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piepowder.interop.lint import FREE_TEXTS, findings


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("Contact: anna.muster+shop@mail.example.org today", "email", "anna.muster+shop@mail.example.org"),
        ("write anna (at) mail.example", "email", "anna (at) mail.example"),
        ("call +49 (0)30 123456-78 now", "phone", "+49 (0)30 123456-78"),
        ("ring 0033 1 23 45 67 89", "phone", "0033 1 23 45 67 89"),
        ("WhatsApp: 0171 2345678", "phone", "0171 2345678"),
        ("手机 138 0013 8000", "phone", "138 0013 8000"),
        ("pay to DE89 3704 0044 0532 0130 00 first", "iban", "DE89 3704 0044 0532 0130 00"),
        ("pay to GB82WEST12345698765432", "iban", "GB82WEST12345698765432"),
        ("as @pen.lover shows", "handle", "@pen.lover"),
        ("WeChat: pens_8888", "handle", "pens_8888"),
        ("see instagram.com/pen.lover for more", "profile", "instagram.com/pen.lover"),
        ("https://t.me/penlover", "profile", "https://t.me/penlover"),
        ("in order no. 302-1234567-88 the buyer", "order", "302-1234567-88"),
        ("Bestellung Nr. A12345678 wurde", "order", "A12345678"),
        ("订单号：20260304001122", "order", "20260304001122"),
        ("sold by erika  Beispiel in March", "name", "erika  Beispiel"),
        ("卖家王小明在图片中", "name", "王小明"),
    ],
)
def test_it_is_found_where_it_stands(text: str, kind: str, words: str) -> None:
    found = findings({"decision_facts": text}, names=("Erika Beispiel", "王小明", "AG"))
    assert [(one.field, one.kind, text[one.start : one.end].strip()) for one in found] == [
        ("decision_facts", kind, words)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Regulation (EU) 2023/988, Art. 5 and Art. 6; Directive 2014/40/EU.",
        "The GTIN 4006381333931 is on the list of 2026-03-04, price 1 299,00 €, 12 x 500 ml.",
        "Picture 2 shows a vape in the shape of a highlighter; the same as listing L-77812345.",
        "In order to sell tobacco a licence is needed. The order of the pictures is wrong.",
        "The seller offers 100 000 mAh; model AB-1234-5678-90; serial 00123.",
        "Their shop example.org/shoes sells more @ 5 € each; see https://eur-lex.europa.eu/eli/reg/2022/2065.",
        "An aged Agnes would not be AG, and a LAG is no AG either.",
    ],
)
def test_laws_codes_prices_and_shops_are_left_alone(text: str) -> None:
    assert findings({"decision_facts": text}, names=("AG", "Agn")) == ()


@pytest.mark.parametrize("field", FREE_TEXTS)
def test_every_free_text_is_looked_through(field: str) -> None:
    assert [one.field for one in findings({field: "a@b.example"})] == [field]


def test_only_organisations_that_are_known_may_be_named_as_the_source() -> None:
    payload = {"source_identity": "Canary Watch e.V."}
    assert [one.kind for one in findings(payload)] == ["source_identity"]
    assert findings(payload, organisations=("canary watch e.v.",)) == ()


@given(
    payload=st.dictionaries(
        st.sampled_from([*FREE_TEXTS[:3], "source_identity"]), st.text(max_size=60) | st.integers(), max_size=3
    )
)
def test_places_lie_within_their_text(payload: dict[str, Any]) -> None:
    for one in findings(payload, names=("Anna", "李")):
        assert 0 <= one.start < one.end <= len(payload[one.field])
