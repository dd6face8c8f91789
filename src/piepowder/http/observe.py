"""One log line and one measurement per request."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from prometheus_client import Counter, Histogram

logger = logging.getLogger("piepowder.http")

REQUESTS = Counter("piepowder_http_requests_total", "Requests answered", ["method", "route", "status"])
SECONDS = Histogram("piepowder_http_request_seconds", "Time to answer a request", ["method", "route"])


class Observe:
    """Counts and times each request by route (never by path: paths hold ids) and stamps its id on the response."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = request.headers.get("X-Request-Id", "")[:64] or uuid.uuid4().hex
        started = time.perf_counter()
        response = self.get_response(request)
        took = time.perf_counter() - started
        route = request.resolver_match.route if request.resolver_match else "unknown"
        REQUESTS.labels(request.method, route, response.status_code).inc()
        SECONDS.labels(request.method, route).observe(took)
        response["X-Request-Id"] = request_id
        if response.status_code >= 500 or took > 1:
            logger.warning(
                "slow or failed request",
                extra={
                    "request_id": request_id,
                    "route": route,
                    "status": response.status_code,
                    "took_ms": int(took * 1000),
                },
            )
        return response
