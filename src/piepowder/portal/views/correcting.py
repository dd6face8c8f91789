"""The form in which an item is corrected."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from piepowder.http.pages import Problem, problem_of
from piepowder.intake.models import Item
from piepowder.kernel.errors import Conflict, Malformed
from piepowder.portal.item_form import ItemForm
from piepowder.portal.languages import text_language
from piepowder.portal.overview import item_history
from piepowder.portal.pages import page
from piepowder.portal.resubmitting import NotCorrectable, may_correct, resubmit
from piepowder.portal.theirs import item_of
from piepowder.portal.uploads import MOST_FILE, FilesRefused, keep_files
from piepowder.portal.visits import Guest


@page("GET", "HEAD", "POST")
def correct(request: HttpRequest, guest: Guest, item_id: UUID) -> HttpResponseBase:
    item = item_of(guest.subject, item_id)
    if not may_correct(guest.subject, item):
        raise NotCorrectable(_("this can be changed only in your account at the marketplace"))
    content = item.snapshot.content if item.snapshot else {}
    if request.method != "POST":
        return _form(request, guest, item, ItemForm(item.kind, content))
    form = ItemForm(item.kind, content, request.POST)
    if not form.is_valid():
        return _form(request, guest, item, form)
    now = timezone.now()
    try:
        uploaded = {
            one.name: [kept.stored.digest for kept in keep_files(guest=guest, files=files, at=now)]
            for one in form.shape
            if (files := request.FILES.getlist(f"{one.name}__new"))
        }
        corrected = form.corrected(uploaded)
        resubmit(guest=guest, item_id=item_id, content=corrected, note=form.cleaned_data["note"], at=now)
    except FilesRefused as error:
        return _form(request, guest, item, form, problem=problem_of(error))
    except Malformed as error:
        form.place_problems(error.problems)
        return _form(request, guest, item, form)
    except Conflict as error:
        return _form(request, guest, item, form, problem=problem_of(error))
    return redirect(f"{reverse('portal:item', args=[item_id])}?done=sent")


def _form(
    request: HttpRequest, guest: Guest, item: Item, form: ItemForm, *, problem: Problem | None = None
) -> HttpResponseBase:
    history = item_history(guest.subject, item, at=timezone.now(), language=text_language())
    shown = {
        "here": "items",
        "item": item,
        "form": form,
        "problem": problem,
        "newest": history[0] if history else None,
        "most_mb": MOST_FILE // 2**20,
    }
    wrong = problem is not None or bool(form.errors)
    return render(request, "portal/correct.html", shown, status=problem.status if problem else 422 if wrong else 200)
