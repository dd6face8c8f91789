"""Questions that held cases wait for: those addressed to the policy team, legal, a lead, and what a seller said otherwise."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from piepowder.access.visibility import require
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.kernel.permissions import Permission
from piepowder.review.operations import answer
from piepowder.review.questions import open_questions
from piepowder.review.states import Asked
from piepowder.web.views.me import back_to


@screen()
def questions(request: HttpRequest) -> HttpResponse:
    actor, to = actor_of(request), request.GET.get("to", "")
    require(actor, Permission.QUESTION_ANSWER)
    shown = {"questions": open_questions(actor, to=to), "asked": Asked.choices, "to": to}
    return render(request, "web/questions/list.html", shown)


@screen("POST")
def question_answer(request: HttpRequest, question_id: UUID) -> HttpResponse:
    answer(actor=actor_of(request), at=timezone.now(), question_id=question_id, text=request.POST.get("text", ""))
    messages.success(request, _("Answered. The case goes on."))
    return back_to(request, "questions")
