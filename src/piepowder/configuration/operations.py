"""Applying a configuration: everything it says, in one transaction, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.access import options
from piepowder.access.visibility import require_whole
from piepowder.configuration.logic import Change, changes, escaped, shape_problems, untouched
from piepowder.configuration.parts import PARTS
from piepowder.configuration.queries import configuration, digest_of
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import Conflict, FieldProblem, Malformed, PiepowderError
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record
from piepowder.policy import packs
from piepowder.review import reference


class BadConfiguration(Malformed):
    """The file cannot be applied; ``problems`` point into it, entry and field."""

    code = "bad_configuration"


class ConfigurationMoved(Conflict):
    """Somebody changed the set-up since the difference was shown."""

    code = "configuration_moved"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What applying would do. ``problems`` were found by trying it, and taking all of it back."""

    changes: tuple[Change, ...]
    untouched: Mapping[str, list[str]]
    problems: tuple[FieldProblem, ...]
    digest: str
    """Of the set-up it was compared with; ``apply`` wants it back."""


def compare(*, actor: Actor, document: Mapping[str, Any], at: datetime) -> Comparison:
    """What ``document`` would change, and what would go wrong. Nothing stays written. Raises ``BadConfiguration``."""
    wanted = _wanted(actor, document)
    now = configuration(actor)
    found = changes(now, wanted)
    try:
        with transaction.atomic():
            problems = _write(actor, found, wanted, at)
            transaction.set_rollback(True)
    finally:
        _forget()
    return Comparison(tuple(found), untouched(now, wanted), tuple(problems), digest_of(now))


def apply(*, actor: Actor, document: Mapping[str, Any], at: datetime, seen: str = "") -> list[Change]:
    """Make the set-up what ``document`` says, entry by entry in the order of the parts; returns what changed.

    ``seen`` is the digest that ``compare`` gave: raises ``ConfigurationMoved`` when the set-up is another by now. Raises
    ``BadConfiguration`` with every problem, and then nothing has changed.
    """
    wanted = _wanted(actor, document)
    try:
        with transaction.atomic():
            now = configuration(actor)
            if seen and seen != digest_of(now):
                raise ConfigurationMoved(_("the set-up has changed since this difference was shown; look at it again"))
            found = changes(now, wanted)
            problems = _write(actor, found, wanted, at)
            if problems:
                raise BadConfiguration(_("the configuration cannot be applied as it is"), problems=problems)
            if found:
                told = {part: [one.key for one in found if one.part == part] for part in {one.part for one in found}}
                record(
                    actor=actor,
                    at=at,
                    verb="configuration.apply",
                    subject_kind="configuration",
                    subject_id=digest_of(now)[:16],
                    entries={part: len(keys) for part, keys in sorted(told.items())},
                )
    finally:
        _forget()
    return found


def _wanted(actor: Actor, document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    require_whole(actor, Permission.CONFIGURATION_MOVE)
    problems = shape_problems(document, PARTS)
    if problems:
        raise BadConfiguration(_("this is no configuration that can be read"), problems=problems)
    return {name: document[name] for name in PARTS if name in document}


def _write(
    actor: Actor, found: list[Change], wanted: Mapping[str, Mapping[str, Any]], at: datetime
) -> list[FieldProblem]:
    """Write every change, each on its own, so that all problems are told at once."""
    problems: list[FieldProblem] = []
    for change in found:
        try:
            with transaction.atomic():
                PARTS[change.part].write(actor, at, change.key, wanted[change.part][change.key])
        except PiepowderError as error:
            problems += _placed(change, error)
        # The next entry may rest on this one.
        reference.forget()
    return problems


def _placed(change: Change, error: PiepowderError) -> list[FieldProblem]:
    pointer = f"/{change.part}/{escaped(change.key)}"
    if not error.problems:
        return [FieldProblem(pointer, error.code, error.detail)]
    return [FieldProblem(f"{pointer}{one.pointer}", one.code, one.detail) for one in error.problems]


def _forget() -> None:
    options.forget()
    packs.forget()
    reference.forget()
