"""A small marketplace to look at: people of two vendors, queues, policies, items with pictures, reports.

Run as a program it builds the town in the database that the environment names.
"""

from __future__ import annotations

import io
import os
from datetime import UTC, datetime, timedelta
from typing import Any

PASSWORD = "the market opens at nine"

PEOPLE = {
    "admin": ("Ada Admin", "house", "administrator", ["en", "de"], "en"),
    "moderator": ("Mona Moderator", "house", "moderator", ["en", "de", "zh-Hans"], "en"),
    "lead": ("Leo Lead", "house", "operations_lead", ["en"], "en"),
    "bpo": ("Bea Bench", "north", "external_moderator", ["en", "de"], "en"),
    "bpolead": ("Lars Lead", "north", "team_lead", ["en"], "en"),
    "other": ("Otto Other", "south", "team_lead", ["en"], "en"),
}

LISTINGS: list[dict[str, Any]] = [
    {
        "id": "L-1001",
        "seller": "S-7",
        "content": {
            "title": "AAA quality replica handbag, looks just like the real one",
            "description": "Premium replica with all logos. Comes with dust bag and card. Same factory, 1:1 mirror quality.",
            "price": {"amount": 8900, "currency": "EUR"},
            "category": "Fashion > Bags",
            "brand": "Lumière",
            "gtin": "4006381333931",
            "condition": "new",
        },
        "detections": [
            {
                "model": "text-risk",
                "version": "4.2",
                "label": "counterfeit",
                "score": 0.94,
                "policy": "C-1.1",
                "spans": [
                    {"field": "title", "start": 0, "end": 19},
                    {"field": "description", "start": 8, "end": 30},
                ],
            }
        ],
    },
    {
        "id": "L-1002",
        "seller": "S-8",
        "content": {
            "title": "Cotton scarf, hand woven",
            "description": "Woven in Porto from organic cotton. 180 × 40 cm. Washes at 30 degrees.",
            "price": {"amount": 2450, "currency": "EUR"},
            "category": "Fashion > Scarves",
            "brand": "Tecelã",
            "condition": "new",
        },
        "detections": [],
    },
    {
        "id": "L-1003",
        "seller": "S-7",
        "content": {
            "title": "Power bank 100000 mAh super fast",
            "description": "The strongest power bank in the world. Charges your phone 50 times.",
            "price": {"amount": 1299, "currency": "EUR"},
            "category": "Electronics > Chargers",
            "attributes": {"capacity": "10000 mAh", "weight": "180 g"},
        },
        "detections": [
            {
                "model": "text-risk",
                "version": "4.2",
                "label": "false_claim",
                "score": 0.71,
                "policy": "M-1",
                "spans": [],
            }
        ],
    },
    {
        "id": "L-1004",
        "seller": "S-9",
        "content": {"title": "Garden chair, oak", "price": {"amount": 4900, "currency": "EUR"}, "category": "Garden"},
        "detections": [],
    },
    {
        "id": "L-1005",
        "seller": "S-9",
        "content": {"title": "Set of six mugs", "price": {"amount": 2100, "currency": "EUR"}, "category": "Kitchen"},
        "detections": [],
    },
]


def build(now: datetime) -> None:
    """Fill an empty, migrated database."""
    found(now)
    _items(now)


def found(now: datetime) -> None:
    """The town without its goods: people, queues, policies."""
    from piepowder import wiring

    wiring.load_shipped(at=now)
    _people(now)
    _queues(now)


def _people(now: datetime) -> None:
    from piepowder.access.models import Role
    from piepowder.access.operations import PersonFields, add_person, create_site, create_team, create_vendor, give
    from piepowder.kernel.actor import SYSTEM, Scope

    sites: dict[str, Any] = {}
    for code, name, kind in (
        ("house", "The Market", "in_house"),
        ("north", "North Review", "bpo"),
        ("south", "South Review", "bpo"),
    ):
        vendor = create_vendor(actor=SYSTEM, code=code, name=name, kind=kind, at=now)
        site = create_site(
            actor=SYSTEM,
            vendor=vendor,
            code=f"{code}-1",
            name=f"{name} One",
            country="IE",
            timezone="Europe/Dublin",
            at=now,
        )
        sites[code] = (
            vendor,
            site,
            create_team(actor=SYSTEM, site=site, code=f"{code}-1-a", name=f"{name} team A", at=now),
        )
    for login, (name, vendor_code, role, languages, interface) in PEOPLE.items():
        vendor, site, team = sites[vendor_code]
        fields = PersonFields(
            email=f"{login}@market.example",
            name=name,
            vendor=vendor,
            site=site,
            team=team,
            languages=languages,
            interface_language=interface,
            timezone="Europe/Dublin",
        )
        user = add_person(actor=SYSTEM, fields=fields, at=now, password=PASSWORD)
        give(actor=SYSTEM, user=user, role=Role.objects.get(code=role), scope=Scope(), at=now)


