"""Suspected threats to life or safety: raised by whoever may escalate, seen by the few."""

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

from piepowder.access.visibility import NotPermitted
from piepowder.duties import operations as duties
from piepowder.duties.models import LifeAuthority
from piepowder.duties.states import ReportWay
from piepowder.duties.threats.reading import ThreatPage, life_authorities, report_file, threats_list, view_threat
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.intake.locations import items_at
from piepowder.kernel.errors import NotFound, PiepowderError
from piepowder.kernel.permissions import Permission
from piepowder.policy.dsa import EEA_MARKETS
from piepowder.web.filters import number
from piepowder.web.forms import PlainForm
from piepowder.web.paging import paged

_COUNTRIES = [(code, code) for code in EEA_MARKETS]


class RaiseForm(PlainForm):
    summary = forms.CharField(
        label=gettext_lazy("What gives rise to the suspicion"), widget=forms.Textarea(attrs={"rows": 5})
    )
    item = forms.CharField(
        label=gettext_lazy("Item"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Its address or id, if it is about one."),
    )
    country = forms.ChoiceField(
        label=gettext_lazy("Country concerned"), required=False, choices=[("", gettext_lazy("not clear")), *_COUNTRIES]
    )


class ReportForm(PlainForm):
    authority = forms.ChoiceField(label=gettext_lazy("Authority"))
    way = forms.ChoiceField(label=gettext_lazy("How it is told"), choices=ReportWay.choices)
    text = forms.CharField(
        label=gettext_lazy("What it is told, word for word"), widget=forms.Textarea(attrs={"rows": 6})
    )
    with_evidence = forms.BooleanField(
        label=gettext_lazy("With the stored files of the item"), required=False, initial=True
    )


class AuthorityForm(PlainForm):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    country = forms.ChoiceField(label=gettext_lazy("Country"), required=False, choices=[("", "Europol"), *_COUNTRIES])
    email = forms.EmailField(label=gettext_lazy("E-mail address"), required=False)
    phone = forms.CharField(label=gettext_lazy("Telephone"), max_length=60, required=False)
    url = forms.CharField(label=gettext_lazy("Portal"), max_length=500, required=False)
    language = forms.CharField(label=gettext_lazy("Language"), max_length=10, initial="en")
    verified_on = forms.DateField(
        label=gettext_lazy("Verified on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    active = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)


@screen()
def duties_threats(request: HttpRequest) -> HttpResponse:
    shown = {"page": paged(request, threats_list(actor_of(request))), "now": timezone.now()}
    return _private(render(request, "web/duties/threats.html", shown))


@screen("GET", "HEAD", "POST")
def duties_threat_raise(request: HttpRequest) -> HttpResponse:
    """Raise a suspicion; whoever may not see such cases is told that it arrived, and no more."""
    actor = actor_of(request)
    if not (actor.may(Permission.CASE_ESCALATE) or actor.may(Permission.THREAT_EDIT)):
        raise NotPermitted(_("this needs the permission %(name)s") % {"name": Permission.CASE_ESCALATE.value})
    form = RaiseForm(request.POST or None, initial={"item": request.GET.get("item", "")})
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        item = items_at([told["item"]])[0] if told["item"].strip() else None
        if told["item"].strip() and item is None:
            form.add_error("item", _("Nothing is known here under this address or id."))
        else:
            try:
                threat = duties.raise_threat(
                    actor=actor,
                    summary=told["summary"],
                    item_id=item.pk if item else None,
                    country=told["country"],
                    at=timezone.now(),
                )
            except PiepowderError as error:
                form.complain(error)
            else:
                messages.success(request, _("It is in the hands of those who tell the authorities."))
                return redirect("duties_threat", threat.pk) if actor.may(Permission.THREAT_EDIT) else redirect("home")
    return _private(render(request, "web/duties/threat_raise.html", {"form": form}, status=422 if form.errors else 200))


@screen()
def duties_threat(request: HttpRequest, threat_id: UUID) -> HttpResponse:
    """One case; that it was opened is recorded."""
    page = view_threat(actor=actor_of(request), threat_id=threat_id, at=timezone.now())
    return _page(request, page, ReportForm())


@screen("POST")
def duties_threat_do(request: HttpRequest, threat_id: UUID, way: str) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    if way == "report":
        page = view_threat(actor=actor, threat_id=threat_id, at=now)
        form = _with_authorities(ReportForm(request.POST), page)
        if not form.is_valid():
            return _page(request, page, form, status=422)
        told = form.cleaned_data
        duties.report_threat(
            actor=actor,
            threat_id=threat_id,
            authority_id=UUID(told["authority"]),
            text=told["text"],
            way=told["way"],
            with_evidence=told["with_evidence"],
            at=now,
        )
    elif way == "receipt":
        report_id = _report_id(request)
        duties.note_receipt(actor=actor, report_id=report_id, receipt=request.POST.get("receipt", ""), at=now)
    elif way == "close":
        duties.close_threat(
            actor=actor,
            threat_id=threat_id,
            why=request.POST.get("why", ""),
            keep_months=number(request.POST.get("keep_months", "")) or 0,
            at=now,
        )
    else:
        raise NotFound(_("there is no such step"))
    messages.success(request, _("Done. The step is on the record."))
    return redirect("duties_threat", threat_id)


@screen()
def duties_threat_file(request: HttpRequest, threat_id: UUID, report_id: UUID) -> HttpResponse:
    """What was sent, as a file to hand over."""
    content = report_file(actor=actor_of(request), report_id=report_id, at=timezone.now())
    response = HttpResponse(content, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="report-{report_id.hex[-8:]}.zip"'
    return _private(response)


@screen("GET", "HEAD", "POST")
def duties_life_authorities(request: HttpRequest, authority_id: UUID | None = None) -> HttpResponse:
    """Whom to tell; one of them in the form, or a new one."""
    actor = actor_of(request)
    known = list(life_authorities(actor))
    row = next((one for one in known if one.pk == authority_id), None)
    if authority_id and row is None:
        raise NotFound(_("there is no such authority"))
    form = AuthorityForm(request.POST or None, initial=_initial(row))
    if request.method == "POST" and form.is_valid():
        try:
            duties.save_life_authority(actor=actor, authority_id=authority_id, at=timezone.now(), **form.cleaned_data)
        except PiepowderError as error:
            form.complain(error)
        else:
            messages.success(request, _("The authority is kept."))
            return redirect("duties_life_authorities")
    shown = {"form": form, "authorities": known, "row": row}
    return render(request, "web/duties/authorities.html", shown, status=422 if form.errors else 200)


def _page(request: HttpRequest, page: ThreatPage, form: ReportForm, status: int = 200) -> HttpResponse:
    shown = {"page": page, "threat": page.threat, "form": _with_authorities(form, page), "now": timezone.now()}
    return _private(render(request, "web/duties/threat.html", shown, status=status))


def _with_authorities(form: ReportForm, page: ThreatPage) -> ReportForm:
    field = form.fields["authority"]
    assert isinstance(field, forms.ChoiceField)
    field.choices = [(str(one.pk), f"{one.country} · {one.name}" if one.country else one.name) for one in page.whom]
    return form


def _initial(row: LifeAuthority | None) -> dict[str, Any]:
    names = ("name", "country", "email", "phone", "url", "language", "verified_on", "active")
    return {name: getattr(row, name) for name in names} if row else {}


def _report_id(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("report", ""))
    except ValueError:
        raise NotFound(_("there is no such report")) from None


def _private(response: HttpResponse) -> HttpResponse:
    """No copy of it stays in a browser."""
    response["Cache-Control"] = "no-store"
    return response
