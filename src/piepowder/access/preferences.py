"""What a person chose for their own work: how media are shown, which keys do what, starred queues, columns of lists.

Where they chose nothing the organisation's option holds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from piepowder.access.models import User
from piepowder.access.options import Option, chosen, declare, option
from piepowder.kernel.actor import Actor, ActorKind
from piepowder.kernel.errors import FieldProblem, Malformed, Refused
from piepowder.ledger.operations import record

_WELLNESS = gettext_lazy("Wellness")
REVEALS = (("on_demand", gettext_lazy("on demand")), ("always", gettext_lazy("always shown")))
STRONGEST_BLUR = 60
_MOST_NAMES = 200
_NAMES = ("blur", "grayscale", "mute", "autoplay", "reveal")

declare(
    Option(
        "wellness.blur", "whole", 24, _WELLNESS, gettext_lazy("Blur of covered media, in pixels"), "", 4, STRONGEST_BLUR
    ),
    Option("wellness.grayscale", "yes_no", False, _WELLNESS, gettext_lazy("Show media in shades of grey")),
    Option("wellness.mute", "yes_no", True, _WELLNESS, gettext_lazy("Start films without sound")),
    Option("wellness.autoplay", "yes_no", False, _WELLNESS, gettext_lazy("Play films by themselves once shown")),
    Option("wellness.reveal", "choice", "on_demand", _WELLNESS, gettext_lazy("Show media"), choices=REVEALS),
)


class BadPreference(Malformed):
    code = "bad_preference"


class NobodysPreference(Refused):
    code = "nobodys_preference"


@dataclass(frozen=True, slots=True)
class Wellness:
    """How media come before a person's eyes and ears; ``blur`` in pixels."""

    blur: int
    grayscale: bool
    mute: bool
    autoplay: bool
    reveal: str


@dataclass(frozen=True, slots=True)
class Preferences:
    wellness: Wellness
    keys: Mapping[str, str] = field(default_factory=dict)
    """Action → key, only where it differs from the action's own."""
    starred: tuple[str, ...] = ()
    """Codes of queues."""
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Name of a page → its columns."""


def preferences_of(user: User | int) -> Preferences:
    """The preferences of a person; at most one query, none for a ``User`` at hand."""
    if isinstance(user, User):
        own = user.preferences
    else:
        own = User.objects.filter(pk=user).values_list("preferences", flat=True).first() or {}
    wellness = own.get("wellness", {})
    return Preferences(
        wellness=Wellness(**{name: wellness.get(name, chosen(f"wellness.{name}")) for name in _NAMES}),
        keys=dict(own.get("keys", {})),
        starred=tuple(own.get("starred", ())),
        columns={page: tuple(columns) for page, columns in own.get("columns", {}).items()},
    )


def prefer(*, actor: Actor, at: datetime, section: str, values: Any) -> None:
    """Store one section of the actor's own preferences; ``None`` goes back to the organisation's.

    Raises ``BadPreference``; ``NobodysPreference`` for keys and machines.
    """
    if actor.kind is not ActorKind.PERSON:
        raise NobodysPreference(_("only a person has preferences"))
    check = _SECTIONS.get(section)
    if check is None:
        raise BadPreference(_("there is no such section of preferences"))
    if values is not None and (problem := check(values)):
        raise BadPreference(_("this cannot be stored"), problems=[FieldProblem(f"/{section}", "bad_value", problem)])
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=int(actor.ref))
        user.preferences = {name: kept for name, kept in user.preferences.items() if name != section}
        if values is not None:
            user.preferences[section] = values
        user.save(update_fields=["preferences"])
        record(actor=actor, at=at, verb="person.prefer", subject_kind="person", subject_id=user.pk, section=section)


def _wellness(values: Any) -> str:
    if not isinstance(values, dict):
        return _("names and values")
    for name, value in values.items():
        if name not in _NAMES:
            return _("there is no '%(key)s' here") % {"key": name}
        if problem := option(f"wellness.{name}").problem(value):
            return f"{name}: {problem}"
    return ""


def _keys(values: Any) -> str:
    if not isinstance(values, dict) or len(values) > _MOST_NAMES:
        return _("names and keys")
    texts = [*values, *values.values()]
    if not all(values) or not all(isinstance(text, str) and len(text) <= 40 and "\x00" not in text for text in texts):
        return _("names and keys")
    # No key at all switches an action off, and may do so for several.
    doubled = sorted({key for key in values.values() if key and list(values.values()).count(key) > 1})
    return _("the same key twice: %(keys)s") % {"keys": ", ".join(doubled)} if doubled else ""


def _codes(values: Any) -> str:
    fit = (
        isinstance(values, list) and len(values) <= _MOST_NAMES and all(isinstance(one, str) and one for one in values)
    )
    if fit and len(set(values)) == len(values) and not any("\x00" in one for one in values):
        return ""
    return _("a list of names, each only once")


def _columns(values: Any) -> str:
    if not isinstance(values, dict) or len(values) > 50:
        return _("names and values")
    return next((found for columns in values.values() if (found := _codes(columns))), "")


_SECTIONS: dict[str, Callable[[Any], str]] = {
    "wellness": _wellness,
    "keys": _keys,
    "starred": _codes,
    "columns": _columns,
}
