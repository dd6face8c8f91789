"""What the pages about submissions show. What is submitted is the marketplace's as a whole: all vendors or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Min, Q, QuerySet
from django.utils.translation import gettext as _

from piepowder.access.options import chosen
from piepowder.decisions.transparency.words import told
from piepowder.interop import line
from piepowder.interop.by_hand import NoSuchSubmission
from piepowder.interop.models import Submission
from piepowder.interop.monitor import RECENT_DAYS, compared_streams
from piepowder.interop.options import LATE_AFTER
from piepowder.interop.payloads import payload_of
from piepowder.interop.states import STILL_TO_GO, SUBMISSION_FLOW, TO_DO, SubmissionState
from piepowder.interop.streams import Comparison
from piepowder.kernel.actor import Actor, ActorKind
from piepowder.kernel.kept import Kept
from piepowder.kernel.permissions import Permission
from piepowder.outbox.reach import require_everywhere

LAG_SPAN = timedelta(days=7)
BY_HAND = ("override", "retry", "give_up")


@dataclass(frozen=True, slots=True)
class Board:
    """How submitting goes. Lags are of what was sent in the last seven days, in seconds."""

    on: bool
    address: str
    has_token: bool
    token_from_environment: bool
    token_changed_at: datetime | None
    halted_at: datetime | None
    rests_until: datetime | None
    problem: str
    counts: tuple[tuple[str, str, int], ...]
    """State, its name, how many."""
    to_do: int
    late: int
    late_after_h: int
    oldest_decided_at: datetime | None
    sent: int
    lag_median_s: int | None
    lag_p95_s: int | None


@dataclass(frozen=True, slots=True)
class SubmissionFilters:
    """What to list; an empty field does not narrow. ``text`` is a whole puid, decision id or id of the database."""

    state: str = ""
    stream: str = ""
    text: str = ""
    late: bool = False
    to_do: bool = False


@dataclass(frozen=True, slots=True)
class FieldNote:
    """Something to say at one field: a refusal, or words that look like personal data."""

    field: str
    said: str
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class SubmissionPage:
    row: Submission
    decision_id: UUID
    payload: tuple[tuple[str, Any, tuple[FieldNote, ...]], ...]
    """Field, value, what is to be said about it; fields that were refused for being absent too."""
    verbs: tuple[str, ...]
    had_part: bool
    """Whoever asks decided or approved, so they cannot let it pass."""


def board(actor: Actor, *, now: datetime) -> Board:
    """The state of the line and of the queue; needs ``submission:view`` over all vendors."""
    require_everywhere(actor, Permission.SUBMISSION_VIEW)
    where, hours = line.standing(), int(chosen(LATE_AFTER))
    counts = dict(Submission.objects.values_list("state").annotate(n=Count("id")).order_by())
    open_ones = Submission.objects.filter(state__in=STILL_TO_GO)
    late = open_ones.filter(decided_at__lt=now - timedelta(hours=hours)).count()
    sent = Submission.objects.filter(sent_at__gt=now - LAG_SPAN, lag_s__isnull=False)
    number = sent.count()
    return Board(
        on=where.on,
        address=where.address,
        has_token=bool(where.token),
        token_from_environment=where.from_environment,
        token_changed_at=where.token_changed_at,
        halted_at=where.halted_at,
        rests_until=where.rests_until if where.rests(now) else None,
        problem=where.problem,
        counts=tuple((state.value, str(state.label), counts.get(state.value, 0)) for state in SubmissionState),
        to_do=sum(counts.get(state.value, 0) for state in TO_DO),
        late=late,
        late_after_h=hours,
        oldest_decided_at=open_ones.aggregate(oldest=Min("decided_at"))["oldest"],
        sent=number,
        lag_median_s=_at(sent, number, 0.5),
        lag_p95_s=_at(sent, number, 0.95),
    )


def _at(sent: QuerySet[Submission], number: int, share: float) -> int | None:
    if not number:
        return None
    place = min(number - 1, int(share * number))
    return sent.order_by("lag_s").values_list("lag_s", flat=True)[place]


def submissions(actor: Actor, filters: SubmissionFilters, *, now: datetime) -> QuerySet[Submission]:
    """Submissions, newest first, those waiting for a person oldest first; needs ``submission:view`` over all vendors."""
    require_everywhere(actor, Permission.SUBMISSION_VIEW)
    rows = Submission.objects.select_related("statement")
    if filters.state:
        rows = rows.filter(state=filters.state)
    if filters.to_do:
        rows = rows.filter(state__in=TO_DO)
    if filters.stream:
        rows = rows.filter(stream=filters.stream)
    if filters.late:
        before = now - timedelta(hours=chosen(LATE_AFTER))
        rows = rows.filter(state__in=STILL_TO_GO, decided_at__lt=before)
    if filters.text:
        wanted = Q(puid=filters.text) | Q(uuid=filters.text)
        rows = rows.filter(wanted | Q(statement__decision_id=_uuid(filters.text)))
    return rows.order_by("created_at", "id") if filters.to_do else rows.order_by("-created_at", "-id")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def streams_known() -> Sequence[str]:
    """The streams that statements came from, for a filter; up to a minute old, since every row is looked at."""
    return _streams()


_streams: Kept[list[str]] = Kept(
    lambda: list(Submission.objects.order_by("stream").values_list("stream", flat=True).distinct()[:200]), 60
)


def submission(actor: Actor, submission_id: UUID) -> SubmissionPage:
    """One submission with its payload; needs ``submission:view`` over all vendors, raises ``NoSuchSubmission``."""
    require_everywhere(actor, Permission.SUBMISSION_VIEW)
    rows = Submission.objects.select_related("statement__decision", "overridden_by", "given_up_by")
    row = rows.filter(pk=submission_id).first()
    if row is None:
        raise NoSuchSubmission(_("there is no such submission"))
    payload = payload_of(row.statement)
    notes = _notes(row, payload)
    decision = row.statement.decision
    involved = {str(decision.decider_id), str(decision.approver_id)}
    fields = [*payload, *(name for name in notes if name not in payload)]
    return SubmissionPage(
        row=row,
        decision_id=decision.pk,
        payload=tuple((name, payload.get(name), tuple(notes.get(name, ()))) for name in fields),
        verbs=tuple(verb for verb in SUBMISSION_FLOW.allowed(SubmissionState(row.state)) if verb in BY_HAND),
        had_part=actor.kind is ActorKind.PERSON and actor.ref in involved,
    )


def _notes(row: Submission, payload: Mapping[str, Any]) -> dict[str, list[FieldNote]]:
    notes: dict[str, list[FieldNote]] = {}
    for error in row.errors:
        name = str(error.get("field", "")).split(".")[0]
        said = str(error.get("said") or told(str(error.get("rule", ""))))
        notes.setdefault(name, []).append(FieldNote(str(error.get("field", "")), said))
    for one in row.found if row.state in TO_DO else ():
        text = payload.get(one["field"])
        excerpt = text[one["start"] : one["end"]] if isinstance(text, str) else ""
        notes.setdefault(one["field"], []).append(FieldNote(one["field"], kind_told(one["kind"]), excerpt))
    return notes


def fields_named(row: Submission) -> list[FieldNote]:
    """What is wrong with one that waits for a person: each field once, without its words."""
    refused = [
        FieldNote(str(one.get("field", "")), str(one.get("said") or told(str(one.get("rule", "")))))
        for one in row.errors
    ]
    found = [FieldNote(str(one["field"]), kind_told(str(one["kind"]))) for one in row.found]
    return list(dict.fromkeys(refused if row.state == SubmissionState.REPAIR else found))


def kind_told(kind: str) -> str:
    """What a finding looks like, in words."""
    return {
        "email": _("looks like an e-mail address"),
        "phone": _("looks like a telephone number"),
        "iban": _("is a bank account"),
        "handle": _("looks like somebody's name on a network"),
        "profile": _("leads to somebody's page on a network"),
        "order": _("looks like the number of an order"),
        "name": _("is a name of the seller"),
        "source_identity": _("is not known as an organisation"),
    }.get(kind, kind)


def monitor(actor: Actor, *, now: datetime, recent_days: int = RECENT_DAYS) -> tuple[Comparison, ...]:
    """What each stream of statements says lately and before; needs ``submission:view`` over all vendors."""
    require_everywhere(actor, Permission.SUBMISSION_VIEW)
    return compared_streams(now=now, recent_days=recent_days)
