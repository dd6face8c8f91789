"""What a ladder would have done to the past: a page, and a stream of progress that ends with the result."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, time, timedelta, tzinfo
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone, translation

from piepowder.access.visibility import require_whole
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.kernel.permissions import Permission
from piepowder.policy.models import Ladder as LadderRow
from piepowder.standing.ladder import Ladder, read_ladder
from piepowder.standing.operations import NoSuchLadder
from piepowder.standing.trial import Progress, Trial, try_ladder
from piepowder.standing.wording import said
from piepowder.web.filters import day
from piepowder.web.ladder_words import language

LAST_DAYS = 90


@screen()
def ladder_trial(request: HttpRequest, code: str) -> HttpResponse:
    """The page; with ``run=1`` it waits for the result, for browsers without JavaScript."""
    read = _ladder(request, code)
    since, until = _span(request)
    shown: dict[str, Any] = {
        "ladder": read,
        "title": said(read.title, language()),
        "since": timezone.localtime(since),
        "until": timezone.localtime(until - timedelta(microseconds=1)),
    }
    if request.GET.get("run") == "1":
        *_rest, run = try_ladder(read, since, until)
        assert isinstance(run, Trial)
        shown |= _shown(run, read)
    return render(request, "web/standing/trial.html", shown)


@screen()
def ladder_trial_run(request: HttpRequest, code: str) -> HttpResponseBase:
    """Lines of JSON: how far it is, and at the end the result as a piece of the page."""
    read = _ladder(request, code)
    since, until = _span(request)
    lines = _lines(read, since, until, translation.get_language(), timezone.get_current_timezone())
    answer = StreamingHttpResponse(lines, content_type="application/x-ndjson")
    answer["Cache-Control"] = "no-store"
    # A proxy that waits for the whole answer would hide the progress.
    answer["X-Accel-Buffering"] = "no"
    return answer


def _ladder(request: HttpRequest, code: str) -> Ladder:
    """The newest version, whether it holds already or not."""
    require_whole(actor_of(request), Permission.LADDER_EDIT)
    row = LadderRow.objects.filter(code=code).first()
    version = row.versions.order_by("-number").first() if row else None
    if version is None:
        raise NoSuchLadder("there is no such ladder")
    return read_ladder(code, version.content, version.number)


def _span(request: HttpRequest) -> tuple[datetime, datetime]:
    """The days asked for, in the reader's time zone; the last ninety when none can be read."""
    today = timezone.localdate()
    first, last = day(request.GET.get("since", "")), day(request.GET.get("until", ""))
    last = min(last or today, today)
    first = min(first or last - timedelta(days=LAST_DAYS - 1), last)
    return (
        timezone.make_aware(datetime.combine(first, time.min)),
        timezone.make_aware(datetime.combine(last + timedelta(days=1), time.min)),
    )


def _lines(read: Ladder, since: datetime, until: datetime, spoken: str | None, zone: tzinfo) -> Iterator[str]:
    for step in try_ladder(read, since, until):
        if isinstance(step, Progress):
            yield json.dumps({"done": step.done, "of": step.expected}) + "\n"
        else:
            # The answer is sent after the request is over: language and zone are no longer set then.
            with translation.override(spoken), timezone.override(zone):
                html = render_to_string("web/standing/_run.html", _shown(step, read))
            yield json.dumps({"html": html}) + "\n"


def _shown(run: Trial, read: Ladder) -> dict[str, Any]:
    most = max((count for _, count in run.by_week), default=0)
    titles = {
        (counter.code, one.code): (said(counter.title, language()), said(one.title, language()), one.at)
        for counter in read.counters
        for one in counter.thresholds
    }
    return {
        "run": run,
        "reached": [(*titles[one.counter, one.threshold], one) for one in run.reached],
        "weeks": [(week, count, round(100 * count / most, 1) if most else 0) for week, count in run.by_week],
    }
