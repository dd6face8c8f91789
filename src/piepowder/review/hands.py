"""What somebody has in hand: how many cases at once, and how long each was before their eyes when it leaves them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from piepowder.access.models import User
from piepowder.database.bulk import insert_rows
from piepowder.database.prepared import Change, Prepared
from piepowder.intake.media import reveal_media
from piepowder.kernel.actor import SYSTEM, Actor
from piepowder.kernel.errors import Conflict
from piepowder.kernel.ids import new_id
from piepowder.ledger.operations import Entry, append_rows, fact_row
from piepowder.review.allowances import forget, remembered_zone
from piepowder.review.exposure import local_day, seconds_at
from piepowder.review.leases import LeaseLost, locked_lease
from piepowder.review.models import Case, CaseEvent, Exposure, Lease
from piepowder.review.standing import user_id_of
from piepowder.review.states import CaseEventKind, CaseState
from piepowder.review.steps import EVENT_COLUMNS, event_row, take_step, write_clock

_NAMED = 3
_COLLISIONS = 8


HANDS = (
    *("state", "holder", "vendor", "claimed_at", "hold_until", "hold_reason"),
    *("reserved_for", "reserved_until"),
)
_CLOCK = ("due_at", "at_risk_at", "rank")


class HandsFull(Conflict):
    """The person has as many cases in hand as they may; nothing was claimed."""

    code = "hands_full"


def let_go(case: Case, *, at: datetime, lease: Lease | None = None) -> None:
    """End the lease of ``case``, if there is one, and count what its holder was exposed to.

    Call it before the severity of the case changes. Whoever acts by their own ``lease`` was there until ``at``; when
    another takes the case out of their hands they were there until the last sign of life. The caller holds the locks.
    """
    acted = lease is not None
    lease = lease or Lease.objects.filter(case_id=case.pk).first()
    if lease is not None:
        let_go_of([(lease, case.severity)], at=at, acted=acted)


def let_go_of(ended: Collection[tuple[Lease, int]], *, at: datetime, acted: bool) -> None:
    """The same for several leases, each with the severity of its case. The caller holds their locks."""
    for lease, _severity in ended:
        _end(lease.pk)
    zones = {user: zone_of(user) for user in {lease.user_id for lease, _severity in ended}}
    counted: dict[tuple[int, date, int], list[float]] = defaultdict(lambda: [0, 0])
    for lease, severity in ended:
        if lease.ahead:
            continue  # It never was before anybody's eyes.
        until = at if acted else lease.beaten_at
        row = counted[lease.user_id, local_day(until, zones[lease.user_id]), severity]
        row[0] += 1
        row[1] += seconds_at(
            taken_at=lease.taken_at, shown_at=lease.shown_at, shown_s=lease.shown_s, until=until, acted=acted
        )
    _count((*key, int(cases), round(seconds), 0) for key, (cases, seconds) in sorted(counted.items()))


def zone_of(user: int) -> str:
    """Their time zone; one query, none while their limits are remembered."""
    return remembered_zone(user) or _zone(user)[0]


_end = Change(lambda lease: (Lease.objects.filter(pk=lease), None), Lease.id)
_zone = Prepared(lambda user: User.objects.filter(pk=user).values_list("timezone", flat=True), User.id)


def expire(*, now: datetime, limit: int = 500) -> int:
    """Give back the cases whose leases have ended; returns how many. What others are changing now is left alone."""
    with transaction.atomic():
        ended = Lease.objects.filter(expires_at__lte=now).order_by("expires_at", "id")
        leases = list(ended.select_for_update(skip_locked=True)[:limit])
        if not leases:
            return 0
        cases = Case.objects.filter(pk__in=[lease.case_id for lease in leases], state=CaseState.CLAIMED)
        by_id = {case.pk: case for case in cases.order_by("id").select_for_update(no_key=True)}
        events, facts = [], []
        for lease in leases:
            case = by_id[lease.case_id]
            events.append(
                event_row(
                    actor=SYSTEM,
                    at=now,
                    case_id=case.pk,
                    kind=CaseEventKind.EXPIRED,
                    lease=lease.pk,
                    body={"person": str(lease.user_id), "ended_at": lease.expires_at.isoformat()},
                    vendor=case.vendor,
                )
            )
            told = {"lease": str(lease.pk), "person": str(lease.user_id)}
            entry = Entry("case.expire", "case", str(case.pk), told, case.vendor)
            facts.append(fact_row(actor=SYSTEM, at=now, entry=entry))
        let_go_of([(lease, by_id[lease.case_id].severity) for lease in leases], at=now, acted=False)
        Case.objects.filter(pk__in=list(by_id)).update(state=CaseState.OPEN, holder=None, vendor="", claimed_at=None)
        insert_rows(CaseEvent, EVENT_COLUMNS, events)
        append_rows(facts)
    return len(leases)


def mark_viewed(*, actor: Actor, lease_id: UUID, at: datetime) -> None:
    """The case is before the person's eyes from now on: recorded once per lease, and first of all on the case."""
    with transaction.atomic():
        lease = locked_lease(actor, lease_id, at)
        case = lease.case
        if lease.ahead:
            _take_up(lease, at=at)
        put_before(lease, at=at)
        if _views(case.pk, lease_id):
            return
        if case.first_viewed_at is None:
            _note_view(at, case.pk)
        take_step(actor=actor, at=at, case=case, kind=CaseEventKind.VIEWED, verb="case.view", lease=lease_id)


