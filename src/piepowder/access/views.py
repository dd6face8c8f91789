"""Saved views: the filters, columns and order of a page under a name, for oneself or for one's colleagues.

A shared view is seen within its owner's vendor. Another vendor does not see it: its name is free text, and its filters
may name people, sites and vendors.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from piepowder.access.models import SavedView
from piepowder.access.visibility import require
from piepowder.kernel.actor import Actor, ActorKind
from piepowder.kernel.errors import FieldProblem, Malformed, NotFound
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record

PAGES = ("board", "board_people", "cases", "decisions", "people", "deliveries", "dead_letters")
"""Names of the routes whose views can be saved."""
_LONGEST_NAME, _LONGEST_QUERY, _MOST = 100, 4_000, 100


class BadView(Malformed):
    code = "bad_view"


class NoSuchView(NotFound):
    code = "unknown_view"


@dataclass(frozen=True, slots=True)
class View:
    """``own`` is false for a colleague's."""

    id: int
    name: str
    query: str
    shared: bool
    own: bool
    owner: str


def save_view(*, actor: Actor, page: str, name: str, query: str, shared: bool, at: datetime) -> SavedView:
    """Keep ``query`` (what stands behind the question mark) under ``name``; the same name again replaces it.

    A shared view needs ``view:share``. Raises ``BadView``.
    """
    name, owner = name.strip(), _person(actor)
    if shared:
        require(actor, Permission.VIEW_SHARE)
    if page not in PAGES:
        raise BadView(_("views of this page are not kept"))
    if not 1 <= len(name) <= _LONGEST_NAME:
        problem = FieldProblem("/name", "length", _("1 to %(most)d characters") % {"most": _LONGEST_NAME})
        raise BadView(_("a view needs a name"), problems=[problem])
    if len(query) > _LONGEST_QUERY:
        raise BadView(_("the address is too long to be kept"))
    with transaction.atomic():
        mine = SavedView.objects.filter(owner_id=owner, page=page)
        if not mine.filter(name=name).exists() and mine.count() >= _MOST:
            raise BadView(_("remove a view first: there are %(most)d already") % {"most": _MOST})
        view, _made = SavedView.objects.update_or_create(
            owner_id=owner, page=page, name=name, defaults={"query": query, "shared": shared, "saved_at": at}
        )
        # Neither the name nor the filters: both may hold names of people.
        record(actor=actor, at=at, verb="view.save", subject_kind="view", subject_id=view.pk, page=page, shared=shared)
    return view


def remove_view(*, actor: Actor, view_id: int, at: datetime) -> str:
    """Drop one of the actor's own views and return the page it was of; raises ``NoSuchView``."""
    with transaction.atomic():
        view = SavedView.objects.select_for_update().filter(pk=view_id, owner_id=_person(actor)).first()
        if view is None:
            raise NoSuchView(_("there is no such view of yours"))
        page, shared = view.page, view.shared
        view.delete()
        record(
            actor=actor, at=at, verb="view.remove", subject_kind="view", subject_id=view_id, page=page, shared=shared
        )
    return page


def views_of(actor: Actor, page: str) -> list[View]:
    """The actor's own views of a page, then what colleagues share, each by name. One query."""
    if actor.kind is not ActorKind.PERSON:
        return []
    me = int(actor.ref)
    rows = SavedView.objects.filter(Q(owner_id=me) | Q(shared=True, owner__vendor__code=actor.vendor), page=page)
    views = [
        View(view.pk, view.name, view.query, view.shared, view.owner_id == me, view.owner.name)
        for view in rows.select_related("owner").order_by("name", "id")
    ]
    return sorted(views, key=lambda view: not view.own)


def _person(actor: Actor) -> int:
    if actor.kind is not ActorKind.PERSON:
        raise BadView(_("only a person keeps views"))
    return int(actor.ref)
