"""Reading what is being written: the open drafts, one of them, and what they would change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from piepowder.access.models import User
from piepowder.access.options import chosen
from piepowder.access.visibility import NotPermitted
from piepowder.kernel.actor import Actor
from piepowder.kernel.permissions import Permission
from piepowder.policy.logic import best_language, day_of, in_force
from piepowder.policy.models import Policy, PolicyText, PolicyVersion, Proposed
from piepowder.policy.operations import covers
from piepowder.policy.options import FOUR_EYES
from piepowder.policy.proposing import OPEN, NoSuchProposed
from piepowder.policy.states import ProposedState
from piepowder.policy.unfinished import content_of

_READS = (Permission.POLICY_EDIT, Permission.POLICY_APPROVE)
_SETTLED_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Writing:
    """A draft as a person sees it. ``writers`` are names; ``may_*`` say what this person can do with it now."""

    proposed: Proposed
    title: str
    markets: tuple[str, ...]
    is_new: bool
    writers: tuple[str, ...]
    settled_by: str
    may_write: bool
    may_approve: bool
    own: bool
    """Written by the reader, who therefore does not approve it."""


def writings(actor: Actor, language: str, *, settled: bool = False) -> list[Writing]:
    """The open drafts within the actor's reach, submitted ones first, or the ``settled`` ones, newest first. Two queries."""
    _require_any(actor)
    rows = Proposed.objects.exclude(state__in=OPEN) if settled else Proposed.objects.filter(state__in=OPEN)
    if settled:
        found = list(rows.order_by("-settled_at", "-id")[:_SETTLED_SHOWN])
    else:
        found = sorted(rows.order_by("saved_at", "id"), key=lambda one: one.state != ProposedState.SUBMITTED)
    seen = [one for one in found if _sees(actor, one)]
    names = _names(seen)
    return [_writing(actor, one, language, names) for one in seen]


def writing(actor: Actor, proposed_id: int, language: str) -> Writing:
    """One draft, open or settled; raises ``NoSuchProposed`` also for one out of the actor's reach."""
    _require_any(actor)
    proposed = Proposed.objects.select_related("version").filter(pk=proposed_id).first()
    if proposed is None or not _sees(actor, proposed):
        raise NoSuchProposed("there is no such draft")
    return _writing(actor, proposed, language, _names([proposed]))


def open_writing(actor: Actor, code: str) -> Proposed | None:
    """The open draft of a policy, for somebody who could write or approve one."""
    if not any(actor.may(permission) for permission in _READS):
        return None
    found = Proposed.objects.filter(policy_code=code, state__in=OPEN).first()
    return found if found is not None and _sees(actor, found) else None


def standing_content(proposed: Proposed, at: datetime) -> tuple[PolicyVersion | None, dict[str, Any]]:
    """The version that this one would replace, and what it says; nothing for a new policy.

    It is the one in force in the same markets; for some markets that have none of their own yet, the general one.
    """
    policy = Policy.objects.filter(code=proposed.policy_code).first()
    if policy is None:
        return None, {}
    versions = list(policy.versions.order_by("number"))
    if proposed.version_id:
        versions = [one for one in versions if one.pk < proposed.version_id]
    markets = proposed.content["markets"]
    same = [one for one in versions if sorted(one.markets) == sorted(markets)]
    before = in_force(same, market=None, on=day_of(at)) or in_force(versions, market=None, on=day_of(at))
    before = before or (versions[-1] if versions else None)
    if before is None:
        return None, {}
    texts = PolicyText.objects.filter(version=before)
    return before, content_of(before, texts, before.effective_from)


def _require_any(actor: Actor) -> None:
    if not any(_unbound(actor, permission) for permission in _READS):
        raise NotPermitted("this needs the permission policy:edit or policy:approve")


def _unbound(actor: Actor, permission: Permission) -> bool:
    """Whether a grant of it is bound to markets at most: who works for one vendor has no part in the house's policies."""
    return any(not (one.vendors or one.queues or one.languages) for one in actor.scopes(permission))


def _sees(actor: Actor, proposed: Proposed) -> bool:
    markets = set(proposed.content["markets"])
    return any(
        not markets or not scope.markets or markets & scope.markets
        for permission in _READS
        for scope in actor.scopes(permission)
        if not (scope.vendors or scope.queues or scope.languages)
    )


def _names(rows: list[Proposed]) -> dict[str, str]:
    refs = {ref for one in rows for ref in (*one.content["writers"], one.settled_by) if ref.isdecimal()}
    people = User.objects.filter(Q(pk__in=[int(ref) for ref in refs])).values_list("pk", "name")
    return {str(pk): name for pk, name in people}


def _writing(actor: Actor, proposed: Proposed, language: str, names: dict[str, str]) -> Writing:
    content, markets = proposed.content, proposed.content["markets"]
    texts = content["texts"]
    own = actor.ref in content["writers"]
    is_open = proposed.state in OPEN
    allowed = not own or not chosen(FOUR_EYES)
    return Writing(
        proposed=proposed,
        title=texts[best_language(texts, language) or ""]["title"] if texts else "",
        markets=tuple(markets),
        is_new=bool(content["new"]),
        writers=tuple(names.get(ref, ref) for ref in content["writers"]),
        settled_by=names.get(proposed.settled_by, proposed.settled_by),
        may_write=is_open and covers(actor, Permission.POLICY_EDIT, markets),
        may_approve=is_open and allowed and covers(actor, Permission.POLICY_APPROVE, markets),
        own=own,
    )
