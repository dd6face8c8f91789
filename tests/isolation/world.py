"""A marketplace whose two BPO vendors did everything there is to do, and left their mark in every word they wrote.

Everything is made by the operations. Whatever belongs to a vendor (codes, names, addresses, reasons, notes, drafts, facts)
carries the vendor's mark, so that one mark in an answer to the other vendor is a leak.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from piepowder import wiring
from piepowder.access.models import Role, Site, Team, User, Vendor
from piepowder.access.operations import (
    PersonFields,
    add_person,
    create_key,
    create_site,
    create_team,
    create_vendor,
    give,
)
from piepowder.access.queries import actor_for
from piepowder.access.roles import SHIPPED
from piepowder.appeals import operations as appeals
from piepowder.correspondence import operations as correspondence
from piepowder.decisions import operations as decisions
from piepowder.decisions.ruling import EnforcementOrder, Ruling
from piepowder.duties import operations as duties
from piepowder.http.keys import forget_keys
from piepowder.intake import operations as intake
from piepowder.intake.models import Item
from piepowder.intake.schemas import Submitted, parse_notice, parse_submission
from piepowder.intake.schemas.values import Notice
from piepowder.kernel.actor import EVERYWHERE, SYSTEM, Actor, Scope
from piepowder.kernel.permissions import Permission
from piepowder.ledger.jobs import seal_facts
from piepowder.outbox import operations as outbox
from piepowder.outbox.models import Delivery
from piepowder.review import operations as review
from piepowder.review.models import Case
from piepowder.review.reference import forget

HOUSE = "house"
ACME, ZENITH = "qxacme", "qxzenith"
BPOS = (ACME, ZENITH)
PASSWORD = "a fair trial at the market"
POLICY = "M-1"
_LONG = 6 * 3600
SELLER = review.About("seller", seller_ref="S-1")

# A picture of one pixel.
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


@dataclass
class Firm:
    """What one vendor has: its people by role, its key, and the things that a stranger might ask for by id."""

    vendor: Vendor
    site: Site
    team: Team
    people: dict[str, User] = field(default_factory=dict)
    key: str = ""
    key_prefix: str = ""
    cases: dict[str, UUID] = field(default_factory=dict)
    leases: list[UUID] = field(default_factory=list)
    decisions: list[UUID] = field(default_factory=list)
    proposals: list[UUID] = field(default_factory=list)
    opinions: list[UUID] = field(default_factory=list)
    batches: list[UUID] = field(default_factory=list)
    items: list[UUID] = field(default_factory=list)
    grants: list[int] = field(default_factory=list)
    notes: list[UUID] = field(default_factory=list)
    letters: list[UUID] = field(default_factory=list)
    appeals: list[UUID] = field(default_factory=list)


@dataclass
class World:
    now: datetime
    firms: dict[str, Firm] = field(default_factory=dict)
    deliveries: list[UUID] = field(default_factory=list)
    digest: str = ""


def build(now: datetime) -> World:
    """The marketplace two hours after it opened; ``now`` should be the present, because leases run in it."""
    forget()
    forget_keys()
    opened = now - timedelta(hours=2)
    world = World(now)
    wiring.load_shipped(at=opened)
    outbox.save_endpoint(
        actor=SYSTEM,
        at=opened,
        code="hook",
        name="The marketplace",
        url="http://127.0.0.1:9/hook",
        allow_private=True,
    )
    # Leases outlast the slowest run: one that ends in its middle would be given back by whoever claims next.
    review.save_queue(actor=SYSTEM, at=opened, code="specialists", name="Specialists", lease_s=_LONG)
    review.save_queue(
        actor=SYSTEM, at=opened, code="listings", name="Listings", escalates_to="specialists", lease_s=_LONG
    )
    for severity in range(4):
        review.set_target(actor=SYSTEM, at=opened, queue_code="listings", severity=severity, target_s=3600)
    review.publish_routing(
        actor=SYSTEM, at=opened, rules=[{"name": "Everything", "when": {}, "then": {"queue": "listings"}}]
    )
    world.digest = intake.store_upload(actor=SYSTEM, content=PIXEL, at=opened).digest
    for code in (HOUSE, *BPOS):
        world.firms[code] = _firm(code, opened)
    for code in BPOS:
        _work(world, code)
    groups = [str(decision) for code in BPOS for decision in world.firms[code].decisions]
    sent = Delivery.objects.filter(message__group_ref__in=groups).order_by("pk")
    world.deliveries = list(sent.values_list("pk", flat=True))
    _submit(opened, [_listing("common-1"), _listing("common-2")])
    seal_facts(now=now)
    forget()
    return world


def _firm(code: str, at: datetime) -> Firm:
    kind = "in_house" if code == HOUSE else "bpo"
    vendor = create_vendor(actor=SYSTEM, code=code, name=f"{code} incorporated", kind=kind, at=at)
    site = create_site(
        actor=SYSTEM,
        vendor=vendor,
        code=f"{code}-site",
        name=f"{code} place",
        country="IE",
        timezone="Europe/Dublin",
        at=at,
    )
    team = create_team(actor=SYSTEM, site=site, code=f"{code}-team", name=f"{code} crew", at=at)
    firm = Firm(vendor, site, team)
    for role in SHIPPED:
        fields = PersonFields(
            email=f"{role}@{code}.example", name=f"{code} {role}", vendor=vendor, site=site, team=team, languages=["en"]
        )
        user = add_person(actor=SYSTEM, fields=fields, at=at, password=PASSWORD)
        granted = give(actor=SYSTEM, user=user, role=Role.objects.get(code=role), scope=EVERYWHERE, at=at)
        firm.people[role] = user
        firm.grants.append(granted.pk)
    made = create_key(
        actor=SYSTEM,
        name=f"{code} key",
        permissions=list(Permission),
        at=at,
        expires_at=at + timedelta(days=30),
        scope=EVERYWHERE if code == HOUSE else Scope(vendors=frozenset({code})),
    )
    firm.key, firm.key_prefix = made.secret, made.key.prefix
    return firm


def _listing(number: str) -> dict[str, Any]:
    return {
        "kind": "listing",
        "id": f"L-{number}",
        "market": "DE",
        "language": "en",
        "seller": "S-1",
        "content": {"title": f"Thing {number}", "images": []},
    }


def _submit(at: datetime, raw: Iterable[dict[str, Any]]) -> list[UUID]:
    read = [parse_submission(one) for one in raw]
    good = [one for one in read if isinstance(one, Submitted)]
    assert len(good) == len(read), read
    outcomes = intake.receive(actor=SYSTEM, submissions=good, at=at)
    return [outcome.item_id for outcome in outcomes if outcome.item_id]


WAYS = (
    "decided", "withdrawn", "held", "skipped", "drafted", "transferred", "escalated", "released", "left", "taken_back",
    "proposed", "opined",
)  # fmt: skip


def _work(world: World, code: str) -> None:
    """Have the vendor's people do everything with a case of its own each, and say something each time."""
    firm, opened = world.firms[code], world.now - timedelta(hours=1)
    number = BPOS.index(code) + 1
    listings = [_listing(f"{way}-{number}") for way in WAYS]
    for one in listings:
        one["content"]["images"] = [f"sha256:{world.digest}"]
    firm.items = _submit(opened, listings)
    firm.cases = {way: Case.objects.get(item_id=item).pk for way, item in zip(WAYS, firm.items, strict=True)}
    _report(opened, listings[0]["id"], number=number)
    bench = _actor(firm, "moderator")
    review.set_availability(actor=bench, state="available", at=opened)
    firm.letters = [_letter(firm, opened)]
    duties.raise_threat(
        actor=_actor(firm, "team_lead"), summary=f"{code}: he wrote that he will come", item_id=firm.items[0], at=opened
    )
    later = iter(world.now - timedelta(minutes=40) + timedelta(minutes=number) for number in range(40))

    def claim(way: str, at: datetime) -> UUID:
        return review.claim_case(actor=bench, case_id=firm.cases[way], at=at).lease_id

    at = next(later)
    firm.decisions.append(
        decisions.decide(actor=bench, lease_id=claim("decided", at), ruling=_ruling(firm, 0), at=at).pk
    )
    at = next(later)
    issued = decisions.decide(actor=bench, lease_id=claim("withdrawn", at), ruling=_ruling(firm, 1), at=at)
    firm.decisions.append(issued.pk)
    decisions.withdraw(actor=bench, decision_id=issued.pk, at=at)
    at = next(later)
    until = world.now + timedelta(days=1)
    asked = review.Ask("legal", f"{code} asks whether this is lawful")
    review.hold(actor=bench, lease_id=claim("held", at), at=at, until=until, reason=f"{code} holds", question=asked)
    at = next(later)
    review.skip(actor=bench, lease_id=claim("skipped", at), at=at, reason=f"{code} skips")
    at = next(later)
    review.transfer(
        actor=bench, lease_id=claim("transferred", at), at=at, queue_code="specialists", reason=f"{code} moves"
    )
    at = next(later)
    review.escalate(actor=bench, lease_id=claim("escalated", at), at=at, reason=f"{code} hands up")
    at = next(later)
    review.release(actor=bench, lease_id=claim("released", at), at=at, reason=f"{code} lets go")
    at = next(later)
    lease = claim("left", at)
    review.save_draft(actor=bench, lease_id=lease, content={"facts": f"{code} typed", "note": f"{code} note"}, at=at)
    review.release(actor=bench, lease_id=lease, at=at)
    at = next(later)
    claim("taken_back", at)
    lead = _actor(firm, "team_lead")
    review.release(actor=lead, case_id=firm.cases["taken_back"], at=at, reason=f"{code} lead takes back")
    firm.notes = [_note(firm, review.About("case", firm.cases["decided"]), at), _note(firm, SELLER, at)]
    at = next(later)
    account = replace(_ruling(firm, WAYS.index("proposed")), enforcements=(EnforcementOrder("account", "terminated"),))
    proposed = decisions.judge(actor=bench, lease_id=claim("proposed", at), ruling=account, at=at).proposal
    at = next(later)
    heard = _ruling(firm, WAYS.index("opined"))
    opined = decisions.judge(actor=bench, lease_id=claim("opined", at), ruling=heard, at=at, second=True).opinion
    assert proposed is not None
    assert opined is not None
    batch = decisions.open_batch(actor=lead, case_ids=[firm.cases["decided"], firm.cases["opined"]], at=at)
    said = {firm.cases["opined"]: f"{code} says the same of each of them."}
    decisions.plan_batch(actor=lead, batch_id=batch.pk, ruling=heard, facts=f"{code} says", facts_of=said, at=at)
    firm.proposals, firm.opinions, firm.batches = [proposed.pk], [opined.pk], [batch.pk]
    firm.appeals = [_appeal(firm, next(later))]
    firm.leases.append(claim("drafted", world.now))
    content = {"facts": f"{code} types", "note": f"{code} notes"}
    review.save_draft(actor=bench, lease_id=firm.leases[0], content=content, at=world.now)


