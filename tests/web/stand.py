"""The small town with one more stand: a seller who reads Chinese, somebody who hears appeals; a law and a ladder in force.

Run as a program, with the address of the marketplace's receiver in ``MARKETPLACE_RECEIVER``.
"""

from __future__ import annotations

import os
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from tests.web import town

LADDER = "yearly-48-strikes"
SELLER = "S-20"
LISTING = "L-2001"
TITLE = "高仿名牌手提包"

town.PEOPLE["appeals"] = ("Agnes Appeals", "house", "appeals_specialist", ["en", "zh-Hans"], "en")


def build(now: datetime) -> None:
    from piepowder.intake.operations import receive
    from piepowder.kernel.actor import SYSTEM
    from piepowder.outbox.operations import save_endpoint
    from piepowder.policy.operations import switch_pack
    from piepowder.standing.operations import switch_ladder

    town.found(now)
    switch_pack(actor=SYSTEM, code="eu_dsa", on=True, at=now)
    switch_ladder(actor=SYSTEM, code=LADDER, mode="live", at=now)
    url = os.environ["MARKETPLACE_RECEIVER"]
    save_endpoint(actor=SYSTEM, at=now, code="market", name="Marketplace", url=url, allow_private=True)
    seller = {"kind": "seller", "id": SELLER, "content": {"name": "深圳箱包店", "legal_name": "深圳箱包有限公司"}}
    listing = {
        "kind": "listing",
        "id": LISTING,
        "content": {
            "title": TITLE,
            "description": "和正品一样的手提包，附防尘袋。",
            "price": {"amount": 8900, "currency": "EUR"},
            "category": "Fashion > Bags",
        },
        "detections": [
            {
                "model": "text-risk",
                "version": "4.2",
                "label": "counterfeit",
                "score": 0.9,
                "policy": "C-1.1",
                "spans": [],
            }
        ],
    }
    shared = {"market": "DE", "language": "zh-Hans", "seller": SELLER}
    outcomes = receive(actor=SYSTEM, submissions=[town.parsed({**one, **shared}) for one in (seller, listing)], at=now)
    assert all(outcome.item_id for outcome in outcomes), outcomes


class Books:
    """The database itself, asked without any of the program's own code."""

    def __init__(self, url: str) -> None:
        self.url = url

    def rows(self, question: str) -> list[tuple[Any, ...]]:
        if self.url.startswith("postgres"):
            import psycopg

            with psycopg.connect(self.url) as connection:
                return connection.execute(question).fetchall()
        connected = sqlite3.connect(urlsplit(self.url).path)
        try:
            return connected.execute(question).fetchall()
        finally:
            connected.close()

    def one(self, question: str) -> tuple[Any, ...]:
        (row,) = self.rows(question)
        return row


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "piepowder.settings")
    django.setup()
    build(datetime.now(UTC) - timedelta(minutes=5))
