"""What every page of the portal shares: whose visit it is, in which language, and how an error reads.

A page is a view wrapped in ``page``, which gets the guest, or in ``open_page`` for what needs no link (reporting an item).
Nothing here looks at who is logged in to the console: the two meet only when somebody has both open in one browser.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from piepowder.http.pages import Problem, problem_of
from piepowder.kernel.errors import Forbidden, Malformed, PiepowderError, TooMany
from piepowder.portal.limits import spend
from piepowder.portal.links import SubjectKind
from piepowder.portal.uploads import MOST_BYTES, refuse_too_much, told_length
from piepowder.portal.visits import Guest, NoSuchThing, VisitOver, guest_of

COOKIE = "piepowder_portal"
LANGUAGE_COOKIE = "piepowder_portal_language"
_PATH = "/portal/"
_TYPED_AT_MOST = 20_000


class FormStale(Forbidden):
    code = "form_stale"


P = ParamSpec("P")
GuestView = Callable[Concatenate[HttpRequest, Guest, P], HttpResponseBase]
OpenView = Callable[Concatenate[HttpRequest, P], HttpResponseBase]
Page = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def page(
    *methods: str, kinds: Collection[str] = (SubjectKind.SELLER,), within_one: bool = False
) -> Callable[[GuestView[P]], Callable[Concatenate[HttpRequest, P], HttpResponseBase]]:
    """A view for guests of ``kinds``. Whoever came for one thing only sees pages that are ``within_one``; the others lead
    to that thing."""

    def wrap(view: GuestView[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @csrf_exempt
        @wraps(view)
        def answer(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            guest = _come_by(request)
            if isinstance(guest, PiepowderError):
                refusal = guest
                return closed(_in_words(request, lambda: _over(request, refusal), chosen_language(request)))
            here, language = guest, guest.subject.language
            return closed(_in_words(request, lambda: _shown(request, here, view, *args, **kwargs), language))

        checked = cast("Page[P]", require_http_methods(list(methods) or ["GET", "HEAD"])(answer))
        checked.needs_link = True  # type: ignore[attr-defined]
        return checked

    def _shown(
        request: HttpRequest, guest: Guest, view: GuestView[P], *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponseBase:
        request.guest = guest  # type: ignore[attr-defined]  # for the frame of the page
        try:
            spend("read" if request.method in ("GET", "HEAD") else "write", guest.who)
            if guest.subject.kind not in kinds:
                raise NoSuchThing(_("this page is for others"))
            if guest.subject.only and not within_one:
                return redirect(_the_one(guest))
            return _guarded(request, lambda: view(request, guest, *args, **kwargs))
        except PiepowderError as error:
            return problem_page(request, problem_of(error), error)

    return wrap


def open_page(*methods: str) -> Callable[[OpenView[P]], Callable[Concatenate[HttpRequest, P], HttpResponseBase]]:
    """A view for anybody, without a link; the guest of this browser, if there is one, is not looked at."""

    def wrap(view: OpenView[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @csrf_exempt
        @wraps(view)
        def answer(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            def shown() -> HttpResponseBase:
                try:
                    refuse_too_much(request)
                    return _guarded(request, lambda: view(request, *args, **kwargs))
                except PiepowderError as error:
                    return problem_page(request, problem_of(error), error)

            return closed(_in_words(request, shown, chosen_language(request)))

        return cast("Page[P]", require_http_methods(list(methods) or ["GET", "HEAD"])(answer))

    return wrap


def _guarded(request: HttpRequest, view: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """``view`` behind the check that the form is one of ours, which reads the whole body: until then nobody knows how much
    it is and who sends it, so it comes after both are known."""
    reached = False

    def inner(_request: HttpRequest) -> HttpResponseBase:
        nonlocal reached
        reached = True
        _refuse_unwritable(request)
        return view()

    response = csrf_protect(inner)(request)
    if reached:
        return response
    stale = FormStale(_("this form was opened too long ago, or in another window"))
    return problem_page(request, problem_of(stale), stale)


def chosen_language(request: HttpRequest) -> str:
    """What was chosen in this browser, else what it asks for."""
    chosen = request.COOKIES.get(LANGUAGE_COOKIE, "")
    return chosen if chosen in dict(settings.LANGUAGES) else translation.get_language_from_request(request)


def interface_language(code: str) -> str:
    """The language of the screens nearest to ``code`` (``zh-Hans`` and ``zh-CN`` are ``zh-hans`` there), else English."""
    known, wanted = dict(settings.LANGUAGES), code.lower()
    if wanted in known:
        return wanted
    family = wanted.split("-")[0]
    return next((one for one in known if one.split("-")[0] == family), settings.LANGUAGE_CODE)


def closed(response: HttpResponseBase) -> HttpResponseBase:
    """Kept by nobody on the way, and found by no search engine."""
    response["Cache-Control"] = "no-store, private"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def remember(response: HttpResponseBase, name: str, value: str, *, seconds: int | None = None) -> None:
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path=_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def forget(response: HttpResponseBase, name: str) -> None:
    response.delete_cookie(name, path=_PATH, samesite="Lax")


def problem_page(request: HttpRequest, problem: Problem, error: PiepowderError | None = None) -> HttpResponse:
    """``problem`` as a page of the portal; what was typed stands on it, so that nothing is lost."""
    shown: dict[str, Any] = {"problem": problem, "typed": typed(request)}
    response = render(request, "portal/problem.html", shown, status=problem.status)
    if isinstance(error, TooMany):
        response["Retry-After"] = str(error.retry_after_s)
    return response


def typed(request: HttpRequest) -> list[str]:
    """The longer texts of a form that could not be taken in, to be copied by whoever typed them."""
    if request.method != "POST" or told_length(request) > MOST_BYTES:
        return []
    return [text[:_TYPED_AT_MOST] for name in request.POST for text in request.POST.getlist(name) if len(text) > 80]


def _come_by(request: HttpRequest) -> Guest | PiepowderError:
    try:
        refuse_too_much(request)
        return guest_of(request.COOKIES.get(COOKIE, ""), at=timezone.now())
    except PiepowderError as error:
        return error


def _over(request: HttpRequest, error: PiepowderError) -> HttpResponse:
    known = request.COOKIES.get(COOKIE, "")
    shown = {"problem": problem_of(error), "typed": typed(request), "came_before": bool(known)}
    over = isinstance(error, VisitOver)
    response = render(request, "portal/over.html" if over else "portal/problem.html", shown, status=error.status)
    if over and known:
        forget(response, COOKIE)
    return response


def _the_one(guest: Guest) -> str:
    if guest.subject.kind == SubjectKind.SELLER:
        return reverse("portal:decision", args=[guest.subject.only])
    return reverse("portal:report", args=[guest.subject.only])


def _in_words(request: HttpRequest, answer: Callable[[], HttpResponseBase], language: str) -> HttpResponseBase:
    chosen = interface_language(language)
    with translation.override(chosen), timezone.override("UTC"):
        request.LANGUAGE_CODE = chosen
        response = answer()
        response.headers.setdefault("Content-Language", chosen)
    return response


def _refuse_unwritable(request: HttpRequest) -> None:
    """No text that is typed anywhere may hold the character zero, which PostgreSQL can neither keep nor look for."""
    lists = [*request.GET.lists(), *request.POST.lists()]
    if any("\0" in text for text in [request.path, *(text for name, texts in lists for text in [name, *texts])]):
        raise Malformed(_("a text must not hold the character zero"))
