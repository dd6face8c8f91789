"""Trusted flaggers (DSA Art. 22): who they are, for what, until when, and a pack of evidence when the status is abused."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from piepowder.access.visibility import holds_whole, require_whole
from piepowder.duties.flaggers.evidence import evidence_pack
from piepowder.duties.flaggers.reading import flagger_line, flaggers
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.intake.models import Reporter
from piepowder.intake.operations import register_flagger, suspend_flagger
from piepowder.kernel.errors import PiepowderError
from piepowder.kernel.permissions import Permission
from piepowder.web.forms import Codes, PlainForm
from piepowder.web.paging import SIZE, Page, page_number


class FlaggerForm(PlainForm):
    external_ref = forms.CharField(
        label=gettext_lazy("Id"),
        max_length=200,
        help_text=gettext_lazy("By which their notices name them; it never changes."),
    )
    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    email = forms.EmailField(label=gettext_lazy("E-mail address"), required=False)
    awarded_by = forms.CharField(
        label=gettext_lazy("Digital Services Coordinator"),
        max_length=100,
        help_text=gettext_lazy("Who awarded the status."),
    )
    areas = Codes(
        label=gettext_lazy("Designated areas"),
        help_text=gettext_lazy("Codes of policies, such as: C, U-1. Empty means all."),
    )
    valid_until = forms.DateField(
        label=gettext_lazy("Valid until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


@screen()
def duties_flaggers(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    number = page_number(request)
    rows = flaggers(actor, today=timezone.localdate(), offset=(number - 1) * SIZE, limit=SIZE + 1)
    shown = {
        "page": Page(rows[:SIZE], number, len(rows) > SIZE),
        "may_edit": holds_whole(actor, Permission.PERSON_EDIT),
    }
    return render(request, "web/duties/flaggers.html", shown)


@screen("GET", "HEAD", "POST")
def duties_flagger(request: HttpRequest, reporter_id: UUID | None = None) -> HttpResponse:
    """Enter a trusted flagger, or change what is known of one."""
    actor = actor_of(request)
    require_whole(actor, Permission.PERSON_EDIT)
    line = flagger_line(actor, reporter_id, timezone.localdate()) if reporter_id else None
    form = FlaggerForm(request.POST or None, initial=_initial(line.reporter) if line else {})
    if line is not None:
        form.fields["external_ref"].disabled = True
    if request.method == "POST" and form.is_valid():
        try:
            reporter = register_flagger(actor=actor, at=timezone.now(), **form.cleaned_data)
        except PiepowderError as error:
            form.complain(error)
        else:
            messages.success(request, _("The trusted flagger is kept."))
            return redirect("duties_flagger", reporter.pk)
    return render(request, "web/duties/flagger.html", {"form": form, "line": line}, status=422 if form.errors else 200)


@screen("POST")
def duties_flagger_suspend(request: HttpRequest, reporter_id: UUID) -> HttpResponse:
    suspended = request.POST.get("suspended") == "1"
    suspend_flagger(actor=actor_of(request), reporter_id=reporter_id, suspended=suspended, at=timezone.now())
    messages.success(request, _("Their priority is suspended.") if suspended else _("They have their priority back."))
    return redirect("duties_flagger", reporter_id)


@screen()
def duties_flagger_evidence(request: HttpRequest, reporter_id: UUID) -> HttpResponse:
    """What their coordinator is told of: figures and every notice that was unfounded, as a file."""
    content = evidence_pack(actor=actor_of(request), reporter_id=reporter_id, at=timezone.now())
    response = HttpResponse(content, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="flagger-{reporter_id.hex[-8:]}.zip"'
    response["Cache-Control"] = "no-store"
    return response


def _initial(reporter: Reporter) -> dict[str, Any]:
    names = ("external_ref", "name", "email", "awarded_by", "areas", "valid_until")
    return {name: getattr(reporter, name) for name in names}
