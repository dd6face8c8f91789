"""Traders' files: who was asked for what, what they gave, what checking says, and what follows."""

from __future__ import annotations

from mimetypes import guess_extension
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from piepowder.access.visibility import holds_whole
from piepowder.duties.traders import files, settling
from piepowder.duties.traders.queries import trader_page, traders
from piepowder.duties.traders.states import TraderKind, TraderState
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.intake.media import open_media
from piepowder.kernel.errors import NotFound, PiepowderError
from piepowder.kernel.permissions import Permission
from piepowder.web.filters import day, typed
from piepowder.web.forms import PlainForm
from piepowder.web.paging import paged


class AskForm(PlainForm):
    seller = forms.CharField(label=gettext_lazy("The seller's id at the marketplace"), max_length=200)
    kind = forms.ChoiceField(label=gettext_lazy("Kind of trader"), choices=TraderKind.choices)
    market = forms.CharField(label=gettext_lazy("Market"), max_length=10, help_text=gettext_lazy("Such as DE or US."))
    language = forms.CharField(
        label=gettext_lazy("Language of letters"), max_length=10, help_text=gettext_lazy("Such as en, de, zh-Hans.")
    )


@screen()
def duties_traders(request: HttpRequest) -> HttpResponse:
    actor, asked = actor_of(request), typed(request.GET, "state", "q")
    shown = {
        "page": paged(request, traders(actor, **asked)),
        "filters": asked,
        "states": TraderState.choices,
        "may_edit": holds_whole(actor, Permission.TRADER_EDIT),
        "now": timezone.now(),
    }
    return render(request, "web/duties/traders.html", shown)


@screen("GET", "HEAD", "POST")
def duties_trader_ask(request: HttpRequest) -> HttpResponse:
    """Ask a seller for what the law wants known."""
    traders(actor_of(request))
    form = AskForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            trader = files.open_file(
                actor=actor_of(request),
                seller_ref=told["seller"],
                kind=told["kind"],
                market=told["market"].strip().upper(),
                language=told["language"].strip(),
                at=timezone.now(),
            )
            messages.success(request, _("The letter is on its way."))
            return redirect("duties_trader", trader.pk)
        except PiepowderError as refused:
            form.complain(refused)
    shown = {
        "form": form,
        "title": _("Ask a trader for their data"),
        "back": "duties_traders",
        "do": _("Ask by letter"),
    }
    return render(request, "web/duties/form.html", shown, status=422 if form.errors else 200)


@screen()
def duties_trader(request: HttpRequest, trader_id: UUID) -> HttpResponse:
    actor = actor_of(request)
    shown = {
        "file": trader_page(actor, trader_id),
        "may_edit": holds_whole(actor, Permission.TRADER_EDIT),
        "now": timezone.now(),
    }
    return render(request, "web/duties/trader.html", shown)


@screen()
def duties_trader_document(request: HttpRequest, trader_id: UUID, code: str) -> FileResponse:
    """The copy of a document as a download, so that nothing in it runs here."""
    stored = settling.look_at_document(actor=actor_of(request), trader_id=trader_id, code=code, at=timezone.now())
    name = f"{code}{guess_extension(stored.content_type) or ''}"
    return FileResponse(open_media(stored.digest), as_attachment=True, filename=name, content_type=stored.content_type)


@screen("POST")
def duties_trader_do(request: HttpRequest, trader_id: UUID, way: str) -> HttpResponse:
    """One step of the file; what it needs stands in the form."""
    actor, at = actor_of(request), timezone.now()
    trader = trader_page(actor, trader_id).trader
    said = typed(request.POST, "code", "why", "reason", "on")
    if way == "settle":
        verified = request.POST.get("verified") == "1"
        settling.settle_field(
            actor=actor, trader_id=trader_id, code=said["code"], verified=verified, why=said["why"], at=at
        )
        messages.success(request, _("Noted."))
    elif way == "verify":
        settling.verify(actor=actor, trader_id=trader_id, at=at)
        messages.success(request, _("The trader is verified and told so."))
    elif way == "remedy":
        settling.ask_remedy(actor=actor, trader_id=trader_id, reason=said["reason"], at=at)
        messages.success(request, _("The letter is on its way."))
    elif way == "suspend":
        settling.suspend(actor=actor, trader_id=trader_id, at=at)
        messages.success(request, _("The account is suspended; its statement of reasons is on its way."))
    elif way == "end":
        on = day(said["on"]) or timezone.localdate()
        files.end_contract(actor=actor, seller_ref=trader.seller_ref, on=on, at=at)
        messages.success(request, _("The end of the contract is noted."))
    else:
        raise NotFound(_("there is no such step"))
    return redirect("duties_trader", trader_id)
