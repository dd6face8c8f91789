"""Everything that can go wrong in a request, as problem details; internals stay in the log."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from csp.constants import HEADER
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from piepowder.http.csp import NOTHING
from piepowder.http.problems import answer, problem_response
from piepowder.kernel.errors import FieldProblem, Malformed, NotFound, PiepowderError, Unauthenticated

logger = logging.getLogger("piepowder.api")

View = Callable[..., HttpResponseBase]


class NoSuchOperation(NotFound):
    code = "no_such_operation"


class MethodNotAllowed(PiepowderError):
    status = 405
    code = "method_not_allowed"


class Broken(PiepowderError):
    """A mistake of ours. What it was stands in the log, under the request's id."""

    status = 500
    code = "internal_error"


class Unavailable(PiepowderError):
    """The database did not answer; the same request may work in a moment."""

    status = 503
    code = "unavailable"


def install(api: NinjaAPI) -> None:
    """Have ``api`` answer all errors as problems."""
    for error, answered in _ANSWERS.items():
        api.add_exception_handler(error, answered)


def as_problems(view: View) -> View:
    """``view`` with the framework's own bare answers (no such method, no such page) turned into problems."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            response = view(request, *args, **kwargs)
        except Http404 as error:
            response = _nothing_here(request, error)
        if isinstance(response, HttpResponseNotAllowed):
            allowed = response["Allow"]
            refusal = problem_response(MethodNotAllowed(f"{request.method} is not answered here, only {allowed}"))
            refusal["Allow"] = allowed
            response = refusal
        if not response.get("Content-Type", "").startswith("text/html"):
            response.headers.setdefault(HEADER, NOTHING)
        return response

    return checked


def no_such_operation(request: HttpRequest) -> HttpResponse:
    """For every address below the API's that leads nowhere."""
    return _nothing_here(request, Http404())


def _bad_parameters(request: HttpRequest, error: ValidationError) -> HttpResponse:
    problems = [
        FieldProblem("/" + "/".join(str(step) for step in found["loc"]), str(found["type"]), str(found["msg"]))
        for found in error.errors
    ]
    return problem_response(Malformed("a parameter is not what it should be", problems=problems))


def _anonymous(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    if request.method in {"GET", "HEAD"}:
        return problem_response(Unauthenticated("send an API key as 'Authorization: Bearer …', or log in"))
    return problem_response(Unauthenticated("writing needs an API key, sent as 'Authorization: Bearer …'"))


def _from_the_framework(request: HttpRequest, error: HttpError) -> HttpResponse:
    if error.status_code >= 500:
        return _broken(request, error)
    return problem_response(Malformed("the request cannot be read"))


def _nothing_here(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem_response(NoSuchOperation("there is nothing at this address; see /api/docs"))


def _unavailable(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.error("database error", exc_info=error)
    response = problem_response(Unavailable("the database does not answer; try again in a moment"))
    response["Retry-After"] = "1"
    return response


def _broken(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.error("unhandled error", exc_info=error)
    return problem_response(Broken("something went wrong here; nothing was stored"))


_ANSWERS: dict[type[Exception], Callable[..., HttpResponse]] = {
    PiepowderError: answer,
    ValidationError: _bad_parameters,
    AuthenticationError: _anonymous,
    HttpError: _from_the_framework,
    Http404: _nothing_here,
    OperationalError: _unavailable,
    InterfaceError: _unavailable,
    Exception: _broken,
}