def _appeal(firm: Firm, at: datetime) -> UUID:
    """Against the firm's own decision, heard by its own specialist, who asks and adds in words of the firm's own."""
    mark = firm.vendor.code
    filed = appeals.file(
        actor=SYSTEM,
        decision_id=firm.decisions[0],
        complainant=appeals.Complainant("recipient", "S-1"),
        text=f"{mark} was wrong about this.",
        language="en",
        at=at,
    )
    hearer = _actor(firm, "appeals_specialist")
    appeals.take(actor=hearer, appeal_id=filed.pk, at=at)
    appeals.add_evidence(actor=hearer, appeal_id=filed.pk, side="house", text=f"{mark} looked again.", at=at)
    appeals.ask(actor=hearer, appeal_id=filed.pk, text=f"{mark} asks which picture is meant.", at=at)
    return filed.pk


def keep_busy(world: World, code: str, *, at: datetime) -> None:
    """Have the vendor do what concerns nobody else: nothing enters or leaves the work that waits for everybody."""
    firm = world.firms[code]
    bench, lead = _actor(firm, "moderator"), _actor(firm, "team_lead")
    index = WAYS.index("drafted")
    decisions.decide(actor=bench, lease_id=firm.leases[0], ruling=_ruling(firm, index), at=at)
    _note(firm, SELLER, at)
    review.set_availability(actor=bench, state="break", at=at)
    review.set_availability(actor=lead, state="available", at=at)
    create_team(actor=SYSTEM, site=firm.site, code=f"{code}-night", name=f"{code} night crew", at=at)
    fields = PersonFields(email=f"new@{code}.example", name=f"{code} newcomer", vendor=firm.vendor, site=firm.site)
    add_person(actor=SYSTEM, fields=fields, at=at)


