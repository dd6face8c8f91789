"""The OpenAPI document: what ninja knows of the operations, and the shapes that it is not asked to check."""

from __future__ import annotations

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.docs import Swagger
from ninja.openapi.schema import OpenAPISchema

from piepowder.api.bench import JUDGEMENTS
from piepowder.api.bodies import Reader
from piepowder.api.contract import PROBLEM_SCHEMA
from piepowder.api.decisions import RULINGS
from piepowder.api.rights_shapes import ClaimsGiven, RightGiven
from piepowder.intake.schemas import json_schema
from piepowder.intake.schemas.moments import MOMENTS
from piepowder.intake.schemas.notices import NOTICES

_ABOUT = """
The marketplace's door to its moderation organisation: items and reports in, cases and decisions out.

**Keys.** Send `Authorization: Bearer <key>`; an administrator makes keys under Admin → API keys. Somebody logged in
may also read with their session; only keys write, except at the bench, where a person works with their session and
its token. What a key does not reach does not exist for it.

**Repeating.** A 2xx comes only after everything is committed. Every write may be repeated: with the same
`Idempotency-Key` it gives the same answer and does nothing, with another body it is refused (409).

**Errors** are RFC 9457 problem details with a stable `code` and a JSON pointer to each bad field.
**Limits.** Beyond its rate a key gets 429 with `Retry-After`.
"""


class PiepowderAPI(NinjaAPI):
    def __init__(self) -> None:
        super().__init__(
            title="Piepowder",
            version="1",
            description=_ABOUT.strip(),
            docs=Swagger(settings={"persistAuthorization": False, "displayRequestDuration": True}),
            docs_url="/docs",
            openapi_url="/openapi.json",
            urls_namespace="api",
            parser=Reader(),
        )

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        schema = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        shapes = schema["components"]["schemas"]
        shapes["Problem"] = PROBLEM_SCHEMA
        shapes["SubmittedItem"] = _lifted(json_schema(), shapes)
        shapes["MachineRuling"] = _lifted(RULINGS.json_schema(), shapes)
        shapes["Judgement"] = _lifted(JUDGEMENTS.json_schema(), shapes)
        shapes["Moments"] = _lifted(MOMENTS.json_schema(), shapes)
        shapes["Notice"] = _lifted(NOTICES.json_schema(), shapes)
        shapes["RightGiven"] = _lifted(RightGiven.json_schema(), shapes)
        shapes["ClaimsGiven"] = _lifted(ClaimsGiven.json_schema(), shapes)
        for path in schema["paths"].values():
            for operation in path.values():
                _tell_contract(operation)
        return schema


def _tell_contract(operation: dict[str, Any]) -> None:
    """Put what the contract states where a reader of the page sees it."""
    permission = f"Needs `{operation['x-permission']}`." if operation["x-permission"] else ""
    told = [operation.get("description", ""), permission, f"**Repeating.** {operation['x-repeating']}"]
    operation["description"] = "\n\n".join(part for part in told if part)


def _lifted(schema: dict[str, Any], shapes: dict[str, Any]) -> Any:
    """``schema`` with its definitions moved into ``shapes``, where OpenAPI keeps them."""
    for name, definition in schema.pop("$defs", {}).items():
        shapes[name] = _pointed_anew(definition)
    return _pointed_anew(schema)


def _pointed_anew(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _pointed_anew(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_pointed_anew(value) for value in node]
    if isinstance(node, str) and node.startswith("#/$defs/"):
        return "#/components/schemas/" + node.removeprefix("#/$defs/")
    return node
