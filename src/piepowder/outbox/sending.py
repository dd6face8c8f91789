"""The network's side: one attempt, outside any transaction, that never touches the database."""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

from piepowder.kernel.addresses import AddressRefused, NoSuchHost
from piepowder.kernel.pinned import pinned_client, within
from piepowder.outbox.parcels import Outcome, Parcel
from piepowder.outbox.post import post_letter
from piepowder.outbox.states import Channel

ANSWER_KEPT = 500
PROBLEM_KEPT = 300
_READ_AT_MOST = 4_096

log = logging.getLogger("piepowder.outbox")
_clients: dict[bool, httpx.Client] = {}
_making = threading.Lock()


def send(parcel: Parcel) -> Outcome:
    """Make the attempt and tell what came of it; raises nothing, whatever the other side does."""
    began = time.monotonic()
    try:
        if parcel.channel == Channel.EMAIL:
            outcome = post_letter(parcel)
        elif parcel.channel == Channel.WEBHOOK:
            outcome = _call(parcel)
        else:
            outcome = Outcome(delivered=True, took_ms=0)
    except Exception as error:
        # Here the thread ends: what is not written down now is never known, and the delivery would stay taken.
        log.exception("an attempt failed in an unforeseen way", extra={"event": str(parcel.event_id)})
        outcome = Outcome(delivered=False, took_ms=0, problem=f"unforeseen: {type(error).__name__}: {error}")
    return Outcome(
        delivered=outcome.delivered,
        took_ms=int((time.monotonic() - began) * 1000),
        status=outcome.status,
        problem=_storable(outcome.problem, PROBLEM_KEPT),
        answer=_storable(outcome.answer, ANSWER_KEPT),
        retry_after=outcome.retry_after,
        final=outcome.final,
    )


def _call(parcel: Parcel) -> Outcome:
    """One POST to a checked address. Redirects are not followed: they would take the body to a place nobody named."""
    try:
        with (
            within(parcel.timeout_s),
            _client(parcel.allow_private).stream(
                "POST",
                parcel.url,
                content=parcel.payload,
                headers=list(parcel.headers),
                timeout=parcel.timeout_s,
            ) as response,
        ):
            status, answer = response.status_code, _beginning(response)
            asked = response.headers.get("Retry-After", "")
            location = response.headers.get("Location", "")
    except (AddressRefused, NoSuchHost) as error:
        return Outcome(delivered=False, took_ms=0, problem=str(error))
    except httpx.TimeoutException:
        return Outcome(delivered=False, took_ms=0, problem=f"no full answer within {parcel.timeout_s} s")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Outcome(delivered=False, took_ms=0, problem=f"{type(error).__name__}: {error}")
    if 200 <= status < 300:
        return Outcome(delivered=True, took_ms=0, status=status, answer=answer)
    problem = f"answered {status}"
    if 300 <= status < 400:
        problem += f"; redirects are not followed (to {location})"
    return Outcome(
        delivered=False,
        took_ms=0,
        status=status,
        problem=problem,
        answer=answer,
        retry_after=retry_after(asked, parcel.taken_at),
        final=status == httpx.codes.GONE,
    )


def _beginning(response: httpx.Response) -> str:
    kept = b""
    for chunk in response.iter_raw():
        kept += chunk
        if len(kept) >= _READ_AT_MOST:
            break
    return kept[:_READ_AT_MOST].decode("utf-8", "replace")


def retry_after(value: str, now: datetime) -> timedelta | None:
    """What a ``Retry-After`` header asks for (RFC 9110: seconds or a date); ``None`` for anything else."""
    value = value.strip()
    if value.isascii() and value.isdecimal() and len(value) <= 9:
        return timedelta(seconds=int(value))
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(moment - now, timedelta(0))


def _client(allow_private: bool) -> httpx.Client:
    """One client per kind for the whole process: its pool keeps connections open between attempts."""
    with _making:
        if allow_private not in _clients:
            _clients[allow_private] = pinned_client(allow_private=allow_private, ports=None, max_connections=1_000)
        return _clients[allow_private]


def close_connections() -> None:
    """Close what is kept open between attempts."""
    with _making:
        while _clients:
            _clients.popitem()[1].close()


def _storable(text: str, most: int) -> str:
    """``text`` as a database column takes it; PostgreSQL stores no NUL."""
    return text.replace("\x00", "\ufffd")[:most]
