"""Fetching what a stranger named: only from the public internet, only so much, only so long."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import urljoin

import httpx

from piepowder.intake.sniffing import HEAD_BYTES, content_type_of
from piepowder.kernel.addresses import AddressRefused, NoSuchHost
from piepowder.kernel.pinned import within

MOST_REDIRECTS = 3
WHOLE_FETCH_S = 60.0
_CHUNK = 64 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Unreachable(Exception):
    """It did not work this time; another attempt may."""


class NotTaken(Exception):
    """It will never be fetched: the address, the size or the type is not allowed."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file on disk that is not stored yet, with what is known of it. Whoever gets it deletes or moves it."""

    path: Path
    digest: str
    size: int
    content_type: str


def fetch(client: httpx.Client, url: str, *, folder: Path, most_bytes: int, most_s: float = WHOLE_FETCH_S) -> Fetched:
    """Bring the file at ``url`` into ``folder``; each redirect is a request of its own, checked like the first.

    ``client`` comes from ``pinned_client``. Raises ``NotTaken`` or ``Unreachable``, whose texts are for people.
    """
    try:
        with within(most_s):
            return _fetch(client, url, folder, most_bytes)
    except AddressRefused as error:
        raise NotTaken(str(error)) from error
    except NoSuchHost as error:
        raise Unreachable(str(error)) from error
    except httpx.TimeoutException as error:
        raise Unreachable("the server took too long") from error
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        raise Unreachable(f"the connection failed ({type(error).__name__})") from error


def _fetch(client: httpx.Client, url: str, folder: Path, most_bytes: int) -> Fetched:
    for _ in range(MOST_REDIRECTS + 1):
        # Content that is packed for the way could unpack to any size, so none is asked for and none is taken.
        with client.stream("GET", url, headers={"Accept-Encoding": "identity", "Accept": "*/*"}) as answer:
            if answer.status_code in _REDIRECTS and "location" in answer.headers:
                url = urljoin(url, answer.headers["location"])
                continue
            return _body(answer, folder, most_bytes)
    raise NotTaken(f"the address leads on and on (more than {MOST_REDIRECTS} redirects)")


def _body(answer: httpx.Response, folder: Path, most_bytes: int) -> Fetched:
    if answer.status_code != 200:
        raise Unreachable(f"the server answered with {answer.status_code}")
    if answer.headers.get("content-encoding", "identity") != "identity":
        raise Unreachable("the server sent the file packed, although it was asked not to")
    if int(_digits(answer.headers.get("content-length", ""))) > most_bytes:
        raise NotTaken(_too_large(most_bytes))
    return save(answer.iter_raw(_CHUNK), folder=folder, most_bytes=most_bytes)


def save(chunks: Iterator[bytes], *, folder: Path, most_bytes: int) -> Fetched:
    """Write ``chunks`` into a file of ``folder``, durable when this returns; raises ``NotTaken``."""
    hasher, size, head = hashlib.sha256(), 0, b""
    with _temporary(folder) as (path, file):
        for chunk in chunks:
            size += len(chunk)
            if size > most_bytes:
                raise NotTaken(_too_large(most_bytes))
            if len(head) < HEAD_BYTES:
                head += chunk[: HEAD_BYTES - len(head)]
            hasher.update(chunk)
            file.write(chunk)
        if not size:
            raise Unreachable("the file is empty")
        content_type = content_type_of(head)
        if not content_type:
            raise NotTaken("it is no picture, film, sound or PDF of a kind that is kept")
        file.flush()
        os.fsync(file.fileno())
        return Fetched(path, hasher.hexdigest(), size, content_type)


@contextmanager
def _temporary(folder: Path) -> Iterator[tuple[Path, IO[bytes]]]:
    """A new file that is deleted again when the block fails."""
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix="incoming-", dir=folder)
    path = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield path, file
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _digits(text: str) -> str:
    return text if text.isascii() and text.isdigit() and len(text) < 19 else "0"


def _too_large(most_bytes: int) -> str:
    return f"the file is larger than {most_bytes // (1024 * 1024)} MB"
