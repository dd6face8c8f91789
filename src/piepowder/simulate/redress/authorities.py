"""Orders of authorities, a threat to life, and a list of recalled products."""

from __future__ import annotations

import csv
import io

from piepowder.decisions.ruling import EnforcementOrder
from piepowder.duties import operations as duties
from piepowder.duties.law_jobs import compare_recalls
from piepowder.duties.operations import OrderGiven
from piepowder.intake.models import Item
from piepowder.simulate.redress.bench import Bench
from piepowder.simulate.redress.sayings import FACTS

_POLICY = "U-1"
_REMOVAL = EnforcementOrder("visibility", "content_removed")


def order(bench: Bench) -> None:
    """One order with effect and answered, and one that is due."""
    lead = bench.person("operations_lead")
    items = [item for item in bench.listings(market="DE")[:40] if item.seller_ref][-4:]
    done = duties.receive_order(actor=lead, given=_order(bench, items[:2], 3.0, "0091"), at=bench.ago(2.9))
    duties.acknowledge_order(actor=lead, order_id=done.pk, at=bench.ago(2.9))
    duties.rule_lines(
        actor=lead,
        order_id=done.pk,
        line_ids=list(done.lines.values_list("pk", flat=True)),
        policy_codes=(_POLICY,),
        facts=FACTS,
        enforcements=(_REMOVAL,),
        at=bench.ago(2.8),
    )
    duties.reply_to_authority(actor=lead, order_id=done.pk, at=bench.ago(2.7))
    due = duties.receive_order(actor=lead, given=_order(bench, items[2:], 0.6, "0094"), at=bench.ago(0.5))
    duties.acknowledge_order(actor=lead, order_id=due.pk, at=bench.ago(0.5))


def _order(bench: Bench, items: list[Item], days: float, number: str) -> OrderGiven:
    return OrderGiven(
        kind="act",
        reference=f"MS-{bench.now:%Y}-{number}",
        country="DE",
        authority="Market Surveillance Authority North",
        contact_name="Duty desk",
        contact_email="orders@authority.example",
        legal_basis="Regulation (EU) 2019/1020, Article 14",
        reasons="The product lacks the marking that the law asks for, and no responsible person is named.",
        territories=("DE",),
        redress="An objection may be filed with the authority within one month.",
        locations=tuple(f"listing:{item.external_id}" for item in items),
        received_at=bench.ago(days),
    )


def threat(bench: Bench) -> None:
    """Somebody threatens another in a text; the authority is known, the report is still to be made."""
    desk = bench.person("moc_specialist")
    duties.save_life_authority(
        actor=desk,
        name="Police of Hamburg, control centre",
        country="DE",
        phone="+49 40 000000",
        email="control@police.example",
        verified_on=bench.ago(20).date(),
        at=bench.ago(3),
    )
    item = Item.objects.filter(kind="text", market="DE").order_by("external_id").first()
    duties.raise_threat(
        actor=desk,
        summary="The writer names a street and says that somebody there will be hurt tonight.",
        item_id=item.pk if item else None,
        country="DE",
        at=bench.ago(0.02),
    )


def recall(bench: Bench) -> None:
    """A list of dangerous products of which some are on offer."""
    offered = [item for item in bench.listings() if item.snapshot and item.snapshot.content.get("gtin")]
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["number", "product", "brand", "gtin", "risk", "country", "date"])
    day = bench.ago(6).date()
    for number, item in enumerate(offered[:: max(1, len(offered) // 3)][:3]):
        assert item.snapshot is not None
        content = item.snapshot.content
        alert, brand = f"A12/{number + 301:05}/26", content.get("brand", "")
        rows.writerow([alert, content["title"], brand, content["gtin"], "Electric shock", "DE", day])
    rows.writerow(["A12/00399/26", "Night light in the shape of a star", "Stellux", "4006381333931", "Fire", "PL", ""])
    lead = bench.person("operations_lead")
    duties.import_recalls(
        actor=lead, source="safety-gate", text=text.getvalue(), file_name="week.csv", at=bench.ago(1.2)
    )
    compare_recalls(now=bench.ago(1.2))
