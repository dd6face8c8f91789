"""Somebody who is known to the IP desk by an address alone is emptied with everything that hangs on it."""

from __future__ import annotations

from piepowder.database.personal import ERASED, Part, Subject, parts
from piepowder.duties.retention.emptying import empty
from piepowder.rights.models import ClaimBatch, ClaimLine, Right, RightEvidence
from piepowder.rights.operations import Sender
from tests.rights.conftest import Desk


def part() -> Part:
    return next(one for one in parts() if one.package == "rights")


def test_what_hangs_on_an_address_goes_with_it(desk: Desk) -> None:
    desk.items("L-1")
    right = desk.right(owner_email="Ann@Reader.example")
    RightEvidence.objects.create(right=right, stored=desk.upload(), about="right", added_at=desk.clock)
    desk.claim(right, "L-1", sender=Sender("", "Ann Reader", "ann@reader.example"))

    empty(part().of(Subject("reporter", "", ("ann@reader.example",)), desk.clock), [], most=100)

    assert Right.objects.get().owner_email == ClaimBatch.objects.get().sender_email == ""
    assert not RightEvidence.objects.exists()
    assert ClaimLine.objects.get().location == ERASED
