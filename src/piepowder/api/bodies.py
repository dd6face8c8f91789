"""Reading what was sent, never more of it than allowed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, cast

import orjson
from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from ninja.parser import Parser

from piepowder.kernel.errors import FieldProblem, Malformed, PiepowderError

JSON_LIMIT = 1024 * 1024
_CHUNK = 64 * 1024
_DRAINED_AT_MOST = 16 * JSON_LIMIT


class TooLarge(PiepowderError):
    status = 413
    code = "too_large"


class NotJson(Malformed):
    code = "not_json"


class WrongMediaType(PiepowderError):
    status = 415
    code = "wrong_media_type"


class Reader(Parser):
    """Reads what the framework checks by itself: nothing may hold the character zero, which PostgreSQL cannot keep, nor half
    a character, which no database can."""

    def parse_body(self, request: HttpRequest) -> Any:
        sent = orjson.loads(request.body)
        _refuse_zero(sent, "")
        return sent

    def parse_querydict(
        self, data: MultiValueDict[str, Any], list_fields: list[str], request: HttpRequest
    ) -> dict[str, Any]:
        asked = super().parse_querydict(data, list_fields, request)
        _refuse_zero(asked, "/query")
        return asked


def _refuse_zero(value: Any, pointer: str) -> None:
    if isinstance(value, str) and "\0" in value:
        problem = FieldProblem(pointer, "unwritable", "a text must not hold the character zero")
        raise Malformed("a text must not hold the character zero", problems=[problem])
    if isinstance(value, dict):
        for name, one in value.items():
            place = f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"
            _refuse_zero(name, place)
            _refuse_zero(one, place)
    if isinstance(value, list):
        for index, one in enumerate(value):
            _refuse_zero(one, pointer if pointer.startswith("/query") else f"{pointer}/{index}")


def json_body(request: HttpRequest, limit: int = JSON_LIMIT) -> tuple[Any, bytes]:
    """The body as a value, and as it came; raises ``TooLarge`` or ``NotJson`` (UTF-8 is part of what JSON is)."""
    raw = body(request, limit)
    try:
        return orjson.loads(raw), raw
    except orjson.JSONDecodeError as error:
        detail = f"line {error.lineno} column {error.colno}: {error.msg}"
        raise NotJson("the body is not JSON", problems=[FieldProblem("", "not_json", detail)]) from None


def body(request: HttpRequest, limit: int) -> bytes:
    """The whole body; raises ``TooLarge`` without keeping it when its length is told, else as soon as it is exceeded.

    One that is only somewhat too large is read to its end and thrown away: the server closes a connection whose request
    it has not read, and a sender in the middle of sending then may lose the answer.
    """
    told = request.META.get("CONTENT_LENGTH") or "0"
    if told.isdigit() and int(told) > limit:
        if int(told) <= _DRAINED_AT_MOST:
            for _unwanted in chunks(request):
                pass
        raise _too_large(limit)
    parts, size = [], 0
    for chunk in chunks(request):
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        parts.append(chunk)
    return b"".join(parts)


def chunks(request: HttpRequest) -> Iterator[bytes]:
    """The body bit by bit, whether its length was told or it comes chunked."""
    source = stream(request)
    while chunk := source.read(_CHUNK):
        yield chunk


def stream(request: HttpRequest) -> BinaryIO:
    """The body as a file. Django reads nothing when no length is told, so a chunked body comes from the server itself."""
    if request.META.get("CONTENT_LENGTH") or "chunked" not in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
        return cast(BinaryIO, request)
    return cast(BinaryIO, request.META["wsgi.input"])


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"the body has more than {limit // 1024} KiB; send many items to /api/v1/items/bulk")
