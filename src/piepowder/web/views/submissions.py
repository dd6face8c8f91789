"""Statements on their way to the DSA Transparency Database."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from piepowder.access.visibility import holds_whole
from piepowder.http.identity import actor_of
from piepowder.http.pages import problem_of, screen
from piepowder.interop import operations, queries
from piepowder.interop.by_hand import BadToken
from piepowder.interop.monitor import RECENT_DAYS
from piepowder.interop.states import SubmissionState
from piepowder.interop.streams import flagged
from piepowder.kernel.errors import FieldProblem, Malformed
from piepowder.kernel.permissions import Permission
from piepowder.web.filters import number, start_of, typed
from piepowder.web.paging import paged
from piepowder.web.stream_chart import chart
from piepowder.web.views.me import back_to


def _may_edit(request: HttpRequest) -> bool:
    return holds_whole(actor_of(request), Permission.SUBMISSION_EDIT)


@screen()
def submissions(request: HttpRequest) -> HttpResponse:
    """How submitting goes, and what can be done about the line itself."""
    shown = {"board": queries.board(actor_of(request), now=timezone.now()), "may_edit": _may_edit(request)}
    return render(request, "web/submissions/board.html", shown)


@screen()
def submissions_all(request: HttpRequest) -> HttpResponse:
    """Every submission; two queries besides the frame, whatever the length."""
    asked = typed(request.GET, "state", "stream", "text")
    filters = queries.SubmissionFilters(
        asked["state"], asked["stream"], asked["text"], late=request.GET.get("late") == "1"
    )
    page = paged(request, queries.submissions(actor_of(request), filters, now=timezone.now()))
    shown = {
        "page": page,
        "filters": request.GET,
        "states": SubmissionState.choices,
        "streams": queries.streams_known(),
    }
    return render(request, "web/submissions/list.html", shown)


@screen()
def submissions_repair(request: HttpRequest) -> HttpResponse:
    """What waits for a person, oldest first."""
    filters = queries.SubmissionFilters(to_do=True)
    page = paged(request, queries.submissions(actor_of(request), filters, now=timezone.now()))
    lines = [(row, queries.fields_named(row)) for row in page.rows]
    return render(request, "web/submissions/repair.html", {"page": page, "lines": lines})


@screen()
def submission_streams(request: HttpRequest) -> HttpResponse:
    """What each stream of statements says lately, beside what it said before."""
    days = number(request.GET.get("days", "")) or RECENT_DAYS
    days = min(max(days, 1), 30)
    found = queries.monitor(actor_of(request), now=timezone.now(), recent_days=days)
    shown = {"found": found, "changed": flagged(found), "chart": chart(found), "days": days, "choices": (1, 3, 7, 14)}
    return render(request, "web/submissions/streams.html", shown)


@screen()
def submission(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    page = queries.submission(actor_of(request), submission_id)
    return render(request, "web/submissions/one.html", {"one": page, "may_edit": _may_edit(request)})


@screen("POST")
def submission_move(request: HttpRequest, submission_id: UUID, way: str) -> HttpResponse:
    """Let it pass, try again, or give it up; what was typed is kept when it is refused."""
    actor, at, reason = actor_of(request), timezone.now(), request.POST.get("reason", "")
    moves: dict[str, tuple[Callable[[], object], str]] = {
        "override": (
            lambda: operations.override(actor=actor, submission_id=submission_id, reason=reason, at=at),
            _("It goes with the next batch."),
        ),
        "retry": (
            lambda: operations.retry(actor=actor, submission_id=submission_id, at=at),
            _("It is checked once more and goes with the next batch."),
        ),
        "give-up": (
            lambda: operations.give_up(actor=actor, submission_id=submission_id, reason=reason, at=at),
            _("It is given up; the reason is kept."),
        ),
    }
    if way not in moves:
        raise Http404
    try:
        moves[way][0]()
    except Malformed as error:
        shown = {
            "one": queries.submission(actor, submission_id),
            "may_edit": True,
            "problem": problem_of(error),
            "typed": reason,
            "way": way,
        }
        return render(request, "web/submissions/one.html", shown, status=422)
    messages.success(request, moves[way][1])
    return back_to(request, "submissions_repair")


@screen("POST")
def submission_token(request: HttpRequest) -> HttpResponse:
    """Switch to another token at once."""
    actor, at = actor_of(request), timezone.now()
    try:
        operations.switch_token(actor=actor, token=request.POST.get("token", ""), at=at)
    except BadToken as error:
        shown = {"board": queries.board(actor, now=at), "may_edit": True, "problem": problem_of(error)}
        return render(request, "web/submissions/board.html", shown, status=422)
    messages.success(request, _("The new token is used from now on."))
    return redirect("submissions")


@screen("POST")
def submission_resume(request: HttpRequest) -> HttpResponse:
    operations.resume(actor=actor_of(request), at=timezone.now())
    messages.success(request, _("It is tried again."))
    return redirect("submissions")


@screen("POST")
def submission_past(request: HttpRequest) -> HttpResponse:
    """Queue the statements of decisions from a day on that were never queued."""
    since = start_of(request.POST.get("since", ""))
    if since is None:
        problem = FieldProblem("/since", "not_a_day", _("a day such as 2026-03-04"))
        raise Malformed(_("say from which day on"), problems=[problem])
    count = operations.queue_past(actor=actor_of(request), since=since, at=timezone.now())
    messages.success(
        request, ngettext("%(n)d statement is queued.", "%(n)d statements are queued.", count) % {"n": count}
    )
    return redirect("submissions")
