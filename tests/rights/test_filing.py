"""Notices on a right: each line becomes a report bound to the right, once."""

from __future__ import annotations

from typing import Any

import pytest

from piepowder.access.visibility import NotPermitted
from piepowder.correspondence.models import Letter
from piepowder.intake.models import Report
from piepowder.kernel.permissions import Permission
from piepowder.ledger.models import Fact
from piepowder.rights.jobs import file_claims as sweep
from piepowder.rights.models import Claim, ClaimBatch
from piepowder.rights.operations import (
    BadClaims,
    ClaimReferenceReused,
    NoSuchRight,
    RightRetired,
    Sender,
    retire_right,
)
from tests.rights.conftest import Desk


def outcomes(batch: ClaimBatch) -> list[tuple[str, str, str]]:
    return [(line.location, line.state, line.problem) for line in batch.lines.order_by("position")]


def test_each_line_becomes_a_report_bound_to_the_right(desk: Desk) -> None:
    first, _second = desk.items("L-1", "L-2")
    right = desk.right()

    batch = desk.claim(right, "L-1", "https://market.example/item/L-2?ref=x", "L-9").batch

    assert outcomes(batch) == [
        ("L-1", "filed", ""),
        ("https://market.example/item/L-2?ref=x", "filed", ""),
        ("L-9", "refused", "unknown_item"),
    ]
    claim = Claim.objects.get(item=first)
    assert (claim.right, claim.batch, claim.seller_ref, claim.warnings) == (right, batch, "S-7", [])
    assert (claim.report.reporter.kind, claim.report.reporter.email) == ("rights_holder", "rights@lumiere.example")
    assert (claim.report.policy_code, claim.report.basis) == ("C-1", "illegal")
    assert batch.done_at is not None


def test_the_same_notice_again_files_nothing(desk: Desk) -> None:
    desk.items("L-1")
    right = desk.right()

    first, again = desk.claim(right, "L-1"), desk.claim(right, " L-1 ", "L-1")

    assert (again.repeated, again.batch.pk) == (True, first.batch.pk)
    assert Report.objects.count() == Claim.objects.count() == 1


def test_an_item_that_waits_for_judgement_is_not_claimed_twice_by_one_sender(desk: Desk) -> None:
    desk.items("L-1", "L-2")
    right = desk.right()
    desk.claim(right, "L-1")

    batch = desk.claim(right, "L-1", "L-2", reason="And once more, in other words.").batch

    assert [state for _location, state, _problem in outcomes(batch)] == ["known", "filed"]
    assert Report.objects.count() == 2


def test_a_reference_is_good_for_one_notice(desk: Desk) -> None:
    desk.items("L-1", "L-2")
    right = desk.right()
    desk.claim(right, "L-1", reference="N-1")

    with pytest.raises(ClaimReferenceReused):
        desk.claim(right, "L-2", reference="N-1")
    assert desk.claim(right, "L-1", reference="N-1").repeated


def test_a_long_notice_is_gone_on_with_by_the_worker_and_told_once(desk: Desk) -> None:
    refs = [f"L-{number}" for number in range(60)]
    desk.items(*refs)

    batch = desk.claim(desk.right(), *refs, "nowhere").batch
    assert (batch.done_at, Claim.objects.count()) == (None, 50)

    assert sweep(now=desk.clock) == 11
    assert sweep(now=desk.clock) == 0
    batch.refresh_from_db()
    assert batch.done_at is not None
    assert Claim.objects.count() == 60
    letter = Letter.objects.get(event="claims.filed")
    assert (letter.recipient_ref, letter.places["filed"], letter.places["refused"]) == ("R-1", "60", "1")


def test_lines_that_wait_are_filed_within_the_reach_of_who_sent_them(desk: Desk) -> None:
    desk.items("L-1")
    desk.items("L-2", market="FR")
    german = desk.key(Permission.REPORT_SUBMIT, markets={"DE"})

    batch = desk.claim(desk.right(), "L-1", "L-2", actor=german).batch

    assert outcomes(batch)[1] == ("L-2", "refused", "not_permitted")
    assert Claim.objects.count() == 1


def test_nobody_files_without_leave(desk: Desk) -> None:
    right = desk.right()
    with pytest.raises(NotPermitted):
        desk.claim(right, "L-1", actor=desk.key(Permission.RIGHT_VIEW))


def test_whoever_keeps_the_registry_may_file_for_an_owner(desk: Desk) -> None:
    desk.items("L-1")
    desk.claim(desk.right(), "L-1", actor=desk.person(Permission.RIGHT_EDIT))
    assert Claim.objects.get().batch.sender_kind == "owner"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"reason": "  "}, "/reason"),
        ({"reason": "x" * 50_001}, "/reason"),
        ({"reason": "zero\0"}, ""),
        ({"good_faith": False}, "/good_faith"),
        ({"sender": Sender("", "Somebody", "")}, "/sender/email"),
        ({"sender": Sender("X" * 201, "a", "b@c.example")}, "/sender"),
        ({"evidence": ["x"] + [f"y{number}" for number in range(60)]}, "/evidence"),
        ({"reference": "x" * 201}, "/sender"),
    ],
)
def test_a_notice_that_lacks_something_is_told_what(desk: Desk, changes: dict[str, Any], pointer: str) -> None:
    with pytest.raises(BadClaims) as told:
        desk.claim(desk.right(), "L-1", **changes)
    assert pointer in [problem.pointer for problem in told.value.problems]
    assert ClaimBatch.objects.count() == 0


def test_a_huge_list_is_refused_before_anything_is_kept(desk: Desk) -> None:
    right = desk.right()
    with pytest.raises(BadClaims):
        desk.claim(right, *(f"L-{number}" for number in range(5_001)))
    with pytest.raises(BadClaims):
        desk.claim(right, "https://x.example/" + "y" * 2_001)
    with pytest.raises(BadClaims):
        desk.claim(right, "", "   ")


def test_nothing_is_claimed_on_a_retired_right_or_on_none(desk: Desk) -> None:
    right = desk.right()
    retire_right(actor=desk.person(Permission.RIGHT_EDIT), right_id=right.pk, at=desk.clock)
    with pytest.raises(RightRetired):
        desk.claim(right, "L-1")
    right.pk = Claim._meta.pk.get_default()
    with pytest.raises(NoSuchRight):
        desk.claim(right, "L-1")


def test_a_claim_carries_what_speaks_against_it(desk: Desk) -> None:
    desk.items("L-1", market="US", content={"title": "Drill", "category": "Tools"})
    right = desk.right(expires_on=desk.now.date().replace(day=1))

    desk.claim(right, "L-1", sender=Sender("X-9", "Stranger", "x@x.example"))

    assert Claim.objects.get().warnings == ["expired", "market", "class", "sender"]


def test_the_ledger_keeps_no_word_and_no_name(desk: Desk) -> None:
    desk.items("L-1")
    desk.claim(desk.right(), "L-1", sender=Sender("X-9", "Ann Stranger", "ann@stranger.example"))
    told = str([fact.body for fact in Fact.objects.all()])
    for secret in ("Lumi", "LUMI", "Ann", "stranger.example", "lumiere", "logo on the bag"):
        assert secret not in told
