"""Product safety: the clock of notices, lists of dangerous products, what looks like one, random checks."""

from __future__ import annotations

import secrets
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from piepowder.access.visibility import holds_whole, require_whole
from piepowder.duties import operations as duties
from piepowder.duties.safety.notices import safety_notices
from piepowder.duties.safety.reading import random_checks, recall_lists, recall_matches
from piepowder.duties.states import RecallMatchState
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.kernel.errors import NotFound, PiepowderError
from piepowder.kernel.permissions import Permission
from piepowder.policy.packs import in_force
from piepowder.web.forms import PlainForm
from piepowder.web.paging import paged

_FEW = 20
LARGEST = 32 * 1024 * 1024


class ListForm(PlainForm):
    source = forms.CharField(
        label=gettext_lazy("Which list"),
        max_length=40,
        initial="safety_gate",
        help_text=gettext_lazy("Such as safety_gate."),
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "CSV with a header: number and product at least; also brand, model, barcode, batch, risk, country, date, url."
        ),
    )


@screen()
def duties_safety(request: HttpRequest) -> HttpResponse:
    """Everything about product safety at one glance; lists have pages of their own."""
    actor = actor_of(request)
    shown = {
        "notices": list(safety_notices(actor, waiting=True)[:_FEW]),
        "lists": list(recall_lists(actor)[:5]),
        "matches": paged(request, recall_matches(actor), size=_FEW),
        "checks": list(random_checks(actor)[:5]),
        "may_edit": holds_whole(actor, Permission.ORDER_EDIT),
        "kept": in_force("gpsr", timezone.localdate()),
        "form": ListForm(),
        "now": timezone.now(),
    }
    return render(request, "web/duties/safety.html", shown)


@screen()
def duties_recall_matches(request: HttpRequest) -> HttpResponse:
    """Every match, also those that were settled."""
    actor = actor_of(request)
    state = request.GET.get("state", "")
    known = state if state in RecallMatchState.values else ""
    shown = {
        "matches": paged(request, recall_matches(actor, known)),
        "filters": request.GET,
        "states": RecallMatchState.choices,
        "may_edit": holds_whole(actor, Permission.ORDER_EDIT),
    }
    return render(request, "web/duties/recall_matches.html", shown)


@screen("POST")
def duties_recall_import(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    require_whole(actor, Permission.ORDER_EDIT)
    form = ListForm(request.POST, request.FILES)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            text = file.read(LARGEST).decode("utf-8-sig") if file.size <= LARGEST else ""
            taken = duties.import_recalls(
                actor=actor, source=form.cleaned_data["source"], text=text, file_name=file.name or "", at=timezone.now()
            )
        except UnicodeDecodeError:
            form.add_error("file", _("The file is no text in UTF-8."))
        except PiepowderError as error:
            for problem in error.problems[:10]:
                form.add_error(None, f"{problem.pointer}: {problem.detail}")
        else:
            told = _("%(rows)d rows are taken in, %(fresh)d of them new. They are compared with what is on offer now.")
            messages.success(request, told % {"rows": taken.rows, "fresh": taken.fresh})
            return redirect("duties_safety")
    return render(request, "web/duties/recall_import.html", {"form": form}, status=422)


@screen("POST")
def duties_recall_settle(request: HttpRequest, match_id: UUID, way: str) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    if way == "review":
        duties.send_to_review(actor=actor, match_id=match_id, at=now)
        messages.success(request, _("It is sent to review."))
    elif way == "dismiss":
        duties.dismiss_match(actor=actor, match_id=match_id, why=request.POST.get("why", ""), at=now)
        messages.success(request, _("It is dismissed."))
    else:
        raise NotFound(_("there is no such step"))
    return redirect("duties_safety")


@screen("POST")
def duties_random_check(request: HttpRequest) -> HttpResponse:
    """Draw a random check now, beside the regular ones."""
    check = duties.random_check(actor=actor_of(request), at=timezone.now(), seed=secrets.randbelow(2**31))
    told = _("%(looked)d of %(population)d offers were drawn, %(found)d look like a listed product.")
    messages.success(request, told % {"looked": check.looked_at, "population": check.population, "found": check.found})
    return redirect("duties_safety")
