"""Prometheus metrics: what the web processes counted, and how much waits, asked of the database at each scrape."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest, multiprocess
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from piepowder.access.visibility import NotPermitted
from piepowder.http.keys import actor_of_key, presented_key
from piepowder.http.problems import problem_response
from piepowder.kernel.actor import EVERYWHERE
from piepowder.kernel.errors import PiepowderError, Unauthenticated
from piepowder.kernel.permissions import Permission
from piepowder.ledger.models import Unsealed
from piepowder.ledger.queries import oldest_unsealed_at
from piepowder.outbox.queries import lag
from piepowder.review.models import Case
from piepowder.review.states import ACTIVE_STATES, CaseState

_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """The numbers of the whole house, for loopback or for a key that holds ``board:view`` without limits."""
    now = timezone.now()
    try:
        _check_may_scrape(request, now)
    except PiepowderError as error:
        return problem_response(error)
    counted = generate_latest(_counted())
    asked = CollectorRegistry()
    asked.register(Waiting(now))
    return HttpResponse(counted + generate_latest(asked), content_type=CONTENT_TYPE_LATEST)


def _check_may_scrape(request: HttpRequest, now: datetime) -> None:
    key = presented_key(request)
    if key:
        if EVERYWHERE not in actor_of_key(key, now=now).scopes(Permission.BOARD_VIEW):
            raise NotPermitted("this needs a key with the permission board:view for every vendor, queue and market")
        return
    # A proxy on this machine makes everybody look local, so an installation with a public address asks for a key.
    public = urlsplit(settings.PUBLIC_URL).hostname or ""
    proxied = any(name in request.META for name in _FORWARDED)
    if proxied or not _is_loopback(public) or not _is_loopback(request.META.get("REMOTE_ADDR", "")):
        raise Unauthenticated("metrics need an API key with the permission board:view")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _counted() -> CollectorRegistry:
    """What was counted by this process, or by all web processes when they share ``PROMETHEUS_MULTIPROC_DIR``."""
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return REGISTRY
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


class Waiting(Collector):
    """Gauges of what waits at ``now``."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def describe(self) -> Iterable[Metric]:
        """Nothing: being registered must not cost the queries."""
        return []

    def collect(self) -> Iterable[Metric]:
        yield from self._cases()
        yield from self._outbox()
        yield from self._ledger()

    def _cases(self) -> Iterable[Metric]:
        cases = GaugeMetricFamily("piepowder_cases", "Cases that are not finished", labels=["queue", "state"])
        oldest = GaugeMetricFamily("piepowder_oldest_waiting_seconds", "Age of the oldest open case", labels=["queue"])
        active = Case.objects.filter(state__in=[state.value for state in ACTIVE_STATES])
        rows = active.values_list("queue__code", "state").annotate(count=Count("id"), first=Min("opened_at"))
        for queue, state, count, first in rows.order_by("queue__code", "state"):
            cases.add_metric([queue, state], count)
            if state == CaseState.OPEN:
                oldest.add_metric([queue], self._age(first))
        return [cases, oldest]

    def _outbox(self) -> Iterable[Metric]:
        unfinished = GaugeMetricFamily(
            "piepowder_outbox_unfinished", "Deliveries still to be made", labels=["endpoint"]
        )
        dead = GaugeMetricFamily("piepowder_outbox_dead", "Dead letters", labels=["endpoint"])
        behind = GaugeMetricFamily(
            "piepowder_outbox_lag_seconds", "How long the oldest delivery that is due has waited", labels=["endpoint"]
        )
        for waiting in lag(now=self.now):
            unfinished.add_metric([waiting.endpoint], waiting.unfinished)
            dead.add_metric([waiting.endpoint], waiting.dead)
            behind.add_metric([waiting.endpoint], waiting.oldest_due_s)
        return [unfinished, dead, behind]

    def _ledger(self) -> Iterable[Metric]:
        unsealed = GaugeMetricFamily("piepowder_ledger_unsealed_facts", "Facts that no block holds yet")
        unsealed.add_metric([], Unsealed.objects.count())
        age = GaugeMetricFamily("piepowder_ledger_unsealed_seconds", "Age of the oldest fact that no block holds yet")
        age.add_metric([], self._age(oldest_unsealed_at()))
        return [unsealed, age]

    def _age(self, since: datetime | None) -> float:
        return max(0.0, (self.now - since).total_seconds()) if since else 0.0
