"""Which fields of an item can be corrected in a form, read from the schema of its kind, and how they are written there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from django.utils.translation import gettext as _

from piepowder.intake.custom_schemas import custom_fields
from piepowder.intake.schemas import json_schema
from piepowder.intake.schemas.kinds import MEDIA_FIELDS
from piepowder.intake.words import LABELS, VALUES
from piepowder.kernel.money import minor_digits
from piepowder.portal.languages import text_language

KINDS: Final = ("listing", "short_video", "text", "document")
"""What can be corrected here. A livestream is over; an account is changed where the marketplace keeps it."""

_DEFINITIONS: Final = {"listing": "Listing", "short_video": "ShortVideo", "text": "Text", "document": "Document"}
_FIXED: Final = frozenset({"attributes", "duration_s", "text_type", "about", "document_of", "promotes"})
_LONG: Final = 300


@dataclass(frozen=True, slots=True)
class ItemField:
    """One field. ``sort`` is ``line``, ``text``, ``choice``, ``whole``, ``number``, ``yes_no``, ``day``, ``money``, ``list``,
    ``files`` or ``file``; ``own`` tells a field that the marketplace added, which stands in the attributes."""

    name: str
    sort: str
    label: str
    required: bool
    own: bool = False
    longest: int | None = None
    choices: tuple[tuple[str, str], ...] = ()
    hint: str = ""
    least: int | None = None
    most: int | None = None


def fields_of(kind: str) -> tuple[ItemField, ...]:
    """The fields of a kind in the order of its schema, those that the marketplace added last."""
    schema = _schema()["$defs"][_DEFINITIONS[kind]]
    media = {name for name, _role in MEDIA_FIELDS[kind]}
    required = set(schema.get("required", ()))
    found = [
        field
        for name, told in schema["properties"].items()
        if name not in _FIXED and (field := _field(name, told, required=name in required, media=name in media))
    ]
    return (*found, *_own(kind))


def _field(name: str, told: Mapping[str, Any], *, required: bool, media: bool) -> ItemField | None:
    told = _resolved(told)
    label = str(LABELS.get(name, name.replace("_", " ").capitalize()))
    if media:
        return ItemField(name, "files" if told.get("type") == "array" else "file", label, required)
    if set(told.get("properties", ())) == {"amount", "currency"}:
        return ItemField(name, "money", label, required)
    if "enum" in told:
        choices = tuple((str(one), str(VALUES.get(str(one), one))) for one in told["enum"])
        return ItemField(name, "choice", label, required, choices=choices)
    if told.get("type") == "string":
        longest = told.get("maxLength")
        if name.endswith("_on"):
            return ItemField(name, "day", label, required)
        return ItemField(name, "text" if (longest or 0) > _LONG else "line", label, required, longest=longest)
    if told.get("type") == "integer":
        return ItemField(name, "whole", label, required, least=told.get("minimum"), most=told.get("maximum"))
    if told.get("type") == "boolean":
        return ItemField(name, "yes_no", label, required)
    return None


def _own(kind: str) -> Iterator[ItemField]:
    sorts = {"text": "line", "number": "number", "yes_no": "yes_no", "date": "day", "choice": "choice", "list": "list"}
    for one in custom_fields(kind):
        choices = tuple((choice, choice) for choice in one.choices)
        label = one.label(text_language())
        hint = one.hint or (_("One in each line.") if one.type == "list" else "")
        yield ItemField(one.name, sorts[one.type], label, one.required, own=True, choices=choices, hint=hint)


def written(field: ItemField, content: Mapping[str, Any]) -> dict[str, Any]:
    """What stands in the form's inputs for ``field`` before anything is changed, by the name of the input."""
    value = _value(field, content)
    if field.sort == "money":
        money = value if isinstance(value, Mapping) else {}
        currency = str(money.get("currency", ""))
        shown = ""
        if "amount" in money:
            digits = minor_digits(currency)
            shown = f"{int(money['amount']) / 10**digits:.{digits}f}"
        return {f"{key(field)}__amount": shown, f"{key(field)}__currency": currency}
    if field.sort == "list":
        return {key(field): "\n".join(str(one) for one in value) if isinstance(value, list) else ""}
    if field.sort in ("files", "file"):
        listed = value if isinstance(value, list) else [value] if value else []
        return {f"{key(field)}__keep": [str(place) for place in range(len(listed))]}
    return {key(field): "" if value is None else value}


def key(field: ItemField) -> str:
    """The name of the field's input; what the marketplace added cannot collide with what every item has."""
    return f"own_{field.name}" if field.own else field.name


def _value(field: ItemField, content: Mapping[str, Any]) -> Any:
    if field.own:
        attributes = content.get("attributes")
        return attributes.get(field.name) if isinstance(attributes, Mapping) else None
    return content.get(field.name)


@cache
def _schema() -> dict[str, Any]:
    return json_schema()


def _resolved(told: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" in told:
        found: Mapping[str, Any] = _schema()["$defs"][str(told["$ref"]).rsplit("/", 1)[-1]]
        return found
    return told
