"""Routing rules: drafts that people work on, and putting a set of rules in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from piepowder.access.visibility import require_whole
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import Conflict, FieldProblem, Malformed, NotFound
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record
from piepowder.policy.models import Policy
from piepowder.review.models import Queue, RoutingDraft, RoutingVersion
from piepowder.review.reference import note_change
from piepowder.review.rule_problems import problems_in
from piepowder.review.standing import user_id_of


class BadRouting(Malformed):
    code = "bad_routing"


class RoutingMovedOn(Conflict):
    """Somebody published other rules since these were started from; ``problems`` is empty, the difference tells."""

    code = "routing_moved_on"


class NoSuchRoutingVersion(NotFound):
    code = "no_such_routing_version"


def publish_routing(
    *, actor: Actor, at: datetime, rules: list[dict[str, Any]], based_on: int | None = None
) -> RoutingVersion:
    """Put a set of routing rules in force for everything that arrives from now on; raises ``BadRouting`` with pointers.

    With ``based_on``, the number of the version that the rules were started from (0 for none), they are published only if
    that version is still in force: ``RoutingMovedOn`` otherwise.
    """
    require_whole(actor, Permission.QUEUE_EDIT)
    found = routing_problems(rules)
    if found:
        raise BadRouting(_("these rules cannot be published"), problems=found)
    try:
        with transaction.atomic():
            return _published(actor, at, rules, based_on)
    except IntegrityError as error:
        # Two people published at the same moment; the number went to the other one.
        raise RoutingMovedOn(_("somebody published other rules at this moment")) from error


def routing_problems(rules: Any) -> list[FieldProblem]:
    """What is wrong with the rules as things stand: queues that take cases, policies that can be cited. Two queries."""
    queues = set(Queue.objects.filter(active=True).values_list("code", flat=True))
    policies = set(Policy.objects.filter(is_leaf=True).values_list("code", flat=True))
    return problems_in(rules, queues=queues, policies=policies)


def save_routing_draft(
    *, actor: Actor, at: datetime, rules: Sequence[Mapping[str, Any]], base: int | None = None
) -> RoutingDraft:
    """Keep the rules a person is working on; ``base`` restarts the draft from that version. Nothing is in force by it.

    A draft may be unsound: what is wrong is told when it is shown, and again when it is published.
    """
    require_whole(actor, Permission.QUEUE_EDIT)
    if not all(isinstance(rule, Mapping) and isinstance(rule.get("then"), Mapping) for rule in rules):
        raise BadRouting(_("a draft is a list of rules"))
    kept = [dict(rule) for rule in rules]
    with transaction.atomic():
        draft = RoutingDraft.objects.select_for_update().filter(user_id=user_id_of(actor)).first()
        if draft is None:
            draft = RoutingDraft(user_id=user_id_of(actor), base=current_number() if base is None else base)
        elif base is not None:
            draft.base = base
        draft.rules, draft.saved_at = kept, at
        draft.save()
    return draft


def drop_routing_draft(*, actor: Actor) -> None:
    """Throw the person's draft away."""
    require_whole(actor, Permission.QUEUE_EDIT)
    RoutingDraft.objects.filter(user_id=user_id_of(actor)).delete()


def publish_routing_draft(*, actor: Actor, at: datetime) -> RoutingVersion:
    """Publish the person's draft and end it; refused with ``RoutingMovedOn`` when its base is no longer in force."""
    with transaction.atomic():
        draft = own_draft(actor)
        if draft is None:
            raise BadRouting(_("there is no draft to publish"))
        version = publish_routing(actor=actor, at=at, rules=draft.rules, based_on=draft.base)
        draft.delete()
    return version


def own_draft(actor: Actor) -> RoutingDraft | None:
    """The draft of the person who asks. One query."""
    return RoutingDraft.objects.filter(user_id=user_id_of(actor)).first()


def current_version() -> RoutingVersion | None:
    """The version in force. One query."""
    return RoutingVersion.objects.order_by("-number").first()


def current_number() -> int:
    return RoutingVersion.objects.order_by("-number").values_list("number", flat=True).first() or 0


def routing_version(number: int) -> RoutingVersion:
    """One published version; raises ``NoSuchRoutingVersion``."""
    version = RoutingVersion.objects.filter(number=number).first()
    if version is None:
        raise NoSuchRoutingVersion(_("there is no version %(number)s of the routing rules") % {"number": number})
    return version


def _published(actor: Actor, at: datetime, rules: list[dict[str, Any]], based_on: int | None) -> RoutingVersion:
    last = RoutingVersion.objects.select_for_update().order_by("-number").first()
    number = last.number if last else 0
    if based_on is not None and based_on != number:
        raise RoutingMovedOn(
            _("the rules were started from version %(base)s, and version %(number)s is in force")
            % {"base": based_on, "number": number}
        )
    version = RoutingVersion.objects.create(number=number + 1, rules=rules, published_at=at, published_by=actor.ref)
    note_change()
    record(
        actor=actor,
        at=at,
        verb="routing.publish",
        subject_kind="routing",
        subject_id=version.number,
        rules=rules,
    )
    return version
