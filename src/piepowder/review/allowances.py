"""The limits that hold for a person: cases in hand, skips a day, minutes a day before grave cases."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from piepowder.access.models import User
from piepowder.access.options import chosen
from piepowder.access.visibility import require
from piepowder.database.prepared import Prepared
from piepowder.kernel.actor import Actor, Place
from piepowder.kernel.errors import FieldProblem, Malformed, NotFound
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record
from piepowder.policy.dsa import MEASURES
from piepowder.review.exposure import SEVERITIES, Budget, Spent, allowed, local_day, midnight
from piepowder.review.leases import given_reason
from piepowder.review.models import Allowance, Exposure, Skip
from piepowder.review.states import SkipKind

KEPT_S = 2.0
_MOST_IN_HAND = 1_000
_MOST_SKIPS = 10_000
_DAY_MINUTES = 24 * 60
_REMEMBERED = 2_000


class BadAllowance(Malformed):
    code = "bad_allowance"


class NoSuchPerson(NotFound):
    code = "unknown_person"


@dataclass(frozen=True, slots=True)
class Limits:
    """What holds for one person on one of their days; ``lifted`` says that no budget does."""

    on: date
    timezone: str
    in_hand: int
    skips_a_day: int
    budget: Budget
    spent: Spent
    lifted: bool

    @property
    def severities(self) -> tuple[int, ...]:
        """The severities that may still be given to them."""
        return allowed(self.budget, self.spent)


def limits_of(user_id: int, at: datetime) -> Limits:
    """The limits of a person at ``at``, two seconds old at most. At most two queries, none while it is remembered."""
    kept = _remembered.get(user_id)
    if kept is not None and time.monotonic() - kept[0] <= KEPT_S and kept[1].on == local_day(at, kept[1].timezone):
        return kept[1]
    found = _limits(user_id, at)
    # What a transaction has written that may yet be undone is no memory for others.
    if not connection.in_atomic_block:
        if len(_remembered) >= _REMEMBERED:
            _remembered.clear()
        _remembered[user_id] = (time.monotonic(), found)
    return found


def forget(user_id: int | None = None) -> None:
    """Read a person's limits anew at the next question, or everybody's."""
    if user_id is None:
        _remembered.clear()
    else:
        _remembered.pop(user_id, None)


def remembered_zone(user_id: int) -> str:
    """The time zone of somebody whose limits are remembered; empty for others."""
    kept = _remembered.get(user_id)
    return kept[1].timezone if kept is not None and time.monotonic() - kept[0] <= KEPT_S else ""


_remembered: dict[int, tuple[float, Limits]] = {}


def _limits(user_id: int, at: datetime) -> Limits:
    row = _allowed.first(user_id)
    if row is None:
        raise NoSuchPerson(_("there is no such person"))
    timezone, in_hand, skips, minutes, lifted_on = row
    on = local_day(at, timezone)
    lifted = lifted_on == on
    return Limits(
        on=on,
        timezone=timezone,
        in_hand=chosen("bench.in_hand") if in_hand is None else in_hand,
        skips_a_day=chosen("bench.skips_a_day") if skips is None else skips,
        budget=Budget() if lifted else Budget.of_minutes(chosen("wellness.exposure_minutes"), minutes or {}),
        spent=spent_on(user_id, on),
        lifted=lifted,
    )


_COLUMNS = ("timezone", "allowance__in_hand", "allowance__skips_a_day", "allowance__exposure_minutes")
_allowed = Prepared(lambda user: User.objects.filter(pk=user).values_list(*_COLUMNS, "allowance__lifted_on"), User.id)
_exposed = Prepared(
    lambda user, on: Exposure.objects.filter(user_id=user, on=on).values_list("severity", "seconds"),
    Exposure.user,
    Exposure.on,
)
_skipped = Prepared(
    lambda user, since: Skip.objects.filter(user_id=user, kind=SkipKind.SKIPPED, at__gte=since).values_list("pk"),
    Skip.user,
    Skip.at,
)


def spent_on(user_id: int, on: date) -> Spent:
    """What the person had before them on that day. One query."""
    seconds = dict(_exposed(user_id, on))
    return Spent(tuple(float(seconds.get(one, 0)) for one in SEVERITIES))  # type: ignore[arg-type]  # four of them


def skips_left(user_id: int, at: datetime) -> int:
    """How often the person may still pass on a case today."""
    limits = limits_of(user_id, at)
    since = midnight(at, limits.timezone)
    return max(0, limits.skips_a_day - len(_skipped(user_id, since)))


def set_allowance(
    *,
    actor: Actor,
    at: datetime,
    user_id: int,
    in_hand: int | None,
    skips_a_day: int | None,
    exposure_minutes: Mapping[str, float],
    four_eyes: Collection[str] = (),
) -> Allowance:
    """Give a person limits of their own; ``None``, or a severity left out, means the organisation's.

    ``four_eyes`` are further measures (``family:measure``) that wait for approval when this person orders them.

    Raises ``BadAllowance`` with one problem per field, ``NotPermitted`` without ``allowance:edit`` over their vendor.
    """
    found = [*_outside("in_hand", in_hand, 1, _MOST_IN_HAND), *_outside("skips_a_day", skips_a_day, 0, _MOST_SKIPS)]
    for severity, minutes in exposure_minutes.items():
        if severity not in {str(one) for one in SEVERITIES}:
            problem = _("a severity is 0, 1, 2 or 3")
            found.append(FieldProblem(f"/exposure_minutes/{severity}", "unknown_value", problem))
        else:
            found += _outside(f"exposure_minutes/{severity}", minutes, 0, _DAY_MINUTES)
    known = {f"{family}:{measure}" for family, measures in MEASURES.items() for measure in measures}
    if unknown := sorted(set(four_eyes) - known):
        detail = _("there is no such measure: %(measures)s") % {"measures": ", ".join(unknown)}
        found.append(FieldProblem("/four_eyes", "unknown_value", detail))
    if found:
        raise BadAllowance(_("these limits cannot hold"), problems=found)
    values = {
        "in_hand": in_hand,
        "skips_a_day": skips_a_day,
        "exposure_minutes": dict(exposure_minutes),
        "four_eyes": sorted(set(four_eyes)),
    }
    with transaction.atomic():
        vendor = _require_over(actor, user_id)
        allowance, _made = Allowance.objects.update_or_create(user_id=user_id, defaults=values)
        _told(actor, at, "allowance.set", user_id, vendor, **values)
    return allowance


def lift_budget(*, actor: Actor, at: datetime, user_id: int, reason: str) -> Allowance:
    """Let a person go on with grave cases for the rest of their day, whatever they have seen already; a reason is asked."""
    why = given_reason(reason)
    with transaction.atomic():
        vendor = _require_over(actor, user_id)
        timezone = User.objects.values_list("timezone", flat=True).get(pk=user_id)
        on = local_day(at, timezone)
        values = {"lifted_on": on, "lifted_reason": why}
        allowance, _made = Allowance.objects.update_or_create(user_id=user_id, defaults=values)
        _told(actor, at, "allowance.lift", user_id, vendor, on=on.isoformat())
    return allowance


def _require_over(actor: Actor, user_id: int) -> str:
    vendor = User.objects.filter(pk=user_id).values_list("vendor__code", flat=True).first()
    if vendor is None:
        raise NoSuchPerson(_("there is no such person"))
    require(actor, Permission.ALLOWANCE_EDIT, Place(vendor=vendor))
    return vendor


def _told(actor: Actor, at: datetime, verb: str, user_id: int, vendor: str, **body: Any) -> None:
    record(actor=actor, at=at, verb=verb, subject_kind="person", subject_id=user_id, vendor=vendor, **body)
    forget(user_id)
    transaction.on_commit(lambda: forget(user_id))


def _outside(name: str, value: float | None, least: float, most: float) -> list[FieldProblem]:
    if value is None or least <= value <= most:
        return []
    problem = _("from %(least)s to %(most)s") % {"least": least, "most": most}
    return [FieldProblem(f"/{name}", "out_of_range", problem)]
