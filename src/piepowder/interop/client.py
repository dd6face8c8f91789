"""Calling the database: one request each, redirects not followed, every outcome as a value."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Final
from urllib.parse import quote

import httpx

from piepowder.kernel.addresses import AddressRefused, NoSuchHost
from piepowder.kernel.pinned import pinned_client, within
from piepowder.outbox.sending import retry_after

TIMEOUT_S: Final = 30.0
_LARGEST_ANSWER: Final = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. Without a status nothing did: ``reached`` tells whether the request may have arrived all the same."""

    status: int | None
    body: Any = None
    retry_after: timedelta | None = None
    problem: str = ""
    reached: bool = True


class Client:
    """One account of one database. ``allow_private`` is for a simulator in the same house."""

    def __init__(self, base_url: str, token: str, *, allow_private: bool = False, timeout_s: float = TIMEOUT_S) -> None:
        self._base = base_url.rstrip("/")
        self._timeout_s = timeout_s
        self._http = pinned_client(
            allow_private=allow_private,
            ports=None,
            timeout_s=timeout_s,
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def post_one(self, payload: Mapping[str, Any]) -> Answer:
        """Submit one statement."""
        return self._call("POST", "/api/v1/statement", payload)

    def post_many(self, payloads: Sequence[Mapping[str, Any]]) -> Answer:
        """Submit up to a hundred statements, all or none."""
        return self._call("POST", "/api/v1/statements", {"statements": list(payloads)})

    def existing(self, puid: str) -> Answer:
        """Ask whether the database has a statement of that puid: 302 when it has, 404 when not."""
        return self._call("GET", f"/api/v1/statement/existing-puid/{quote(puid, safe='')}")

    def statement(self, uuid: str) -> Answer:
        """A statement as it is stored there."""
        return self._call("GET", f"/api/v1/statement/{quote(uuid, safe='')}")

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        content = json.dumps(body, ensure_ascii=False).encode() if body is not None else None
        headers = {"Content-Type": "application/json"} if content is not None else {}
        try:
            with (
                within(self._timeout_s),
                self._http.stream(method, self._base + path, content=content, headers=headers) as response,
            ):
                asked = retry_after(response.headers.get("Retry-After", ""), datetime.now(UTC))
                return Answer(response.status_code, _read(response), asked)
        except (AddressRefused, NoSuchHost, httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            return Answer(None, problem=str(error)[:300], reached=False)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            return Answer(None, problem=f"{type(error).__name__}: {error}"[:300], reached=False)
        except httpx.LocalProtocolError:
            # It names the header that cannot be sent, and that is the token.
            return Answer(None, problem="the request cannot be written: is the token one line?", reached=False)
        except httpx.HTTPError as error:
            return Answer(None, problem=f"{type(error).__name__}: {error}"[:300])


def _read(response: httpx.Response) -> Any:
    """The answer as JSON, or ``None`` when it is none or too large to be one."""
    text = b""
    for chunk in response.iter_bytes():
        text += chunk
        if len(text) > _LARGEST_ANSWER:
            return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
