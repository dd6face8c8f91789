"""Items from files and pipes, as an engineer feeds them."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.conftest import Database


def listing(number: int, **content: Any) -> dict[str, Any]:
    told = {"title": f"Tasche {number}", "price": {"amount": 4990, "currency": "EUR"}, "category": "bags", **content}
    return {"kind": "listing", "id": f"L{number}", "market": "DE", "language": "de", "seller": "S1", "content": told}


def ingest(database: Database, *arguments: str, expect: int = 0, **options: Any) -> str:
    done = database.run("-m", "piepowder.cli", "ingest", *arguments, **options)
    assert done.returncode == expect, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_lines_from_a_file_come_in_once_and_a_bad_line_costs_no_good_one(
    fresh_database: Database, tmp_path: Path
) -> None:
    file, errors = tmp_path / "items.ndjson", tmp_path / "refused.ndjson"
    lines = [json.dumps(listing(n)) for n in range(5)]
    lines.insert(2, "{not json")
    lines.insert(4, json.dumps(listing(9, price={"amount": "much", "currency": "EUR"})))
    file.write_text("\n".join(lines) + "\n")
    assert "5 created, 2 refused" in ingest(fresh_database, str(file), "--errors", str(errors), expect=1)
    refused = [json.loads(line) for line in errors.read_text().splitlines()]
    assert [row["line"] for row in refused] == [3, 5]
    assert refused[1]["problems"][0]["pointer"] == "/content/price/amount"
    assert "5 unchanged" in ingest(fresh_database, str(file), "--errors", str(errors), expect=1)


def test_a_pipe_a_table_and_columns_give_the_same_items(fresh_database: Database, tmp_path: Path) -> None:
    rows = [listing(n) for n in range(3)]
    assert "3 created" in ingest(fresh_database, "-", input="\n".join(map(json.dumps, rows)))
    flat = [
        {
            "kind": r["kind"], "id": r["id"], "market": r["market"], "language": r["language"], "seller": r["seller"],
            "content.title": r["content"]["title"], "content.price.amount": 4990, "content.price.currency": "EUR",
            "content.category": "bags",
        }
        for r in rows
    ]  # fmt: skip
    with open(tmp_path / "items.csv", "w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, flat[0])
        writer.writeheader()
        writer.writerows(flat)
    assert "3 unchanged" in ingest(fresh_database, str(tmp_path / "items.csv"))
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "items.parquet")
    assert "3 unchanged" in ingest(fresh_database, str(tmp_path / "items.parquet"))


def test_a_file_that_is_not_there_and_a_format_that_nobody_knows_are_told(
    fresh_database: Database, tmp_path: Path
) -> None:
    assert "there is no file" in ingest(fresh_database, str(tmp_path / "none.csv"), expect=2)
    (tmp_path / "items.xml").write_text("<x/>")
    assert "name its format with --format" in ingest(fresh_database, str(tmp_path / "items.xml"), expect=2)
