"""Who must not know what others think of a case: independent opinions are worth something only as long as they are."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from piepowder.kernel.actor import Actor, ActorKind, Place
from piepowder.kernel.permissions import Permission
from piepowder.review.models import Case, Skip
from piepowder.review.states import ACTIVE_STATES, SkipKind


def kept_from(actor: Actor, case_id: UUID) -> frozenset[int]:
    """The people whose judgement of this case ``actor`` must not know yet: neither that they judged it, nor how.

    Empty once it is decided, for whoever adjudicates it, and for people who may adjudicate and do not have it in hand
    themselves. Everything that people write about a case is narrowed by this. One or two queries.
    """
    opined = Skip.objects.filter(case_id=case_id, kind=SkipKind.OPINED, case__state__in=ACTIVE_STATES)
    people = frozenset(opined.values_list("user_id", flat=True))
    if not people:
        return people
    case = Case.objects.select_related("queue").get(pk=case_id)
    holds = actor.kind is ActorKind.PERSON and case.holder_id == int(actor.ref)
    place = Place(vendor=case.vendor or actor.vendor, queue=case.queue.code, market=case.market, language=case.language)
    if (holds and case.split_at is not None) or (not holds and actor.may(Permission.CASE_ADJUDICATE, place)):
        return frozenset()
    return people - {int(actor.ref)} if actor.kind is ActorKind.PERSON else people


def may_read(actor: Actor) -> Q:
    """The same for rows that people write about cases (``case``, ``author``): leaves out what somebody who has judged
    the case wrote about it, as long as ``actor`` must not know what they think.
    """
    opined = Skip.objects.filter(
        case_id=OuterRef("case_id"), user_id=OuterRef("author_id"), kind=SkipKind.OPINED, case__state__in=ACTIVE_STATES
    )
    if actor.kind is ActorKind.PERSON:
        me = int(actor.ref)
        opined = opined.exclude(user_id=me).exclude(case__split_at__isnull=False, case__holder_id=me)
        if actor.scopes(Permission.CASE_ADJUDICATE):
            opined = opined.filter(case__holder_id=me)
    elif actor.scopes(Permission.CASE_ADJUDICATE):
        return Q()
    return ~Q(Exists(opined))
