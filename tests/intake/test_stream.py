"""Lines in, results out: after their commit, in order, and no good line lost to a bad one."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from typing import Any

import orjson
import pytest
from django.db import IntegrityError

from piepowder.access.visibility import NotPermitted
from piepowder.intake.events import ItemsReceived
from piepowder.intake.models import Item, Snapshot
from piepowder.intake.operations import receive_stream
from piepowder.intake.readers import FORMATS, read_lines
from piepowder.intake.stream import MOST_BYTES_PER_LINE, LineResult, lines_of
from piepowder.kernel import events
from piepowder.kernel.actor import SYSTEM, Actor
from piepowder.kernel.errors import Refused
from piepowder.kernel.permissions import Permission
from tests.intake.conftest import actor_with, listing

pytestmark = pytest.mark.django_db


def stream(now: datetime, *lines: bytes, batch: int = 3, actor: Actor = SYSTEM) -> list[LineResult]:
    return list(receive_stream(actor=actor, lines=lines, at_clock=lambda: now, batch=batch))


def line(ref: str, **changes: Any) -> bytes:
    return orjson.dumps(listing(ref, **changes)) + b"\n"


def test_every_line_that_is_not_blank_has_its_result_and_bad_ones_take_no_good_one_with_them(now: datetime) -> None:
    results = stream(
        now, line("L-1"), b"\n", b"{not json}\n", line("L-2", market="XX"), b"7\n", line("L-3"), b'{"kind": "listing"',
        b"x" * (MOST_BYTES_PER_LINE + 1), line("L-1", content={"title": "new"}),
    )  # fmt: skip
    assert [(r.line, r.outcome.result.value, [p.code for p in r.outcome.problems]) for r in results] == [
        (1, "created", []),
        (3, "refused", ["not_json"]),
        (4, "refused", ["unknown_market"]),
        (5, "refused", ["wrong_type"]),
        (6, "created", []),
        (7, "refused", ["not_json"]),
        (8, "refused", ["line_too_long"]),
        (9, "updated", []),
    ]
    assert set(Item.objects.values_list("external_id", flat=True)) == {"L-1", "L-3"}
    assert results[0].external_id == "L-1"


@pytest.mark.parametrize("error", [IntegrityError("odd"), Refused("not this one")])
def test_an_item_that_cannot_be_stored_is_found_and_all_around_it_are_stored(now: datetime, error: Exception) -> None:
    def refuse(event: ItemsReceived) -> None:
        if any(arrival.external_id == "L-4" for arrival in event.arrivals):
            raise error

    events.subscribe(ItemsReceived, refuse)
    results = stream(now, *(line(f"L-{n}") for n in range(9)), batch=9)
    assert [r.line for r in results if r.outcome.problems] == [5]
    assert Item.objects.count() == 8


def test_a_result_is_yielded_only_when_its_batch_is_stored_and_the_next_line_is_not_read_before(now: datetime) -> None:
    read: list[int] = []

    def lines() -> Iterator[bytes]:
        for number in range(10):
            read.append(number)
            yield line(f"L-{number}")

    results = receive_stream(actor=SYSTEM, lines=lines(), at_clock=lambda: now, batch=4)
    next(results)
    assert (len(read), Item.objects.count()) == (4, 4)


def test_a_stream_that_breaks_off_keeps_what_was_stored(now: datetime) -> None:
    def lines() -> Iterator[bytes]:
        yield from (line(f"L-{n}") for n in range(5))
        raise ConnectionError("gone")

    seen = []
    with pytest.raises(ConnectionError):
        for result in receive_stream(actor=SYSTEM, lines=lines(), at_clock=lambda: now, batch=2):
            seen.append(result.line)
    assert seen == [1, 2, 3, 4]
    assert Item.objects.count() == 4


def test_somebody_without_the_permission_gets_no_results_at_all(now: datetime) -> None:
    with pytest.raises(NotPermitted):
        stream(now, line("L-1"), actor=actor_with(Permission.ITEM_VIEW))


def test_memory_does_not_grow_with_the_number_of_lines(now: datetime) -> None:
    def peak(count: int) -> int:
        tracemalloc.reset_peak()
        same = (line(f"L-{number % 50}") for number in range(count))
        for _ in receive_stream(actor=SYSTEM, lines=same, at_clock=lambda: now, batch=50):
            pass
        return tracemalloc.get_traced_memory()[1]

    tracemalloc.start()
    try:
        peak(100)
        short, long = peak(200), peak(2_000)
    finally:
        tracemalloc.stop()
    assert long < short * 1.5


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_lines_come_out_of_chunks_of_any_size(size: int) -> None:
    body = b"one\ntwo\r\n\nthree"
    chunks = (body[start : start + size] for start in range(0, len(body), size))
    assert list(lines_of(chunks)) == [b"one", b"two\r", b"", b"three"]


def test_a_line_without_an_end_is_cut_and_the_next_one_is_whole() -> None:
    chunks = [b"x" * 10] * 50 + [b"\nnext\n"]
    assert list(lines_of(iter(chunks), most=64)) == [b"x" * 65, b"next"]


CSV = '''kind,id,market,language,seller,content.title,content.price.amount,content.price.currency,content.images,\
content.attributes.size,content.body,content.text_type,content.rating,detections
listing,L-1,DE,de,S-1,"Lamp, ""new""",1299,EUR,https://x/a.jpg https://x/b.jpg,42,,,,
text,T-1,FR,fr,,,,,,,Très bien,review,5,"[{""model"":""m"",""version"":""1"",""label"":""spam"",""score"":0.5}]"
listing,L-2,DE,de,,Lamp,cheap,EUR,,,,,,
listing,L-3,DE,de,,Lamp,99999999999999999999999,EUR,,,,,,
listing,L-4,DE,de,,Lamp,,,,,,,,,one cell too many
'''


def test_a_csv_file_is_read_with_its_numbers_lists_and_nested_columns(now: datetime) -> None:
    lines = read_lines(BytesIO(b"\xef\xbb\xbf" + CSV.encode()), "csv")
    results = stream(now, *lines)
    assert [(r.outcome.result.value, [p.pointer for p in r.outcome.problems]) for r in results] == [
        ("created", []),
        ("created", []),
        ("refused", ["/content/price/amount"]),
        ("refused", ["/content/price/amount"]),
        ("refused", ["/more_cells_than_columns"]),
    ]
    content = Snapshot.objects.get(item__external_id="L-1").content
    assert content == {
        "title": 'Lamp, "new"',
        "price": {"amount": 1299, "currency": "EUR"},
        "images": ["https://x/a.jpg", "https://x/b.jpg"],
        "attributes": {"size": "42"},
    }
    assert Snapshot.objects.get(item__external_id="T-1").content["rating"] == 5


def test_a_cell_that_is_far_too_long_takes_no_other_row_with_it(now: datetime) -> None:
    head, rest = b"kind,id,market,language,content.title,content.description\n", b",DE,de,Lamp,"
    text = head + b"listing,L-1" + rest + b"x" * 200_000 + b"\nlisting,L-2" + rest + b"bright\n"
    results = stream(now, *read_lines(BytesIO(text), "csv"))
    assert [r.outcome.result.value for r in results] == ["refused", "created"]


def test_a_byte_order_mark_and_line_ends_of_windows_are_no_part_of_a_line(now: datetime) -> None:
    text = b"\xef\xbb\xbf" + line("L-1").replace(b"\n", b"\r\n") + line("L-2").replace(b"\n", b"\r\n")
    results = stream(now, *read_lines(BytesIO(text), "ndjson"))
    assert [r.outcome.result.value for r in results] == ["created", "created"]


def test_columns_that_overlap_are_told_line_by_line(now: datetime) -> None:
    text = b"kind,id,content.price,content.price.amount\nlisting,L-1,12,13\n"
    (result,) = stream(now, *read_lines(BytesIO(text), "csv"))
    assert result.outcome.problems[0].code == "not_json"


def test_a_parquet_file_is_read_with_flat_and_nested_columns(now: datetime) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    table = pa.table(
        {
            "kind": ["listing", "livestream"],
            "id": ["L-1", "V-1"],
            "market": ["DE", "DE"],
            "language": ["de", "de"],
            "content.title": ["Lamp", "Sale"],
            "content.price": pa.array([{"amount": 5, "currency": "EUR"}, None]),
            "content.images": pa.array([["https://x/a.jpg"], None]),
            "content.started_at": pa.array([None, now], pa.timestamp("us", tz="UTC")),
        }
    )
    file = BytesIO()
    parquet.write_table(table, file)
    file.seek(0)
    results = stream(now, *read_lines(file, "parquet"))
    assert [r.outcome.problems for r in results] == [(), ()]
    assert Snapshot.objects.get(item__kind="listing").content["price"] == {"amount": 5, "currency": "EUR"}
    assert Snapshot.objects.get(item__kind="livestream").content["started_at"] == "2026-03-04T10:00:00+00:00"


def test_ndjson_is_passed_through() -> None:
    assert {"ndjson", "csv", "parquet"} == FORMATS
    assert list(read_lines(BytesIO(b"a\nb\n"), "ndjson")) == [b"a\n", b"b\n"]
