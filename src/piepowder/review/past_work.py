"""What arrived in a span of days and what was known of it then, read in chunks; nothing is written.

A case is opened in the transaction that stores the submission or the report it is opened for, so what bears the same
time as its opening is what was known: the detections of that submission, or the reports of that notice. Severities are
those of the policy versions in force then. Violations by a seller are counted by day; those of the day itself are left
out, because the case's own decision may be among them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from piepowder.intake.models import Detection, Report, Snapshot
from piepowder.intake.states import Submission
from piepowder.review.case_clocks import CLOCK_STEPS, Step
from piepowder.review.models import Case, CaseEvent, RoutingVersion, SellerViolations
from piepowder.review.opening import HISTORY, day_of
from piepowder.review.reference import Reference
from piepowder.review.routing import RoutingFacts
from piepowder.review.states import CaseEventKind, CaseState

CHUNK = 1_000
_CASE_COLUMNS = (
    "id", "item_id", "item__external_id", "item__title", "kind", "market", "language", "seller_ref", "opened_at",
    "claimed_at", "decided_at",
)  # fmt: skip
_ASIDE = (Submission.WITHDRAWN, Submission.DELETED)


@dataclass(frozen=True, slots=True)
class PastWork:
    """One arrival that was routed; ``case_id`` is ``None`` for what was kept without review."""

    at: datetime
    item_id: UUID
    external_id: str
    title: str
    facts: RoutingFacts
    case_id: UUID | None = None
    steps: tuple[Step, ...] = ()
    """The steps of the case that its clock is told from."""
    handling_s: float | None = None
    """From the last claim to the decision."""


def count_cases(since: datetime, until: datetime) -> int:
    """How many cases were opened in ``[since, until)``. One query."""
    return Case.objects.filter(opened_at__gte=since, opened_at__lt=until).count()


def past_cases(known: Reference, since: datetime, until: datetime, *, limit: int) -> Iterator[list[PastWork]]:
    """The cases opened in ``[since, until)``, the newest first, in chunks of a fixed number of queries each."""
    for rows in _pages(since, until, limit):
        yield _of_cases(known, rows)


def past_steps(since: datetime, until: datetime, *, limit: int) -> Iterator[list[tuple[UUID, tuple[Step, ...]]]]:
    """The same cases with nothing but the steps that their clocks are told from."""
    for rows in _pages(since, until, limit):
        steps = _steps(row["id"] for row in rows)
        yield [(row["id"], tuple(steps[row["id"]])) for row in rows]


def _pages(since: datetime, until: datetime, limit: int) -> Iterator[list[dict[str, Any]]]:
    cases = Case.objects.filter(opened_at__gte=since, opened_at__lt=until).order_by("-opened_at", "-id")
    last: tuple[datetime, UUID] | None = None
    read = 0
    while read < limit:
        page = cases
        if last is not None:
            page = cases.filter(Q(opened_at__lt=last[0]) | Q(opened_at=last[0], id__lt=last[1]))
        rows = list(page.values(*_CASE_COLUMNS)[: min(CHUNK, limit - read)])
        if not rows:
            return
        yield rows
        read += len(rows)
        last = rows[-1]["opened_at"], rows[-1]["id"]


def something_was_kept(since: datetime, until: datetime) -> bool:
    """Whether any version of the rules that was in force in ``[since, until)`` kept items without review. One query."""
    in_force = True
    for rules, published_at in RoutingVersion.objects.order_by("-number").values_list("rules", "published_at"):
        if published_at >= until:
            continue
        if in_force and any(rule["then"]["queue"] is None for rule in rules):
            return True
        in_force = published_at > since
        if not in_force:
            return False
    return False


def past_kept(known: Reference, since: datetime, until: datetime, *, limit: int) -> Iterator[list[PastWork]]:
    """The submissions of ``[since, until)`` that no case was opened for and none was open for, in chunks."""
    wanted = Snapshot.objects.filter(received_at__gte=since, received_at__lt=until).exclude(submission__in=_ASIDE)
    columns = (
        "id", "item_id", "item__external_id", "item__title", "item__kind", "item__market", "item__language",
        "item__seller_ref", "received_at",
    )  # fmt: skip
    found = 0
    rows: list[dict[str, Any]] = []
    for row in wanted.order_by("pk").values(*columns).iterator(chunk_size=CHUNK):
        rows.append(row)
        if len(rows) == CHUNK:
            some = _of_snapshots(known, rows)[: limit - found]
            yield some
            found, rows = found + len(some), []
            if found >= limit:
                return
    if rows:
        yield _of_snapshots(known, rows)[: limit - found]


def _of_cases(known: Reference, rows: Sequence[dict[str, Any]]) -> list[PastWork]:
    moments = {(row["item_id"], row["opened_at"]) for row in rows}
    detected, reported = _detected(moments), _reported(moments)
    history = _History((row["seller_ref"], row["opened_at"]) for row in rows)
    steps = _steps(row["id"] for row in rows)
    found = []
    for row in rows:
        key = row["item_id"], row["opened_at"]
        labels = detected.get(key, [])
        reports = [] if labels else reported.get(key, [])
        facts = _facts(
            known,
            kind=row["kind"],
            market=row["market"],
            language=row["language"],
            labels=labels,
            reports=reports,
            violations=history.before(row["seller_ref"], row["opened_at"]),
            at=row["opened_at"],
        )
        span = row["decided_at"] - row["claimed_at"] if row["decided_at"] and row["claimed_at"] else None
        found.append(
            PastWork(
                at=row["opened_at"],
                item_id=row["item_id"],
                external_id=row["item__external_id"],
                title=row["item__title"],
                facts=facts,
                case_id=row["id"],
                steps=tuple(steps[row["id"]]),
                handling_s=span.total_seconds() if span else None,
            )
        )
    return found


def _steps(case_ids: Iterable[UUID]) -> defaultdict[UUID, list[Step]]:
    steps: defaultdict[UUID, list[Step]] = defaultdict(list)
    events = CaseEvent.objects.filter(case_id__in=list(case_ids), kind__in=CLOCK_STEPS).order_by("at", "id")
    for case_id, kind, at, body in events.values_list("case_id", "kind", "at", "body"):
        steps[case_id].append(Step(kind, at, body))
    return steps


def _of_snapshots(known: Reference, rows: Sequence[dict[str, Any]]) -> list[PastWork]:
    spans = _spans({row["item_id"] for row in rows})
    free = [row for row in rows if not any(_covers(span, row["received_at"]) for span in spans.get(row["item_id"], ()))]
    detected = _detected({(row["item_id"], row["received_at"]) for row in free})
    history = _History((row["item__seller_ref"], row["received_at"]) for row in free)
    return [
        PastWork(
            at=row["received_at"],
            item_id=row["item_id"],
            external_id=row["item__external_id"],
            title=row["item__title"],
            facts=_facts(
                known,
                kind=row["item__kind"],
                market=row["item__market"],
                language=row["item__language"],
                labels=detected.get((row["item_id"], row["received_at"]), []),
                reports=[],
                violations=history.before(row["item__seller_ref"], row["received_at"]),
                at=row["received_at"],
            ),
        )
        for row in free
    ]


def _spans(item_ids: Collection[UUID]) -> dict[UUID, list[tuple[datetime, datetime | None]]]:
    """From when to when each case of the items was open; ``None`` for one that is."""
    cases = list(
        Case.objects.filter(item_id__in=item_ids).values_list("id", "item_id", "state", "opened_at", "decided_at")
    )
    shut = [case_id for case_id, _item, state, _opened, _decided in cases if state == CaseState.CLOSED]
    closed = dict(
        CaseEvent.objects.filter(case_id__in=shut, kind=CaseEventKind.CLOSED)
        .values_list("case_id", "at")
        .order_by("at")
    )
    found: defaultdict[UUID, list[tuple[datetime, datetime | None]]] = defaultdict(list)
    for case_id, item_id, _state, opened_at, decided_at in cases:
        found[item_id].append((opened_at, closed.get(case_id, decided_at)))
    return found


def _covers(span: tuple[datetime, datetime | None], at: datetime) -> bool:
    start, end = span
    return start == at or (start < at and (end is None or at < end))


Moments = Collection[tuple[UUID, datetime]]


def _detected(moments: Moments) -> dict[tuple[UUID, datetime], list[tuple[str, str, float]]]:
    """Label, policy and score of what was found in an item at exactly that moment."""
    found: defaultdict[tuple[UUID, datetime], list[tuple[str, str, float]]] = defaultdict(list)
    rows = Detection.objects.filter(item_id__in={item for item, _at in moments}).order_by("id")
    for item_id, at, label, policy, score in rows.values_list("item_id", "found_at", "label", "policy_code", "score"):
        if (item_id, at) in moments:
            found[item_id, at].append((label, policy, score))
    return found


def _reported(moments: Moments) -> dict[tuple[UUID, datetime], list[tuple[str, str, int]]]:
    """Policy, kind of reporter and their trust of what was reported about an item at exactly that moment."""
    found: defaultdict[tuple[UUID, datetime], list[tuple[str, str, int]]] = defaultdict(list)
    rows = Report.objects.filter(item_id__in={item for item, _at in moments}).order_by("id")
    columns = ("item_id", "received_at", "policy_code", "reporter__kind", "reporter__trust")
    for item_id, at, policy, kind, trust in rows.values_list(*columns):
        if (item_id, at) in moments:
            found[item_id, at].append((policy, kind, trust))
    return found


class _History:
    """Violations by sellers, by day."""

    def __init__(self, asked: Iterable[tuple[str, datetime]]) -> None:
        pairs = [(seller, at) for seller, at in asked if seller]
        self._days: defaultdict[str, list[tuple[Any, int]]] = defaultdict(list)
        if not pairs:
            return
        since = day_of(min(at for _seller, at in pairs) - HISTORY)
        rows = SellerViolations.objects.filter(seller_ref__in={seller for seller, _at in pairs}, on__gt=since)
        for seller, on, count in rows.values_list("seller_ref", "on", "count"):
            self._days[seller].append((on, count))

    def before(self, seller: str, at: datetime) -> int:
        """Those of the 90 days before the day of ``at``."""
        first, today = day_of(at - HISTORY), day_of(at)
        return sum(count for on, count in self._days.get(seller, ()) if first < on < today)


def _facts(
    known: Reference,
    *,
    kind: str,
    market: str,
    language: str,
    labels: Sequence[tuple[str, str, float]],
    reports: Sequence[tuple[str, str, int]],
    violations: int,
    at: datetime,
) -> RoutingFacts:
    """As intake tells them: the suspicion with the highest score, else the first that a report names."""
    suspicions = [found for found in labels if found[1]]
    suspected = max(suspicions, key=lambda found: found[2])[1] if suspicions else ""
    suspected = suspected or next((policy for policy, _kind, _trust in reports if policy), "")
    weightiest = max(reports, key=lambda report: report[2], default=None)
    severity = known.policy_severities([(suspected, market)], at)[suspected, market] if suspected else None
    return RoutingFacts(
        kind=kind,
        market=market,
        language=language,
        policy_code=suspected,
        severity=severity,
        labels=tuple((label, score) for label, _policy, score in labels),
        reporter_kind=weightiest[1] if weightiest else "",
        seller_violations=violations,
    )


def facts_of(known: Reference, case_id: UUID) -> PastWork | None:
    """What was known of one case when it was opened; ``None`` without such a case."""
    rows = list(Case.objects.filter(pk=case_id).values(*_CASE_COLUMNS))
    return _of_cases(known, rows)[0] if rows else None
