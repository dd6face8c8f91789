"""A stand-in for the DSA Transparency Database: a WSGI application with its endpoints, shapes and quirks, in memory.

For tests and trial runs, ours and anybody's. It knows several platforms by their tokens, refuses what the database refuses,
forgets everything when it ends, and can be told to fail::

    simulator = Simulator(tokens={"secret": "Our market"})
    with running(simulator) as address:
        simulator.trouble(503, times=2)
        ...

Programs in other languages tell it so over HTTP: ``POST /_simulator/trouble`` with ``{"status": 503, "times": 2}``, and read
what was stored at ``GET /_simulator/stored``.
"""

from __future__ import annotations

import json
import re
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from time import monotonic
from typing import Any, Final
from uuid import uuid4
from wsgiref.types import StartResponse, WSGIEnvironment

from piepowder.decisions.transparency import FieldError, validate, validate_batch
from piepowder.decisions.transparency.preparing import fields_of, members, printed
from piepowder.interop.dsa.limits import Limits
from piepowder.interop.dsa.normal import kept_of

_UUID_PATH: Final = re.compile(r"/api/v1/statement/([0-9a-fA-F-]{36})")
_PUID_PATH: Final = re.compile(r"/api/v1/statement/existing-puid/(.+)")
DEFAULT_TOKEN: Final = "simulator"  # noqa: S105  (it opens nothing but the simulator)


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: Any
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Trouble:
    """A failure that the next requests meet; with ``after_storing`` they are carried out before it."""

    status: int
    times: int = 1
    retry_after: str = ""
    after_storing: bool = False


@dataclass(slots=True)
class Platform:
    """What one platform has submitted, by puid."""

    name: str
    stored: dict[str, dict[str, Any]] = field(default_factory=dict)


