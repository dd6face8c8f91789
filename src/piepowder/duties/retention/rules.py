"""How long each kind of data is kept: what was chosen from which day on, what that would empty, and the daily passage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from piepowder.access.visibility import require_whole
from piepowder.database.personal import Age, parts
from piepowder.duties.models import RetentionChoice, RetentionRun
from piepowder.duties.retention.emptying import Line, empty, kept_now, look
from piepowder.kernel.actor import SYSTEM, Actor
from piepowder.kernel.clocks.periods import months_later
from piepowder.kernel.errors import FieldProblem, Malformed
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record
from piepowder.policy.packs import definitions, in_force

LONGEST_MONTHS = 600


class BadRetention(Malformed):
    code = "bad_retention"


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """One kind of data as it stands on a day: ``months`` is what holds now, ``next`` what was chosen for a later day."""

    code: str
    title: str | Promise
    counted_from: str | Promise
    months: int | None
    pack: str
    since: date | None
    next: tuple[date, int | None] | None
    age: Age

    def before(self, at: datetime) -> datetime | None:
        """What is older than this is due; ``None`` while it is kept without end."""
        return older_than(self.months, at) if self.months is not None else None


def older_than(months: int, at: datetime) -> datetime:
    """The first moment of the same day ``months`` ago."""
    return datetime.combine(months_later(at.astimezone(UTC).date(), -months), time.min, UTC)


def ages() -> Mapping[str, Age]:
    """Every kind of data that can be kept for a time only, by code."""
    return {age.code: age for part in parts() for age in part.ages}


def rules(on: date) -> list[RetentionRule]:
    """The rules as they stand on a day, by code."""
    chosen: dict[str, list[RetentionChoice]] = {}
    for choice in RetentionChoice.objects.order_by("from_on", "id"):
        chosen.setdefault(choice.code, []).append(choice)
    return [_standing(age, chosen.get(code, []), on) for code, age in sorted(ages().items())]


def _standing(age: Age, choices: list[RetentionChoice], on: date) -> RetentionRule:
    held = [one for one in choices if one.from_on <= on and (not one.pack or in_force(one.pack, on))]
    ahead = next((one for one in choices if one.from_on > on), None)
    usual = age.months if not age.pack or in_force(age.pack, on) else None
    return RetentionRule(
        code=age.code,
        title=age.title,
        counted_from=age.counted_from,
        months=held[-1].months if held else usual,
        pack=held[-1].pack if held else age.pack,
        since=held[-1].from_on if held else None,
        next=(ahead.from_on, ahead.months) if ahead else None,
        age=age,
    )


@transaction.atomic
def choose_retention(
    *, actor: Actor, code: str, months: int | None, from_on: date, at: datetime, pack: str = ""
) -> RetentionChoice:
    """Keep one kind of data for so many months from a day on (``None``: without end), under a pack or always.

    Raises ``BadRetention`` with a pointer to what is wrong. Choices are superseded, never edited.
    """
    require_whole(actor, Permission.ERASURE_RUN)
    problems = []
    if code not in ages():
        problems.append(FieldProblem("/code", "unknown_value", _("there is no such kind of data")))
    if months is not None and not 1 <= months <= LONGEST_MONTHS:
        problems.append(
            FieldProblem("/months", "bad_value", _("between 1 and %(most)d months") % {"most": LONGEST_MONTHS})
        )
    if from_on < at.date():
        problems.append(FieldProblem("/from_on", "past", _("today at the earliest")))
    if pack and pack not in {one.code for one in definitions()}:
        problems.append(FieldProblem("/pack", "unknown_value", _("there is no such body of law")))
    if problems:
        raise BadRetention(_("this cannot be chosen"), problems=problems)
    choice = RetentionChoice.objects.create(
        code=code, pack=pack, months=months, from_on=from_on, set_at=at, set_by=actor.ref
    )
    record(
        actor=actor,
        at=at,
        verb="retention.choose",
        subject_kind="retention",
        subject_id=code,
        months=months,
        pack=pack,
        from_on=from_on.isoformat(),
    )
    return choice


def dry_run(actor: Actor, code: str, months: int, at: datetime) -> list[Line]:
    """What keeping a kind of data for so many months would empty now, and what would stay."""
    require_whole(actor, Permission.ERASURE_RUN)
    if code not in ages() or not 1 <= months <= LONGEST_MONTHS:
        raise BadRetention(_("this cannot be tried"))
    return look(ages()[code].rows(older_than(months, at), at), kept_now(None, at))


def pass_over(*, at: datetime, most: int) -> int:
    """Empty up to ``most`` rows that are older than their rule allows; returns how many. Safe to stop at any moment."""
    left = most
    kept = None
    for rule in rules(at.date()):
        before = rule.before(at)
        if before is None or left <= 0:
            continue
        kept = kept if kept is not None else kept_now(None, at)
        emptied = empty(rule.age.rows(before, at), kept, most=left).total()
        if not emptied:
            continue
        left -= emptied
        stays = sum(line.rows for line in look(rule.age.rows(before, at), kept) if line.why)
        with transaction.atomic():
            RetentionRun.objects.create(code=rule.code, at=at, before=before, emptied=emptied, held=stays)
            record(
                actor=SYSTEM,
                at=at,
                verb="retention.empty",
                subject_kind="retention",
                subject_id=rule.code,
                rows=emptied,
                before=before.isoformat(),
            )
    return most - left
