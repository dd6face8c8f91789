"""The review of who holds what: to look at, to take along, and to sign off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.db.models import CharField, OuterRef, Subquery
from django.db.models.functions import Cast
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from piepowder.access.entitlements import Holding, difference, holdings, last_review
from piepowder.access.models import User
from piepowder.access.operations import sign_off
from piepowder.access.reviews import mark_of
from piepowder.decisions.models import Decision
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.http.tables import csv_response, xlsx_response
from piepowder.kernel.permissions import Permission
from piepowder.kernel.table import Table
from piepowder.ledger.models import Fact
from piepowder.web.paging import SIZE, Page, page_number

COLUMNS = (
    "kind", "ref", "name", "email", "vendor", "site", "active", "role", "permission", "vendors", "queues", "markets",
    "languages", "given_at", "expires_at", "last_login_at", "second_factor", "last_used_at", "last_act_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Use:
    """When a person last did anything that the ledger keeps, and last decided a case."""

    act_at: datetime | None
    decided_at: datetime | None


_NEVER = Use(None, None)


@screen()
def access(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    everything = holdings(actor)
    last = last_review(actor)
    now = timezone.now()
    found = [one for one in everything if _asked_for(one, request, now)]
    number = page_number(request)
    rows = found[(number - 1) * SIZE : number * SIZE]
    uses = _uses(rows)
    shown = {
        "page": Page(
            [(one, uses.get(one.ref, _NEVER), one.expires_soon(now), one.over(now)) for one in rows],
            number,
            len(found) > number * SIZE,
        ),
        "total": len(everything),
        "found": len(found),
        "expiring": sum(one.expires_soon(now) for one in everything),
        "without_factor": len(
            {one.ref for one in everything if one.kind == "person" and one.active and not one.factors}
        ),
        "last": last,
        "difference": difference(everything, last),
        "mark": mark_of(everything),
        "vendors": sorted({one.vendor for one in everything if one.vendor}),
        "filters": request.GET,
    }
    return render(request, "web/accounts/access.html", shown)


def _asked_for(one: Holding, request: HttpRequest, now: datetime) -> bool:
    text = request.GET.get("text", "").strip().lower()
    vendor, only = request.GET.get("vendor", ""), request.GET.get("only", "")
    if text and not any(text in told.lower() for told in (one.name, one.email, one.role, one.ref, *one.permissions)):
        return False
    if vendor and one.vendor != vendor:
        return False
    picks = {
        "expiring": one.expires_soon(now),
        "over": one.over(now),
        "keys": one.kind == "key",
        "no_factor": one.kind == "person" and one.active and not one.factors,
        "off": not one.active,
    }
    return picks.get(only, True)


def _uses(rows: Iterable[Holding]) -> dict[str, Use]:
    """By person, from the two indexes that answer it at once."""
    refs = {int(one.ref) for one in rows if one.kind == "person"}
    own = Cast(OuterRef("pk"), CharField())
    act = Fact.objects.filter(actor_ref=own, actor_kind="person").order_by("-id").values("at")[:1]
    decided = Decision.objects.filter(decider_id=OuterRef("pk")).order_by("-decided_at").values("decided_at")[:1]
    people = User.objects.filter(pk__in=refs).annotate(act_at=Subquery(act), decided_at=Subquery(decided))
    return {
        str(pk): Use(act_at, decided_at) for pk, act_at, decided_at in people.values_list("pk", "act_at", "decided_at")
    }


@screen()
def access_export(request: HttpRequest, ending: str) -> HttpResponseBase:
    """One row per person, grant and permission: what the page shows, unfolded."""
    if ending not in ("csv", "xlsx"):
        raise Http404
    actor = actor_of(request)
    now = timezone.now()
    found = [one for one in holdings(actor) if _asked_for(one, request, now)]
    uses = _uses(found)
    total = sum(max(1, len(one.permissions)) for one in found)
    table = Table("access-review", COLUMNS, total, _unfolded(found, uses))
    return csv_response(table) if ending == "csv" else xlsx_response(table)


def _unfolded(found: Iterable[Holding], uses: dict[str, Use]) -> Iterator[tuple[object, ...]]:
    for one in found:
        use = uses.get(one.ref, _NEVER)
        for permission in one.permissions or ("",):
            used = use.decided_at if permission == Permission.CASE_DECIDE else None
            yield (
                one.kind,
                one.ref,
                one.name,
                one.email,
                one.vendor,
                one.site,
                one.active,
                one.role,
                permission,
                *(";".join(part) or "all" for part in (one.vendors, one.queues, one.markets, one.languages)),
                one.given_at,
                one.expires_at,
                one.last_login,
                ";".join(one.factors),
                used,
                use.act_at,
            )


@screen("POST")
def access_sign_off(request: HttpRequest) -> HttpResponse:
    sign_off(actor=actor_of(request), seen=request.POST.get("mark", ""), at=timezone.now())
    messages.success(request, _("The review is signed off. The next one shows what has changed since."))
    return redirect("access_review")
