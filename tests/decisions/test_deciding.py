"""Deciding a case: everything is stored at once, or nothing is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from piepowder.decisions.events import DecisionIssued
from piepowder.decisions.models import Citation, Decision, Enforcement, Statement
from piepowder.decisions.operations import (
    BadRuling,
    EnforcementOrder,
    LeaseLost,
    NewerSnapshot,
    NoTemplate,
    StatementIncomplete,
    decide,
    publish_template,
)
from piepowder.decisions.templates import BadTemplate
from piepowder.decisions.wording import shipped_wordings
from piepowder.intake.models import Item
from piepowder.kernel.actor import SYSTEM, Mandate, Scope
from piepowder.kernel.errors import Forbidden
from piepowder.kernel.permissions import Permission
from piepowder.ledger.models import Fact
from piepowder.outbox.models import Delivery, Message
from piepowder.outbox.operations import save_endpoint
from piepowder.review.models import Case
from piepowder.review.opening import violations_of
from tests.decisions.conftest import FACTS, REMOVED, Court, cleared, policy, ruling

pytestmark = pytest.mark.django_db


def test_a_decision_is_stored_whole_with_everything_it_rests_on(court: Court, heard: list[Any]) -> None:
    item = court.item()
    court.media(item, "a" * 64, "b" * 64)
    actor = court.person()
    decision = court.decide(actor, court.case(item))
    decision.refresh_from_db()
    assert (decision.outcome, decision.ground, decision.state) == ("violation", "illegal", "issued")
    assert (decision.vendor, decision.site, decision.team, decision.queue) == ("house", "house-1", "house-t", "general")
    assert decision.evidence == ["a" * 64, "b" * 64]
    assert decision.handling_ms == 42_000
    assert decision.final_at == court.now + timedelta(seconds=10)
    assert (decision.machine, decision.decider_id, decision.source) == ("", int(actor.ref), "own_initiative")
    assert [c.version.policy.code for c in decision.citations.all()] == ["R-2"]
    assert Case.objects.get(pk=decision.case_id).state == "decided"
    assert violations_of(["S-1"], court.now) == {"S-1": 1}
    (event,) = heard
    assert isinstance(event, DecisionIssued)
    assert (event.decision_id, event.policy_codes) == (decision.pk, ("R-2",))


def test_a_restriction_is_scheduled_for_the_end_of_the_grace_period_and_ends_days_after(court: Court) -> None:
    orders = (
        EnforcementOrder("visibility", "content_disabled", ("FR", "DE")),
        EnforcementOrder("account", "suspended", days=7),
    )
    decision = court.decide(court.person(), enforcements=orders)
    account, visibility = decision.enforcements.order_by("family")
    assert (visibility.target_kind, visibility.target_external_id) == ("listing", decision.item.external_id)
    assert (visibility.territories, visibility.ends_at) == (["DE", "FR"], None)
    assert (account.target_kind, account.target_external_id) == ("seller", "S-1")
    assert account.starts_at == decision.final_at
    assert account.ends_at == decision.final_at + timedelta(days=7)
    assert {account.state, visibility.state} == {"scheduled"}
    assert account.statement == visibility.statement == decision.statement


def test_the_statement_leaves_before_the_restriction_and_neither_before_the_decision_is_final(court: Court) -> None:
    decision = court.decide(court.person())
    messages = Message.objects.filter(group_ref=str(decision.pk)).order_by("deliveries__sequence")
    assert [message.topic for message in messages] == ["statement.issued", "enforcement.applied"]
    assert {message.order_key for message in messages} == {str(decision.item_id)}
    assert {row.not_before for row in Delivery.objects.all()} == {decision.final_at}
    said, applied = (message.body for message in messages)
    assert said["text"] == decision.statement.text
    assert said["structured"]["puid"] == decision.statement.puid
    assert said["redress"]["internal_complaint"]["until"] == "2026-09-04"
    assert applied["measure"] == "content_removed"
    assert applied["target"] == {"kind": "listing", "id": decision.item.external_id}


def test_no_violation_tells_the_marketplace_that_the_item_is_cleared(court: Court) -> None:
    actor, case = court.person(), court.case()
    claim = court.claim(actor, case)
    decision = decide(actor=actor, lease_id=claim.lease_id, ruling=cleared(case.snapshot_id), at=court.now)
    assert [message.topic for message in Message.objects.all()] == ["item.cleared"]
    assert Statement.objects.count() == Enforcement.objects.count() == Citation.objects.count() == 0
    assert violations_of(["S-1"], court.now) == {}
    assert decision.final_at == court.now + timedelta(seconds=10)


def test_a_violation_without_restriction_needs_no_statement_and_is_told(court: Court) -> None:
    court.decide(court.person(), enforcements=())
    assert Statement.objects.count() == 0
    message = Message.objects.get()
    assert (message.topic, message.body["policies"]) == ("violation.noted", ["R-2"])


def test_the_policy_version_in_force_for_the_items_market_is_the_one_cited(court: Court) -> None:
    policy("R-2", number=2, markets=["DE"])
    policy("R-2", number=3, markets=["FR"])
    policy("R-2", number=4, markets=["DE"], effective_from=date(2026, 3, 5))
    assert court.decide(court.person()).citations.get().version.number == 2


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"outcome": "maybe"}, "/outcome", "unknown_value"),
        ({"policy_codes": ()}, "/policy_codes", "missing_policy"),
        ({"policy_codes": ("R-2", "NOPE")}, "/policy_codes/1", "unknown_policy"),
        ({"policy_codes": ("R-2", "R-2")}, "/policy_codes/1", "repeated"),
        ({"policy_codes": ("K-9",)}, "/policy_codes/0", "wrong_kind"),
        ({"ground": ""}, "/ground", "unknown_value"),
        ({"policy_codes": ("T-1",)}, "/ground", "no_legal_reference"),
        ({"facts": "forbidden"}, "/facts", "too_short"),
        ({"facts": "x" * 50}, "/facts", "not_about_item"),
        ({"facts": "You offered goods that may not be sold here."}, "/facts", "not_about_item"),
        ({"facts": "fact " * 1_100}, "/facts", "too_long"),
        ({"enforcements": (EnforcementOrder("physical", "x"),)}, "/enforcements/0/family", "unknown_value"),
        ({"enforcements": (EnforcementOrder("account", "flogged"),)}, "/enforcements/0/measure", "unknown_value"),
        ({"enforcements": (REMOVED, REMOVED)}, "/enforcements/1", "repeated"),
        (
            {"enforcements": (EnforcementOrder("account", "suspended"), EnforcementOrder("account", "terminated"))},
            "/enforcements/1",
            "one_per_family",
        ),
        ({"enforcements": (EnforcementOrder("account", "suspended", days=0),)}, "/enforcements/0/days", "out_of_range"),
        ({"enforcements": (EnforcementOrder("account", "terminated", days=3),)}, "/enforcements/0/days", "for_good"),
        ({"enforcements": (EnforcementOrder("visibility", "other"),)}, "/enforcements/0/description", "required"),
        (
            {"enforcements": (EnforcementOrder("visibility", "content_removed", ("Germany",)),)},
            "/enforcements/0/territories/0",
            "unknown_country",
        ),
        ({"exclusion": "because"}, "/exclusion", "unknown_value"),
        ({"exclusion": "no_contact", "enforcements": ()}, "/exclusion", "nothing_restricted"),
        ({"exclusion": "authority_order"}, "/exclusion", "no_order"),
        ({"outcome": "no_violation"}, "/enforcements", "not_a_violation"),
    ],
)
def test_a_ruling_with_a_fault_is_refused_with_a_pointer(
    court: Court, changes: dict[str, Any], pointer: str, code: str
) -> None:
    actor = court.person()
    with pytest.raises(BadRuling) as refused:
        court.decide(actor, **changes)
    assert (pointer, code) in [(problem.pointer, problem.code) for problem in refused.value.problems]
    assert Decision.objects.count() == 0
    assert Case.objects.get().state == "claimed"


def test_an_item_without_a_seller_has_no_account_to_restrict(court: Court) -> None:
    case = court.case(court.item(seller_ref=""))
    with pytest.raises(BadRuling) as refused:
        court.decide(court.person(), case, enforcements=(EnforcementOrder("account", "suspended"),))
    assert [problem.code for problem in refused.value.problems] == ["no_seller"]


def test_chinese_facts_may_be_half_as_long(court: Court) -> None:
    assert court.decide(court.person(), facts="图二展示了荧光笔造型的电子烟").facts == "图二展示了荧光笔造型的电子烟"
    with pytest.raises(BadRuling):
        court.decide(court.person(), facts="这是违禁的电子烟")


def everything_written() -> dict[str, int]:
    return {
        "decision": Decision.objects.count(),
        "citation": Citation.objects.count(),
        "statement": Statement.objects.count(),
        "enforcement": Enforcement.objects.count(),
        "message": Message.objects.count(),
        "delivery": Delivery.objects.count(),
        "fact": Fact.objects.count(),
    }


def test_an_expired_lease_leaves_zero_rows(court: Court) -> None:
    actor, case = court.person(), court.case()
    claim = court.claim(actor, case)
    before = everything_written()
    assert before["decision"] == before["message"] == 0
    with pytest.raises(LeaseLost):
        decide(actor=actor, lease_id=claim.lease_id, ruling=ruling(case.item), at=claim.expires_at)
    assert everything_written() == before
    decide(
        actor=actor, lease_id=claim.lease_id, ruling=ruling(case.item), at=claim.expires_at - timedelta(microseconds=1)
    )
    assert everything_written()["decision"] == 1


def test_somebody_elses_lease_and_a_lease_that_is_gone_decide_nothing(court: Court) -> None:
    claim = court.claim(court.person())
    before = everything_written()
    for actor, lease in ((court.person(), claim.lease_id), (court.person(), claim.case.pk)):
        with pytest.raises(LeaseLost):
            decide(actor=actor, lease_id=lease, ruling=ruling(claim.case.item), at=court.now)
    assert everything_written() == before


def test_a_lease_decides_once(court: Court) -> None:
    actor = court.person()
    claim = court.claim(actor)
    decide(actor=actor, lease_id=claim.lease_id, ruling=ruling(claim.case.item), at=court.now)
    with pytest.raises(LeaseLost):
        decide(actor=actor, lease_id=claim.lease_id, ruling=ruling(claim.case.item), at=court.now)
    assert Decision.objects.count() == 1


def test_deciding_needs_the_permission_where_the_case_is(court: Court) -> None:
    actor = court.person()
    claim = court.claim(actor)
    elsewhere = replace(
        actor, mandates=(Mandate(frozenset({Permission.CASE_DECIDE}), Scope(markets=frozenset({"FR"}))),)
    )
    with pytest.raises(Forbidden):
        decide(actor=elsewhere, lease_id=claim.lease_id, ruling=ruling(claim.case.item), at=court.now)
    assert Decision.objects.count() == 0


def test_a_newer_snapshot_must_be_looked_at_or_knowingly_passed_over(court: Court) -> None:
    item = court.item()
    court.media(item, "c" * 64)
    older = ruling(item)
    actor = court.person()
    claim = court.claim(actor, court.case(item))
    court.snapshot(item, {"title": "now something harmless"})
    before = everything_written()
    with pytest.raises(NewerSnapshot) as refused:
        decide(actor=actor, lease_id=claim.lease_id, ruling=older, at=court.now)
    assert refused.value.code == "newer_snapshot"
    assert everything_written() == before
    confirmed = ruling(item, snapshot_id=older.snapshot_id, confirm_older_snapshot=True)
    decision = decide(actor=actor, lease_id=claim.lease_id, ruling=confirmed, at=court.now)
    assert (decision.snapshot.number, decision.evidence) == (1, ["c" * 64])


def test_a_snapshot_of_another_item_cannot_be_judged(court: Court) -> None:
    other = court.item()
    with pytest.raises(BadRuling) as refused:
        court.decide(court.person(), snapshot_id=other.snapshot_id)
    assert refused.value.problems[0].code == "unknown_snapshot"


@pytest.mark.parametrize(
    ("severity", "kind", "orders", "seconds"),
    [
        (0, "listing", (REMOVED,), 0),
        (1, "listing", (REMOVED,), 0),
        (2, "livestream", (REMOVED,), 0),
        (2, "listing", (REMOVED,), 10),
        (0, "listing", (), 10),
    ],
)
def test_grave_harm_and_livestreams_are_stopped_at_once(
    court: Court, severity: int, kind: str, orders: tuple[EnforcementOrder, ...], seconds: int
) -> None:
    policy("G-1", severity=severity)
    decision = court.decide(court.person(), court.case(court.item(kind)), policy_codes=("G-1",), enforcements=orders)
    assert decision.final_at - decision.decided_at == timedelta(seconds=seconds)


def test_an_exclusion_is_recorded_in_place_of_the_statement_and_nothing_is_said(court: Court) -> None:
    decision = court.decide(court.person(), exclusion="deceptive_high_volume")
    statement = decision.statement
    assert (statement.exclusion, statement.text, statement.structured) == ("deceptive_high_volume", "", {})
    assert decision.enforcements.get().statement == statement
    assert [message.topic for message in Message.objects.all()] == ["enforcement.applied"]
    assert Fact.objects.get(verb="decision.issue").body["exclusion"] == "deceptive_high_volume"


def test_an_authoritys_order_excludes_the_statement_once_the_authority_has_written(court: Court) -> None:
    item = court.item()
    case = court.case(item)
    court.report(item, "authority")
    decision = court.decide(court.person(), case, exclusion="authority_order")
    assert (decision.source, decision.statement.exclusion) == ("authority", "authority_order")


def test_without_a_template_no_restriction_commits(court_without_templates: Court) -> None:
    court = court_without_templates
    actor, case = court.person(), court.case()
    claim = court.claim(actor, case)
    before = everything_written()
    with pytest.raises(NoTemplate):
        decide(actor=actor, lease_id=claim.lease_id, ruling=ruling(case.item), at=court.now)
    assert everything_written() == before


def test_a_statement_that_authorities_would_refuse_stops_the_decision(court: Court) -> None:
    policy("E-1", category="", keywords=[])
    with pytest.raises(StatementIncomplete) as refused:
        court.decide(court.person(), policy_codes=("E-1",))
    assert [(problem.pointer, problem.code) for problem in refused.value.problems] == [("/category", "required")]
    assert Enforcement.objects.count() == 0


def test_the_ledgers_fact_holds_references_and_no_word_that_somebody_typed(court: Court) -> None:
    item = court.item(title="Canarytitle")
    court.decide(
        court.person(),
        court.case(item),
        facts="Canaryfacts are visible in picture two.",
        note="Canarynote",
        enforcements=(EnforcementOrder("visibility", "other", description="Canarymeasure"),),
    )
    body = str(list(Fact.objects.values_list("verb", "body")))
    assert "Canary" not in body
    fact = Fact.objects.get(verb="decision.issue")
    assert fact.body["policies"] == [["R-2", 1]]
    assert fact.vendor == "house"


def test_a_seller_gets_an_email_only_when_the_endpoint_says_so_and_the_address_is_known(court: Court) -> None:
    seller = court.item("seller", external_id="S-1")
    court.snapshot(seller, {"email": "seller@shop.example"})
    court.decide(court.person())
    assert set(Message.objects.values_list("recipient", flat=True)) == {""}
    save_endpoint(
        actor=SYSTEM, at=court.now, code="email", name="Letters", channel="email", topics=["statement.issued"]
    )
    court.decide(court.person())
    mailed = Message.objects.exclude(recipient="").get()
    assert (mailed.topic, mailed.recipient) == ("statement.issued", "seller@shop.example")


def test_publishing_a_template_that_forgets_a_reason_is_refused_and_the_newest_is_used(court: Court) -> None:
    _, raw = next(pair for pair in shipped_wordings() if pair[0].language == "de")
    with pytest.raises(BadTemplate) as refused:
        publish_template(
            actor=SYSTEM, language="de", raw={**raw, "body": raw["body"].replace("{{ court }}", "")}, at=court.now
        )
    assert refused.value.problems[0].code == "missing_placeholder"
    newer = publish_template(actor=SYSTEM, language="de", raw={**raw, "subject": "Neu: {{ item }}"}, at=court.now)
    decision = court.decide(court.person())
    assert (decision.statement.template, newer.number) == (newer, 2)
    assert decision.statement.subject.startswith("Neu: Ihr Angebot")


def test_an_item_in_a_language_without_template_is_explained_in_english(court: Court) -> None:
    decision = court.decide(court.person(), court.case(court.item(language="pl")))
    assert decision.statement.language == "en"
    assert FACTS in decision.statement.text
    assert Item.objects.get(pk=decision.item_id).language == "pl"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"facts": FACTS + "\x00"}, "/facts"),
        ({"note": "a\x00b"}, "/note"),
        ({"policy_codes": ("R-\x002",)}, "/policy_codes/0"),
        (
            {"enforcements": (EnforcementOrder("visibility", "other", description="a\x00"),)},
            "/enforcements/0/description",
        ),
    ],
)
def test_a_text_that_cannot_be_kept_is_named_and_nothing_is_decided(
    court: Court, changes: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(BadRuling) as refused:
        court.decide(court.person(), **changes)
    assert [problem.pointer for problem in refused.value.problems] == [pointer]
    assert Decision.objects.count() == 0
