"""What leaves the house: receivers, deliveries, dead letters."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.kernel.permissions import Permission
from piepowder.outbox.operations import bury, replay
from piepowder.outbox.queries import (
    DeliveryFilters,
    DeliveryPage,
    dead_letters,
    deliveries,
    delivery_log,
    endpoint_health,
)
from piepowder.outbox.states import DeliveryState
from piepowder.web.paging import Page, page_number
from piepowder.web.views.me import back_to


@screen()
def outbox(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    endpoints = endpoint_health(actor, now=timezone.now())
    may_edit = actor.may(Permission.ENDPOINT_EDIT)
    return render(request, "web/outbox/endpoints.html", {"endpoints": endpoints, "may_edit": may_edit})


def _filters(request: HttpRequest) -> DeliveryFilters:
    typed = {name: request.GET.get(name, "").strip() for name in ("state", "endpoint", "topic", "text")}
    return DeliveryFilters(**typed)


def _shown(request: HttpRequest, found: DeliveryPage, *, dead: bool) -> HttpResponse:
    actor = actor_of(request)
    shown = {
        "page": Page(found.rows, found.number, found.has_next),
        "filters": request.GET,
        "dead": dead,
        "states": DeliveryState.choices,
        "may_replay": actor.may(Permission.OUTBOX_REPLAY),
    }
    return render(request, "web/outbox/deliveries.html", shown)


@screen()
def all_deliveries(request: HttpRequest) -> HttpResponse:
    found = deliveries(actor_of(request), filters=_filters(request), page=page_number(request))
    return _shown(request, found, dead=False)


@screen()
def dead(request: HttpRequest) -> HttpResponse:
    found = dead_letters(actor_of(request), filters=_filters(request), page=page_number(request))
    return _shown(request, found, dead=True)


@screen()
def delivery(request: HttpRequest, delivery_id: UUID) -> HttpResponse:
    actor = actor_of(request)
    log = delivery_log(actor, delivery_id=delivery_id)
    return render(request, "web/outbox/delivery.html", {"log": log, "may_replay": actor.may(Permission.OUTBOX_REPLAY)})


@screen("POST")
def delivery_replay(request: HttpRequest, delivery_id: UUID) -> HttpResponse:
    replay(actor=actor_of(request), delivery_id=delivery_id, at=timezone.now())
    messages.success(request, _("It is sent again, with the same event id."))
    return back_to(request, "dead_letters")


@screen("POST")
def delivery_bury(request: HttpRequest, delivery_id: UUID) -> HttpResponse:
    bury(actor=actor_of(request), delivery_id=delivery_id, at=timezone.now())
    messages.success(request, _("It is given up; those behind it go on."))
    return redirect("delivery", delivery_id)
