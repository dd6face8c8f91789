"""Publishing ladders and switching them: off, counting only, in force."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _

from piepowder.access.visibility import require_whole
from piepowder.kernel.actor import Actor
from piepowder.kernel.canonical import digest
from piepowder.kernel.errors import Conflict, FieldProblem, Malformed, NotFound
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record
from piepowder.policy.models import Ladder as LadderRow
from piepowder.policy.models import LadderVersion, Policy
from piepowder.policy.states import LadderMode
from piepowder.standing.catalogue import forget
from piepowder.standing.fields import code_problem
from piepowder.standing.models import LadderSwitch, Tally
from piepowder.standing.reading import BadLadder, read_ladder
from piepowder.standing.shape import EVERYTHING, POINTS, Counter, Ladder
from piepowder.standing.shipping import shipped_ladders

MOST_PAST_DAYS = 366


class NoSuchLadder(NotFound):
    code = "no_such_ladder"


class LadderOvertaken(Conflict):
    """Somebody published another version meanwhile."""

    code = "ladder_overtaken"


class BadSwitch(Malformed):
    code = "bad_switch"


class SwitchUnchanged(Conflict):
    code = "switch_unchanged"


@transaction.atomic
def publish_ladder(
    *,
    actor: Actor,
    code: str,
    content: Mapping[str, Any],
    at: datetime,
    effective_from: datetime | None = None,
    after: int | None = None,
) -> LadderVersion:
    """Publish the next version of a ladder, which may be new; a new one is off.

    It holds from ``effective_from``, which is not in the past. Points of before stay what the versions of their time gave.
    ``after`` is the number of the version it was written from, 0 for none. Raises ``BadLadder`` with a pointer to each
    field, ``LadderOvertaken``.
    """
    require_whole(actor, Permission.LADDER_EDIT)
    if problem := code_problem(code):
        raise BadLadder(problem, problems=[FieldProblem("/code", "bad_code", problem)])
    _refuse_unknown_policies(code, content)
    return _publish(actor, code, content, at, max(effective_from or at, at), after)


def _publish(
    actor: Actor, code: str, content: Mapping[str, Any], at: datetime, since: datetime, after: int | None
) -> LadderVersion:
    ladder = LadderRow.objects.select_for_update(no_key=True).filter(code=code).first()
    last = ladder.versions.aggregate(last=Max("number"))["last"] or 0 if ladder else 0
    if after is not None and after != last:
        raise LadderOvertaken(_("version %(number)s was published meanwhile") % {"number": last})
    if ladder is None:
        ladder = LadderRow.objects.create(code=code)
    version = LadderVersion.objects.create(
        ladder=ladder,
        number=last + 1,
        effective_from=since,
        content=dict(content),
        published_at=at,
        published_by=actor.ref,
    )
    if ladder.mode != LadderMode.OFF:
        due = Q(next_at__isnull=True) | Q(next_at__gt=since)
        Tally.objects.filter(due, ladder=ladder).update(next_at=since)
    record(
        actor=actor,
        at=at,
        verb="ladder.publish",
        subject_kind="ladder",
        subject_id=code,
        number=version.number,
        effective_from=since.isoformat(),
        digest=digest(dict(content)),
    )
    transaction.on_commit(forget)
    forget()
    return version


def _refuse_unknown_policies(code: str, content: Mapping[str, Any]) -> None:
    """A ladder names policies that are there."""
    ladder = read_ladder(code, content)
    codes = set(Policy.objects.values_list("code", flat=True))
    problems = [
        FieldProblem(
            f"{_pointer(ladder, counter)}/rules/{index}/reasons",
            "unknown_policy",
            _("%(code)s is no policy") % {"code": reason},
        )
        for counter in ladder.counters
        for index, rule in enumerate(counter.rules)
        for reason in rule.reasons
        if reason not in codes and reason != EVERYTHING
    ]
    if ladder.policy not in codes:
        told = _("%(code)s is no policy") % {"code": ladder.policy}
        problems.append(FieldProblem("/policy", "unknown_policy", told))
    if problems:
        raise BadLadder(_("this ladder cannot stand as it is"), problems=problems)


def _pointer(ladder: Ladder, counter: Counter) -> str:
    if counter.code == POINTS:
        return "/points"
    strikes = [one for one in ladder.counters if one.code != POINTS]
    return f"/strikes/{strikes.index(counter)}"


@transaction.atomic
def switch_ladder(*, actor: Actor, code: str, mode: str, at: datetime, count_past_days: int = 0) -> LadderRow:
    """Switch a ladder ``off``, to ``shadow`` (it counts, nothing follows) or ``live``.

    When it goes on, violations of the ``count_past_days`` before count, too; they are gathered in the background, and
    nothing follows from the ladder until they are. What somebody reached before it was in force follows when it goes
    live. Sanctions stay when it is switched off. Raises ``NoSuchLadder``, ``BadSwitch``, ``SwitchUnchanged``.
    """
    require_whole(actor, Permission.LADDER_EDIT)
    ladder = LadderRow.objects.select_for_update(no_key=True).filter(code=code).first()
    if ladder is None or not ladder.versions.filter(effective_from__lte=at).exists():
        raise NoSuchLadder(_("there is no such ladder, or no version of it holds yet"))
    if mode not in LadderMode.values or not 0 <= count_past_days <= MOST_PAST_DAYS:
        told = _("from 0 to %(count)d days") % {"count": MOST_PAST_DAYS}
        raise BadSwitch(told, problems=[FieldProblem("/count_past_days", "out_of_range", told)])
    if mode == ladder.mode:
        raise SwitchUnchanged(_("it is switched so already"))
    goes_on = ladder.mode == LadderMode.OFF
    from_day = at - timedelta(days=count_past_days) if goes_on else at
    # What is gathered begins a little before: another process may not have heard of the switch yet.
    LadderSwitch.objects.create(
        ladder=ladder,
        mode=mode,
        at=at,
        counts_from=from_day,
        by=actor.ref,
        adopted_at=None if goes_on else at,
    )
    ladder.mode = mode
    ladder.save(update_fields=["mode"])
    if mode != LadderMode.OFF:
        Tally.objects.filter(ladder=ladder).update(next_at=at)
    record(
        actor=actor,
        at=at,
        verb="ladder.switch",
        subject_kind="ladder",
        subject_id=code,
        mode=mode,
        count_past_days=count_past_days if goes_on else 0,
    )
    transaction.on_commit(forget)
    forget()
    return ladder


@transaction.atomic
def load_shipped_ladders(*, actor: Actor, at: datetime) -> tuple[str, ...]:
    """Add the ladders that ship with this version and are not there; all are off. Returns the codes that are new.

    They name shipped policies. Where an organisation has others, it changes the ladder before it switches it on.
    """
    require_whole(actor, Permission.LADDER_EDIT)
    there = set(LadderRow.objects.values_list("code", flat=True))
    new = [code for code in shipped_ladders() if code not in there]
    for code in new:
        _publish(actor, code, shipped_ladders()[code], at, at, 0)
    return tuple(new)


def due_now(account_id: UUID, at: datetime) -> None:
    """Have the sweep look at an account at once."""
    Tally.objects.filter(account=account_id).exclude(next_at__lte=at).update(next_at=at)
    Tally.objects.filter(account=account_id, next_at__isnull=True).update(next_at=at)