def _queues(now: datetime) -> None:
    from piepowder.kernel.actor import SYSTEM
    from piepowder.review import operations as review

    review.save_queue(actor=SYSTEM, at=now, code="specialists", name="Specialists", position=9)
    for position, (code, name) in enumerate((("listings", "Listings"), ("reported", "Reported"))):
        review.save_queue(
            actor=SYSTEM,
            at=now,
            code=code,
            name=name,
            position=position,
            escalates_to="specialists",
            purpose=f"{name} to be judged",
        )
        for severity, hours in enumerate((1, 4, 12, 24)):
            review.set_target(actor=SYSTEM, at=now, queue_code=code, severity=severity, target_s=hours * 3600)
    review.publish_routing(
        actor=SYSTEM,
        at=now,
        rules=[
            {"name": "Whatever was reported", "when": {"reported": True}, "then": {"queue": "reported"}},
            {"name": "Everything else", "when": {}, "then": {"queue": "listings"}},
        ],
    )


def _items(now: datetime) -> None:
    from piepowder.intake.operations import receive, report
    from piepowder.intake.schemas import Notice, ReporterGiven
    from piepowder.kernel.actor import SYSTEM

    digests = [_picture(colour, now) for colour in ("#7a5230", "#a8b8c8")]
    seller = {
        "kind": "seller",
        "id": "S-7",
        "market": "DE",
        "language": "en",
        "seller": "S-7",
        "content": {
            "name": "Bags & More GmbH",
            "legal_name": "Bags and More Handelsgesellschaft mbH",
            "business_type": "company",
        },
    }
    raw = [seller] + [
        {
            "kind": "listing",
            "market": "DE",
            "language": "en",
            **one,
            "content": {**one["content"], "images": [f"sha256:{digest}" for digest in digests]},
        }
        for one in LISTINGS
    ]
    outcomes = receive(actor=SYSTEM, submissions=[parsed(one) for one in raw], at=now)
    assert all(outcome.item_id for outcome in outcomes), outcomes
    report(
        actor=SYSTEM,
        at=now + timedelta(seconds=1),
        notice=Notice(
            reporter=ReporterGiven(kind="rights_holder", ref="R-1", name="Lumière SA", email="rights@lumiere.example"),
            items=(("listing", "L-1001"),),
            basis="illegal",
            reason="This is a copy of our registered bag. The logo is ours, the seller has no licence.",
            good_faith=True,
            policy_code="C-1.1",
        ),
    )


def parsed(raw: dict[str, Any]) -> Any:
    """One submission as read from the wire; a mistake in the test's own data stops it."""
    from piepowder.intake.schemas import Submitted, parse_submission

    given = parse_submission(raw)
    assert isinstance(given, Submitted), given
    return given


def _picture(colour: str, now: datetime) -> str:
    from PIL import Image, ImageDraw

    from piepowder.intake.operations import store_upload
    from piepowder.kernel.actor import SYSTEM

    image = Image.new("RGB", (640, 480), "#f4f1ea")
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((180, 190, 460, 420), 30, fill=colour)
    draw.arc((230, 90, 410, 300), 180, 360, fill=colour, width=18)
    draw.rectangle((300, 270, 340, 310), fill="#d8b04a")
    file = io.BytesIO()
    image.save(file, "PNG")
    return store_upload(actor=SYSTEM, content=file.getvalue(), at=now).digest


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "piepowder.settings")
    django.setup()
    build(datetime.now(UTC) - timedelta(minutes=5))
