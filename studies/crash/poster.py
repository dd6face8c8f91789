"""A marketplace that sends listings until each is accepted, and writes down what was: ``python -m studies.crash.poster``.

Each line of the log is flushed to disk after the 2xx, so that a kill cannot make the log claim more than was answered.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import httpx

from studies.crash.goods import listing


def main(url: str, key: str, log: Path, start: int) -> None:
    number = start
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/x-ndjson"}
    with open(log, "a", encoding="ascii") as file:
        while True:
            bulk = number % 5 == 0
            ids = [f"L{number}-{part}" for part in range(20 if bulk else 1)]
            answered = _send(url, headers, ids, bulk)
            if answered:
                file.writelines(f"{external}\n" for external in ids)
                file.flush()
                os.fsync(file.fileno())
                number += 1
            time.sleep(0.01)


def _send(url: str, headers: dict[str, str], ids: list[str], bulk: bool) -> bool:
    """Whether all of ``ids`` were accepted; anything else is sent again, as the documentation tells senders to do."""
    body = b"\n".join(listing(external) for external in ids)
    path = "/api/v1/items/bulk" if bulk else "/api/v1/items"
    kind = "application/x-ndjson" if bulk else "application/json"
    try:
        response = httpx.post(url + path, content=body, headers={**headers, "Content-Type": kind}, timeout=20)
    except httpx.HTTPError:
        time.sleep(0.1)
        return False
    if response.status_code >= 500:
        time.sleep(0.1)
        return False
    if response.status_code >= 300:
        raise SystemExit(f"refused: {response.status_code} {response.text[:500]}")
    if bulk:
        lines = [line for line in response.text.splitlines() if line.strip()]
        if any('"result":"refused"' in line for line in lines):
            raise SystemExit(f"refused: {response.text[:500]}")
    return True


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