_note_view = Change(
    lambda at, case: (Case.objects.filter(pk=case), {"first_viewed_at": at}), Case.first_viewed_at, Case.id
)
_views = Prepared(
    lambda case_id, lease_id: CaseEvent.objects.filter(
        case_id=case_id, kind=CaseEventKind.VIEWED, lease=lease_id
    ).values_list("pk")[:1],
    CaseEvent.case,
    CaseEvent.lease,
)


def _take_up(lease: Lease, *, at: datetime) -> None:
    """A case taken ahead is now the one in hand: the work on it begins, whenever it was taken. The caller holds the locks."""
    expires_at = at + timedelta(seconds=lease.length_s)
    Lease.objects.filter(pk=lease.pk).update(ahead=False, taken_at=at, beaten_at=at, expires_at=expires_at)
    Case.objects.filter(pk=lease.case_id).update(claimed_at=at)


def put_back(case: Case) -> None:
    """``case`` is anybody's again; the caller has ended the lease and saves ``HANDS``."""
    case.state, case.holder_id, case.vendor, case.claimed_at = CaseState.OPEN, None, "", None
    case.hold_until, case.hold_reason = None, ""
    case.reserved_for_id, case.reserved_until = None, None


def end_hold(case: Case, *, actor: Actor, at: datetime) -> None:
    """Have a locked, held case wait again; its clock runs on."""
    take_step(actor=actor, at=at, case=case, kind=CaseEventKind.RESUMED, verb="case.resume")
    put_back(case)
    write_clock(case, now=at)
    case.save(update_fields=[*HANDS, *_CLOCK])


def uncover(*, actor: Actor, lease_id: UUID, digest: str, at: datetime) -> None:
    """Record that a picture or film of the case in hand was looked at, and count it as exposure."""
    user = user_id_of(actor)
    with transaction.atomic():
        lease = Lease.objects.select_related("case", "user").filter(pk=lease_id, user_id=user).first()
        if lease is None or lease.expires_at <= at:
            raise LeaseLost(_("this case is no longer yours: the lease has ended"))
        reveal_media(actor=actor, item_id=lease.case.item_id, digest=digest, at=at)
        _count([(user, local_day(at, lease.user.timezone), lease.case.severity, 0, 0, 1)])


