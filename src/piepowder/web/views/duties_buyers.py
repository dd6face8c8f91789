"""Campaigns by which buyers learn that what they bought was illegal."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from piepowder.access.visibility import holds_whole, require_whole
from piepowder.correspondence.queries import letters_about
from piepowder.duties.buyers import campaigns
from piepowder.duties.buyers.queries import totals
from piepowder.duties.buyers.states import CAMPAIGN_FLOW, BuyerState, CampaignState
from piepowder.duties.buyers.tables import COLUMNS, read_csv
from piepowder.duties.models import Buyer, BuyersInformed
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.kernel.errors import Malformed, NotFound, PiepowderError
from piepowder.kernel.permissions import Permission
from piepowder.web.filters import typed
from piepowder.web.forms import PlainForm
from piepowder.web.paging import paged

MOST_BYTES = 5 * 1024 * 1024


class CampaignForm(PlainForm):
    decision = forms.UUIDField(
        label=gettext_lazy("Decision"),
        help_text=gettext_lazy("The id in the address of the decision that found it illegal."),
    )
    trader = forms.CharField(
        label=gettext_lazy("Who sold it"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Name and address, as buyers are told. Empty takes it from the trader's file."),
    )
    redress = forms.CharField(label=gettext_lazy("What buyers can do"), widget=forms.Textarea(attrs={"rows": 4}))


@screen()
def duties_campaigns(request: HttpRequest) -> HttpResponse:
    actor, asked = actor_of(request), typed(request.GET, "state")
    require_whole(actor, Permission.DUTY_VIEW)
    rows = BuyersInformed.objects.order_by("-opened_at", "-id")
    page = paged(request, rows.filter(state=asked["state"]) if asked["state"] else rows)
    counts = totals(one.pk for one in page.rows)
    shown = {
        "page": page,
        "lines": [(one, counts.get(one.pk, {})) for one in page.rows],
        "filters": asked,
        "states": CampaignState.choices,
        "may_edit": holds_whole(actor, Permission.BUYERS_INFORM),
        "now": timezone.now(),
    }
    return render(request, "web/duties/campaigns.html", shown)


@screen("GET", "HEAD", "POST")
def duties_campaign_open(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    require_whole(actor, Permission.BUYERS_INFORM)
    form = CampaignForm(request.POST or None, initial={"decision": request.GET.get("decision", "")})
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            campaign = campaigns.open_campaign(
                actor=actor,
                decision_id=told["decision"],
                redress=told["redress"],
                trader=told["trader"],
                at=timezone.now(),
            )
            return redirect("duties_campaign", campaign.pk)
        except PiepowderError as refused:
            form.complain(refused)
    shown = {
        "form": form,
        "title": _("Tell the buyers"),
        "purpose": _("Buyers of the last six months learn that it was illegal, who sold it, and what they can do."),
        "back": "duties_campaigns",
        "do": _("Begin"),
    }
    return render(request, "web/duties/form.html", shown, status=422 if form.errors else 200)


@screen()
def duties_campaign(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """One campaign with its buyers, each with how far the letter got."""
    actor = actor_of(request)
    campaign = _seen(request, campaign_id)
    asked = typed(request.GET, "state")
    rows = Buyer.objects.filter(campaign=campaign).order_by("id")
    page = paged(request, rows.filter(state=asked["state"]) if asked["state"] else rows)
    ids = [_letter_of(one) for one in page.rows]
    progress: dict[UUID | None, str] = {
        letter.pk: letter.progress  # type: ignore[attr-defined]
        for letter in letters_about("buyers", str(campaign.pk)).filter(pk__in=[ref for ref in ids if ref])
    }
    counts = totals([campaign.pk]).get(campaign.pk, {})
    shown = {
        "one": campaign,
        "page": page,
        "lines": [(buyer, progress.get(_letter_of(buyer), "")) for buyer in page.rows],
        "counts": [(label, counts.get(state, 0)) for state, label in BuyerState.choices],
        "unreached": counts.get(BuyerState.NO_CONTACT.value, 0),
        "may": CAMPAIGN_FLOW.allowed(CampaignState(campaign.state)),
        "may_edit": holds_whole(actor, Permission.BUYERS_INFORM),
        "takes_buyers": campaign.state in (CampaignState.COLLECTING, CampaignState.SENDING, CampaignState.DONE),
        "states": BuyerState.choices,
        "filters": asked,
        "columns": ", ".join(COLUMNS),
        "now": timezone.now(),
    }
    return render(request, "web/duties/campaign.html", shown)


@screen("POST")
def duties_campaign_do(request: HttpRequest, campaign_id: UUID, way: str) -> HttpResponse:
    actor, at = actor_of(request), timezone.now()
    _seen(request, campaign_id)
    if way == "ask":
        campaigns.ask_marketplace(actor=actor, campaign_id=campaign_id, at=at)
        messages.success(request, _("The marketplace is asked for the buyers."))
    elif way == "buyers":
        rows = read_csv(_table(request))
        added, left_out = campaigns.add_buyers(actor=actor, campaign_id=campaign_id, buyers=rows, at=at)
        told = _("%(added)d buyers added; %(left_out)d bought before the six months.")
        messages.success(request, told % {"added": added, "left_out": left_out})
    elif way == "start":
        campaigns.start_telling(actor=actor, campaign_id=campaign_id, at=at)
        messages.success(request, _("The letters are being written."))
    elif way == "publish":
        said = typed(request.POST, "text", "url")
        campaigns.publish_notice(actor=actor, campaign_id=campaign_id, text=said["text"], url=said["url"], at=at)
        messages.success(request, _("Noted where it stands."))
    elif way == "drop":
        campaigns.drop_campaign(actor=actor, campaign_id=campaign_id, at=at)
        messages.success(request, _("Called off. Nobody was told."))
    else:
        raise NotFound(_("there is no such step"))
    return redirect("duties_campaign", campaign_id)


def _letter_of(buyer: Buyer) -> UUID | None:
    return buyer.correction or buyer.letter


def _table(request: HttpRequest) -> str:
    file = request.FILES.get("table")
    if file is None or file.size is None or file.size > MOST_BYTES:
        raise Malformed(_("choose a table of at most 5 MB"))
    try:
        return str(file.read(), "utf-8-sig")
    except UnicodeDecodeError as error:
        raise Malformed(_("the table is not written in UTF-8")) from error


def _seen(request: HttpRequest, campaign_id: UUID) -> BuyersInformed:
    require_whole(actor_of(request), Permission.DUTY_VIEW)
    campaign = BuyersInformed.objects.select_related("item").filter(pk=campaign_id).first()
    if campaign is None:
        raise campaigns.NoSuchCampaign(_("there is no such campaign"))
    return campaign
