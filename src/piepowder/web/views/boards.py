"""How the work stands, live: the board, who is there, the wall, and whether something is pending."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language

from piepowder.access.visibility import require
from piepowder.decisions.pace import decided_since
from piepowder.decisions.pending import item_pending, policy_pending
from piepowder.http.identity import actor_of
from piepowder.http.pages import is_fragment, screen
from piepowder.kernel.actor import Actor, Place
from piepowder.kernel.permissions import Permission
from piepowder.review.attendance import cases_in_hand, people_online
from piepowder.review.board import AGE_BANDS, SHARE_BANDS
from piepowder.review.forecast import HORIZONS
from piepowder.review.inflow import pulse
from piepowder.review.queries import one_case
from piepowder.review.states import Availability
from piepowder.web.board_page import asked, board_page, hours, narrowings, switches
from piepowder.web.filters import typed
from piepowder.web.kept import OLDEST_S, kept
from piepowder.web.views.cases import other_queues, ways_to_move
from piepowder.web.wall import wall_asked, wall_page
from piepowder.web.words import band_names, share_names

Shown = Callable[[Actor, datetime], dict[str, Any]]


def _part(request: HttpRequest, template: str, shown: Shown) -> tuple[bytes, float]:
    """The moving part of a board, and how old it is; shared by all who see the same in the same words."""
    actor = actor_of(request)
    key = (
        template,
        actor.kind,
        actor.mandates,
        actor.vendor,
        get_language(),
        timezone.get_current_timezone_name(),
        request.GET.urlencode(),
    )
    # Without the request: what is shared must not know who asked.
    return kept(key, pulse, lambda: render_to_string(template, shown(actor, timezone.now())).encode())


def _live(request: HttpRequest, template: str, shown: Shown) -> HttpResponse:
    """304 when nothing has moved since the reader's last look."""
    body, age_s = _part(request, template, shown)
    tag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    response = HttpResponse(status=304) if request.headers.get("If-None-Match") == tag else HttpResponse(body)
    response["ETag"] = tag
    response["X-Age-S"] = f"{age_s:.1f}"
    response["Cache-Control"] = "private, no-cache"
    return response


def _work(request: HttpRequest) -> Shown:
    def shown(actor: Actor, now: datetime) -> dict[str, Any]:
        return {
            "page": board_page(actor, asked(request.GET), now),
            "bands": band_names(AGE_BANDS),
            "shares": share_names(SHARE_BANDS),
            "horizons": [hours(span) for span in HORIZONS],
            "may_list": actor.may(Permission.CASE_VIEW),
        }

    return shown


@screen()
def board(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    require(actor, Permission.BOARD_VIEW)
    wanted = asked(request.GET)
    shown = {
        "part": _part(request, "web/queues/_board.html", _work(request))[0].decode(),
        "switches": switches(wanted),
        "narrowings": narrowings(wanted),
        "oldest_s": int(OLDEST_S),
        "may_see_who": _may_see_who(actor),
        "may_ask": actor.may(Permission.CASE_VIEW),
    }
    return render(request, "web/queues/board.html", shown)


@screen()
def board_live(request: HttpRequest) -> HttpResponse:
    require(actor_of(request), Permission.BOARD_VIEW)
    return _live(request, "web/queues/_board.html", _work(request))


def _may_see_who(actor: Actor) -> bool:
    return actor.may(Permission.AVAILABILITY_VIEW, Place(vendor=actor.vendor))


def _attendance(request: HttpRequest) -> Shown:
    def shown(actor: Actor, now: datetime) -> dict[str, Any]:
        people = people_online(actor, now, **typed(request.GET, "vendor", "site", "state"))
        ids = [person.user_id for person in people]
        midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
        held, today = cases_in_hand(actor, now, ids), decided_since(actor, midnight, ids)
        counts: dict[str, int] = {}
        for person in people:
            counts[person.state] = counts.get(person.state, 0) + 1
        return {
            "people": [(person, held.get(person.user_id, []), today.get(person.user_id)) for person in people],
            "counts": counts,
            "may_see_people": actor.may(Permission.PERSON_VIEW, Place(vendor=actor.vendor)),
            "may_list": actor.may(Permission.CASE_VIEW),
            "may_move": actor.may(Permission.CASE_REASSIGN),
        }

    return shown


@screen()
def board_people(request: HttpRequest) -> HttpResponse:
    shown = {
        "part": _part(request, "web/queues/_attendance.html", _attendance(request))[0].decode(),
        "filters": request.GET,
        "states": [choice for choice in Availability.choices if choice[0] != Availability.OFFLINE],
        "oldest_s": int(OLDEST_S),
    }
    return render(request, "web/queues/attendance.html", shown)


@screen()
def board_people_live(request: HttpRequest) -> HttpResponse:
    return _live(request, "web/queues/_attendance.html", _attendance(request))


@screen()
def board_case(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """How a lead moves somebody's case without leaving the board: a page, or its part in a window over the board."""
    actor = actor_of(request)
    row = one_case(actor, case_id)
    may_assign = actor.may(Permission.CASE_REASSIGN, Place(row.vendor or actor.vendor, row.queue_code, row.market))
    shown = {
        "case": row,
        "moves": ways_to_move(actor, row),
        "queues": other_queues(actor, row),
        "people": people_online(actor, timezone.now()) if may_assign and _may_see_who(actor) else [],
    }
    return render(request, "web/queues/_move.html" if is_fragment(request) else "web/queues/move.html", shown)


@screen()
def wall(request: HttpRequest) -> HttpResponse:
    require(actor_of(request), Permission.BOARD_VIEW)
    wanted = wall_asked(request.GET)
    part = _part(request, "web/queues/_wall.html", _wall_shown(request))[0].decode()
    return render(request, "web/queues/wall.html", {"part": part, "wanted": wanted, "oldest_s": int(OLDEST_S)})


def _wall_shown(request: HttpRequest) -> Shown:
    def shown(actor: Actor, now: datetime) -> dict[str, Any]:
        return {"wall": wall_page(actor, wall_asked(request.GET), now), "horizons": [hours(span) for span in HORIZONS]}

    return shown


@screen()
def wall_live(request: HttpRequest) -> HttpResponse:
    require(actor_of(request), Permission.BOARD_VIEW)
    # A wall hangs for days: once an hour its session begins anew.
    hour = int(timezone.now().timestamp() // 3600)
    if request.session.get("wall_hour") != hour:
        request.session["wall_hour"] = hour
    return _live(request, "web/queues/_wall.html", _wall_shown(request))


@screen()
def pending(request: HttpRequest) -> HttpResponse:
    """Whether an item is pending anywhere, or anything under a policy."""
    actor, now = actor_of(request), timezone.now()
    require(actor, Permission.CASE_VIEW)
    asked_for = typed(request.GET, "item", "policy")
    shown = {
        "filters": request.GET,
        "item": item_pending(actor, asked_for["item"], now) if asked_for["item"] else None,
        "policy": policy_pending(actor, asked_for["policy"], now) if asked_for["policy"] else None,
        "may_count": actor.may(Permission.BOARD_VIEW),
    }
    return render(request, "web/queues/pending.html", shown)