def put_before(lease: Lease, *, at: datetime) -> None:
    """``lease`` is the one its holder looks at from now on; their others are put aside. The caller holds its lock."""
    put_aside(lease.user_id, at=at, but=lease.pk)
    if lease.shown_at is None:
        _show(at, lease.pk)
        lease.shown_at = at


_show = Change(lambda at, lease: (Lease.objects.filter(pk=lease), {"shown_at": at}), Lease.shown_at, Lease.id)


def put_aside(user: int, *, at: datetime, but: UUID | None = None) -> None:
    """What somebody looked at is no longer before their eyes, except ``but``."""
    for other in _before_eyes(user):
        if other.pk == but:
            continue
        assert other.shown_at is not None
        seconds = max(0.0, (at - other.shown_at).total_seconds())
        Lease.objects.filter(pk=other.pk, shown_at=other.shown_at).update(shown_at=None, shown_s=F("shown_s") + seconds)


_before_eyes = Prepared(lambda user: Lease.objects.filter(user_id=user, shown_at__isnull=False), Lease.user)


def in_hand(user: int) -> tuple[int, int]:
    """How many cases somebody has in hand, those whose lease ran out unnoticed included, and their next lease's number."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), coalesce(max(number), 0) + 1 FROM review_lease WHERE user_id = %s", [user])
        held, number = cursor.fetchone()
        return held, number


def new_lease(case_id: UUID, *, user: int, length_s: int, at: datetime, seen: bool = False) -> UUID:
    """Put a case into somebody's hands, whatever they have already; ``seen`` says that it is before their eyes."""
    lease_id, expires_at = new_id(), at + timedelta(seconds=length_s)
    columns = (
        *("id", "case_id", "user_id", "number", "taken_at", "beaten_at", "length_s", "expires_at", "shown_s"),
        "shown_at",
    )
    for attempt in range(_COLLISIONS):
        row = (lease_id, case_id, user, in_hand(user)[1], at, at, length_s, expires_at, 0.0, at if seen else None)
        if connection.vendor == "sqlite":
            # There is one writer at a time, so nobody can have taken the number since.
            insert_rows(Lease, columns, [row])
            break
        try:
            with transaction.atomic():
                insert_rows(Lease, columns, [row])
            break
        except IntegrityError:
            # Another claim of theirs at this very moment took the number.
            if attempt == _COLLISIONS - 1 or Lease.objects.filter(case_id=case_id).exists():
                raise
    return lease_id


def hands_full(user_id: int, limit: int) -> HandsFull:
    """The refusal, which names what is in hand."""
    leases = Lease.objects.filter(user_id=user_id).select_related("case__item").order_by("taken_at", "id")
    names = [lease.case.item.title or lease.case.item.external_id for lease in leases[: _NAMED + 1]]
    more = ", …" if len(names) > _NAMED else ""
    told = {"count": limit, "names": ", ".join(f"“{name[:60]}”" for name in names[:_NAMED]) + more}
    return HandsFull(_("you may have %(count)s cases in hand at once, and have: %(names)s") % told)


def _count(rows: Iterable[tuple[int, date, int, int, int, int]]) -> None:
    """Add to the days; in the order given, so that two who count at once never wait for each other in a ring."""
    quote = connection.ops.quote_name
    table, day = quote(Exposure._meta.db_table), quote("on")
    statement = (
        f"INSERT INTO {table} (user_id, {day}, severity, cases, seconds, revealed) VALUES (%s, %s, %s, %s, %s, %s) "  # noqa: S608
        f"ON CONFLICT (user_id, {day}, severity) DO UPDATE SET cases = {table}.cases + excluded.cases, "
        f"seconds = {table}.seconds + excluded.seconds, revealed = {table}.revealed + excluded.revealed"
    )
    with connection.cursor() as cursor:
        for user, on, severity, cases, seconds, revealed in rows:
            moment = connection.ops.adapt_datefield_value(on)
            cursor.execute(statement, [user, moment, severity, cases, seconds, revealed])
            forget(user)
