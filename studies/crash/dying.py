"""A web process that kills itself at a named point: ``python -m studies.crash.dying PORT POINT``.

``after_intake``: the items are committed, the answer is not yet sent. ``mid_bulk``: half of a bulk body has been read.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterable
from typing import Any

POINT = os.environ.get("CRASH_POINT", "")


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Piepowder's own application, which dies at ``POINT``."""
    from piepowder.wsgi import application as real

    posting = environ["REQUEST_METHOD"] == "POST" and "/items" in environ["PATH_INFO"]
    if POINT == "mid_bulk" and environ["PATH_INFO"].endswith("/bulk"):
        environ["wsgi.input"] = _Input(environ["wsgi.input"], int(environ.get("CONTENT_LENGTH") or 0) // 2)
    answer = real(environ, start_response)
    if POINT == "after_intake" and posting:
        _die()
    return answer


class _Input:
    """The body of a request, during the reading of which the process dies."""

    def __init__(self, source: Any, after_bytes: int) -> None:
        self.source, self.left = source, after_bytes

    def read(self, size: int = -1) -> bytes:
        wanted = 4096 if size is None or size < 0 else min(size, 4096)
        chunk: bytes = self.source.read(wanted)
        self.left -= len(chunk)
        if self.left <= 0:
            _die()
        return chunk

    def readline(self, size: int = -1) -> bytes:
        line: bytes = self.source.readline()
        self.left -= len(line)
        if self.left <= 0:
            _die()
        return line


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    os.environ["CRASH_POINT"] = sys.argv[2]
    Granian(
        "studies.crash.dying:application",
        port=int(sys.argv[1]),
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=2,
        log_level=LogLevels.critical,
        respawn_failed_workers=False,
    ).serve()
