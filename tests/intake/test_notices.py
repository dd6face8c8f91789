"""Notices (DSA Art. 16): received once, with what the law asks for, and with the reporter kept apart."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from piepowder.access.visibility import NotPermitted
from piepowder.intake.media import NoSuchMedia
from piepowder.intake.models import Item, Report, Reporter
from piepowder.intake.notices import NoticeRefused, ReferenceReused, ReportReceipt
from piepowder.intake.operations import forget_reporter, register_flagger, report, store_upload, suspend_flagger
from piepowder.intake.queries import media_seen_by
from piepowder.intake.schemas import Notice, parse_notice
from piepowder.kernel.actor import SYSTEM, Actor
from piepowder.kernel.permissions import Permission
from piepowder.ledger.models import Fact
from piepowder.policy.models import Policy, PolicyVersion
from tests.intake.conftest import Submit, actor_with, listing, png

pytestmark = pytest.mark.django_db

CONTACT = {"kind": "user", "name": "Ada Long", "email": "ada@example.org"}


def wire(**changes: Any) -> dict[str, Any]:
    notice = {
        "reporter": CONTACT,
        "items": [{"kind": "listing", "id": "L-1"}],
        "basis": "illegal",
        "reason": "It is a copy of our lamp.",
        "good_faith": True,
    }
    return {**notice, **changes}


@pytest.fixture
def send(sender: Actor, now: datetime) -> Any:
    def call(actor: Actor = sender, at: datetime = now, **changes: Any) -> ReportReceipt:
        notice = parse_notice(wire(**changes))
        assert isinstance(notice, Notice), notice
        return report(actor=actor, notice=notice, at=at)

    return call


@pytest.fixture(autouse=True)
def _items(submit: Submit) -> None:
    submit(listing("L-1"), listing("L-2", market="FR", language="fr"))


@pytest.fixture
def policies() -> None:
    for code, law in (("Y-1", "Directive 2011/93/EU Arts 3 to 7"), ("C-1", "Trade mark law"), ("C-2", "")):
        policy = Policy.objects.create(code=code)
        PolicyVersion.objects.create(
            policy=policy, number=1, effective_from=date(2026, 1, 1), severity=0, ground="illegal", legal_reference=law,
            published_at=datetime.fromisoformat("2026-01-01T00:00:00Z"), published_by="test",
        )  # fmt: skip


def refusal(send: Any, **changes: Any) -> list[tuple[str, str]]:
    with pytest.raises(NoticeRefused) as caught:
        send(**changes)
    return [(problem.pointer, problem.code) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"good_faith": False}, "/good_faith", "good_faith_missing"),
        ({"good_faith": "yes"}, "/good_faith", "wrong_type"),
        ({"reason": ""}, "/reason", "too_short"),
        ({"items": []}, "/items", "too_few"),
        ({"basis": "ugly"}, "/basis", "not_allowed"),
        ({"reporter": {"kind": "user", "email": "nobody"}}, "/reporter/email", "bad_email"),
        ({"reporter": {"kind": "robot"}}, "/reporter/kind", "not_allowed"),
        ({"reason": "a\0"}, "/reason", "bad_text"),
        ({"evidence": ["file:///etc/passwd"]}, "/evidence/0", "bad_address"),
        ({"polcy": "C-1"}, "/polcy", "unknown_field"),
    ],
)
def test_a_notice_that_cannot_be_read_is_refused_at_the_field(change: dict[str, Any], pointer: str, code: str) -> None:
    found = parse_notice(wire(**change))
    assert isinstance(found, list)
    assert [(problem.pointer, problem.code) for problem in found] == [(pointer, code)]


def test_each_item_of_a_notice_is_one_report_and_told_upwards(send: Any, heard: list[Any], policies: None) -> None:
    receipt = send(items=[{"kind": "listing", "id": "L-1"}, {"kind": "listing", "id": "L-2"}], policy="C-1")
    assert (len(receipt.reports), receipt.duplicate, Report.objects.count()) == (2, False, 2)
    arrived = heard[-1].reports
    assert [(a.market, a.basis, a.policy_code, a.reporter_kind, a.trust, a.seller_ref) for a in arrived] == [
        ("DE", "illegal", "C-1", "user", 50, "S-1"),
        ("FR", "illegal", "C-1", "user", 50, "S-1"),
    ]
    assert {a.snapshot_id for a in arrived} == set(Item.objects.values_list("snapshot_id", flat=True))


@pytest.mark.parametrize("reference", [{"reference": "R-7"}, {}])
def test_the_same_notice_twice_counts_once_and_gets_the_first_receipt(
    send: Any, now: datetime, heard: list[Any], reference: dict[str, str]
) -> None:
    first = send(**reference)
    heard.clear()
    facts = Fact.objects.count()
    again = send(at=now + timedelta(hours=2), **reference)
    assert (again.reports, again.reference, again.received_at) == (first.reports, first.reference, now)
    assert again.duplicate
    assert (Report.objects.count(), heard, Fact.objects.count()) == (1, [], facts)


def test_the_same_content_under_another_reference_counts_once_too(send: Any) -> None:
    first = send(reference="R-1")
    again = send(reference="R-2")
    assert (again.reports, again.reference, again.duplicate) == (first.reports, "R-1", True)


def test_another_notice_under_a_used_reference_is_refused_and_never_taken_for_the_first(send: Any) -> None:
    send(reference="R-1", reason="one")
    with pytest.raises(ReferenceReused):
        send(reference="R-1", reason="two")
    assert not send(reference="R-2", reason="two").duplicate


def test_a_reason_of_blanks_is_none() -> None:
    refused = parse_notice(wire(reason=" \n\t"))
    assert isinstance(refused, list)
    assert [problem.pointer for problem in refused] == ["/reason"]


def test_two_senders_may_use_the_same_reference(send: Any) -> None:
    other = Actor(SYSTEM.kind, "other")
    send(reference="1", reason="one")
    assert not send(reference="1", reason="two", actor=other).duplicate


def test_an_unknown_item_is_told_at_its_place_and_nothing_is_kept(send: Any) -> None:
    items = [{"kind": "listing", "id": "L-1"}, {"kind": "text", "id": "L-1"}]
    assert refusal(send, items=items) == [("/items/1", "unknown_item")]
    assert (Report.objects.count(), Reporter.objects.count()) == (0, 0)


def test_an_unknown_policy_is_told_at_its_place(send: Any) -> None:
    assert refusal(send, policy="Z-9") == [("/policy", "unknown_policy")]


def test_a_notice_of_illegal_content_needs_name_and_address_except_about_the_abuse_of_children(
    send: Any, policies: None
) -> None:
    nameless = {"reporter": {"kind": "anonymous"}}
    missing = [("/reporter/name", "contact_missing"), ("/reporter/email", "contact_missing")]
    assert refusal(send, **nameless) == missing
    assert refusal(send, **nameless, policy="C-1") == missing
    assert refusal(send, reporter={"kind": "user", "id": "u-1"}) == missing
    assert not send(**nameless, policy="Y-1").duplicate
    assert not send(reporter={"kind": "user", "id": "u-1"}, basis="terms").duplicate


def test_uploaded_evidence_is_seen_by_those_who_may_read_the_report(
    send: Any, sender: Actor, reader: Actor, now: datetime
) -> None:
    digest = store_upload(actor=sender, content=png(), at=now).digest
    piece = f"sha256:{digest}"
    send(evidence=[piece, "https://x/proof.html", piece])
    assert media_seen_by(reader, digest).digest == digest
    for actor in (actor_with(Permission.ITEM_VIEW), actor_with(Permission.REPORT_VIEW, markets={"FR"})):
        with pytest.raises(NoSuchMedia):
            media_seen_by(actor, digest)
    missing = "sha256:" + "0" * 64
    assert refusal(send, evidence=[piece, missing], reason="more") == [("/evidence/1", "unknown_upload")]


def test_a_contact_that_is_known_already_need_not_be_sent_again(send: Any) -> None:
    send(reporter={**CONTACT, "id": "u-1"})
    assert not send(reporter={"kind": "user", "id": "u-1"}, reason="again, something else").duplicate
    assert Reporter.objects.count() == 1


def test_reporters_with_one_address_are_one_and_nameless_ones_are_many(send: Any, policies: None) -> None:
    for reason in ("one", "two"):
        send(reason=reason)
        send(reason=reason, reporter={"kind": "anonymous"}, policy="Y-1")
    assert sorted(Reporter.objects.values_list("kind", flat=True)) == ["anonymous", "anonymous", "user"]


def test_only_registered_flaggers_are_trusted(send: Any) -> None:
    assert refusal(send, reporter={"kind": "trusted_flagger", "id": "TF-1"}) == [("/reporter/id", "unknown_flagger")]


def test_a_flagger_s_standing_holds_in_their_areas_and_while_not_suspended(
    send: Any, now: datetime, heard: list[Any], policies: None
) -> None:
    flagger = register_flagger(
        actor=SYSTEM, external_ref="TF-1", name="Mark Watch", email="tf@example.org", areas=["C-1"], at=now
    )
    reporter = {"kind": "trusted_flagger", "id": "TF-1"}

    def trust(reason: str, policy: str) -> int:
        send(reporter=reporter, reason=reason, policy=policy)
        weight: int = heard[-1].reports[0].trust
        return weight

    assert trust("a", "C-1") == 90
    assert trust("b", "C-2") == 50
    suspend_flagger(actor=SYSTEM, reporter_id=flagger.id, suspended=True, at=now)
    assert trust("c", "C-1") == 50
    suspend_flagger(actor=SYSTEM, reporter_id=flagger.id, suspended=False, at=now)
    assert trust("d", "C-1") == 90


def test_nothing_personal_about_the_reporter_is_in_the_ledger_or_the_report(send: Any, heard: list[Any]) -> None:
    send(reporter={**CONTACT, "id": "u-1"})
    everything = " ".join(str(fact.body) + fact.subject_id for fact in Fact.objects.all())
    row = str(Report.objects.values().get())
    for word in ("Ada", "Long", "ada@", "u-1"):
        assert word not in everything
        assert word not in row
        assert word not in str(heard[-1])


def test_a_reporter_can_be_forgotten_and_the_reports_stay(send: Any, now: datetime) -> None:
    send(reporter={**CONTACT, "id": "u-1"})
    reporter = Reporter.objects.get()
    forget_reporter(actor=SYSTEM, reporter_id=reporter.id, at=now)
    reporter.refresh_from_db()
    assert (reporter.name, reporter.email, "u-1" in reporter.external_ref) == ("", "", False)
    assert Report.objects.count() == 1


def test_reporting_and_registering_need_their_permissions(send: Any, now: datetime) -> None:
    with pytest.raises(NotPermitted):
        send(actor=actor_with(Permission.ITEM_SUBMIT))
    with pytest.raises(NotPermitted):
        send(actor=actor_with(Permission.REPORT_SUBMIT, markets={"FR"}))
    with pytest.raises(NotPermitted):
        register_flagger(actor=actor_with(Permission.REPORT_SUBMIT), external_ref="x", name="", email="", at=now)
