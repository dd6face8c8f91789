"""One method for each operation of the API."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import quote

import httpx
import orjson

from piepowder.client.sending import Sender, pause
from piepowder.client.shapes import (
    Board,
    Case,
    CaseDetail,
    Decision,
    DecisionDetail,
    DecisionReceipt,
    Item,
    ItemReceipt,
    LineResult,
    Moment,
    MomentsKept,
    Person,
    Policy,
    PolicyText,
    ReportReceipt,
    UploadedMedia,
)


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

    def moments(self, external_id: str, moments: Sequence[Moment]) -> MomentsKept:
        """Tell what happens in a livestream: pictures, speech, chat, its end; each reference counts once."""
        path = f"/api/v1/items/livestream/{quote(external_id, safe='')}/moments"
        return cast(MomentsKept, self._written(path, {"moments": list(moments)}, None))

    def report(self, notice: Mapping[str, Any], *, idempotency_key: str | None = None) -> ReportReceipt:
        """Report items; the same notice twice is one."""
        return cast(ReportReceipt, self._written("/api/v1/reports", notice, idempotency_key))

    def upload(self, content: bytes) -> UploadedMedia:
        """Keep a picture, film or document, to be cited by its digest."""
        sent = self._send.write("/api/v1/media", content, content_type="application/octet-stream")
        return cast(UploadedMedia, sent.json())

    def media(self, digest: str) -> bytes:
        return self._send.read(f"/api/v1/media/{quote(digest, safe='')}").content

    def item(self, kind: str, external_id: str, *, number: int | None = None) -> Item:
        """An item by the marketplace's id, as its newest snapshot shows it or the one of ``number``."""
        path = f"/api/v1/items/{quote(kind, safe='')}/{quote(external_id, safe='')}"
        return cast(Item, self._send.read(path, {"number": number}).json())

    def decide(self, ruling: Mapping[str, Any], *, idempotency_key: str | None = None) -> DecisionReceipt:
        """Store what a model or rule decided alone."""
        return cast(DecisionReceipt, self._written("/api/v1/decisions", ruling, idempotency_key))

    def decisions(self, **narrowed: Any) -> Iterator[Decision]:
        """The decisions this key may see, newest first, read page by page; arguments are those of the operation."""
        return self._rows("/api/v1/decisions", narrowed)

    def decision(self, decision_id: str) -> DecisionDetail:
        return cast(DecisionDetail, self._send.read(f"/api/v1/decisions/{quote(decision_id, safe='')}").json())

    def decisions_csv(self, **narrowed: Any) -> Iterator[dict[str, str]]:
        """All decisions this key may export, oldest first, as they stream in."""
        return self._table("/api/v1/decisions.csv", narrowed)

    def cases(self, **narrowed: Any) -> Iterator[Case]:
        """The cases this key may see, newest first, read page by page; arguments are those of the operation."""
        return self._rows("/api/v1/cases", narrowed)

    def case(self, case_id: str) -> CaseDetail:
        return cast(CaseDetail, self._send.read(f"/api/v1/cases/{quote(case_id, safe='')}").json())

    def cases_csv(self, **narrowed: Any) -> Iterator[dict[str, str]]:
        """All cases this key may export, newest first, as they stream in."""
        return self._table("/api/v1/cases.csv", narrowed)

    def queues(self) -> Board:
        """The numbers of the live board."""
        return cast(Board, self._send.read("/api/v1/queues").json())

    def policies(self, *, language: str = "en", market: str = "", at: str = "") -> list[Policy]:
        asked = {"language": language, "market": market, "at": at}
        return cast(list[Policy], self._send.read("/api/v1/policies", asked).json()["rows"])

    def policy(self, code: str, *, language: str = "en", market: str = "", at: str = "") -> PolicyText:
        asked = {"language": language, "market": market, "at": at}
        return cast(PolicyText, self._send.read(f"/api/v1/policies/{quote(code, safe='')}", asked).json())

    def people(self, *, vendor: str = "", active: bool | None = None) -> Iterator[Person]:
        """The people this key may see, in the order in which they were added."""
        return self._rows("/api/v1/people", {"vendor": vendor, "active": active})

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

    def _table(self, path: str, parameters: Mapping[str, Any]) -> Iterator[dict[str, str]]:
        """The rows of a CSV by their columns' names."""
        with self._send.streaming("GET", path, parameters=parameters) as response:
            response.encoding = "utf-8-sig"
            yield from csv.DictReader(_whole_lines(response.iter_text()))


def _whole_lines(pieces: Iterable[str]) -> Iterator[str]:
    """Lines with their ends, cut at line feeds alone: other separators stand inside quoted cells."""
    rest = ""
    for piece in pieces:
        *lines, rest = (rest + piece).split("\n")
        yield from (line + "\n" for line in lines)
    if rest:
        yield rest
