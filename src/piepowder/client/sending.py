"""Sending one request until it has an answer: patience, back-off, and the same idempotency key each time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import httpx

from piepowder.client.problems import Problem, problem_in

_PASSING = frozenset({429, 502, 503, 504})
_LONGEST_WAIT_S = 60.0


class Sender:
    """Sends requests with a key. What is repeated is safe to repeat: reads, and writes that carry their own key."""

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        timeout_s: float,
        attempts: int,
        transport: httpx.BaseTransport | None,
        sleep: Callable[[float], None],
    ) -> None:
        headers = {"User-Agent": "piepowder-client/1"}
        if key:
            headers["Authorization"] = f"Bearer {key}"
        self._http = httpx.Client(
            base_url=base_url.rstrip("/"), headers=headers, timeout=timeout_s, transport=transport
        )
        self._attempts = attempts
        self._sleep = sleep

    def close(self) -> None:
        self._http.close()

    def read(self, path: str, parameters: Mapping[str, Any] | None = None) -> httpx.Response:
        return self._until_answered("GET", path, params=_given(parameters or {}))

    def write(
        self, path: str, content: bytes, *, content_type: str = "application/json", idempotency_key: str | None = None
    ) -> httpx.Response:
        """POST ``content``. The key is minted once for this call and kept for all its attempts."""
        headers = {"Content-Type": content_type, "Idempotency-Key": idempotency_key or uuid4().hex}
        return self._until_answered("POST", path, content=content, headers=headers)

    @contextmanager
    def streaming(
        self, method: str, path: str, *, parameters: Mapping[str, Any] | None = None, **more: Any
    ) -> Iterator[httpx.Response]:
        """A successful answer whose body is read bit by bit; only its beginning is retried."""
        response = self._until_answered(method, path, streamed=True, params=_given(parameters or {}), **more)
        try:
            yield response
        finally:
            response.close()

    def _until_answered(self, method: str, path: str, *, streamed: bool = False, **request: Any) -> httpx.Response:
        for attempt in range(1, self._attempts + 1):
            last = attempt == self._attempts
            try:
                response = self._http.send(self._http.build_request(method, path, **request), stream=streamed)
            except httpx.TransportError:
                if last:
                    raise
                self._sleep(_back_off(attempt))
                continue
            if response.is_success:
                return response
            response.read()
            response.close()
            if last or response.status_code not in _PASSING:
                raise problem_in(response)
            self._sleep(_wait_asked_for(response) or _back_off(attempt))
        raise Problem(0, "no_attempts", "attempts must be at least 1")


def _wait_asked_for(response: httpx.Response) -> float:
    """``Retry-After`` in seconds; 0 when it is absent or a date, which our server never sends."""
    asked = response.headers.get("Retry-After", "")
    return min(float(asked), _LONGEST_WAIT_S) if asked.isdigit() else 0.0


def _back_off(attempt: int) -> float:
    return float(min(0.2 * 2 ** (attempt - 1), _LONGEST_WAIT_S))


def _given(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if value not in (None, "")}


def pause(seconds: float) -> None:
    time.sleep(seconds)
