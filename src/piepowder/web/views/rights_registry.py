"""The registry of rights, owners' records and repeat infringers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from piepowder.access.options import chosen
from piepowder.access.queries import people_visible_to
from piepowder.access.visibility import require
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import PiepowderError
from piepowder.kernel.permissions import Permission
from piepowder.rights import options
from piepowder.rights.operations import change_right, register_right, retire_right, settle_right
from piepowder.rights.papers import keep_paper
from piepowder.rights.queries import (
    ClaimFilters,
    RightFilters,
    claims_page,
    expiring,
    owner_record,
    owner_records,
    registry,
    repeat_infringers,
    right_page,
)
from piepowder.rights.states import RIGHT_FLOW, RightState, RightType
from piepowder.web.filters import typed
from piepowder.web.paging import SIZE, Page, page_number
from piepowder.web.rights_forms import RightForm, right_initial

_UPLOADS = ("evidence", "authorisation")
_SOON_DAYS = 30


@screen()
def rights_registry(request: HttpRequest) -> HttpResponse:
    """The list; two queries of its own whatever its length."""
    actor, asked, now = actor_of(request), typed(request.GET, "type", "state", "owner", "q"), timezone.now()
    expired_on = now.date() if request.GET.get("expired") == "1" else None
    filters = RightFilters(asked["type"], asked["state"], asked["owner"], asked["q"], expired_on)
    number = page_number(request)
    rows = registry(actor, filters, offset=(number - 1) * SIZE, limit=SIZE + 1)
    shown = {
        "page": Page(rows[:SIZE], number, len(rows) > SIZE),
        "filters": request.GET,
        "types": RightType.choices,
        "states": RightState.choices,
        "today": now.date(),
        "soon": expiring(actor, by=now.date() + timedelta(days=_SOON_DAYS)),
        "may_edit": actor.may(Permission.RIGHT_EDIT),
    }
    return render(request, "web/rights/registry.html", shown)


@screen()
def right(request: HttpRequest, right_id: UUID) -> HttpResponse:
    """One right with its last claims; a fixed number of queries."""
    actor = actor_of(request)
    found = right_page(actor, right_id)
    known = found.verified_by_id is not None and people_visible_to(actor).filter(pk=found.verified_by_id).exists()
    shown = {
        "right": found,
        "claims": claims_page(actor, ClaimFilters(right=found.pk), offset=0, limit=10),
        "verifier": found.verified_by if known else None,
        "today": timezone.now().date(),
        "may_edit": actor.may(Permission.RIGHT_EDIT),
        "ways": RIGHT_FLOW.allowed(RightState(found.state)),
    }
    return render(request, "web/rights/right.html", shown)


@screen("GET", "HEAD", "POST")
def right_edit(request: HttpRequest, right_id: UUID | None = None) -> HttpResponse:
    """Enter a right or say something else of one; what was typed stays until it is right."""
    actor, now = actor_of(request), timezone.now()
    require(actor, Permission.RIGHT_EDIT)
    found = right_page(actor, right_id) if right_id else None
    form = RightForm(request.POST or None, initial=right_initial(found) if found else None)
    if request.method == "POST" and form.is_valid():
        try:
            uploads = _uploads(request, actor)
            if found is None:
                found = register_right(actor=actor, fields=form.fields_typed(), at=now, **uploads)
            else:
                change_right(actor=actor, right_id=found.pk, fields=form.fields_typed(), at=now, **uploads)
        except PiepowderError as error:
            if error.status in (403, 404):
                raise
            form.complain(error)
        else:
            messages.success(request, _("The right is kept. What the register says of it is to be verified."))
            return redirect("right", found.pk)
    status = 422 if request.method == "POST" else 200
    return render(request, "web/rights/edit.html", {"form": form, "right": found}, status=status)


def _uploads(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    now = timezone.now()
    return {
        name: [keep_paper(actor=actor, content=file, at=now).digest for file in request.FILES.getlist(name)]
        for name in _UPLOADS
    }


@screen("POST")
def right_move(request: HttpRequest, right_id: UUID, way: str) -> HttpResponse:
    """Verify, refuse or retire."""
    actor, now = actor_of(request), timezone.now()
    if way in ("verify", "refuse"):
        settle_right(actor=actor, right_id=right_id, way=way, at=now)
    elif way == "retire":
        retire_right(actor=actor, right_id=right_id, at=now)
    else:
        raise Http404
    messages.success(
        request, {"verify": _("It is verified."), "refuse": _("It is not verified.")}.get(way, _("It is retired."))
    )
    return redirect("right", right_id)


@screen()
def rights_owners(request: HttpRequest) -> HttpResponse:
    """What became of each owner's claims. Three queries of its own."""
    number, text = page_number(request), request.GET.get("q", "").strip()
    rows = owner_records(actor_of(request), text=text, offset=(number - 1) * SIZE, limit=SIZE + 1)
    shown = {
        "page": Page(rows[:SIZE], number, len(rows) > SIZE),
        "filters": request.GET,
        "limit": chosen(options.ABUSE_SHARE),
        "least": chosen(options.ABUSE_LEAST),
    }
    return render(request, "web/rights/owners.html", shown)


@screen()
def rights_owner(request: HttpRequest, ref: str) -> HttpResponse:
    actor = actor_of(request)
    shown = {
        "record": owner_record(actor, ref),
        "rights": registry(actor, RightFilters(owner=ref), offset=0, limit=50),
        "claims": claims_page(actor, ClaimFilters(owner=ref), offset=0, limit=20),
        "limit": chosen(options.ABUSE_SHARE),
        "least": chosen(options.ABUSE_LEAST),
        "today": timezone.now().date(),
    }
    return render(request, "web/rights/owner.html", shown)


@screen()
def repeat_infringing(request: HttpRequest) -> HttpResponse:
    """Sellers with too many strikes; two queries of its own."""
    number = page_number(request)
    found = repeat_infringers(actor_of(request), now=timezone.now())
    rows = found[(number - 1) * SIZE : number * SIZE]
    shown = {
        "page": Page(rows, number, len(found) > number * SIZE),
        "days": chosen(options.STRIKE_DAYS),
        "hours": chosen(options.STRIKE_HOURS),
        "least": chosen(options.REPEAT_AFTER),
    }
    return render(request, "web/rights/infringers.html", shown)
