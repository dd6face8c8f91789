"""A link to the portal, for whoever supports the people that decisions are about."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language

from piepowder.decisions.queries import decision_page
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.portal.links import Subject, SubjectKind
from piepowder.portal.visits import give_link
from piepowder.web.languages import policy_language

_FOR_SUPPORT = timedelta(hours=24)


@screen("POST")
def decision_portal_link(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """A link that shows its recipient this one decision, with everything that they can do about it."""
    actor = actor_of(request)
    row = decision_page(actor, decision_id, language=policy_language(get_language())).row
    subject = Subject(SubjectKind.SELLER, row.seller_ref, row.language, str(decision_id))
    link = give_link(actor=actor, subject=subject, lasts=_FOR_SUPPORT, at=timezone.now())
    back = {"link": link, "row": row, "until": timezone.now() + _FOR_SUPPORT}
    response = render(request, "web/decisions/portal_link.html", back)
    response["Cache-Control"] = "no-store, private"
    return response
