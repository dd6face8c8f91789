"""Around a case: notes and mentions, the seller, what is near the item, and how often facts were written before."""

from __future__ import annotations

from datetime import datetime, time
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from piepowder.access.options import chosen
from piepowder.access.queries import people_visible_to
from piepowder.access.visibility import require
from piepowder.decisions.options import BOILERPLATE_AFTER
from piepowder.decisions.repeated import repeated_facts, written_before
from piepowder.decisions.together import cases_to_join
from piepowder.http.identity import actor_of
from piepowder.http.pages import is_fragment, screen
from piepowder.intake.models import Item
from piepowder.kernel.errors import FieldProblem
from piepowder.kernel.permissions import Permission
from piepowder.review.leases import LeaseLost
from piepowder.review.notebook import mentions_of, notes_around, people_to_call, unseen_mentions
from piepowder.review.operations import About, BadNote, remove_note, see_mention, write_note
from piepowder.review.queries import console_case, timeline
from piepowder.web.around import nearby, seller_panel
from piepowder.web.filters import day, number

_MOST_PEOPLE = 8


@screen()
def console_part(request: HttpRequest, lease_id: UUID, part: str) -> HttpResponse:
    """What is asked for when its tab is opened: the seller, what is near, the life of the case."""
    actor, now = actor_of(request), timezone.now()
    case = console_case(actor, lease_id, now=now)
    if part == "seller":
        return render(request, "web/console/_seller.html", {"seller": seller_panel(actor, case.seller_ref, now=now)})
    if part == "related":
        shown = {"nearby": nearby(actor, case.item_id), "joinable": cases_to_join(actor, case.case_id, at=now)}
        return render(request, "web/console/_related.html", shown)
    if part == "history":
        return render(request, "web/cases/_timeline.html", {"events": timeline(actor, case.case_id)})
    raise Http404


@screen("POST")
def console_repeated(request: HttpRequest, lease_id: UUID) -> HttpResponse:
    """How often the facts as typed were written before; nothing to say of a case that was decided in this moment."""
    actor, now = actor_of(request), timezone.now()
    try:
        case = console_case(actor, lease_id, now=now)
    except LeaseLost:
        return HttpResponse(status=204)
    repetition = written_before(actor, request.POST.get("facts", ""), Item.objects.get(pk=case.item_id), now=now)
    shown = {"repetition": repetition, "is_boilerplate": repetition.total >= int(chosen(BOILERPLATE_AFTER))}
    return render(request, "web/console/_repeated.html", shown)


@screen("POST")
def note_write(request: HttpRequest) -> HttpResponse:
    """Keep a note and show what is noted there now."""
    actor, now = actor_of(request), timezone.now()
    said = request.POST
    case_id, seller_ref = _case_id(said), said.get("seller", "").strip()
    kind, _colon, digest = said.get("about", "").partition(":")
    note = write_note(
        actor=actor,
        about=About(kind=kind, case_id=case_id, seller_ref=seller_ref, digest=digest),
        text=said.get("text", ""),
        at=now,
        until=_until(said.get("until", "")),
        vendor=said.get("vendor", "").strip(),
    )
    if not is_fragment(request):
        messages.success(request, _("The note is kept."))
        return _back(request)
    notes = notes_around(
        actor,
        now=now,
        item_id=note.case.item_id if note.case else None,
        seller_ref=seller_ref,
        with_vendors=said.get("with_vendors") == "1",
    )
    return render(request, "web/console/_notes.html", {"notes": notes, "case_id": case_id, "seller_ref": seller_ref})


@screen("POST")
def note_remove(request: HttpRequest, note_id: UUID) -> HttpResponse:
    remove_note(actor=actor_of(request), note_id=note_id, at=timezone.now())
    return HttpResponse() if is_fragment(request) else _back(request)


@screen()
def note_people(request: HttpRequest) -> HttpResponse:
    """Who can be called, by the beginning of a name or address."""
    actor = actor_of(request)
    require(actor, Permission.NOTE_WRITE)
    typed = request.GET.get("q", "").strip()
    people = people_to_call(actor, request.GET.get("vendor", "").strip())
    begins = Q(name__istartswith=typed) | Q(name__icontains=f" {typed}") | Q(email__istartswith=typed)
    found = people.filter(begins) if typed else people
    rows = [{"name": name, "email": email} for name, email in found.values_list("name", "email")[:_MOST_PEOPLE]]
    return JsonResponse({"people": rows})


@screen()
def mentions(request: HttpRequest) -> HttpResponse:
    """The notes that call the reader."""
    actor = actor_of(request)
    return render(request, "web/me/mentions.html", {"mentions": mentions_of(actor)})


@screen("POST")
def mentions_seen(request: HttpRequest) -> HttpResponse:
    see_mention(actor=actor_of(request), at=timezone.now(), note_id=_uuid(request.POST.get("note", "")))
    return redirect("mentions")


@screen()
def mentions_bell(request: HttpRequest) -> HttpResponse:
    return render(request, "web/me/_bell.html", {"unseen": unseen_mentions(actor_of(request))})


@screen()
def facts_repeated(request: HttpRequest) -> HttpResponse:
    """Facts that were written again and again, for those who look after quality."""
    actor, asked = actor_of(request), request.GET
    require(actor, Permission.DECISION_VIEW)
    after = int(chosen(BOILERPLATE_AFTER))
    found = repeated_facts(
        actor,
        now=timezone.now(),
        at_least=1 if asked.get("key") else number(asked.get("least", "")) or after,
        person_id=_person(request, asked.get("person", "").strip()),
        policy=asked.get("policy", "").strip(),
        key=asked.get("key", "").strip(),
        people_only=asked.get("machines") != "1",
    )
    return render(request, "web/decisions/repeated.html", {"found": found, "filters": asked, "after": after})


def _person(request: HttpRequest, said: str) -> int | None:
    """Somebody's number or name as far as the reader may know them; -1 when nobody is meant."""
    if not said:
        return None
    if said == "me":
        return int(actor_of(request).ref)
    if said.isdecimal():
        return number(said) or -1
    known = people_visible_to(actor_of(request)).filter(name__icontains=said).first()
    return known.pk if known else -1


def _case_id(said: QueryDict) -> UUID | None:
    return _uuid(said.get("case", ""))


def _uuid(typed: str) -> UUID | None:
    try:
        return UUID(typed)
    except ValueError:
        return None


def _until(typed: str) -> datetime | None:
    """The end of the day in the writer's time zone."""
    if not typed.strip():
        return None
    found = day(typed)
    if found is None:
        raise BadNote(_("this is no day"), problems=[FieldProblem("/until", "unreadable", _("is no day"))])
    return timezone.make_aware(datetime.combine(found, time(23, 59, 59)))


def _back(request: HttpRequest) -> HttpResponse:
    """To the page the form stood on."""
    came_from = request.headers.get("Referer", "")
    safe = url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure())
    return redirect(came_from if safe else "home")
