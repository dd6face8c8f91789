"""What an organisation can choose: each package declares its options, one table keeps what differs from the defaults.

An option is read all day and changed once a month, so each process keeps a copy for ``KEPT_S``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.access.models import Choice
from piepowder.access.visibility import require_whole
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import FieldProblem, Malformed
from piepowder.kernel.kept import Kept
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record

KEPT_S = 2.0
KINDS = ("whole", "number", "yes_no", "text", "choice", "list", "by_severity")
_LONGEST_TEXT = 2_000
_LONGEST_LIST = 500


class BadChoice(Malformed):
    code = "bad_choice"


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to choose. ``title``, ``hint`` and ``group`` are lazy translations; ``choices`` are (value, label) pairs.

    A ``list`` with ``choices`` takes only those; ``by_severity`` maps "0" to "3" to a number, or null for no limit.
    """

    key: str
    kind: str
    default: Any
    group: Any
    title: Any
    hint: Any = ""
    least: float | None = None
    most: float | None = None
    choices: tuple[tuple[str, Any], ...] | Callable[[], Iterable[tuple[str, Any]]] = ()

    def allowed(self) -> tuple[tuple[str, Any], ...]:
        return tuple(self.choices() if callable(self.choices) else self.choices)

    def problem(self, value: Any) -> str:
        """What is wrong with ``value``, in words; empty when it can be chosen."""
        return _CHECKS[self.kind](self, value)


_declared: dict[str, Option] = {}


def option(key: str) -> Option:
    """The option of that key; raises ``KeyError``."""
    return _declared[key]


def declare(*options: Option) -> None:
    """Make options known; a package does so once, when its ``options.py`` is imported."""
    for option in options:
        if option.kind not in KINDS or option.key in _declared:
            raise ValueError(f"option {option.key!r} cannot be declared")
        _declared[option.key] = option


def declared() -> Sequence[Option]:
    """Every option, by key."""
    return [_declared[key] for key in sorted(_declared)]


def chosen(key: str) -> Any:
    """What holds for the option: the organisation's choice, else the default. Raises ``KeyError`` if it is unknown."""
    return _choices().get(key, _declared[key].default)


def choose(*, actor: Actor, at: datetime, values: Mapping[str, Any]) -> list[str]:
    """Store what the organisation chose; a value equal to the default removes the choice. Returns the keys that changed.

    Everything is stored or nothing: raises ``BadChoice`` with one problem per key.
    """
    require_whole(actor, Permission.SETTINGS_EDIT)
    found = []
    for key, value in values.items():
        if key not in _declared:
            found.append(FieldProblem(f"/{key}", "unknown_option", _("there is no such setting")))
        elif problem := _declared[key].problem(value):
            found.append(FieldProblem(f"/{key}", "bad_value", problem))
    if found:
        raise BadChoice(_("these settings cannot be stored"), problems=found)
    changed = []
    with transaction.atomic():
        before = dict(Choice.objects.select_for_update().filter(key__in=list(values)).values_list("key", "value"))
        for key, value in sorted(values.items()):
            default = _declared[key].default
            if before.get(key, default) == value:
                continue
            changed.append(key)
            if value == default:
                Choice.objects.filter(key=key).delete()
            else:
                told = {"value": value, "changed_at": at, "changed_by": actor.ref}
                Choice.objects.update_or_create(key=key, defaults=told)
        if changed:
            body = {key: values[key] for key in changed}
            record(actor=actor, at=at, verb="settings.choose", subject_kind="settings", subject_id="all", values=body)
    forget()
    return changed


def forget() -> None:
    """Read the choices anew at the next question."""
    _choices.forget()


_choices: Kept[dict[str, Any]] = Kept(lambda: dict(Choice.objects.values_list("key", "value")), KEPT_S)


def _whole(option: Option, value: Any) -> str:
    if not isinstance(value, int) or isinstance(value, bool):
        return _("a whole number")
    return _within(option, value)


def _number(option: Option, value: Any) -> str:
    if not isinstance(value, int | float) or isinstance(value, bool) or value != value:
        return _("a number")
    return _within(option, value)


def _within(option: Option, value: float) -> str:
    if option.least is not None and value < option.least:
        return _("at least %(least)s") % {"least": f"{option.least:g}"}
    if option.most is not None and value > option.most:
        return _("at most %(most)s") % {"most": f"{option.most:g}"}
    return ""


def _yes_no(option: Option, value: Any) -> str:
    return "" if isinstance(value, bool) else _("true or false")


def _text(option: Option, value: Any) -> str:
    if not isinstance(value, str) or "\x00" in value:
        return _("a text")
    return "" if len(value) <= _LONGEST_TEXT else _("at most %(most)s characters") % {"most": _LONGEST_TEXT}


def _choice(option: Option, value: Any) -> str:
    values = [name for name, _label in option.allowed()]
    return "" if value in values else _("one of: %(values)s") % {"values": ", ".join(values)}


def _list(option: Option, value: Any) -> str:
    if not isinstance(value, list) or len(value) > _LONGEST_LIST or not all(isinstance(one, str) for one in value):
        return _("a list of texts")
    if len(set(value)) < len(value):
        return _("each only once")
    allowed = {name for name, _label in option.allowed()}
    unknown = [one for one in value if allowed and one not in allowed]
    return _("not known: %(values)s") % {"values": ", ".join(unknown)} if unknown else ""


def _by_severity(option: Option, value: Any) -> str:
    if not isinstance(value, dict) or set(value) != {"0", "1", "2", "3"}:
        return _("a number or nothing for each severity from 0 to 3")
    return next((found for one in value.values() if one is not None and (found := _number(option, one))), "")


_CHECKS: dict[str, Callable[[Option, Any], str]] = {
    "whole": _whole,
    "number": _number,
    "yes_no": _yes_no,
    "text": _text,
    "choice": _choice,
    "list": _list,
    "by_severity": _by_severity,
}
