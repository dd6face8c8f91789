"""What every page's frame needs: the rooms a person may enter, their own state, and where they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from piepowder.access.models import User
from piepowder.access.preferences import Wellness, preferences_of
from piepowder.http.identity import actor_of
from piepowder.kernel.actor import Actor
from piepowder.kernel.permissions import Permission
from piepowder.web.keyboard import EVERYWHERE, keys_for


@dataclass(frozen=True, slots=True)
class Room:
    """A page of a job, and the permissions of which one opens it; some ask for it over all vendors."""

    label: str | Promise
    url_name: str
    opens: tuple[Permission, ...]
    everywhere: bool = False


@dataclass(frozen=True, slots=True)
class Wing:
    """A job on the left rail, with its rooms."""

    label: str | Promise
    icon: str
    rooms: tuple[Room, ...]


WINGS = (
    Wing(
        _("Bench"),
        "gavel",
        (
            Room(_("Start"), "home", ()),
            Room(_("Console"), "console", (Permission.CASE_CLAIM,)),
            Room(_("Live"), "live_wall", (Permission.CASE_CLAIM,)),
            Room(_("Decisions"), "decisions", (Permission.DECISION_VIEW,)),
            Room(_("Approvals"), "proposals", (Permission.DECISION_APPROVE, Permission.CASE_DECIDE)),
            Room(_("Repeated facts"), "facts_repeated", (Permission.DECISION_EXPORT,)),
            Room(_("Letters"), "letters", (Permission.LETTER_VIEW,)),
        ),
    ),
    Wing(
        _("Queues"),
        "layout-dashboard",
        (
            Room(_("Board"), "board", (Permission.BOARD_VIEW,)),
            Room(_("Who is there"), "board_people", (Permission.AVAILABILITY_VIEW,)),
            Room(_("Cases"), "cases", (Permission.CASE_VIEW,)),
            Room(_("Is it pending?"), "pending", (Permission.CASE_VIEW,)),
            Room(_("Questions"), "questions", (Permission.QUESTION_ANSWER,)),
            Room(_("Set-up"), "queues", (Permission.QUEUE_VIEW,)),
        ),
    ),
    Wing(
        _("Appeals"),
        "scale",
        (
            Room(_("Desk"), "appeals", (Permission.APPEAL_VIEW,)),
            Room(_("Numbers"), "appeals_board", (Permission.APPEAL_VIEW,)),
            Room(_("To make good"), "restitutions", (Permission.APPEAL_VIEW,)),
            Room(_("To audit"), "appeal_audits", (Permission.APPEAL_VIEW,)),
            Room(_("Out of court"), "out_of_court", (Permission.APPEAL_VIEW,)),
        ),
    ),
    Wing(
        _("Routing"),
        "route",
        (
            Room(_("Rules"), "routing", (Permission.QUEUE_VIEW,), everywhere=True),
            Room(_("Promises"), "targets", (Permission.QUEUE_VIEW,), everywhere=True),
            Room(_("Calendars"), "calendars", (Permission.QUEUE_VIEW,), everywhere=True),
            Room(_("Reporters"), "reporters", (Permission.REPORT_VIEW,), everywhere=True),
        ),
    ),
    Wing(
        _("Policies"),
        "books",
        (
            Room(_("Policies"), "policies", (Permission.POLICY_VIEW,)),
            Room(_("Drafts"), "policy_drafts", (Permission.POLICY_EDIT, Permission.POLICY_APPROVE), everywhere=True),
            Room(_("Translations"), "policy_translations", (Permission.POLICY_EDIT, Permission.POLICY_APPROVE)),
            Room(
                _("Words of statements"),
                "statement_templates",
                (Permission.TEMPLATE_EDIT, Permission.POLICY_EDIT),
                everywhere=True,
            ),
            Room(_("Words of letters"), "letter_templates", (Permission.LETTER_EDIT,), everywhere=True),
            Room(_("Beginnings for facts"), "facts_templates", (Permission.TEMPLATE_EDIT,)),
        ),
    ),
    Wing(
        _("Standing"),
        "stairs-up",
        (
            Room(_("Ladders"), "ladders", (Permission.STANDING_VIEW,)),
            Room(_("Sanctions"), "sanctions", (Permission.STANDING_VIEW,)),
        ),
    ),
    Wing(
        _("Rights"),
        "copyright",
        (
            Room(_("Registry"), "rights_registry", (Permission.RIGHT_VIEW,)),
            Room(_("Claims"), "claims_list", (Permission.RIGHT_VIEW,)),
            Room(_("Counter-notices"), "counters_list", (Permission.RIGHT_VIEW,)),
            Room(_("Owners"), "rights_owners", (Permission.RIGHT_VIEW,), everywhere=True),
            Room(_("Repeat infringers"), "repeat_infringers", (Permission.RIGHT_VIEW,), everywhere=True),
        ),
    ),
    Wing(
        _("Duties"),
        "scale",
        (
            Room(_("What is due"), "duties", (Permission.DUTY_VIEW,), everywhere=True),
            Room(_("Orders"), "duties_orders", (Permission.DUTY_VIEW,), everywhere=True),
            Room(_("Threats to life"), "duties_threats", (Permission.THREAT_EDIT,), everywhere=True),
            Room(_("Product safety"), "duties_safety", (Permission.DUTY_VIEW,), everywhere=True),
            Room(_("Trusted flaggers"), "duties_flaggers", (Permission.DUTY_VIEW,), everywhere=True),
            Room(_("Misuse"), "duties_misuse", (Permission.DUTY_VIEW,), everywhere=True),
            Room(_("Traders"), "duties_traders", (Permission.DUTY_VIEW,), everywhere=True),
            Room(_("Ends of service"), "duties_terminations", (Permission.DUTY_VIEW,), everywhere=True),
            Room(_("Buyers"), "duties_campaigns", (Permission.DUTY_VIEW,), everywhere=True),
            Room(_("Submissions"), "submissions", (Permission.SUBMISSION_VIEW,), everywhere=True),
            Room(_("Repair queue"), "submissions_repair", (Permission.SUBMISSION_VIEW,), everywhere=True),
            Room(_("Streams"), "submission_streams", (Permission.SUBMISSION_VIEW,), everywhere=True),
            Room(_("Legal holds"), "duties_holds", (Permission.DUTY_VIEW,), everywhere=True),
            Room(_("Retention"), "duties_retention", (Permission.ERASURE_RUN,), everywhere=True),
            Room(_("Erasure"), "duties_erasures", (Permission.ERASURE_RUN,), everywhere=True),
        ),
    ),
    Wing(
        _("People"),
        "users",
        (
            Room(_("People"), "people", (Permission.PERSON_VIEW,)),
            Room(_("Exposure"), "exposure", (Permission.EXPOSURE_VIEW,)),
            Room(_("Vendors"), "vendors", (Permission.PERSON_VIEW,)),
            Room(_("Invitations"), "invitations", (Permission.PERSON_INVITE, Permission.PERSON_EDIT)),
            Room(_("Roles"), "roles", (Permission.ROLE_VIEW, Permission.ROLE_EDIT)),
            Room(_("Access review"), "access_review", (Permission.ACCESS_REVIEW,)),
            Room(_("Locked"), "locks", (Permission.PERSON_EDIT,)),
        ),
    ),
    Wing(
        _("Admin"),
        "shield-lock",
        (
            Room(_("Outbox"), "outbox", (Permission.OUTBOX_VIEW,), everywhere=True),
            Room(_("Dead letters"), "dead_letters", (Permission.OUTBOX_VIEW,), everywhere=True),
            Room(_("Deliveries"), "deliveries", (Permission.OUTBOX_VIEW,), everywhere=True),
            Room(_("Actions"), "actions", (Permission.ENDPOINT_EDIT,), everywhere=True),
            Room(_("Ledger"), "ledger", (Permission.LEDGER_VIEW,)),
            Room(_("API keys"), "keys", (Permission.KEY_EDIT,)),
            Room(_("Item fields"), "schemas", (Permission.SCHEMA_EDIT,), everywhere=True),
            Room(_("Settings"), "settings", (Permission.SETTINGS_EDIT,), everywhere=True),
            Room(_("Configuration"), "configuration", (Permission.CONFIGURATION_MOVE,), everywhere=True),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Link:
    label: str | Promise
    url: str
    here: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A wing as this person sees it."""

    label: str | Promise
    icon: str
    url: str
    here: bool
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Shell:
    rail: tuple[Entry, ...]
    may_search: bool
    may_set_availability: bool
    may_claim: bool
    eyes: Wellness | None = None
    """How media are shown to this person."""
    keys: list[dict[str, Any]] = field(default_factory=list)
    """The keys that every page knows; the console knows all."""

    @property
    def here(self) -> Entry | None:
        return next((entry for entry in self.rail if entry.here), None)