def _note(firm: Firm, about: review.About, at: datetime) -> UUID:
    """A note that calls the firm's own lead, and in vain everybody's."""
    text = f"{firm.vendor.code} notes, @" + " @".join(f"{code} team_lead" for code in (HOUSE, firm.vendor.code))
    return review.write_note(actor=_actor(firm, "moderator"), about=about, text=text, at=at).pk


def _letter(firm: Firm, at: datetime) -> UUID:
    """To the seller whom everybody knows, in words of the firm's own."""
    mark = firm.vendor.code
    values = {"reference": mark, "received_at": at.isoformat(), "items": f"{mark} item", "reason": f"{mark} reason"}
    return correspondence.send(
        actor=_actor(firm, "moderator"),
        event="report.received",
        recipient=correspondence.Recipient(correspondence.RecipientKind.SELLER, "S-1", name=f"{mark} says Sir"),
        about=("case", str(firm.cases["decided"])),
        values=values,
        at=at,
        item_id=firm.items[0],
    ).pk


def _ruling(firm: Firm, index: int) -> Ruling:
    item = Item.objects.get(pk=firm.items[index])
    assert item.snapshot_id is not None
    return Ruling(
        outcome="violation",
        snapshot_id=item.snapshot_id,
        policy_codes=(POLICY,),
        ground="terms",
        facts=f"Picture {index + 1} shows what {firm.vendor.code} recognised as another thing than the title says.",
        note=f"{firm.vendor.code} remark",
        enforcements=(EnforcementOrder("visibility", "content_removed"),),
    )


def _report(at: datetime, external_id: str, *, number: int) -> None:
    raw = {
        "reporter": {"kind": "user", "id": f"U-{number}", "name": "Ann", "email": "ann@mail.example"},
        "items": [{"kind": "listing", "id": external_id}],
        "basis": "terms",
        "reason": "It should not be sold.",
        "good_faith": True,
    }
    notice = parse_notice(raw)
    assert isinstance(notice, Notice), notice
    intake.report(actor=SYSTEM, notice=notice, at=at)


def _actor(firm: Firm, role: str) -> Actor:
    return actor_for(firm.people[role], now=datetime.max.replace(tzinfo=firm.people[role].joined_at.tzinfo))
