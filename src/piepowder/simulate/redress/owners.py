"""Owners of rights, what they claim, and a seller who answers."""

from __future__ import annotations

from datetime import timedelta

from piepowder.intake.models import Item
from piepowder.rights import operations as rights
from piepowder.rights.models import Claim
from piepowder.rights.operations import RightFields, Sender
from piepowder.rights.states import CounterGround, RightType
from piepowder.simulate.redress.bench import OUTSIDER, Bench

_CLAIMED = 3


def claim(bench: Bench) -> None:
    """Two owners have their marks entered, and send notices about offers of these brands; one seller answers."""
    for number, (brand, items) in enumerate(_brands(bench)[:2]):
        sender = Sender(f"RO-{number + 1}", f"{brand} Brand Protection", f"rights@{number + 1}.brands.example")
        right = rights.register_right(
            actor=OUTSIDER,
            fields=RightFields(
                type=RightType.TRADEMARK,
                number=f"0182{bench.seed:02d}{number}417",
                office="EUIPO",
                title=brand,
                territories=("EU",),
                owner_ref=sender.ref,
                owner_name=f"{brand} SA",
                owner_email=sender.email,
                expires_on=(bench.now + timedelta(days=1_800)).date(),
            ),
            at=bench.ago(3.8),
        )
        rights.settle_right(actor=bench.person("policy_manager"), right_id=right.pk, way="verify", at=bench.ago(3.7))
        rights.file_claims(
            actor=OUTSIDER,
            right_id=right.pk,
            sender=sender,
            locations=[f"listing:{item.external_id}" for item in items[:_CLAIMED]],
            reason=f"The offer uses the mark {brand} for goods that do not come from us or with our consent.",
            good_faith=True,
            at=bench.ago(2.5 - number),
        )
    first = Claim.objects.exclude(seller_ref="").order_by("report__received_at", "seller_ref").first()
    assert first is not None
    rights.file_counter(
        actor=OUTSIDER,
        claim_id=first.pk,
        seller_ref=first.seller_ref,
        ground=CounterGround.GENUINE,
        text="I bought these from the owner's own dealer; the invoice of March can be had on request.",
        at=bench.ago(0.8),
    )


def _brands(bench: Bench) -> list[tuple[str, list[Item]]]:
    """Brands by how many offers carry them."""
    found: dict[str, list[Item]] = {}
    for item in bench.listings():
        brand = str(item.snapshot.content.get("brand") or "") if item.snapshot else ""
        if brand:
            found.setdefault(brand, []).append(item)
    return sorted(found.items(), key=lambda one: (-len(one[1]), one[0]))
