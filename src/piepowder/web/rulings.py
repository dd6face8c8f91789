"""What was typed into the console, as the values that operations take, and back."""

from __future__ import annotations

from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _

from piepowder.decisions.ruling import EnforcementOrder, Ruling
from piepowder.decisions.states import Outcome
from piepowder.kernel.errors import FieldProblem, Malformed
from piepowder.web.filters import number


def ruling_from(typed: QueryDict) -> Ruling:
    """The ruling that the form says. A case without violation cites and restricts nothing, whatever else was filled in.

    Raises ``Malformed`` for what the form itself would never send.
    """
    outcome, note = typed.get("outcome", ""), typed.get("note", "").strip()
    snapshot_id, confirmed = _snapshot(typed.get("snapshot", "")), typed.get("confirm_older") == "1"
    if outcome != Outcome.VIOLATION:
        return Ruling(outcome=outcome, snapshot_id=snapshot_id, note=note, confirm_older_snapshot=confirmed)
    where = tuple(code for code in [typed.get("where", "")] if code)
    return Ruling(
        outcome=outcome,
        snapshot_id=snapshot_id,
        policy_codes=tuple(typed.getlist("policy")),
        ground=typed.get("ground", ""),
        facts=typed.get("facts", "").strip(),
        note=note,
        enforcements=tuple(_order(typed, key, where) for key in typed.getlist("order")),
        confirm_older_snapshot=confirmed,
    )


def _snapshot(typed: str) -> UUID:
    try:
        return UUID(typed)
    except ValueError:
        raise _bad("/snapshot_id", _("does not name a version of the item")) from None


def _order(typed: QueryDict, key: str, where: tuple[str, ...]) -> EnforcementOrder:
    family, _colon, measure = key.partition(":")
    days = typed.get(f"days-{key}", "").strip()
    if days and number(days) is None:
        raise _bad("/enforcements", _("the number of days is not a number"))
    return EnforcementOrder(family=family, measure=measure, territories=where, days=number(days))


def _bad(pointer: str, detail: str) -> Malformed:
    return Malformed(detail, problems=[FieldProblem(pointer, "unreadable", detail)])
