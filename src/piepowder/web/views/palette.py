"""What the command palette finds: pages, queues, policies and cases that this person may open."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.intake.states import Kind
from piepowder.kernel.actor import Actor, Place
from piepowder.kernel.errors import NotFound
from piepowder.kernel.permissions import Permission
from piepowder.policy.queries import search
from piepowder.review.models import Queue
from piepowder.review.queries import CaseFilters, CaseRow, one_case, search_cases
from piepowder.web.languages import policy_language
from piepowder.web.shell import rail

_MOST = 6
_SHORTEST = 2


@screen()
def palette(request: HttpRequest) -> JsonResponse:
    """Without ``text`` the pages and queues, which the browser filters; with it the policies and cases that match."""
    actor, text = actor_of(request), request.GET.get("text", "").strip()
    if not text:
        return JsonResponse({"found": [*_pages(actor), *_queues(actor)]})
    if len(text) < _SHORTEST:
        return JsonResponse({"found": []})
    return JsonResponse({"found": [*_policies(actor, text), *_cases(actor, text)]})


def _pages(actor: Actor) -> list[dict[str, Any]]:
    own = [(_("My settings"), reverse("my_settings")), (_("Keys and eyes"), reverse("keys_and_eyes"))]
    rooms = [
        (f"{entry.label}: {link.label}" if entry.label != link.label else str(link.label), link.url)
        for entry in rail(actor, "")
        for link in entry.links
    ]
    return [_line(_("Pages"), label, url) for label, url in [*rooms, *own]]


def _queues(actor: Actor) -> list[dict[str, Any]]:
    """The queues whose cases they may see, each leading to what waits there."""
    return [
        _line(_("Queues"), queue.name, f"{reverse('cases')}?{urlencode({'queue': queue.code, 'state': 'open'})}")
        for queue in Queue.objects.filter(active=True).order_by("position", "code")
        if actor.may(Permission.CASE_VIEW, Place(queue=queue.code))
    ]


def _policies(actor: Actor, text: str) -> list[dict[str, Any]]:
    if not actor.may(Permission.POLICY_VIEW):
        return []
    lines = search(actor, text, policy_language(get_language()), None, timezone.now(), limit=_MOST)
    return [
        {**_line(_("Policies"), f"{line.code} {line.title}", reverse("policy", args=[line.code])), "code": line.code}
        for line in lines
    ]


def _cases(actor: Actor, text: str) -> list[dict[str, Any]]:
    if not actor.may(Permission.CASE_VIEW):
        return []
    return [
        _line(
            _("Cases"),
            f"{row.title or row.external_id} · {Kind(row.kind).label} · {row.external_id}",
            reverse("case", args=[row.case_id]),
        )
        for row in _meant(actor, text)
    ]


def _meant(actor: Actor, text: str) -> list[CaseRow]:
    """The case of that id, else those of the item of that id, else those with the words in their title."""
    with suppress(ValueError, NotFound):
        return [one_case(actor, UUID(text))]
    of_item = search_cases(actor, CaseFilters(item=text), limit=_MOST).rows
    return list(of_item or search_cases(actor, CaseFilters(text=text), limit=_MOST).rows)


def _line(group: str, label: object, url: str) -> dict[str, Any]:
    return {"group": group, "label": str(label), "url": url}
