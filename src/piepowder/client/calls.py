"""One method for each operation of the API."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from types import TracebackType
from typing import Any, Self, TypeVar, cast
from urllib.parse import quote

import httpx
import orjson

from piepowder.client.sending import Sender, pause
from piepowder.client.shapes import ItemReceipt, LineResult, ReportReceipt, UploadedMedia

T = TypeVar("T")


class Client:
    """Piepowder's API at ``base_url``, as the holder of ``key``.

    A call that meets 429, 503 or a broken connection is repeated up to ``attempts`` times, as late as the server asks
    and with the idempotency key of its first attempt, so that it happens once. Any other refusal raises ``Problem``.
    """

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        timeout_s: float = 30.0,
        attempts: int = 5,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = pause,
    ) -> None:
        self._send = Sender(base_url, key, timeout_s=timeout_s, attempts=attempts, transport=transport, sleep=sleep)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._send.close()

    def submit(self, item: Mapping[str, Any], *, idempotency_key: str | None = None) -> ItemReceipt:
        """Take in one item; when this returns it is stored."""
        return cast(ItemReceipt, self._written("/api/v1/items", item, idempotency_key))

    def bulk(self, items: Iterable[Mapping[str, Any]], *, lines_per_request: int = 5_000) -> Iterator[LineResult]:
        """Take in any number of items, with one result for each, in order.

        They are sent in requests of ``lines_per_request`` lines, so neither side holds all of them and a request that
        failed can be repeated; results come as each request is answered. Lines count through all requests.
        """
        waiting = iter(items)
        sent = 0
        while lines := list(islice(waiting, lines_per_request)):
            body = b"\n".join(orjson.dumps(line) for line in lines)
            headers = {"Content-Type": "application/x-ndjson"}
            with self._send.streaming("POST", "/api/v1/items/bulk", content=body, headers=headers) as response:
                for line in response.iter_lines():
                    result = orjson.loads(line)
                    if "line" in result:
                        yield cast(LineResult, {**result, "line": sent + result["line"]})
            sent += len(lines)

    def report(self, notice: Mapping[str, Any], *, idempotency_key: str | None = None) -> ReportReceipt:
        """Report items; the same notice twice is one."""
        return cast(ReportReceipt, self._written("/api/v1/reports", notice, idempotency_key))

    def upload(self, content: bytes, content_type: str) -> UploadedMedia:
        """Keep a picture, film or document, to be cited by its digest."""
        return cast(UploadedMedia, self._send.write("/api/v1/media", content, content_type=content_type).json())

    def media(self, digest: str) -> bytes:
        return self._send.read(f"/api/v1/media/{quote(digest, safe='')}").content

    def _written(self, path: str, value: Mapping[str, Any], idempotency_key: str | None) -> Any:
        return self._send.write(path, orjson.dumps(value), idempotency_key=idempotency_key).json()

    def _rows(self, path: str, parameters: Mapping[str, Any]) -> Iterator[Any]:
        """All rows of a list, fetched page by page as they are asked for."""
        cursor = ""
        while True:
            page = self._send.read(path, {**parameters, "cursor": cursor}).json()
            yield from page["rows"]
            cursor = page["next"]
            if not cursor:
                return