def shell(request: HttpRequest) -> dict[str, Any]:
    """The frame, worked out only when a page draws it."""
    return {"shell": SimpleLazyObject(lambda: _shell(request))}


def _shell(request: HttpRequest) -> Shell:
    if not isinstance(request.user, User):
        return Shell((), may_search=False, may_set_availability=False, may_claim=False)
    actor = actor_of(request)
    preferences = preferences_of(request.user)
    return Shell(
        rail=rail(actor, request.path),
        may_search=actor.may(Permission.CASE_VIEW),
        may_set_availability=actor.may(Permission.AVAILABILITY_SET),
        may_claim=actor.may(Permission.CASE_CLAIM),
        eyes=preferences.wellness,
        keys=keys_for(preferences.keys, only=EVERYWHERE),
    )


def rail(actor: Actor, path: str) -> tuple[Entry, ...]:
    """The wings with at least one room open to ``actor``; the room whose address ``path`` starts with is where they are."""
    open_rooms = [
        (wing, [(room, reverse(room.url_name)) for room in wing.rooms if _opens(actor, room)]) for wing in WINGS
    ]
    urls = [url for _, rooms in open_rooms for _, url in rooms if path == url or (url != "/" and path.startswith(url))]
    here = max(urls, key=len, default=None)
    return tuple(
        Entry(
            wing.label,
            wing.icon,
            rooms[0][1],
            any(url == here for _, url in rooms),
            tuple(Link(room.label, url, url == here) for room, url in rooms),
        )
        for wing, rooms in open_rooms
        if rooms
    )


def _opens(actor: Actor, room: Room) -> bool:
    scopes = [scope for permission in room.opens for scope in actor.scopes(permission)]
    return not room.opens or any(not (room.everywhere and scope.vendors) for scope in scopes)
