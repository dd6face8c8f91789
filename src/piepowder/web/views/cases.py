"""Cases: found, looked at, moved by a lead, and taken away as a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from piepowder.access.queries import people_visible_to
from piepowder.access.visibility import require
from piepowder.correspondence.queries import letters_with
from piepowder.decisions.queries import decisions_about
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.intake.states import Kind
from piepowder.kernel.actor import Actor, Place
from piepowder.kernel.errors import Malformed
from piepowder.kernel.permissions import Permission
from piepowder.review import operations as review
from piepowder.review.export import export_cases
from piepowder.review.marks import marks_of
from piepowder.review.models import Case, Queue
from piepowder.review.notebook import notes_around
from piepowder.review.queries import (
    CaseFilters,
    CaseRow,
    one_case,
    search_cases,
    seen_cases,
    timeline,
)
from piepowder.review.questions import questions_of
from piepowder.review.states import CASE_FLOW, CaseState
from piepowder.web.case_columns import CASE_COLUMNS, USUAL_CASE_COLUMNS
from piepowder.web.columns import chosen_columns
from piepowder.web.exports import sent
from piepowder.web.filters import end_of, number, start_of, typed
from piepowder.web.list_tools import order_in, tools
from piepowder.web.views.me import back_to
from piepowder.web.words import why_words

_MOST_PEOPLE = 200
_PLAIN = ("item", "seller", "policy", "state", "queue", "market", "language", "kind", "vendor", "site", "text")
_ORDERS = {
    "newest": gettext_lazy("newest first"),
    "oldest": gettext_lazy("oldest first"),
    "urgent": gettext_lazy("most urgent first"),
}


def filters_in(query: QueryDict, actor: Actor) -> CaseFilters:
    """What the address of the list says."""
    return CaseFilters(
        **typed(query, *_PLAIN),
        person_id=_person(query.get("person", "").strip(), actor),
        severity=number(query.get("severity", "")),
        since=start_of(query.get("since", "")),
        until=end_of(query.get("until", "")),
        late_at=timezone.now() if query.get("late") == "1" else None,
        at_risk_at=timezone.now() if query.get("at_risk") == "1" else None,
    )


def _person(said: str, actor: Actor) -> int | None:
    """``me``, somebody's number, or their address or name as far as the reader may know them; -1 when nobody is meant."""
    if not said:
        return None
    if said == "me":
        return int(actor.ref)
    if said.isdecimal():
        return number(said) or -1
    known = people_visible_to(actor)
    found = known.filter(email__iexact=said).first() or known.filter(name__icontains=said).first()
    return found.pk if found else -1


