"""What every screen shares: who may open it, and how an error reads.

A screen is a view wrapped in ``screen``. Errors that the caller can answer become a page (or, for a fragment, a message
in its corner) with what happened, why and what to do; forms that keep what was typed call ``problem_of`` themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from piepowder.access.models import User
from piepowder.http.sentences import Words, sentence_for
from piepowder.kernel.errors import FieldProblem, Malformed, PiepowderError

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


@dataclass(frozen=True, slots=True)
class Problem:
    """An error in words: ``happened`` heads it, ``why`` is the operation's own account, ``advice`` what to do."""

    status: int
    code: str
    happened: Words
    why: str
    advice: Words
    fields: tuple[FieldProblem, ...] = ()


def problem_of(error: PiepowderError) -> Problem:
    words = sentence_for(error)
    return Problem(error.status, error.code, words.happened, error.detail, words.advice, error.problems)


def screen(*methods: str) -> Callable[[View[P]], View[P]]:
    """A view for people who are logged in, answering only ``methods`` (``GET`` and ``HEAD`` when none is given)."""

    def wrap(view: View[P]) -> View[P]:
        @wraps(view)
        def answer(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not isinstance(request.user, User):
                return _to_login(request)
            try:
                _refuse_unwritable(request)
                response = view(request, *args, **kwargs)
            except PiepowderError as error:
                return problem_page(request, problem_of(error))
            if not response.has_header("Cache-Control"):
                patch_cache_control(response, private=True, no_cache=True)
            return response

        checked = cast("View[P]", require_http_methods(list(methods) or ["GET", "HEAD"])(answer))
        checked.needs_login = True  # type: ignore[attr-defined]
        return checked

    return wrap


def _refuse_unwritable(request: HttpRequest) -> None:
    """No text that is typed anywhere may hold the character zero, which PostgreSQL can neither keep nor look for."""
    lists = [*request.GET.lists(), *request.POST.lists()]
    if any("\0" in text for text in [request.path, *(text for name, texts in lists for text in [name, *texts])]):
        raise Malformed(_("a text must not hold the character zero"))


def is_fragment(request: HttpRequest) -> bool:
    """Whether the page asks for a part of itself rather than for a page."""
    return request.headers.get("HX-Request") == "true"


def problem_page(request: HttpRequest, problem: Problem) -> HttpResponse:
    """``problem`` as a page, or as a message in the corner of the page that asked for a fragment."""
    if is_fragment(request):
        response = render(request, "web/_problem_toast.html", {"problem": problem}, status=problem.status)
        response["HX-Retarget"] = "#toasts"
        response["HX-Reswap"] = "afterbegin"
        response["HX-Push-Url"] = "false"
        return response
    return render(request, "web/problem.html", {"problem": problem}, status=problem.status)


def _to_login(request: HttpRequest) -> HttpResponse:
    if is_fragment(request):
        response = HttpResponse(status=204)
        response["HX-Redirect"] = redirect_to_login(request.headers.get("HX-Current-URL", "/")).url
        return response
    return redirect_to_login(request.get_full_path())
