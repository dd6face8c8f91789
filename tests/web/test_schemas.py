"""Fields of one's own, on their page."""

from __future__ import annotations

import pytest

from piepowder.intake.custom_schemas import custom_fields
from tests.web.conftest import LogIn

pytestmark = pytest.mark.django_db


def test_fields_are_published_row_by_row_and_shown_again(log_in: LogIn) -> None:
    page = log_in("admin")
    form = {
        "name-0": "colour", "type-0": "choice", "required-0": "1", "labels-0": "en: Colour\nde: Farbe", "choices-0": "red\nblue",
        "name-1": "", "type-1": "text",
        "name-2": "weight_g", "type-2": "number", "hint-2": "without packing",
    }  # fmt: skip
    assert page.post("/schemas/listing/", form).status_code == 302
    colour, weight = custom_fields("listing")
    assert (colour.required, colour.choices, colour.label("de")) == (True, ("red", "blue"), "Farbe")
    assert (weight.type, weight.hint) == ("number", "without packing")
    shown = page.get("/schemas/listing/").content.decode()
    assert "de: Farbe" in shown
    assert "weight_g" in page.get("/schemas/").content.decode()


def test_a_fault_is_told_in_its_row_and_what_was_typed_stays(log_in: LogIn) -> None:
    page = log_in("admin")
    answer = page.post(
        "/schemas/listing/", {"name-0": "Colour Of It", "type-0": "text", "name-1": "ok", "type-1": "text"}
    )
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert 'value="Colour Of It"' in shown
    assert "a letter first" in shown
    assert custom_fields("listing") == ()


def test_the_page_is_for_those_who_may_edit_schemas(log_in: LogIn) -> None:
    assert log_in("lead").get("/schemas/listing/").status_code == 403
    assert log_in("admin").get("/schemas/song/").status_code == 404
