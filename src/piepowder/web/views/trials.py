"""The dry run of routing rules: a page, a stream of progress that ends with the result, and what moves as CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from piepowder.access.visibility import require_whole
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.kernel.actor import Actor
from piepowder.kernel.cells import cell
from piepowder.kernel.permissions import Permission
from piepowder.review.dry_run import NO_REVIEW, DryRun, Progress, QueueTally, Sample, dry_run, replay_rules
from piepowder.review.publishing import current_version, own_draft
from piepowder.review.reference import checked
from piepowder.review.routing import RuleSet, compile_rules
from piepowder.web.filters import day

LAST_DAYS = 7
_COLUMNS = (
    "arrived_at", "item", "title", "kind", "market", "language", "queue_before", "queue_after", "rule_before",
    "rule_after", "severity_before", "severity_after", "promise_before", "promise_after", "case",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MoveLine:
    before: str
    after: str
    count: int
    samples: Sequence[Sample]


@dataclass(frozen=True, slots=True)
class QueueLine:
    name: str
    before: QueueTally
    after: QueueTally
    days: float

    @property
    def hours_before(self) -> float:
        return round(self.before.handling_s / 3600 / self.days, 2)

    @property
    def hours_after(self) -> float:
        return round(self.after.handling_s / 3600 / self.days, 2)


@dataclass(frozen=True, slots=True)
class RuleCount:
    number: int
    name: str
    count: int


@screen()
def routing_trial(request: HttpRequest) -> HttpResponse:
    """The page; with ``run=1`` it waits for the result, for browsers without JavaScript."""
    actor = _editor(request)
    since, until = _span(request)
    last = timezone.localtime(until - timedelta(microseconds=1))
    shown = {"since": timezone.localtime(since), "until": last, "draft": own_draft(actor)}
    if request.GET.get("run") == "1":
        *_rest, run = dry_run(checked(), _tried(actor), since, until, now=timezone.now())
        assert isinstance(run, DryRun)
        shown |= run_shown(run, _tried(actor))
    return render(request, "web/routing/trial.html", shown)


@screen()
def routing_trial_run(request: HttpRequest) -> HttpResponseBase:
    """Lines of JSON: how far it is, and at the end the result as a piece of the page."""
    actor = _editor(request)
    since, until = _span(request)
    answer = StreamingHttpResponse(
        _lines(_tried(actor), since, until, translation.get_language(), timezone.get_current_timezone()),
        content_type="application/x-ndjson",
    )
    answer["Cache-Control"] = "no-store"
    # A proxy that waits for the whole answer would hide the progress.
    answer["X-Accel-Buffering"] = "no"
    return answer


@screen()
def routing_trial_csv(request: HttpRequest) -> HttpResponseBase:
    """Every arrival that goes elsewhere, gets another severity, or whose promise ends differently."""
    actor = _editor(request)
    since, until = _span(request)
    answer = StreamingHttpResponse(_rows(_tried(actor), since, until), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="routing-dry-run-{since:%Y%m%d}-{until:%Y%m%d}.csv"'
    answer["Cache-Control"] = "no-store"
    return answer


def _editor(request: HttpRequest) -> Actor:
    actor = actor_of(request)
    require_whole(actor, Permission.QUEUE_EDIT)
    return actor


def _tried(actor: Actor) -> list[dict[str, Any]]:
    """The person's draft, or the rules in force when they have none."""
    draft, current = own_draft(actor), current_version()
    rules: list[dict[str, Any]] = draft.rules if draft else current.rules if current else []
    return rules


def _span(request: HttpRequest) -> tuple[datetime, datetime]:
    """The days asked for, in the reader's time zone; the last seven when none can be read."""
    today = timezone.localdate()
    first, last = day(request.GET.get("since", "")), day(request.GET.get("until", ""))
    last = min(last or today, today)
    first = min(first or last - timedelta(days=LAST_DAYS - 1), last)
    return (
        timezone.make_aware(datetime.combine(first, time.min)),
        timezone.make_aware(datetime.combine(last + timedelta(days=1), time.min)),
    )


def _lines(
    rules: list[dict[str, Any]], since: datetime, until: datetime, language: str | None, zone: tzinfo
) -> Iterator[str]:
    for step in dry_run(checked(), rules, since, until, now=timezone.now()):
        if isinstance(step, Progress):
            yield json.dumps({"done": step.done, "of": step.expected}) + "\n"
        else:
            # The answer is sent after the request is over: language and zone are no longer set then.
            with translation.override(language), timezone.override(zone):
                html = render_to_string("web/routing/_run.html", run_shown(step, rules))
            yield json.dumps({"html": html}) + "\n"


def _rows(rules: list[dict[str, Any]], since: datetime, until: datetime) -> Iterator[str]:
    known = checked()
    writer = csv.writer(_Line())
    yield "\ufeff" + writer.writerow(_COLUMNS)
    for chunk in replay_rules(known, rules, since, until, now=timezone.now()):
        lines = []
        for one in chunk:
            if (one.before.queue, one.before.severity, one.kept_before) == (
                one.after.queue,
                one.after.severity,
                one.kept_after,
            ):
                continue
            work, before, after = one.work, one.before, one.after
            values = (
                work.at.isoformat(), work.external_id, work.title, work.facts.kind, work.facts.market,
                work.facts.language, before.queue, after.queue, before.rule, after.rule, before.severity,
                after.severity, one.kept_before, one.kept_after, work.case_id or "",
            )  # fmt: skip
            lines.append(writer.writerow([cell(str(value)) for value in values]))
        yield "".join(lines)


class _Line:
    """Gives back what the csv module writes."""

    def write(self, value: str) -> str:
        return value


def run_shown(run: DryRun, rules: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the result page needs, with queues and rules by name."""
    known = checked()
    names = {code: queue.name for code, queue in known.by_code.items()} | {NO_REVIEW: _("no review")}
    after = compile_rules(0, rules, fallback=known.rules.fallback)
    days = max((min(run.until, timezone.now()) - run.since) / timedelta(days=1), 1 / 24)
    codes = sorted(set(run.queues_before) | set(run.queues_after), key=lambda code: (code == NO_REVIEW, names[code]))
    moves = sorted(run.moves.items(), key=lambda pair: (-pair[1].count, pair[0]))
    return {
        "run": run,
        "moves": [
            MoveLine(names[pair[0]], names[pair[1]], move.count, move.samples)
            for pair, move in moves
            if pair[0] != pair[1]
        ],
        "queues": [
            QueueLine(
                names[code], run.queues_before.get(code, QueueTally()), run.queues_after.get(code, QueueTally()), days
            )
            for code in codes
        ],
        "rule_tables": [
            (_("Matches by the rules in force"), _counted(known.rules, run.rules_before)),
            (_("Matches by the rules tried"), _counted(after, run.rules_after)),
        ],
        "severities": [(*pair, count) for pair, count in sorted(run.severities.items())],
    }


def _counted(rules: RuleSet, counts: Mapping[int, int]) -> list[RuleCount]:
    lines = [RuleCount(rule.number, rule.name, counts.get(rule.number, 0)) for rule in rules.rules]
    return [*lines, RuleCount(0, _("no rule: the fallback"), counts.get(0, 0))]
