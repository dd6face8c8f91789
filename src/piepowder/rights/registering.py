"""The registry of rights: entered by their owners or by us, verified by a person, retired when they are over."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from piepowder.access.visibility import require
from piepowder.intake.models import StoredMedia
from piepowder.intake.schemas.codes import COUNTRIES
from piepowder.kernel.actor import Actor, ActorKind
from piepowder.kernel.errors import Conflict, FieldProblem, Forbidden, Malformed, NotFound
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record
from piepowder.policy.dsa import MARKET_GROUPS
from piepowder.rights.models import Right, RightEvidence
from piepowder.rights.states import NUMBERED, RIGHT_FLOW, RightState, RightType

MOST_FILES = 20
_LENGTHS = {"number": 100, "title": 300, "office": 100, "owner_ref": 200, "owner_name": 200, "owner_email": 254}
_LENGTHS |= {"agent_ref": 200, "agent_name": 200, "agent_email": 254, "language": 10}


class NoSuchRight(NotFound):
    """There is none, or the actor may not know of it."""

    code = "no_such_right"


class BadRight(Malformed):
    code = "bad_right"


class RightRegistered(Conflict):
    """The same number in the same register is entered already."""

    code = "right_registered"


class OnlyPeopleVerify(Forbidden):
    """A key or a machine cannot say that a right was looked at."""

    code = "only_people_verify"


@dataclass(frozen=True, slots=True, kw_only=True)
class RightFields:
    """What is said of a right. ``owner_ref`` is by what the marketplace knows the owner."""

    type: str
    title: str
    owner_ref: str
    owner_name: str = ""
    owner_email: str = ""
    number: str = ""
    office: str = ""
    territories: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    agent_ref: str = ""
    agent_name: str = ""
    agent_email: str = ""
    agent_until: date | None = None
    expires_on: date | None = None
    language: str = "en"


# Who these are, and what they may be asked, does not touch what the register says.
_CONTACTS = frozenset({"owner_name", "owner_email", "agent_name", "agent_email", "language"})


@transaction.atomic
def register_right(
    *, actor: Actor, fields: RightFields, at: datetime, evidence: Sequence[str] = (), authorisation: Sequence[str] = ()
) -> Right:
    """Enter a right, which a person then verifies; ``evidence`` and ``authorisation`` are digests of uploads.

    Raises ``BadRight`` with a problem for each field, ``RightRegistered`` when the number is entered already.
    """
    _require_edit(actor)
    fields = _checked(fields, [*evidence, *authorisation])
    right = Right(**_columns(fields), registered_at=at, changed_at=at, source=f"{actor.kind.value}:{actor.ref}"[:80])
    _store(right)
    _attach(right, evidence, "right", at)
    _attach(right, authorisation, "authorisation", at)
    _fact(actor, at, "right.register", right)
    return right


@transaction.atomic
def change_right(
    *,
    actor: Actor,
    right_id: UUID,
    fields: RightFields,
    at: datetime,
    evidence: Sequence[str] = (),
    authorisation: Sequence[str] = (),
) -> Right:
    """Say something else of a right. What the register says is to be verified again; a new address is not."""
    require(actor, Permission.RIGHT_EDIT)
    right = locked_right(right_id)
    fields = _checked(fields, [*evidence, *authorisation])
    wanted = _columns(fields)
    changed = sorted(name for name, value in wanted.items() if getattr(right, name) != value)
    if set(changed) - _CONTACTS or (authorisation or evidence):
        right.state = RIGHT_FLOW.step("change", RightState(right.state))
        right.verified_at = right.verified_by = None
    elif right.state == RightState.RETIRED:
        RIGHT_FLOW.step("change", RightState.RETIRED)
    for name in changed:
        setattr(right, name, wanted[name])
    right.changed_at = at
    _store(right)
    _attach(right, evidence, "right", at)
    _attach(right, authorisation, "authorisation", at)
    _fact(actor, at, "right.change", right, changed=changed)
    return right


@transaction.atomic
def settle_right(*, actor: Actor, right_id: UUID, way: str, at: datetime) -> Right:
    """``verify``: a person has looked at the register and the papers. ``refuse``: they do not show the right."""
    require(actor, Permission.RIGHT_EDIT)
    if actor.kind is not ActorKind.PERSON:
        raise OnlyPeopleVerify(_("a right is verified by a person"))
    right = locked_right(right_id)
    right.state = RIGHT_FLOW.step(way, RightState(right.state))
    right.verified_at = at if way == "verify" else None
    right.verified_by_id = int(actor.ref) if way == "verify" else None
    right.save(update_fields=["state", "verified_at", "verified_by"])
    _fact(actor, at, f"right.{way}", right)
    return right


@transaction.atomic
def retire_right(*, actor: Actor, right_id: UUID, at: datetime) -> Right:
    """Take a right that is over out of use: nothing more is claimed on it, what was claimed stays."""
    require(actor, Permission.RIGHT_EDIT)
    right = locked_right(right_id)
    right.state = RIGHT_FLOW.step("retire", RightState(right.state))
    right.retired_at, right.verified_at, right.verified_by = at, None, None
    right.save(update_fields=["state", "retired_at", "verified_at", "verified_by"])
    _fact(actor, at, "right.retire", right)
    return right


def locked_right(right_id: UUID) -> Right:
    right = Right.objects.select_for_update(no_key=True).filter(pk=right_id).first()
    if right is None:
        raise NoSuchRight(_("there is no such right"))
    return right


def number_key(number: str) -> str:
    """A number as it is compared: without spaces and signs, in capitals."""
    return re.sub(r"[\W_]", "", number).upper()


def as_stated(right: Right) -> dict[str, Any]:
    """What the register says of it, without people: kept with every notice."""
    return {
        "type": right.type,
        "number": right.number,
        "title": right.title,
        "office": right.office,
        "territories": list(right.territories),
        "classes": list(right.classes),
        "categories": list(right.categories),
        "expires_on": right.expires_on.isoformat() if right.expires_on else None,
        "agent_until": right.agent_until.isoformat() if right.agent_until else None,
        "state": right.state,
    }


def _require_edit(actor: Actor) -> None:
    """Whoever keeps the registry, or may report: a right that comes with a notice is entered, and verified by us."""
    if not actor.may(Permission.REPORT_SUBMIT):
        require(actor, Permission.RIGHT_EDIT)


def _checked(fields: RightFields, uploads: Sequence[str]) -> RightFields:
    problems = [
        FieldProblem(f"/{name}", "too_long", _("at most %(most)d characters") % {"most": most})
        for name, most in _LENGTHS.items()
        if len(getattr(fields, name)) > most
    ]
    texts = [getattr(fields, name) for name in _LENGTHS] + [*fields.classes, *fields.categories]
    if any("\0" in text for text in texts):
        problems.append(FieldProblem("", "bad_text", _("a text must not hold the character zero")))
    if fields.type not in RightType.values:
        problems.append(FieldProblem("/type", "unknown_type", _("there is no such sort of right")))
    if not fields.title.strip():
        problems.append(FieldProblem("/title", "missing", _("say what is protected")))
    if not fields.owner_ref.strip():
        problems.append(FieldProblem("/owner_ref", "missing", _("say whose right it is")))
    if fields.type in NUMBERED and not number_key(fields.number):
        problems.append(FieldProblem("/number", "missing", _("this sort of right has a number in its register")))
    for name in ("classes", "categories"):
        if len(getattr(fields, name)) > 100 or any(len(one) > 300 for one in getattr(fields, name)):
            problems.append(FieldProblem(f"/{name}", "too_long", _("too many, or one is too long")))
    unknown = sorted({code for code in fields.territories if code not in COUNTRIES and code not in MARKET_GROUPS})
    if unknown:
        said = _("not known: %(values)s") % {"values": ", ".join(one[:20] for one in unknown[:10])}
        problems.append(FieldProblem("/territories", "unknown_market", said))
    if len(uploads) > MOST_FILES:
        problems.append(FieldProblem("/evidence", "too_many", _("at most %(most)d files") % {"most": MOST_FILES}))
    elif StoredMedia.objects.filter(digest__in=set(uploads)).count() < len(set(uploads)):
        problems.append(FieldProblem("/evidence", "unknown_upload", _("nothing was uploaded with this digest")))
    if problems:
        raise BadRight(_("the right cannot be entered like this"), problems=problems)
    territories = sorted({country for one in fields.territories for country in MARKET_GROUPS.get(one, (one,))})
    return replace(fields, territories=tuple(territories))


def _columns(fields: RightFields) -> dict[str, Any]:
    plain = {name: getattr(fields, name).strip() for name in (*_LENGTHS, "type")}
    lists = {name: list(getattr(fields, name)) for name in ("territories", "classes", "categories")}
    days = {"agent_until": fields.agent_until, "expires_on": fields.expires_on}
    return {**plain, **lists, **days, "number_key": number_key(fields.number)[:100]}


def _store(right: Right) -> None:
    try:
        with transaction.atomic():
            right.save()
    except IntegrityError as error:
        problem = FieldProblem("/number", RightRegistered.code, _("this number is entered in the registry already"))
        raise RightRegistered(_("this right is entered already"), problems=[problem]) from error


def _attach(right: Right, uploads: Sequence[str], about: str, at: datetime) -> None:
    for digest in dict.fromkeys(uploads):
        RightEvidence.objects.get_or_create(right=right, stored_id=digest, defaults={"about": about, "added_at": at})


def _fact(actor: Actor, at: datetime, verb: str, right: Right, **body: Any) -> None:
    body = {"type": right.type, "state": right.state, **body}
    record(actor=actor, at=at, verb=verb, subject_kind="right", subject_id=right.pk, **body)
