"""A person rules on an item outside any review case: an order of an authority, a confirmed sanction, an appeal's outcome."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.access.visibility import NotPermitted, require
from piepowder.decisions.deciding import Apart, NoSuchDecision, issue, locked_item
from piepowder.decisions.issuing import Bench
from piepowder.decisions.models import Decision
from piepowder.decisions.ruling import Ruling
from piepowder.decisions.states import DECISION_FLOW, DecisionState, Source
from piepowder.intake.models import Item
from piepowder.kernel.actor import Actor, ActorKind, Place
from piepowder.kernel.permissions import Permission


@transaction.atomic
def rule_directly(
    *,
    actor: Actor,
    item_id: UUID,
    ruling: Ruling,
    at: datetime,
    source: Source | None = None,
    supersedes_id: UUID | None = None,
    urgent: bool = False,
) -> Decision:
    """Decide on an item as a person, beside whatever cases it has; those stay as they are.

    ``source`` is what made us look, where that is known otherwise than from reports. Only ``supersedes_id`` ends an
    earlier decision. Whether a second person is needed is for the caller to see to. Raises ``NotPermitted``,
    ``NoSuchItem``, ``NoSuchDecision``, ``WrongState`` when the earlier decision no longer stands, and what ``decide``
    raises about a ruling. Nothing leaves before ``Decision.final_at``; until then it can be withdrawn.
    """
    item = locked_item(item_id)
    require_direct(actor, item)
    former = _standing(supersedes_id, item) if supersedes_id else None
    return issue(
        direct_bench(actor, urgent=urgent), item, ruling, at, None, apart=Apart(source=source, supersedes=former)
    )


def require_direct(actor: Actor, item: Item) -> None:
    require(actor, Permission.DECISION_ISSUE_DIRECT, Place(market=item.market, language=item.language))
    if actor.kind is not ActorKind.PERSON:
        raise NotPermitted(_("a person rules on this, not a machine"))


def direct_bench(actor: Actor, *, urgent: bool = False) -> Bench:
    return Bench(actor=actor, decider_id=int(actor.ref), urgent=urgent)


def _standing(decision_id: UUID, item: Item) -> Decision:
    rows = Decision.objects.select_related("item").select_for_update(of=("self",), no_key=True)
    former = rows.filter(pk=decision_id, item=item).first()
    if former is None:
        raise NoSuchDecision(_("there is no such decision"))
    DECISION_FLOW.step("supersede", DecisionState(former.state))
    return former
