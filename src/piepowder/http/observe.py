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


# A method is whatever the sender calls it, and each name would be remembered for ever.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


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
        method = request.method if request.method in _METHODS else "other"
        REQUESTS.labels(method, route, response.status_code).inc()
        SECONDS.labels(method, route).observe(took)
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