class Simulator:
    """The application. ``limits`` are those of the real service; a test gives its own clock to reach them at once."""

    def __init__(
        self,
        tokens: Mapping[str, str] | None = None,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = monotonic,
        limits: Limits | None = None,
        address: str = "http://127.0.0.1",
    ) -> None:
        self.platforms = {token: Platform(name) for token, name in (tokens or {DEFAULT_TOKEN: "Simulated"}).items()}
        self.requests: list[tuple[str, str]] = []
        """Method and path of each request about statements, oldest first."""
        self.address = address
        self._now = now
        self._limits = limits or Limits(clock)
        self._troubles: deque[Trouble] = deque()
        self._lock = threading.RLock()
        self._number = 0

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "/")
        # WSGI gives the path as Latin-1 characters of its UTF-8 bytes.
        path = path.encode("latin-1").decode("utf-8", "replace")
        with self._lock:
            reply = self._answer(method, path, environ)
        content = json.dumps(reply.body, ensure_ascii=False).encode()
        phrase = HTTPStatus(reply.status).phrase
        start_response(
            f"{reply.status} {phrase}",
            [("Content-Type", "application/json"), ("Content-Length", str(len(content))), *reply.headers],
        )
        return [content]

    def trouble(self, status: int, *, times: int = 1, retry_after: str = "", after_storing: bool = False) -> None:
        """Have the next requests fail with ``status``; of several troubles the one told first comes first."""
        with self._lock:
            self._troubles.append(Trouble(status, times, retry_after, after_storing))

    def stored(self, token: str = DEFAULT_TOKEN) -> list[str]:
        """The puids that a platform has submitted, oldest first."""
        with self._lock:
            return list(self.platforms[token].stored)

    def replace_token(self, old: str, new: str) -> None:
        """Issue a new token to a platform, which ends the old one at once."""
        with self._lock:
            self.platforms[new] = self.platforms.pop(old)

    def _answer(self, method: str, path: str, environ: WSGIEnvironment) -> Reply:
        if path.startswith("/_simulator/"):
            return self._control(method, path, _body(environ))
        self.requests.append((method, path))
        token = str(environ.get("HTTP_AUTHORIZATION", "")).removeprefix("Bearer ").strip()
        platform = self.platforms.get(token)
        caller = token if platform is not None else str(environ.get("REMOTE_ADDR", ""))
        limited = self._limits.count(caller, known=platform is not None)
        if limited is not None:
            return Reply(429, {"message": "Too Many Attempts."}, limited)
        if platform is None:
            return Reply(401, {"message": "Unauthenticated."})
        trouble = self._next_trouble()
        if trouble is not None and not trouble.after_storing:
            return _failure(trouble)
        reply = self._carry_out(method, path, _body(environ), platform)
        return reply if trouble is None else _failure(trouble)

    def _next_trouble(self) -> Trouble | None:
        if not self._troubles:
            return None
        trouble = self._troubles[0]
        trouble.times -= 1
        if trouble.times <= 0:
            self._troubles.popleft()
        return trouble

    def _carry_out(self, method: str, path: str, body: Any, platform: Platform) -> Reply:
        if path in {"/api/v1/statement", "/api/v1/statements"}:
            if method != "POST":
                return Reply(405, {"message": f"The {method} method is not supported for this address."})
            return self._one(body, platform) if path == "/api/v1/statement" else self._many(body, platform)
        if method != "GET":
            return Reply(405 if path.startswith("/api/v1/statement/") else 404, {"message": "Not found."})
        found = _PUID_PATH.fullmatch(path)
        if found is not None:
            return _existing(found[1], platform)
        found = _UUID_PATH.fullmatch(path)
        if found is None:
            return Reply(404, {"message": "Not found."})
        return self._by_uuid(found[1].lower())

    def _one(self, body: Any, platform: Platform) -> Reply:
        errors = validate(body, "official", self._now().date())
        if errors:
            told = _told(errors)
            more = sum(len(texts) for texts in told.values()) - 1
            first = next(iter(told.values()))[0]
            return Reply(422, {"message": first + (f" (and {more} more)" if more else ""), "errors": told})
        kept = kept_of(body, among_others=False)
        puid = kept["puid"]
        if puid in platform.stored:
            said = "The puid is not unique within this platform."
            return Reply(422, {"message": said, "errors": {"puid": [said]}, "existing": {"puid": puid}})
        return Reply(201, self._store(kept, platform))

    def _many(self, body: Any, platform: Platform) -> Reply:
        found = validate_batch(body, "official", self._now().date())
        if "uncaught_exception" in found:
            said = "An uncaught exception was thrown."
            return Reply(500, {"message": said, "errors": {"uncaught_exception": [said]}})
        if "statements" in found:
            told = _told(found["statements"])["statements"]
            return Reply(422, {"message": told[0], "errors": {"statements": told}})
        if "existing_puids" in found:
            return _repeated([error.rule.removeprefix("value:") for error in found["existing_puids"]])
        if found:
            return Reply(422, {"errors": {key: _told(errors) for key, errors in found.items()}})
        rows = [kept_of(one, among_others=True) for one in members(fields_of(body)["statements"]) or ()]
        existing = [row["puid"] for row in rows if row["puid"] in platform.stored]
        if existing:
            return _repeated(existing)
        return Reply(201, {"statements": [self._store(row, platform) for row in rows]})

    def _store(self, kept: dict[str, Any], platform: Platform) -> dict[str, Any]:
        self._number += 1
        uuid = str(uuid4())
        row = {
            **kept,
            "id": self._number,
            "uuid": uuid,
            "platform_name": platform.name,
            "permalink": f"{self.address}/statement/{uuid}",
            "self": f"{self.address}/api/v1/statement/{uuid}",
            "created_at": f"{self._now().astimezone(UTC):%Y-%m-%d %H:%M:%S}",
        }
        platform.stored[kept["puid"]] = row
        return row

    def _by_uuid(self, uuid: str) -> Reply:
        for platform in self.platforms.values():
            for row in platform.stored.values():
                if row["uuid"] == uuid:
                    return Reply(200, {name: value for name, value in row.items() if name != "puid"})
        return Reply(404, {"message": "The statement was not found."})

    def _control(self, method: str, path: str, body: Any) -> Reply:
        told = body if isinstance(body, Mapping) else {}
        if (method, path) == ("GET", "/_simulator/stored"):
            return Reply(200, {platform.name: list(platform.stored) for platform in self.platforms.values()})
        if (method, path) == ("POST", "/_simulator/reset"):
            for platform in self.platforms.values():
                platform.stored.clear()
            self._troubles.clear()
            return Reply(200, {"message": "Everything is forgotten."})
        if (method, path) == ("POST", "/_simulator/trouble"):
            status = told.get("status")
            if not isinstance(status, int) or status not in set(HTTPStatus) or status < 400:
                return Reply(422, {"message": "status must be a number from 400 on that HTTP knows"})
            times = told.get("times", 1)
            self.trouble(
                status,
                times=times if isinstance(times, int) else 1,
                retry_after=printed(told.get("retry_after")),
                after_storing=told.get("after_storing") is True,
            )
            return Reply(200, {"message": "As you wish."})
        return Reply(404, {"message": "Not found."})


def _body(environ: WSGIEnvironment) -> Any:
    """The request as JSON; what is none counts as nothing, as it does there."""
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        return json.loads(environ["wsgi.input"].read(length) or b"null")
    except ValueError:
        return None


def _told(errors: Iterable[FieldError]) -> dict[str, list[str]]:
    told: dict[str, list[str]] = {}
    for error in errors:
        told.setdefault(error.field, []).append(f"The {error.field} field fails the rule {error.rule}.")
    return told


def _repeated(puids: list[str]) -> Reply:
    said = "The puids are not all unique within this call or platform."
    return Reply(422, {"message": said, "errors": {"puid": [said], "existing_puids": puids}})


def _existing(puid: str, platform: Platform) -> Reply:
    if puid in platform.stored:
        return Reply(302, {"message": "statement of reason found", "puid": puid})
    return Reply(404, {"message": "statement of reason not found", "puid": puid})


def _failure(trouble: Trouble) -> Reply:
    headers = (("Retry-After", trouble.retry_after),) if trouble.retry_after else ()
    said = {401: "Unauthenticated.", 429: "Too Many Attempts."}.get(trouble.status, "Something went wrong.")
    if trouble.status == 500:
        return Reply(500, {"message": said, "errors": {"uncaught_exception": [said]}}, headers)
    return Reply(trouble.status, {"message": said}, headers)
