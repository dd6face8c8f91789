"""What the marketplace's own systems call each measure: told in every message about a restriction.

A receiver that knows ``LISTING_DELETE`` need not learn our names: the body of ``enforcement.applied`` carries the action
that is mapped to the measure for the item's kind, else the one for all kinds, else null.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.database.fitting import refuse_unfit
from piepowder.decisions.models import ActionMapping
from piepowder.decisions.states import MEASURES, Family
from piepowder.intake.states import Kind
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import FieldProblem, Malformed
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record
from piepowder.outbox.reach import require_everywhere

MOST_PARAMETERS = 50


class BadAction(Malformed):
    code = "bad_action"


@dataclass(frozen=True, slots=True)
class Actions:
    """Every mapping there is, by family, measure and kind (empty for all kinds)."""

    known: Mapping[tuple[str, str, str], tuple[str, Mapping[str, Any]]]

    def of(self, family: str, measure: str, kind: str) -> dict[str, Any] | None:
        """The action for a measure on an item of that kind, as messages tell it."""
        found = self.known.get((family, measure, kind)) or self.known.get((family, measure, ""))
        return {"name": found[0], "parameters": dict(found[1])} if found else None


def actions_in_force() -> Actions:
    """All mappings. One query."""
    rows = ActionMapping.objects.values_list("family", "measure", "kind", "action", "parameters")
    return Actions({(family, measure, kind): (action, told) for family, measure, kind, action, told in rows})


def save_action(
    *,
    actor: Actor,
    at: datetime,
    family: str,
    measure: str,
    kind: str = "",
    action: str,
    parameters: Mapping[str, Any] | None = None,
) -> ActionMapping:
    """Have messages about the measure carry ``action`` from now on; raises ``BadAction`` with a pointer per field."""
    require_everywhere(actor, Permission.ENDPOINT_EDIT)
    told = dict(parameters or {})
    found = _measure_problems(family, measure, kind)
    if not action.strip() or len(action) > 100:
        found.append(FieldProblem("/action", "bad_name", _("a name has 1 to 100 characters")))
    if len(told) > MOST_PARAMETERS or not all(isinstance(name, str) for name in told):
        found.append(FieldProblem("/parameters", "too_many", _("at most %(most)d names") % {"most": MOST_PARAMETERS}))
    if found:
        raise BadAction(_("this action cannot be kept"), problems=found)
    values = {"action": action.strip(), "parameters": told}
    refuse_unfit(ActionMapping(family=family, measure=measure, kind=kind, **values))
    with transaction.atomic():
        mapping, _made = ActionMapping.objects.update_or_create(
            family=family, measure=measure, kind=kind, defaults=values
        )
        _record(actor, at, "action.save", mapping, action=mapping.action)
    return mapping


def remove_action(*, actor: Actor, at: datetime, family: str, measure: str, kind: str = "") -> bool:
    """Tell no action for it any more; false when there was none."""
    require_everywhere(actor, Permission.ENDPOINT_EDIT)
    with transaction.atomic():
        mapping = ActionMapping.objects.filter(family=family, measure=measure, kind=kind).first()
        if mapping is None:
            return False
        _record(actor, at, "action.remove", mapping)
        mapping.delete()
    return True


def _record(actor: Actor, at: datetime, verb: str, mapping: ActionMapping, **told: Any) -> None:
    name = "/".join(filter(None, (mapping.family, mapping.measure, mapping.kind)))
    record(actor=actor, at=at, verb=verb, subject_kind="action", subject_id=name, **told)


def _measure_problems(family: str, measure: str, kind: str) -> list[FieldProblem]:
    if family not in Family.values:
        return [FieldProblem("/family", "unknown_value", _("there is no such family of restrictions"))]
    found = []
    if measure not in MEASURES[Family(family)]:
        found.append(FieldProblem("/measure", "unknown_value", _("there is no such measure in this family")))
    if kind and kind not in Kind.values:
        found.append(FieldProblem("/kind", "unknown_value", _("there is no such kind of item")))
    return found
