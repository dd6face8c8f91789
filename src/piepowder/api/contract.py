"""What every operation states beside its shapes: who may call it, what repeating it does, how it can refuse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from piepowder.kernel.errors import PiepowderError, TooMany, Unauthenticated
from piepowder.kernel.permissions import Permission

PROBLEM_SCHEMA: dict[str, Any] = {
    "title": "Problem",
    "description": "RFC 9457 problem details. `code` is stable; `problems` points at each bad field.",
    "type": "object",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:piepowder:problem:malformed"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "examples": ["malformed"]},
        "detail": {"type": "string"},
        "problems": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer (RFC 6901) into what was sent"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}

_ALWAYS: tuple[tuple[int, str], ...] = (
    (Unauthenticated.status, Unauthenticated.code),
    (403, "not_permitted"),
    (TooMany.status, TooMany.code),
    (500, "internal_error"),
    (503, "unavailable"),
)
SAFE = "Reading changes nothing."


def contract(
    operation_id: str,
    *,
    permission: Permission | None,
    repeating: str = SAFE,
    refuses: Sequence[type[PiepowderError]] = (),
    more: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Keyword arguments for ninja's decorators; ``more`` is merged into the OpenAPI operation.

    ``refuses`` lists what can go wrong beyond the key, the permission, the rate and ourselves.
    """
    stated: dict[str, Any] = {
        "x-permission": permission.value if permission else None,
        "x-repeating": repeating,
        "responses": _refusals(refuses),
    }
    for name, value in (more or {}).items():
        stated[name] = {**stated[name], **value} if name == "responses" else value
    return {"operation_id": operation_id, "openapi_extra": stated}


def answer_shape(description: str, schema: Mapping[str, Any], content_type: str = "application/json") -> dict[str, Any]:
    """One documented answer."""
    return {"description": description, "content": {content_type: {"schema": dict(schema)}}}


def _refusals(refuses: Sequence[type[PiepowderError]]) -> dict[int, Any]:
    codes: dict[int, list[str]] = {}
    for status, code in (*_ALWAYS, *((error.status, error.code) for error in refuses)):
        codes.setdefault(status, []).append(code)
    shape = {"$ref": "#/components/schemas/Problem"}
    return {
        status: answer_shape(
            " or ".join(f"`{code}`" for code in dict.fromkeys(found)), shape, "application/problem+json"
        )
        for status, found in sorted(codes.items())
    }
