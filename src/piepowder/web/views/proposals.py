"""Approving what others propose, sending it back, and taking one's own proposal or opinion back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from piepowder.access.visibility import require
from piepowder.decisions.operations import approve, refuse, take_back, withdraw_proposal
from piepowder.decisions.opinions import panel_told
from piepowder.decisions.proposals import ProposalView, proposal_page, waiting_proposals
from piepowder.decisions.queries import decisions_about
from piepowder.http.identity import actor_of
from piepowder.http.pages import is_fragment, problem_of, screen
from piepowder.intake.queries import ItemCard, item_card
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import PiepowderError
from piepowder.kernel.permissions import Permission
from piepowder.policy.models import PolicyText, PolicyVersion
from piepowder.policy.queries import readings_in, versions_in_force
from piepowder.web.bench import media_shown
from piepowder.web.item_words import item_words, own_labels
from piepowder.web.languages import policy_language
from piepowder.web.views.console import to_case


@dataclass(frozen=True, slots=True)
class Cited:
    code: str
    version: PolicyVersion
    reading: PolicyText


@screen()
def proposals(request: HttpRequest) -> HttpResponse:
    """What waits for the reader's approval, and what they proposed themselves."""
    actor = actor_of(request)
    if not actor.may(Permission.CASE_DECIDE):
        require(actor, Permission.DECISION_APPROVE)
    rows = waiting_proposals(actor)
    shown = {"waiting": [row for row in rows if row.may_settle], "own": [row for row in rows if row.own]}
    return render(request, "web/decisions/proposals.html", shown)


@screen()
def proposal(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    return _page(request, actor_of(request), proposal_id)


def _page(request: HttpRequest, actor: Actor, proposal_id: UUID, status: int = 200, **more: Any) -> HttpResponse:
    view = proposal_page(actor, proposal_id)
    item = item_card(actor, view.row.item_id, number=view.snapshot_number)
    shown = {
        "proposal": view,
        "row": view.row,
        "ruling": view.ruling,
        "item": item,
        "words": item_words(
            item.content, (span for found in item.detections for span in found.spans), own_labels(item.kind)
        ),
        "media": tuple(media_shown(one) for one in item.media),
        "cited": _cited(view, item),
        "panel": panel_told(actor, view.row.case_id),
        "decisions": decisions_about(actor, seller_ref=item.seller_ref, limit=10),
        **more,
    }
    return render(request, "web/decisions/proposal.html", shown, status=status)


def _cited(view: ProposalView, item: ItemCard) -> list[Cited]:
    versions = versions_in_force(view.ruling.policy_codes, item.market, timezone.now())
    readings = readings_in(versions.values(), policy_language(get_language()))
    return [
        Cited(code, versions[code], readings[versions[code].pk])
        for code in view.ruling.policy_codes
        if code in versions
    ]


@screen("POST")
def proposal_settle(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """Approve or send back; what goes wrong is said on the page itself, which keeps what was typed."""
    actor, now, said = actor_of(request), timezone.now(), request.POST
    try:
        if said.get("way") == "approve":
            approve(actor=actor, proposal_id=proposal_id, at=now, confirm_older=said.get("confirm_older") == "1")
            messages.success(request, _("Approved. The decision is issued."))
        else:
            refuse(actor=actor, proposal_id=proposal_id, at=now, reason=said.get("reason", ""))
            messages.success(request, _("Sent back. The case is open again."))
    except PiepowderError as error:
        if error.status in (403, 404):
            raise
        return _page(
            request, actor, proposal_id, error.status, problem=problem_of(error), reason=said.get("reason", "")
        )
    return redirect("proposals")


@screen("POST")
def proposal_withdraw(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """Take one's own proposal back; its case is in hand again."""
    lease_id = withdraw_proposal(actor=actor_of(request), proposal_id=proposal_id, at=timezone.now())
    return _in_hand_again(request, lease_id)


@screen("POST")
def opinion_take_back(request: HttpRequest, opinion_id: UUID) -> HttpResponse:
    """Take one's own opinion back; the case is in hand again."""
    return _in_hand_again(request, take_back(actor=actor_of(request), opinion_id=opinion_id, at=timezone.now()))


def _in_hand_again(request: HttpRequest, lease_id: UUID | None) -> HttpResponse:
    if lease_id is not None:
        return to_case(request, lease_id, then=request.POST.get("then", ""))
    if not is_fragment(request):
        return redirect("proposals")
    response = HttpResponse(status=204)
    response["HX-Redirect"] = reverse("proposals")
    return response
