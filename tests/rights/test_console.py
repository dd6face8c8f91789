"""The right beside the item: what the register says against what the item says, in one query, none without a claim."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from piepowder.intake.models import Item
from piepowder.intake.operations import receive, report
from piepowder.intake.queries import item_card, reports_about
from piepowder.intake.schemas import Notice, ReporterGiven
from piepowder.kernel.actor import SYSTEM
from piepowder.kernel.permissions import Permission
from piepowder.rights.models import Claim, Right
from piepowder.web.beside_right import papers_beside, rights_beside
from tests.rights.conftest import Desk, parsed


def test_a_claimed_right_lies_beside_the_item(
    desk: Desk, claimed: Callable[..., Claim], django_assert_num_queries: Any
) -> None:
    claim = claimed(right=desk.right(territories=("FR",), title="Bag"))
    reader = desk.person(Permission.REPORT_VIEW, Permission.ITEM_VIEW)
    card, reports = item_card(reader, claim.item_id), reports_about(reader, claim.item_id)

    with django_assert_num_queries(1):
        papers = rights_beside(reader, card, reports, today=desk.now.date())

    assert papers is not None
    rows = {row.label: row for row in papers.sheets[0].rows}
    assert (rows["Market"].here, rows["Market"].there, rows["Market"].verdict) == ("FR", "DE", "differs")
    assert rows["Category"].verdict == ""
    assert rows["Owner"].here == "Lumière SA"
    assert rows["Named in it"].verdict == "hit"
    assert papers.sheets[0].troubles == 1


def test_a_report_without_a_right_asks_for_none(desk: Desk, django_assert_num_queries: Any) -> None:
    item = desk.items("L-1")[0]
    notice = Notice(ReporterGiven("user", "U-1", "Ann", "a@b.example"), (("listing", "L-1"),), "terms", "Bad.", True)
    report(actor=SYSTEM, notice=notice, at=desk.clock)
    reader = desk.person(Permission.REPORT_VIEW, Permission.ITEM_VIEW)
    card, reports = item_card(reader, item.pk), reports_about(reader, item.pk)
    with django_assert_num_queries(0):
        assert rights_beside(reader, card, reports, today=desk.now.date()) is None


def test_who_may_not_read_reports_sees_no_right(desk: Desk, claimed: Callable[..., Claim]) -> None:
    claim = claimed()
    writer = desk.person(Permission.ITEM_VIEW, Permission.REPORT_VIEW)
    reader = desk.person(Permission.ITEM_VIEW)
    reports = reports_about(writer, claim.item_id)
    assert rights_beside(reader, item_card(reader, claim.item_id), reports, today=desk.now.date()) is None


def test_territories_are_named_as_people_name_them() -> None:
    from piepowder.policy.dsa import EEA_MARKETS, EU_MARKETS

    assert Right(territories=list(EU_MARKETS)).places == ["EU"]
    assert Right(territories=[*EEA_MARKETS, "CH"]).places == ["EEA", "CH"]
    assert Right(territories=["FR", "DE"]).places == ["DE", "FR"]


def test_a_claim_of_an_owner_is_held_against_the_registry(desk: Desk, django_assert_num_queries: Any) -> None:
    desk.right()
    for ref, number in (("C-1", "018123456"), ("C-2", "999")):
        content = {
            "right_type": "trademark",
            "right_number": number,
            "owner": "LUMIERE S.A.",
            "statement": "Ours.",
            "claimed_items": [{"kind": "listing", "id": "L-1"}],
        }
        raw = {"kind": "ip_claim", "id": ref, "market": "DE", "language": "en", "content": content}
        receive(actor=SYSTEM, submissions=[parsed(raw)], at=desk.clock)
    reader = desk.person(Permission.ITEM_VIEW)
    told = {}
    for ref in ("C-1", "C-2"):
        card = item_card(reader, Item.objects.get(external_id=ref).pk)
        with django_assert_num_queries(2):
            papers = papers_beside(reader, card, (), today=desk.now.date())
        assert papers is not None
        told[ref] = [(row.verdict, row.why) for row in papers.sheets[-1].rows]
    assert told["C-1"][0] == ("same", "verified")
    assert told["C-1"][2] == ("same", "the same")
    assert told["C-2"] == [("wrong", "not in the registry")]
