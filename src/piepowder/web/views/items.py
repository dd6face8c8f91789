"""One item and one seller, read-only: everything that was said, found, reported and decided."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from piepowder.access.visibility import require
from piepowder.correspondence.queries import letters_with
from piepowder.decisions.queries import decisions_about
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.intake.operations import reveal_media
from piepowder.intake.queries import item_card, related_items, reports_about, seller_items
from piepowder.kernel.permissions import Permission
from piepowder.review.notebook import notes_around
from piepowder.review.queries import cases_of
from piepowder.web.around import difference_of, seller_panel
from piepowder.web.bench import media_shown
from piepowder.web.filters import number
from piepowder.web.item_words import item_words, own_labels
from piepowder.web.marking import spans_of


@screen()
def item(request: HttpRequest, item_id: UUID) -> HttpResponse:
    actor = actor_of(request)
    card = item_card(actor, item_id, number=number(request.GET.get("version", "")))
    shown = {
        "item": card,
        "words": item_words(card.content, spans_of(card.detections), own_labels(card.kind)),
        "media": [media_shown(one) for one in card.media],
        "reports": reports_about(actor, item_id),
        "decisions": decisions_about(actor, item_id=item_id, limit=50),
        "related": related_items(actor, item_id),
        "difference": difference_of(actor, card),
        "notes": notes_around(
            actor, now=timezone.now(), item_id=item_id, seller_ref=card.seller_ref, with_vendors=True
        ),
        "cases": cases_of(actor, item_id),
        "letters": letters_with(actor, item_id=item_id),
        "may_raise": actor.may(Permission.CASE_ESCALATE) or actor.may(Permission.THREAT_EDIT),
    }
    return render(request, "web/cases/item.html", shown)


@screen("POST")
def item_reveal(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Record that a picture or film of the item was looked at."""
    reveal_media(actor=actor_of(request), item_id=item_id, digest=request.POST.get("digest", ""), at=timezone.now())
    return HttpResponse(status=204)


@screen()
def seller(request: HttpRequest, ref: str) -> HttpResponse:
    actor = actor_of(request)
    require(actor, Permission.ITEM_VIEW)
    shown = {
        "seller": seller_panel(actor, ref, now=timezone.now(), decisions=50),
        "may_explain": actor.may(Permission.STANDING_VIEW),
        "notes": notes_around(actor, now=timezone.now(), seller_ref=ref, with_vendors=True),
        "items": seller_items(actor, ref, limit=100),
        "letters": letters_with(actor, seller_ref=ref),
    }
    return render(request, "web/cases/seller.html", shown)
