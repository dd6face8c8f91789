"""The portal for the marketplace's own pages: links to it, and the same content as JSON."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field, StringConstraints

from piepowder.api.auth import READING, WRITING, caller
from piepowder.api.bodies import NotJson, TooLarge
from piepowder.api.contract import answer_shape, contract
from piepowder.api.paging import Word
from piepowder.api.portal_guests import (
    ONE,
    Language,
    Place,
    Ref,
    Strict,
    guest_in,
    in_words,
    one_page,
    read_with,
    reading,
    unkept,
)
from piepowder.api.repeats import answered
from piepowder.kernel.errors import Malformed
from piepowder.kernel.permissions import Permission
from piepowder.portal import account_data as plain
from piepowder.portal.complaints import complaint_of
from piepowder.portal.health import healths
from piepowder.portal.languages import text_language
from piepowder.portal.letters import letters_of
from piepowder.portal.links import LONGEST, Subject, opened
from piepowder.portal.overview import decisions_listed, happenings, item_rows, items_listed, overview
from piepowder.portal.pages import interface_language
from piepowder.portal.reading import note_reading
from piepowder.portal.retelling import tell
from piepowder.portal.theirs import decision_of
from piepowder.portal.visits import NoSuchThing, give_link, shut_out

router = Router(tags=["portal"])


class LinkAsked(Strict):
    """Whom a link is for; `only` narrows it to one decision."""

    kind: Literal["seller", "reporter", "rights_owner", "buyer"]
    ref: Ref
    language: Language = "en"
    only: Annotated[str, StringConstraints(max_length=40)] = ""
    hours: Annotated[int, Field(ge=1, le=LONGEST.days * 24)] | None = None


class WhomAsked(Strict):
    kind: Literal["seller", "reporter", "rights_owner", "buyer"]
    ref: Ref


class ItemsPlace(Place):
    text: Word = Field("", description="part of the title, or the beginning of the id")
    restricted: bool = False


class DecisionPlace(Schema):
    language: Word = "en"
    read: bool = Field(False, description="whether the seller sees it now: the first time is kept")


@router.post(
    "/portal-links",
    auth=WRITING,
    response={201: None},
    url_name="portal_links",
    summary="Make a link to the portal",
    **contract(
        "create_portal_link",
        permission=Permission.PORTAL_LINK,
        repeating="Each call makes another link; all of them work until they run out.",
        refuses=(NotJson, Malformed, TooLarge, NoSuchThing),
        more={
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": LinkAsked.model_json_schema()}},
            },
            "responses": {201: answer_shape("The link", ONE)},
        },
    ),
)
def create_portal_link(request: HttpRequest) -> HttpResponse:
    """A link for one person, to be shown or sent to them; it opens their pages without a log-in until it runs out."""
    asked = read_with(LinkAsked, request)[0]
    subject = Subject(asked.kind, asked.ref, interface_language(asked.language), asked.only)
    lasts = timedelta(hours=asked.hours) if asked.hours else None
    url = give_link(actor=caller(request), subject=subject, lasts=lasts, at=timezone.now())
    link = opened(url.rsplit("/", 1)[-1], timezone.now())
    return unkept(answered(201, {"url": url, "until": plain.moment(link.until)}))


@router.post(
    "/portal-links/revoke",
    auth=WRITING,
    response={200: None},
    url_name="portal_links_revoke",
    summary="Take back all links of somebody",
    **contract(
        "revoke_portal_links",
        permission=Permission.PORTAL_LINK,
        repeating="The links given out until then are worthless anyway.",
        refuses=(NotJson, Malformed, TooLarge),
        more={
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": WhomAsked.model_json_schema()}},
            },
            "responses": {200: answer_shape("How many visits ended", ONE)},
        },
    ),
)
def revoke_portal_links(request: HttpRequest) -> HttpResponse:
    """Make every link given to somebody so far worthless, and end the visits that began with them."""
    asked = read_with(WhomAsked, request)[0]
    ended = shut_out(actor=caller(request), kind=asked.kind, ref=asked.ref, at=timezone.now())
    return unkept(answered(200, {"visits": ended}))


@router.get(
    "/portal/{path:subject}/overview",
    auth=READING,
    response={200: None},
    url_name="portal_overview",
    summary="What holds against a seller",
    **reading("portal_overview", "What holds, and what was decided last"),
)
def portal_overview(request: HttpRequest, subject: str, asked: Query[Place]) -> HttpResponse:
    """Restrictions of the account and of items that are in force, and the last decisions."""
    guest = guest_in(request, subject, asked.language)
    with in_words(asked.language):
        found = overview(guest.subject, at=timezone.now(), language=text_language())
        told = {
            "account": [plain.holding(one) for one in found.account],
            "items": [plain.holding(one) for one in found.items],
            "restricted_items": found.restricted_items,
            "recent": [plain.happening(one) for one in found.recent],
            "health": plain.health(healths(guest.subject, at=timezone.now())),
        }
    return unkept(answered(200, told))


@router.get(
    "/portal/{path:subject}/items",
    auth=READING,
    response={200: None},
    url_name="portal_items",
    summary="A seller's items",
    **reading("portal_items", "One page of items with how each stands"),
)
def portal_items(request: HttpRequest, subject: str, asked: Query[ItemsPlace]) -> HttpResponse:
    """The last changed first, a hundred to a page."""
    guest, now = guest_in(request, subject, asked.language), timezone.now()
    rows = items_listed(guest.subject, at=now, text=asked.text, restricted=asked.restricted)
    page, more = one_page(rows, asked.page)
    told = [plain.item_row(one) for one in item_rows(guest.subject, page, at=now)]
    return unkept(answered(200, {"rows": told, "page": asked.page, "more": more}))


@router.get(
    "/portal/{path:subject}/decisions",
    auth=READING,
    response={200: None},
    url_name="portal_decisions",
    summary="What was decided about a seller",
    **reading("portal_decisions", "One page of decisions"),
)
def portal_decisions(request: HttpRequest, subject: str, asked: Query[Place]) -> HttpResponse:
    """The newest first, a hundred to a page."""
    guest, now = guest_in(request, subject, asked.language), timezone.now()
    page, more = one_page(decisions_listed(guest.subject, now), asked.page)
    with in_words(asked.language):
        told = [plain.happening(one) for one in happenings(page, at=now, language=text_language())]
    return unkept(answered(200, {"rows": told, "page": asked.page, "more": more}))


@router.get(
    "/portal/{path:subject}/decisions/{uuid:decision_id}",
    auth=READING,
    response={200: None},
    url_name="portal_decision",
    summary="One decision in full",
    **reading("portal_decision", "The reasons, the rule, and what can be done until when"),
)
def portal_decision(request: HttpRequest, subject: str, decision_id: UUID, asked: Query[DecisionPlace]) -> HttpResponse:
    """The statement of reasons in parts and as it was sent."""
    guest, now = guest_in(request, subject, asked.language), timezone.now()
    found = decision_of(guest.subject, decision_id, now)
    with in_words(asked.language):
        language = text_language()
        told = plain.told(tell(found, at=now, language=language), complaint_of(guest.subject, found, at=now))
        if asked.read:
            note_reading(
                actor=guest.actor, subject=guest.subject, decision=found, language=language, through="api", at=now
            )
    return unkept(answered(200, told))


@router.get(
    "/portal/{path:subject}/account",
    auth=READING,
    response={200: None},
    url_name="portal_account",
    summary="The health of a seller's account",
    **reading("portal_account", "Points, thresholds and what expires when"),
)
def portal_account(request: HttpRequest, subject: str, asked: Query[Place]) -> HttpResponse:
    """Where the account stands on each ladder that counts."""
    guest = guest_in(request, subject, asked.language)
    with in_words(asked.language):
        told = {"ladders": plain.health(healths(guest.subject, at=timezone.now()))}
    return unkept(answered(200, told))


@router.get(
    "/portal/{path:subject}/letters",
    auth=READING,
    response={200: None},
    url_name="portal_letters",
    summary="Letters to a seller",
    **reading("portal_letters", "One page of letters"),
)
def portal_letters(request: HttpRequest, subject: str, asked: Query[Place]) -> HttpResponse:
    """Every letter as it was sent, the newest first, a hundred to a page."""
    guest = guest_in(request, subject, asked.language)
    page, more = one_page(letters_of(guest.subject, timezone.now()), asked.page)
    told = [plain.letter(one) for one in page]
    return unkept(answered(200, {"rows": told, "page": asked.page, "more": more}))
