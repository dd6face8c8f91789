"""The operations of the API."""

from __future__ import annotations

from typing import Any

from pages.markdown import code, document, table
from piepowder.api.urls import api

FILE = "api.md"
TITLE = "API"
TOLD = """\
The operations at a glance; shapes stand in OpenAPI at `/api/docs`. Send an API key as `Authorization: Bearer …`; somebody
logged in may read with their session. Every refusal is a [problem document](errors.md)."""

_METHODS = ("get", "post", "put", "patch", "delete")


def page() -> str:
    schema: dict[str, Any] = api.get_openapi_schema()
    rows = []
    for path, operations in schema["paths"].items():
        for method in _METHODS:
            if method in operations:
                rows.append(_row(method, path, operations[method]))
    return document(TITLE, TOLD, "api", table(("operation", "what", "permission", "sent twice"), rows))


def _row(method: str, path: str, operation: dict[str, Any]) -> tuple[str, str, str, str]:
    told = f"**{operation['summary']}.** {operation.get('description', '')}"
    return (
        code(f"{method.upper()} {path}"),
        told.split("\n\n")[0].replace("``", "`"),
        code(operation.get("x-permission") or ""),
        operation.get("x-repeating", ""),
    )