@screen()
def cases(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    require(actor, Permission.CASE_VIEW)
    if quick := request.GET.get("q", "").strip():
        return redirect(f"{reverse('cases')}?{urlencode(_meant(actor, quick))}")
    order, chosen = order_in(request, _ORDERS), chosen_columns(request.GET, CASE_COLUMNS, USUAL_CASE_COLUMNS)
    cursor = request.GET.get("after", "")
    found = search_cases(actor, filters_in(request.GET, actor), cursor=cursor, order=order)
    exports = {"csv": "cases_export", "xlsx": "cases_export_xlsx"} if actor.may(Permission.BOARD_EXPORT) else {}
    shown = {
        "found": found,
        "columns": chosen.columns,
        "lines": zip([row.case_id for row in found.rows], chosen.lines(found.rows), strict=True),
        "may_decide_many": actor.may(Permission.CASE_DECIDE_MANY),
        "tools": tools(request, chosen, _ORDERS, exports),
        "filters": request.GET,
        "states": CaseState.choices,
        "kinds": Kind.choices,
        "queues": _queues(actor),
    }
    return render(request, "web/cases/list.html", shown)


def _meant(actor: Actor, quick: str) -> dict[str, str]:
    """What one line of search means: the id of an item or of a seller when there is one, else words of the title."""
    for name in ("item", "seller"):
        if search_cases(actor, CaseFilters(**{name: quick}), limit=1).rows:  # type: ignore[arg-type]
            return {name: quick}
    return {"text": quick}


def _queues(actor: Actor) -> list[Queue]:
    return [queue for queue in Queue.objects.all() if actor.may(Permission.CASE_VIEW, Place(queue=queue.code))]


@screen()
def cases_export(request: HttpRequest, form: str = "csv") -> HttpResponseBase:
    """Exactly what the list shows: the same filters, the columns that are shown, in the same order."""
    actor = actor_of(request)
    table = export_cases(
        actor=actor,
        filters=filters_in(request.GET, actor),
        at=timezone.now(),
        columns=chosen_columns(request.GET, CASE_COLUMNS, USUAL_CASE_COLUMNS).fields,
        order=order_in(request, _ORDERS),
    )
    return sent(request, table, form)


@screen()
def case(request: HttpRequest, case_id: UUID) -> HttpResponse:
    actor = actor_of(request)
    row = one_case(actor, case_id)
    why, hold_reason = seen_cases(actor).values_list("why_here", "hold_reason").get(pk=case_id)
    place = Place(vendor=row.vendor or actor.vendor, queue=row.queue_code, market=row.market, language=row.language)
    shown = {
        "case": row,
        "why_here": why_words(why),
        "hold_reason": hold_reason,
        "events": timeline(actor, case_id),
        "decisions": decisions_about(actor, item_id=row.item_id, limit=20),
        "notes": notes_around(actor, now=timezone.now(), case_id=case_id, seller_ref=row.seller_ref, with_vendors=True),
        "moves": (moves := ways_to_move(actor, row)),
        "people": people_visible_to(actor).filter(is_active=True)[:_MOST_PEOPLE] if "assign" in moves else [],
        "questions": questions_of(actor, case_id),
        "marks": marks_of(actor, case_id),
        "letters": letters_with(actor, item_id=row.item_id),
        "may_answer": actor.may(Permission.QUESTION_ANSWER),
        "kept_for": _kept_for(actor, case_id),
        "may_claim": row.state == CaseState.OPEN and actor.may(Permission.CASE_CLAIM, place),
        "queues": other_queues(actor, row),
    }
    return render(request, "web/cases/case.html", shown)


def other_queues(actor: Actor, row: CaseRow) -> list[Queue]:
    """Where the case could go."""
    return [queue for queue in _queues(actor) if queue.active and queue.code != row.queue_code]


def _kept_for(actor: Actor, case_id: UUID) -> tuple[str, datetime] | None:
    """For whom of those the reader may know the case is kept, and until when."""
    rows = Case.objects.filter(pk=case_id, reserved_for__in=people_visible_to(actor), state=CaseState.OPEN)
    return rows.values_list("reserved_for__name", "reserved_until").first()  # type: ignore[return-value]


def ways_to_move(actor: Actor, row: CaseRow) -> list[str]:
    """The ways a lead may move this case by, in the order of the flow."""
    place = Place(vendor=row.vendor or actor.vendor, queue=row.queue_code, market=row.market, language=row.language)
    allowed = CASE_FLOW.allowed(CaseState(row.state))
    lead = actor.may(Permission.CASE_REASSIGN, place)
    needs = {
        "release": lead,
        "transfer": lead or actor.may(Permission.CASE_TRANSFER, place),
        "escalate": lead or actor.may(Permission.CASE_ESCALATE, place),
        "resume": actor.may(Permission.CASE_HOLD, place),
        "close": lead,
        "assign": lead,
    }
    moves = [verb for verb, granted in needs.items() if granted and verb in allowed]
    return [*moves, "reprioritise"] if lead and "close" in allowed else moves


@screen("POST")
def case_move(request: HttpRequest, case_id: UUID, way: str) -> HttpResponse:
    move = _WAYS.get(way)
    if move is None:
        raise Http404
    move(actor_of(request), case_id, request.POST)
    messages.success(request, _("Done."))
    return back_to(request, "case", case_id)


def _release(actor: Actor, case_id: UUID, said: QueryDict) -> None:
    review.release(actor=actor, case_id=case_id, at=timezone.now(), reason=said.get("reason", ""))


def _resume(actor: Actor, case_id: UUID, said: QueryDict) -> None:
    review.resume(actor=actor, case_id=case_id, at=timezone.now())


def _transfer(actor: Actor, case_id: UUID, said: QueryDict) -> None:
    queue, reason = said.get("queue", ""), said.get("reason", "")
    review.transfer(actor=actor, case_id=case_id, at=timezone.now(), queue_code=queue, reason=reason)


def _escalate(actor: Actor, case_id: UUID, said: QueryDict) -> None:
    review.escalate(actor=actor, case_id=case_id, at=timezone.now(), reason=said.get("reason", ""))


def _close(actor: Actor, case_id: UUID, said: QueryDict) -> None:
    review.close(actor=actor, case_id=case_id, at=timezone.now(), reason=said.get("reason", ""))


def _reprioritise(actor: Actor, case_id: UUID, said: QueryDict) -> None:
    severity = number(said.get("severity", ""))
    if severity is None:
        raise Malformed(_("a severity is 0, 1, 2 or 3"))
    review.reprioritise(
        actor=actor, case_id=case_id, at=timezone.now(), severity=severity, reason=said.get("reason", "")
    )


def _assign(actor: Actor, case_id: UUID, said: QueryDict) -> None:
    person = _person(said.get("person", "").strip(), actor)
    review.assign(actor=actor, case_id=case_id, at=timezone.now(), user_id=person or -1, reason=said.get("reason", ""))


_WAYS: Mapping[str, Callable[[Actor, UUID, QueryDict], None]] = {
    "release": _release,
    "resume": _resume,
    "transfer": _transfer,
    "escalate": _escalate,
    "close": _close,
    "reprioritise": _reprioritise,
    "assign": _assign,
}
