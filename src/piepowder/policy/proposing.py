"""Writing the next version of a policy, and approving what somebody else wrote.

What is written is kept as one open ``Proposed`` per policy. Everybody who saved it counts as its writer, and no writer
approves it, unless the organisation has switched the second pair of eyes off.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from piepowder.access.options import chosen
from piepowder.kernel.actor import Actor
from piepowder.kernel.canonical import digest
from piepowder.kernel.errors import Conflict, FieldProblem, Forbidden, Malformed, NotFound
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record
from piepowder.policy.drafts import code_problems
from piepowder.policy.logic import day_of, in_force
from piepowder.policy.models import Policy, PolicyVersion, Proposed
from piepowder.policy.operations import (
    BadPolicy,
    create_policy,
    open_policy,
    place_for,
    publish_version,
    require_over,
)
from piepowder.policy.options import FOUR_EYES
from piepowder.policy.states import PROPOSED_FLOW, ProposedState
from piepowder.policy.unfinished import Content, blank, content_of, content_problems, read_content, tidied

OPEN = (ProposedState.DRAFT, ProposedState.SUBMITTED)
_LONGEST_REASON = 500


class AlreadyProposed(Conflict):
    """Two people writing the next version of one policy would write past each other."""

    code = "policy_being_written"


class NoSuchProposed(NotFound):
    code = "no_such_proposed_version"


class ChangedMeanwhile(Conflict):
    code = "proposed_version_changed"


class OwnVersion(Forbidden):
    code = "own_policy_version"


class MissingReason(Malformed):
    code = "missing_reason"


@transaction.atomic
def start_version(*, actor: Actor, at: datetime, code: str, number: int | None = None) -> Proposed:
    """Begin the next version of a policy with the words of version ``number``, or of the one in force.

    Raises ``UnknownPolicy``, ``AlreadyRetired``, or ``AlreadyProposed`` when somebody is at it.
    """
    policy = open_policy(code)
    versions = list(policy.versions.prefetch_related("texts").order_by("number"))
    base = next((one for one in versions if one.number == number), None)
    base = base or in_force(versions, market=None, on=day_of(at)) or versions[-1]
    content = content_of(base, base.texts.all(), day_of(at))
    require_over(actor, Permission.POLICY_EDIT, content["markets"])
    return _start(actor, at, code, content | {"base": versions[-1].number, "new": None})


@transaction.atomic
def start_policy(
    *, actor: Actor, at: datetime, code: str, parent: str = "", is_leaf: bool = True, kinds: Sequence[str] = ()
) -> Proposed:
    """Begin a new policy or family; nothing but the draft exists before it is approved.

    Raises ``BadPolicy``, ``CodeTaken``, ``UnknownPolicy`` for the parent, ``LeafHasNoChildren``, ``AlreadyRetired`` or
    ``AlreadyProposed``.
    """
    require_over(actor, Permission.POLICY_EDIT, ())
    if found := code_problems(code, kinds):
        raise BadPolicy(_("the policy cannot be begun"), problems=found)
    place_for(code, parent)
    new = {"parent": parent, "is_leaf": is_leaf, "kinds": list(kinds)}
    return _start(actor, at, code, blank(day_of(at)) | {"base": 0, "new": new})


def _start(actor: Actor, at: datetime, code: str, content: Content) -> Proposed:
    told = {"policy_code": code, "author": actor.ref, "saved_at": at}
    try:
        with transaction.atomic():
            proposed = Proposed.objects.create(content=content | {"writers": [actor.ref]}, **told)
    except IntegrityError:
        raise AlreadyProposed(_("the next version of %(code)s is being written already") % {"code": code}) from None
    _record(actor, at, proposed, "policy.begin")
    return proposed


@transaction.atomic
def save_version(*, actor: Actor, at: datetime, proposed_id: int, seen: str, content: Mapping[str, Any]) -> Proposed:
    """Keep what was written, faults and all; ``seen`` is the ``mark`` of what the writer had before them.

    Raises ``ChangedMeanwhile`` when somebody else has saved since, ``WrongState`` when it has been submitted.
    """
    proposed = _locked(proposed_id, "save", seen)
    fresh = tidied(content)
    require_over(actor, Permission.POLICY_EDIT, proposed.content["markets"])
    require_over(actor, Permission.POLICY_EDIT, fresh["markets"])
    fixed = {name: proposed.content[name] for name in ("base", "new")}
    writers = sorted({*proposed.content["writers"], actor.ref})
    proposed.content = {**fresh, **fixed, "writers": writers}
    proposed.saved_at = at
    proposed.save(update_fields=["content", "saved_at"])
    _record(actor, at, proposed, "policy.write")
    return proposed


@transaction.atomic
def submit_version(*, actor: Actor, at: datetime, proposed_id: int, seen: str) -> Proposed:
    """Ask for approval; raises ``BadPolicy`` with everything that is missing or wrong."""
    proposed = _locked(proposed_id, "submit", seen)
    require_over(actor, Permission.POLICY_EDIT, proposed.content["markets"])
    if found := problems_of(proposed, at):
        raise BadPolicy(_("the version is not complete"), problems=found)
    proposed.submitted_at, proposed.reason = at, ""
    _step(proposed, "submit", "submitted_at", "reason")
    _record(actor, at, proposed, "policy.submit")
    return proposed


@transaction.atomic
def approve_version(
    *, actor: Actor, at: datetime, proposed_id: int, seen: str, from_today: bool = False
) -> PolicyVersion:
    """Publish what another wrote; ``from_today`` lets a version whose day has gone by apply from today.

    Raises ``OwnVersion`` for anybody who wrote at it, ``Backdated``, and what ``publish_version`` raises.
    """
    proposed = _locked(proposed_id, "approve", seen)
    content = proposed.content
    require_over(actor, Permission.POLICY_APPROVE, content["markets"])
    if actor.ref in content["writers"] and chosen(FOUR_EYES):
        raise OwnVersion(_("you have written at this version yourself"))
    draft, problems = read_content(content)
    if problems:
        raise BadPolicy(_("the version is not complete"), problems=problems)
    if from_today and draft.effective_from < day_of(at):
        draft, _problems = read_content(content | {"effective_from": day_of(at).isoformat()})
    if new := content["new"]:
        create_policy(
            actor=actor,
            code=proposed.policy_code,
            parent=new["parent"],
            kinds=new["kinds"],
            is_leaf=new["is_leaf"],
            first=draft,
            at=at,
            needs=Permission.POLICY_APPROVE,
        )
        version = PolicyVersion.objects.get(policy__code=proposed.policy_code, number=1)
    else:
        version = publish_version(
            actor=actor, code=proposed.policy_code, draft=draft, at=at, needs=Permission.POLICY_APPROVE
        )
    proposed.version, proposed.settled_by, proposed.settled_at = version, actor.ref, at
    _step(proposed, "approve", "version", "settled_by", "settled_at")
    _record(actor, at, proposed, "policy.approve", version=version.number)
    return version


@transaction.atomic
def send_back_version(*, actor: Actor, at: datetime, proposed_id: int, reason: str) -> Proposed:
    """Give it back to its writers with a reason; raises ``MissingReason``."""
    proposed = _locked(proposed_id, "send_back")
    require_over(actor, Permission.POLICY_APPROVE, proposed.content["markets"])
    told = reason.strip()
    if not told or len(told) > _LONGEST_REASON:
        detail = _("say what should be changed, in at most %(most)s characters") % {"most": _LONGEST_REASON}
        raise MissingReason(detail, problems=[FieldProblem("/reason", "required", detail)])
    proposed.reason, proposed.submitted_at = told, None
    _step(proposed, "send_back", "reason", "submitted_at")
    _record(actor, at, proposed, "policy.send_back")
    return proposed


@transaction.atomic
def take_back_version(*, actor: Actor, at: datetime, proposed_id: int) -> Proposed:
    """Go on writing at what was submitted."""
    proposed = _locked(proposed_id, "take_back")
    require_over(actor, Permission.POLICY_EDIT, proposed.content["markets"])
    proposed.submitted_at = None
    _step(proposed, "take_back", "submitted_at")
    _record(actor, at, proposed, "policy.take_back")
    return proposed


@transaction.atomic
def drop_version(*, actor: Actor, at: datetime, proposed_id: int) -> Proposed:
    """Give up what was written; the next version can be begun anew."""
    proposed = _locked(proposed_id, "drop")
    require_over(actor, Permission.POLICY_EDIT, proposed.content["markets"])
    proposed.settled_by, proposed.settled_at = actor.ref, at
    _step(proposed, "drop", "settled_by", "settled_at")
    _record(actor, at, proposed, "policy.drop")
    return proposed


def mark(proposed: Proposed) -> str:
    """What changes with each saving; a page carries it to tell what it shows."""
    return proposed.saved_at.isoformat()


def is_leaf(proposed: Proposed) -> bool:
    """Whether it is to be a policy that decisions cite, or a family."""
    if new := proposed.content["new"]:
        return bool(new["is_leaf"])
    return Policy.objects.filter(code=proposed.policy_code, is_leaf=True).exists()


def problems_of(proposed: Proposed, at: datetime) -> list[FieldProblem]:
    """Everything that keeps it from being published at ``at``."""
    return content_problems(proposed.policy_code, proposed.content, is_leaf=is_leaf(proposed), at=at)


def overtaken_by(proposed: Proposed) -> int | None:
    """The number of a version that was published since this one was begun."""
    last = PolicyVersion.objects.filter(policy__code=proposed.policy_code).aggregate(last=Max("number"))["last"] or 0
    return last if proposed.state in OPEN and last > proposed.content["base"] else None


def _locked(proposed_id: int, verb: str, seen: str | None = None) -> Proposed:
    proposed = Proposed.objects.select_for_update().filter(pk=proposed_id).first()
    if proposed is None:
        raise NoSuchProposed(_("there is no such draft"))
    PROPOSED_FLOW.step(verb, ProposedState(proposed.state))
    if seen is not None and seen != mark(proposed):
        raise ChangedMeanwhile(_("somebody else has saved this draft since you opened it"))
    return proposed


def _step(proposed: Proposed, verb: str, *fields: str) -> None:
    proposed.state = PROPOSED_FLOW.target(verb)
    proposed.save(update_fields=["state", *fields])


def _record(actor: Actor, at: datetime, proposed: Proposed, verb: str, **more: Any) -> None:
    content = proposed.content
    record(
        actor=actor,
        at=at,
        verb=verb,
        subject_kind="policy",
        subject_id=proposed.policy_code,
        draft=proposed.pk,
        markets=content["markets"],
        languages=sorted(content["texts"]),
        # What is being written may still change a hundred times; its digest tells which state was meant.
        content_digest=digest(content),
        **more,
    )
