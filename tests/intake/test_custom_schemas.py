"""Fields that an organisation adds to a kind of item."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from piepowder.access.visibility import NotPermitted
from piepowder.intake.custom_schemas import BadItemSchema, custom_fields, publish_item_schema
from piepowder.intake.operations import receive
from piepowder.intake.schemas import parse_submission
from piepowder.intake.schemas.custom import attribute_problems, fields_of
from piepowder.kernel.actor import SYSTEM, Actor, ActorKind

FIELDS: list[dict[str, Any]] = [
    {
        "name": "colour",
        "type": "choice",
        "labels": {"en": "Colour", "zh-Hans": "颜色"},
        "choices": ["red", "blue"],
        "required": True,
    },
    {"name": "weight_g", "type": "number"},
    {"name": "made_on", "type": "date"},
    {"name": "organic", "type": "yes_no"},
    {"name": "materials", "type": "list", "choices": ["wood", "iron"]},
    {"name": "story", "type": "text"},
]


def listing(**attributes: Any) -> Any:
    content = {"title": "A lamp", **({"attributes": attributes} if attributes else {})}
    return parse_submission({"kind": "listing", "id": "L-1", "market": "DE", "language": "de", "content": content})


@pytest.mark.parametrize(
    ("attributes", "pointers"),
    [
        (
            {
                "colour": "red",
                "weight_g": 12.5,
                "made_on": "2026-03-04",
                "organic": False,
                "materials": ["wood"],
                "story": "x",
            },
            [],
        ),
        ({"colour": "red", "unknown": [1]}, []),
        ({"colour": "green"}, ["colour"]),
        ({"colour": ""}, ["colour"]),
        ({}, ["colour"]),
        ({"colour": "red", "weight_g": "heavy"}, ["weight_g"]),
        ({"colour": "red", "weight_g": True}, ["weight_g"]),
        ({"colour": "red", "made_on": "yesterday"}, ["made_on"]),
        ({"colour": "red", "made_on": 3}, ["made_on"]),
        ({"colour": "red", "organic": "no"}, ["organic"]),
        ({"colour": "red", "materials": ["wood", "gold"]}, ["materials"]),
        ({"colour": "red", "materials": "wood"}, ["materials"]),
        ({"colour": "red", "story": 7}, ["story"]),
    ],
)
def test_attributes_keep_to_the_fields(attributes: dict[str, Any], pointers: list[str]) -> None:
    found = attribute_problems(fields_of(FIELDS), {"attributes": attributes})
    assert [problem.pointer for problem in found] == [f"/content/attributes/{name}" for name in pointers]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({}, ""),
        ([1], "/0"),
        ([{"name": "Colour", "type": "text"}], "/0/name"),
        ([{"name": "a", "type": "colour"}], "/0/type"),
        ([{"name": "a", "type": "text"}, {"name": "a", "type": "text"}], "/1/name"),
        ([{"name": "a", "type": "choice"}], "/0/choices"),
        ([{"name": "a", "type": "text", "choices": ["x"]}], "/0/choices"),
        ([{"name": "a", "type": "list", "choices": ["x", "x"]}], "/0/choices"),
        ([{"name": "a", "type": "text", "labels": {"german": "x"}}], "/0/labels/german"),
        ([{"name": "a", "type": "text", "labels": {"de": " "}}], "/0/labels/de"),
        ([{"name": "a", "type": "text", "size": 3}], "/0/size"),
        ([{"name": "a", "type": "text", "required": "yes"}], "/0/required"),
    ],
)
@pytest.mark.django_db
def test_a_definition_with_a_fault_is_refused_with_its_place(now: datetime, fields: Any, pointer: str) -> None:
    with pytest.raises(BadItemSchema) as caught:
        publish_item_schema(actor=SYSTEM, at=now, kind="listing", fields=fields)
    assert [problem.pointer for problem in caught.value.problems] == [pointer]


@pytest.mark.django_db
def test_items_that_come_after_a_field_was_published_must_keep_to_it(now: datetime) -> None:
    (before,) = receive(actor=SYSTEM, submissions=[listing()], at=now)
    publish_item_schema(actor=SYSTEM, at=now, kind="listing", fields=FIELDS)
    assert [one.label("zh-Hans") for one in custom_fields("listing")][:2] == ["颜色", "Weight g"]
    (refused,) = receive(actor=SYSTEM, submissions=[listing(colour="green")], at=now)
    (taken,) = receive(actor=SYSTEM, submissions=[listing(colour="red")], at=now)
    assert (before.result, refused.result, taken.result) == ("created", "refused", "updated")
    assert [problem.pointer for problem in refused.problems] == ["/content/attributes/colour"]
    publish_item_schema(actor=SYSTEM, at=now, kind="listing", fields=[])
    assert custom_fields("listing") == ()


@pytest.mark.django_db
def test_publishing_fields_needs_its_permission(now: datetime) -> None:
    with pytest.raises(NotPermitted):
        publish_item_schema(actor=Actor(ActorKind.PERSON, "1", ()), at=now, kind="listing", fields=[])
    with pytest.raises(BadItemSchema):
        publish_item_schema(actor=SYSTEM, at=now, kind="song", fields=[])
