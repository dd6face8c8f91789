"""Errors as RFC 9457 problem details."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from piepowder.kernel.errors import PiepowderError, TooMany

_TITLES = {
    400: "Refused",
    401: "Not authenticated",
    403: "Not permitted",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    413: "Too large",
    415: "Unsupported media type",
    422: "Malformed",
    429: "Too many requests",
    500: "Internal error",
    503: "Unavailable",
}


def problem(error: PiepowderError) -> dict[str, Any]:
    """The members of the problem: ``code`` is stable, ``problems`` points at each bad field."""
    body: dict[str, Any] = {
        "type": f"urn:piepowder:problem:{error.code}",
        "title": _TITLES.get(error.status, "Error"),
        "status": error.status,
        "code": error.code,
        "detail": error.detail,
    }
    if error.problems:
        body["problems"] = [{"pointer": p.pointer, "code": p.code, "detail": p.detail} for p in error.problems]
    return body


def problem_response(error: PiepowderError) -> HttpResponse:
    """The problem as ``application/problem+json``."""
    response = JsonResponse(problem(error), status=error.status, content_type="application/problem+json")
    if isinstance(error, TooMany):
        response["Retry-After"] = str(error.retry_after_s)
    if error.status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response


def answer(request: HttpRequest, error: PiepowderError) -> HttpResponse:
    """For ninja's list of exception handlers."""
    return problem_response(error)
