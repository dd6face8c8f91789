"""What pydantic found, in our codes and words, with JSON pointers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import ErrorDetails, ValidationError

from piepowder.kernel.errors import FieldProblem

MOST_PROBLEMS = 20

_HINTS = {
    "media": "name pictures, films and documents in the content (images, video, thumbnails, file …)",
    "external_id": "the marketplace's own id of the item is 'id'",
    "seller_ref": "the seller's id is 'seller'",
    "country": "the country is 'market'",
}

_WORDS: Mapping[str, tuple[str, str]] = {
    "missing": ("missing", "{field} is missing"),
    "string_type": ("wrong_type", "{field} must be a text"),
    "string_unicode": ("bad_text", "{field} holds half of a character pair, which is no text"),
    "string_too_short": ("too_short", "{field} must not be empty"),
    "string_too_long": ("too_long", "{field} has more than the {max_length} characters allowed"),
    "int_type": ("wrong_type", "{field} must be a whole number"),
    "int_parsing": ("wrong_type", "{field} must be a whole number"),
    "int_from_float": ("wrong_type", "{field} must be a whole number"),
    "int_parsing_size": ("out_of_range", "{field} is too large a number"),
    "float_type": ("wrong_type", "{field} must be a number"),
    "float_parsing": ("wrong_type", "{field} must be a number"),
    "finite_number": ("wrong_type", "{field} must be a finite number"),
    "bool_type": ("wrong_type", "{field} must be true or false"),
    "bool_parsing": ("wrong_type", "{field} must be true or false"),
    "list_type": ("wrong_type", "{field} must be a list"),
    "dict_type": ("wrong_type", "{field} must be an object with named fields"),
    "model_attributes_type": ("wrong_type", "{field} must be an object with named fields"),
    "greater_than_equal": ("out_of_range", "{field} must be at least {ge}"),
    "less_than_equal": ("out_of_range", "{field} must be at most {le}"),
    "too_long": ("too_many", "{field} has {actual_length} entries; at most {max_length} are allowed"),
    "too_short": ("too_few", "{field} needs at least {min_length} entry"),
    "literal_error": ("not_allowed", "{field} must be one of {expected}"),
    "union_tag_invalid": ("unknown_kind", "'kind' must be one of {expected_tags}"),
    "union_tag_not_found": ("missing", "'kind' is missing"),
}
_PATTERNS = {
    "^[a-z]{2,3}(": ("unknown_language", "{field} must be a language such as en, de or zh-Hans, without a country"),
    "^[a-z][a-z_]": ("bad_role", "{field} must be a lowercase word of at most 20 letters"),
    "^[^\\x00": ("bad_text", "{field} must not be empty or hold control characters"),
}


def field_problems(error: ValidationError, adapter: TypeAdapter[Any], pointer: str, tagged: bool) -> list[FieldProblem]:
    """The first problems in ``error``; with ``tagged`` the first step of each place is the kind and no field."""
    problems = []
    for found in error.errors(include_url=False)[:MOST_PROBLEMS]:
        place = found["loc"][1:] if tagged and found["loc"] else found["loc"]
        if found["type"].startswith("union_tag"):
            place = ("kind",)
        code, detail = _words(found, place, adapter)
        problems.append(FieldProblem(pointer_to(pointer, place), code, detail))
    return problems


def pointer_to(base: str, place: Sequence[str | int]) -> str:
    """``place`` under ``base`` as a JSON pointer (RFC 6901)."""
    return base + "".join("/" + _shown(step).replace("~", "~0").replace("/", "~1") for step in place if step != "[key]")


def _shown(step: str | int) -> str:
    """A step that can be written in any answer, whatever the sender called it."""
    return str(step)[:200].encode(errors="replace").decode()


def _words(found: ErrorDetails, place: Sequence[str | int], adapter: TypeAdapter[Any]) -> tuple[str, str]:
    kind, context = found["type"], found.get("ctx", {})
    field = f"'{'.'.join(_shown(step)[:60] for step in place if step != '[key]')}'" if place else "this"
    if kind == "extra_forbidden":
        return "unknown_field", _unknown(field, found["loc"], adapter)
    if kind == "string_pattern_mismatch":
        for start, (code, detail) in _PATTERNS.items():
            if context["pattern"].startswith(start):
                return code, detail.format(field=field)
    if kind in _WORDS:
        code, detail = _WORDS[kind]
        return code, detail.format(field=field, **context)
    if kind in _OURS:
        return kind, f"{field} {found['msg']}"
    return "invalid", f"{field} cannot be read: {found['msg']}"


_OURS = {
    "unknown_market",
    "unknown_currency",
    "bad_check_digit",
    "bad_gtin",
    "bad_address",
    "bad_time",
    "bad_date",
    "bad_email",
}


def _unknown(field: str, loc: Sequence[str | int], adapter: TypeAdapter[Any]) -> str:
    name = str(loc[-1])
    known = _names_at(adapter, loc[:-1])
    if hint := _HINTS.get(name):
        return f"there is no field {field}: {hint}"
    if near := get_close_matches(name, known, n=1):
        return f"there is no field {field}; did you mean '{near[0]}'?"
    if "attributes" in known:
        return f"there is no field {field}; what has no field of its own goes into 'attributes'"
    return f"there is no field {field}; known are {', '.join(sorted(known))}"


def _names_at(adapter: TypeAdapter[Any], loc: Sequence[str | int]) -> list[str]:
    """The fields that exist where ``loc`` leads, found by walking the JSON schema; slow, and only for bad input."""
    schema = adapter.json_schema()
    definitions, node = schema.get("$defs", {}), schema
    for step in loc:
        node = _resolved(node, definitions)
        if "discriminator" in node:
            node = {"$ref": node["discriminator"]["mapping"][step]}
        elif isinstance(step, int):
            node = node.get("items", {})
        else:
            node = node.get("properties", {}).get(step, {})
    return list(_resolved(node, definitions).get("properties", {}))


def _resolved(node: dict[str, Any], definitions: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    while "$ref" in node:
        node = definitions[node["$ref"].rsplit("/", 1)[-1]]
    return node
