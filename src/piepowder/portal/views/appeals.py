"""Writing an appeal in three steps, and following it."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from piepowder.decisions.models import Decision
from piepowder.http.pages import Problem, problem_of
from piepowder.kernel.errors import Conflict, Malformed, Refused
from piepowder.portal.complaints import (
    Complaint,
    EmptyAppeal,
    add_to_appeal,
    answer_question,
    appeal_of,
    appeals_of,
    complaint_of,
    lines_of,
    send_draft,
    take_back,
    tell_appeal,
)
from piepowder.portal.drafts import MOST_TEXT, TextTooLong, add_files, draft_of, remove_file, save_draft, throw_away
from piepowder.portal.languages import text_language
from piepowder.portal.models import AppealDraft
from piepowder.portal.pages import page
from piepowder.portal.paging import Page, paged
from piepowder.portal.retelling import tell
from piepowder.portal.theirs import decision_of
from piepowder.portal.uploads import MOST_FILE, MOST_FILES, FilesRefused, keep_files
from piepowder.portal.visits import Guest, NoSuchThing

_STEPS = (1, 2, 3)


@page("GET", "HEAD", "POST", within_one=True)
def appeal(request: HttpRequest, guest: Guest, decision_id: UUID, step: int) -> HttpResponseBase:
    """One of the three steps: what is wrong, what shows it, looking it over and sending."""
    if step not in _STEPS:
        raise Http404
    now = timezone.now()
    decision = decision_of(guest.subject, decision_id, now)
    complaint = complaint_of(guest.subject, decision, at=now)
    draft = draft_of(guest.subject, decision)
    if step > 1 and (draft is None or not draft.text.strip()):
        return redirect("portal:appeal", decision_id, 1)
    if request.method == "POST":
        return _SENT[step](request, guest, decision, complaint, draft)
    return _step(request, guest, decision, complaint, draft, step)


def _words(
    request: HttpRequest, guest: Guest, decision: Decision, complaint: Complaint, draft: AppealDraft | None
) -> HttpResponseBase:
    """Step one. Whatever is typed is kept, also when it may not be sent any more."""
    now, text = timezone.now(), request.POST.get("text", "")
    if "throw_away" in request.POST:
        if draft is not None:
            throw_away(draft=draft)
        return redirect("portal:decision", decision.pk)
    try:
        draft = save_draft(guest=guest, decision=decision, text=text, language=text_language(get_language()), at=now)
    except Refused as error:
        return _step(request, guest, decision, complaint, draft, 1, problem=problem_of(error), text=text)
    if "later" in request.POST:
        return redirect(f"{reverse('portal:appeal', args=[decision.pk, 1])}?kept=1")
    if not text.strip():
        return _step(request, guest, decision, complaint, draft, 1, missing=True)
    return redirect("portal:appeal", decision.pk, 2)


def _proof(
    request: HttpRequest, guest: Guest, decision: Decision, complaint: Complaint, draft: AppealDraft | None
) -> HttpResponseBase:
    """Step two: files come one form at a time, so that a large one never costs what was typed."""
    assert draft is not None
    taken_off = request.POST.get("remove", "")
    if taken_off.isascii() and taken_off.isdigit() and len(taken_off) < 18:
        remove_file(draft=draft, file_id=int(taken_off))
        return redirect("portal:appeal", decision.pk, 2)
    files = request.FILES.getlist("files")
    if files:
        try:
            add_files(guest=guest, draft=draft, files=files, at=timezone.now())
        except FilesRefused as error:
            return _step(request, guest, decision, complaint, draft, 2, problem=problem_of(error))
        return redirect("portal:appeal", decision.pk, 2)
    return redirect("portal:appeal", decision.pk, 3)


def _send(
    request: HttpRequest, guest: Guest, decision: Decision, complaint: Complaint, draft: AppealDraft | None
) -> HttpResponseBase:
    assert draft is not None
    try:
        sent = send_draft(guest=guest, decision=decision, draft=draft, at=timezone.now())
    except (Conflict, Refused, Malformed) as error:
        return _step(request, guest, decision, complaint, draft, 3, problem=problem_of(error))
    return redirect(f"{reverse('portal:my_appeal', args=[sent.pk])}?done=sent")


_SENT = {1: _words, 2: _proof, 3: _send}


def _step(
    request: HttpRequest,
    guest: Guest,
    decision: Decision,
    complaint: Complaint,
    draft: AppealDraft | None,
    step: int,
    *,
    problem: Problem | None = None,
    missing: bool = False,
    text: str | None = None,
) -> HttpResponseBase:
    shown = {
        "here": "appeals",
        "told": tell(decision, at=timezone.now(), language=text_language()),
        "complaint": complaint,
        "draft": draft,
        "text": text if text is not None else draft.text if draft else "",
        "files": list(draft.files.select_related("stored")) if draft else [],
        "step": step,
        "most_text": MOST_TEXT,
        "most_files": MOST_FILES,
        "most_mb": MOST_FILE // 2**20,
        "kept": "kept" in request.GET,
        "missing": missing,
        "problem": problem,
    }
    status = problem.status if problem else 422 if missing else 200
    return render(request, f"portal/appeal_{step}.html", shown, status=status)


@page()
def appeals(request: HttpRequest, guest: Guest) -> HttpResponseBase:
    found = paged(request, appeals_of(guest.subject, timezone.now()).select_related("decision__item"))
    shown = {"here": "appeals", "page": Page(lines_of(list(found.rows)), found.number, found.has_next)}
    return render(request, "portal/appeals.html", shown)


@page(within_one=True)
def my_appeal(request: HttpRequest, guest: Guest, appeal_id: UUID) -> HttpResponseBase:
    return _appeal_page(request, guest, appeal_id)


@page("POST", within_one=True)
def appeal_move(request: HttpRequest, guest: Guest, appeal_id: UUID, way: str) -> HttpResponseBase:
    """Answer a question, bring something forward, or take the appeal back."""
    now = timezone.now()
    found = appeal_of(guest.subject, appeal_id, now)
    text = request.POST.get("text", "")
    try:
        if way == "withdraw":
            if request.POST.get("sure") != "yes":
                return _appeal_page(request, guest, appeal_id, unsure=True)
            take_back(guest=guest, appeal=found, at=now)
        elif way == "answer":
            _need(text)
            answer_question(guest=guest, appeal=found, text=text.strip(), at=now)
        elif way == "add":
            files = request.FILES.getlist("files")
            if not files:
                _need(text)
            kept = keep_files(guest=guest, files=files, at=now)
            add_to_appeal(
                guest=guest, appeal=found, text=text.strip(), evidence=[one.stored.digest for one in kept], at=now
            )
        else:
            raise NoSuchThing(_("there is nothing here"))
    except (Conflict, Refused, Malformed) as error:
        return _appeal_page(request, guest, appeal_id, problem=problem_of(error), text=text, way=way)
    return redirect(f"{reverse('portal:my_appeal', args=[appeal_id])}?done={way}")


def _need(text: str) -> None:
    if not text.strip():
        raise EmptyAppeal(_("nothing was typed"))
    if len(text) > MOST_TEXT:
        raise TextTooLong(_("the text may have at most %(most)s characters") % {"most": MOST_TEXT})


def _appeal_page(
    request: HttpRequest,
    guest: Guest,
    appeal_id: UUID,
    *,
    problem: Problem | None = None,
    text: str = "",
    way: str = "",
    unsure: bool = False,
) -> HttpResponseBase:
    now = timezone.now()
    found = appeal_of(guest.subject, appeal_id, now)
    shown = {
        "here": "appeals",
        "appeal": tell_appeal(found),
        "complaint": complaint_of(guest.subject, found.decision, at=now),
        "done": request.GET.get("done", ""),
        "problem": problem,
        "text": text,
        "way": way,
        "unsure": unsure,
        "most_text": MOST_TEXT,
        "most_mb": MOST_FILE // 2**20,
    }
    return render(request, "portal/my_appeal.html", shown, status=problem.status if problem else 422 if unsure else 200)
