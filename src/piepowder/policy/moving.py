"""Where a policy stands in the tree."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import Refused
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record
from piepowder.policy.models import Policy
from piepowder.policy.operations import LeafHasNoChildren, open_policy, require_over

_STEP = 10


class UnderItself(Refused):
    code = "family_under_itself"


class NotBeside(Refused):
    code = "policy_not_beside"


@transaction.atomic
def move_policy(*, actor: Actor, at: datetime, code: str, parent: str = "", after: str = "") -> None:
    """Put a policy or family under ``parent`` (empty: at the top), behind its sibling ``after`` or before all others.

    What it says and what decisions cite stays as it is. Raises ``UnknownPolicy``, ``AlreadyRetired``,
    ``LeafHasNoChildren``, ``UnderItself`` or ``NotBeside``.
    """
    require_over(actor, Permission.POLICY_EDIT, ())
    policy, above = open_policy(code), open_policy(parent) if parent else None
    if above is not None and above.is_leaf:
        raise LeafHasNoChildren(f"{parent} is a policy that decisions cite; it cannot become a family")
    nodes = list(Policy.objects.select_for_update().order_by("position", "code"))
    by_id = {node.pk: node for node in nodes}
    step = above
    while step is not None:
        if step.pk == policy.pk:
            raise UnderItself(f"{code} cannot stand under itself")
        step = by_id[step.parent_id] if step.parent_id else None
    moved = by_id[policy.pk]
    before = (moved.parent_id, [node.pk for node in _in_reading_order(nodes)])
    moved.parent_id = above.pk if above else None
    others = [node for node in nodes if node.pk != moved.pk]
    if after:
        sibling = next((node for node in others if node.code == after), None)
        if sibling is None or sibling.parent_id != moved.parent_id:
            raise NotBeside(f"{after} does not stand under {parent or 'the top'}")
        place = others.index(sibling) + 1
    else:
        place = 0
    ordered = _in_reading_order([*others[:place], moved, *others[place:]])
    if before == (moved.parent_id, [node.pk for node in ordered]):
        return
    for number, node in enumerate(ordered, start=1):
        node.position = number * _STEP
    Policy.objects.bulk_update(ordered, ["parent", "position"])
    record(actor=actor, at=at, verb="policy.move", subject_kind="policy", subject_id=code, parent=parent, after=after)


def _in_reading_order(nodes: list[Policy]) -> list[Policy]:
    """Each family before what stands under it, siblings in the order of ``nodes``."""
    below: dict[int | None, list[Policy]] = {}
    for node in nodes:
        below.setdefault(node.parent_id, []).append(node)
    found: list[Policy] = []
    waiting = list(reversed(below.get(None, [])))
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting += reversed(below.get(node.pk, []))
    return found
