"""Prepare the database of the study: ``python -m studies.crash.setting RECEIVER_URL SECRET`` prints an API key."""

from __future__ import annotations

import sys
from datetime import timedelta

import django

django.setup()

from django.utils import timezone  # noqa: E402

from piepowder.access.models import Role  # noqa: E402
from piepowder.access.operations import PersonFields, add_person, create_key, create_site, create_vendor, give  # noqa: E402
from piepowder.kernel.actor import EVERYWHERE, SYSTEM  # noqa: E402
from piepowder.outbox.models import Endpoint  # noqa: E402
from piepowder.review.operations import publish_routing, save_queue  # noqa: E402
from piepowder.wiring import load_shipped  # noqa: E402

REVIEWERS = ("one@crash.test", "two@crash.test")


def main(receiver: str, secret: str) -> None:
    now = timezone.now()
    load_shipped(at=now)
    vendor = create_vendor(actor=SYSTEM, code="house", name="House", kind="in_house", at=now)
    site = create_site(actor=SYSTEM, vendor=vendor, code="h1", name="H", country="DE", timezone="UTC", at=now)
    save_queue(actor=SYSTEM, code="listings", name="Listings", lease_s=30, grace_s=0, at=now)
    rules = [{"name": "all", "when": {}, "then": {"queue": "listings"}}]
    publish_routing(actor=SYSTEM, rules=rules, at=now)
    for email in REVIEWERS:
        fields = PersonFields(email=email, name=email, vendor=vendor, site=site, languages=("de",))
        user = add_person(actor=SYSTEM, fields=fields, at=now)
        give(actor=SYSTEM, user=user, role=Role.objects.get(code="administrator"), scope=EVERYWHERE, at=now)
    Endpoint.objects.create(
        code="shop", name="Shop", channel="webhook", url=receiver, allow_private=True, created_at=now, concurrency=8,
        secrets=[{"id": "s1", "secret": secret, "created_at": now.isoformat(), "expires_at": None}],
    )  # fmt: skip
    made = create_key(
        actor=SYSTEM, name="poster", permissions=["item:submit"], at=now, expires_at=now + timedelta(days=1)
    )
    print(made.secret)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
