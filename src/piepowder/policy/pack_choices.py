"""The only writer of which bodies of law are kept, and of the numbers chosen where a law leaves a choice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.access.visibility import require_whole
from piepowder.kernel.actor import Actor
from piepowder.kernel.clocks.periods import Period, PeriodError, never_later
from piepowder.kernel.errors import FieldProblem, Malformed, NotFound
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record
from piepowder.policy import packs
from piepowder.policy.models import Pack
from piepowder.policy.pack_files import PackDefinition, Rule


class UnknownPack(NotFound):
    code = "unknown_pack"


class BadPack(Malformed):
    """A number that the law does not allow, or dates that do not fit; ``problems`` point at each."""

    code = "bad_pack"


@transaction.atomic
def switch_pack(
    *,
    actor: Actor,
    code: str,
    on: bool,
    from_on: date | None = None,
    until_on: date | None = None,
    choices: Mapping[str, str] | None = None,
    at: datetime,
) -> Pack:
    """Keep a body of law, or stop keeping it, between two days, with one's own numbers by rule (``{"order_effect": "1
    working_days"}``). ``choices`` left out stay as they are; a number equal to the rule's own is no choice.

    Raises ``UnknownPack``, or ``BadPack`` with a problem for each date and number at fault.
    """
    require_whole(actor, Permission.PACK_EDIT)
    try:
        definition = packs.definition_of(code)
    except KeyError:
        raise UnknownPack(_("there is no such body of law")) from None
    row = Pack.objects.select_for_update().filter(code=code).first()
    wanted = row.choices if choices is None and row is not None else dict(choices or {})
    chosen, problems = _choices(definition, wanted)
    problems += _dates(definition, from_on, until_on)
    if problems:
        raise BadPack(_("the law does not allow this"), problems=problems)
    row = row or Pack(code=code)
    told = (on, from_on, until_on, chosen)
    if row.pk and (row.on, row.from_on, row.until_on, row.choices) == told:
        return row
    row.on, row.from_on, row.until_on, row.choices = told
    row.changed_at, row.changed_by = at, actor.ref
    row.save()
    record(
        actor=actor,
        at=at,
        verb="pack.switch",
        subject_kind="pack",
        subject_id=code,
        on=on,
        from_on=from_on.isoformat() if from_on else None,
        until_on=until_on.isoformat() if until_on else None,
        choices=chosen,
    )
    packs.forget()
    return row


def choice_problem(rule: Rule, period: Period) -> str:
    """Why ``period`` cannot be chosen for ``rule``, in words; empty when it can."""
    if rule.default is None:
        return _("this rule has no clock")
    if not rule.may_change:
        return _("the law itself sets this number")
    if rule.bound == "at_least" and rule.limit and not never_later(rule.limit, period):
        return _("the law asks for at least %(limit)s") % {"limit": rule.limit}
    if rule.bound == "at_most" and rule.limit and not never_later(period, rule.limit):
        return _("the law allows at most %(limit)s") % {"limit": rule.limit}
    return ""


def _choices(definition: PackDefinition, wanted: Mapping[str, str]) -> tuple[dict[str, str], list[FieldProblem]]:
    kept: dict[str, str] = {}
    problems = []
    for code, written in sorted(wanted.items()):
        pointer = f"/choices/{code}"
        try:
            rule, period = definition.rule(code), Period.read(str(written))
        except KeyError:
            problems.append(FieldProblem(pointer, "unknown_rule", _("there is no such rule")))
            continue
        except PeriodError:
            problems.append(FieldProblem(pointer, "bad_period", _("a number and a unit, such as: 2 working_days")))
            continue
        if period == rule.default:
            continue
        if told := choice_problem(rule, period):
            problems.append(FieldProblem(pointer, "against_the_law", told))
        elif definition.counting == "calendar_days" and period.unit in ("hours", "working_days"):
            problems.append(FieldProblem(pointer, "bad_period", _("this law counts in days, weeks, months or years")))
        kept[code] = str(period)
    return kept, problems


def _dates(definition: PackDefinition, from_on: date | None, until_on: date | None) -> list[FieldProblem]:
    problems = []
    if from_on and until_on and from_on > until_on:
        problems.append(FieldProblem("/until_on", "ends_before_it_begins", _("is before the first day")))
    if from_on and from_on < definition.valid_from:
        told = _("the law applies from %(day)s on") % {"day": definition.valid_from.isoformat()}
        problems.append(FieldProblem("/from_on", "too_early", told))
    if definition.valid_until and (until_on or definition.valid_until) > definition.valid_until:
        told = _("the law applies until %(day)s") % {"day": definition.valid_until.isoformat()}
        problems.append(FieldProblem("/until_on", "too_late", told))
    return problems
