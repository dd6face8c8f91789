"""Filing notices on a right: what was typed is kept as one batch, each line becomes a report bound to the right.

The first lines are filed at once, the rest by the job ``rights.file_claims``; what is done is done, whenever it stops.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from piepowder.access.visibility import require
from piepowder.intake.locations import items_at
from piepowder.intake.models import Item
from piepowder.intake.operations import report
from piepowder.intake.schemas import Notice, ReporterGiven
from piepowder.intake.states import ReporterKind
from piepowder.kernel.actor import Actor, ActorKind, Mandate, Scope
from piepowder.kernel.canonical import digest
from piepowder.kernel.errors import Conflict, PiepowderError
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record
from piepowder.policy.models import Policy
from piepowder.policy.queries import versions_in_force
from piepowder.rights.models import Claim, ClaimBatch, ClaimLine, CounterNotice, Right
from piepowder.rights.registering import NoSuchRight, as_stated
from piepowder.rights.senders import ANYBODY, Sender, check_notice, cleaned, known_sender
from piepowder.rights.states import KEYWORDS, CounterState, LineState, RightState
from piepowder.rights.telling import tell_received
from piepowder.rights.warnings import Claimed, RightAsItStands, warnings_of

AT_ONCE = 50
"""Lines filed in the call itself."""


class RightRetired(Conflict):
    """Nothing more can be claimed on it."""

    code = "right_retired"


class ClaimReferenceReused(Conflict):
    code = "claim_reference_reused"


@dataclass(frozen=True, slots=True)
class Filed:
    """``repeated`` when the same notice was there already."""

    batch: ClaimBatch
    repeated: bool


def file_claims(
    *,
    actor: Actor,
    right_id: UUID,
    sender: Sender,
    locations: Sequence[str],
    reason: str,
    good_faith: bool,
    at: datetime,
    evidence: Sequence[str] = (),
    language: str = "en",
    reference: str = "",
    policy_code: str = "",
) -> Filed:
    """Receive a notice on a right about the items at ``locations`` (addresses, ids, or ``kind:id``).

    The same content from the same source is received once. Raises ``BadClaims`` with a problem for each field,
    ``RightRetired``, ``ClaimReferenceReused`` for other content under a used reference, ``NoSuchRight``.
    """
    filed = _received(
        actor,
        right_id,
        sender,
        cleaned(locations),
        reason,
        good_faith,
        at,
        evidence=tuple(dict.fromkeys(evidence)),
        language=language,
        reference=reference,
        policy_code=policy_code,
    )
    if not filed.repeated:
        file_waiting(batch_id=filed.batch.pk, at=at, limit=AT_ONCE)
        filed.batch.refresh_from_db()
    return filed


@transaction.atomic
def _received(
    actor: Actor,
    right_id: UUID,
    sender: Sender,
    lines: list[str],
    reason: str,
    good_faith: bool,
    at: datetime,
    *,
    evidence: tuple[str, ...],
    language: str,
    reference: str,
    policy_code: str,
) -> Filed:
    notifier = _notifier(actor)
    right = Right.objects.filter(pk=right_id).first()
    if right is None:
        raise NoSuchRight(_("there is no such right"))
    sender, kind = known_sender(sender, right)
    check_notice(sender, lines, reason, good_faith, evidence, reference)
    source = f"{actor.kind.value}:{actor.ref}"[:80]
    content = digest([str(right_id), sender.ref, lines, reason, list(evidence)])
    earlier = _earlier(source, reference or content, content)
    if earlier is not None:
        return Filed(earlier, repeated=True)
    if right.state == RightState.RETIRED:
        raise RightRetired(_("this right is retired; nothing more can be claimed on it"))
    batch = ClaimBatch(
        right=right,
        sender_kind=kind,
        sender_ref=sender.ref,
        sender_name=sender.name,
        sender_email=sender.email,
        reason=reason,
        evidence=list(evidence),
        language=language,
        right_stated=as_stated(right),
        policy_code=policy_code or policy_for(right.type, at),
        reference=reference or content,
        digest=content,
        source=source,
        filed_by=_written(notifier),
        received_at=at,
        total=len(lines),
    )
    try:
        with transaction.atomic():
            batch.save(force_insert=True)
    except IntegrityError:
        # The same notice at the same moment: the other one is it.
        earlier = _earlier(source, reference or content, content)
        if earlier is None:
            raise
        return Filed(earlier, repeated=True)
    ClaimLine.objects.bulk_create(
        [ClaimLine(batch=batch, position=place, location=text) for place, text in enumerate(lines, 1)], batch_size=500
    )
    body: dict[str, Any] = {"right": str(right.pk), "sender": kind, "lines": len(lines)}
    record(actor=actor, at=at, verb="claims.receive", subject_kind="claim_batch", subject_id=batch.pk, **body)
    return Filed(batch, repeated=False)


def file_waiting(*, batch_id: UUID, at: datetime, limit: int) -> int:
    """File the next lines of a batch, each by itself; returns how many were settled. Nobody else is at it meanwhile."""
    with transaction.atomic():
        batch = ClaimBatch.objects.select_for_update(skip_locked=True, of=("self",)).filter(
            pk=batch_id, done_at__isnull=True
        ).select_related("right").first()  # fmt: skip
        if batch is None:
            return 0
        lines = list(batch.lines.filter(state=LineState.WAITING).order_by("position")[:limit])
        actor, right = _read(batch.filed_by), batch.right
        items = items_at([line.location for line in lines])
        authorised = _authorised(right, [item for item in items if item is not None])
        for line, item in zip(lines, items, strict=True):
            _file_line(actor, batch, right, line, item, authorised, at)
        ClaimLine.objects.bulk_update(lines, ["state", "problem", "item", "claim"])
        if len(lines) < limit or not batch.lines.filter(state=LineState.WAITING).exists():
            batch.done_at = at
            batch.save(update_fields=["done_at"])
            tell_received(batch=batch, at=at)
    return len(lines)


def policy_for(right_type: str, at: datetime) -> str:
    """The policy that is broken by infringing such a right: the first leaf with its keyword; empty when there is none."""
    keyword = KEYWORDS[right_type]
    codes = list(
        Policy.objects.filter(is_leaf=True, retired_at__isnull=True).order_by("position", "code").values_list("code", flat=True)
    )  # fmt: skip
    versions = versions_in_force(codes, "", at)
    return next((code for code in codes if code in versions and keyword in _keywords(versions[code].keywords)), "")


def _keywords(told: Sequence[str]) -> set[str]:
    return {one.removeprefix("KEYWORD_") for one in told}


def _file_line(
    actor: Actor,
    batch: ClaimBatch,
    right: Right,
    line: ClaimLine,
    item: Item | None,
    authorised: set[str],
    at: datetime,
) -> None:
    if item is None:
        line.state, line.problem = LineState.REFUSED, "unknown_item"
        return
    line.item = item
    same = Claim.objects.filter(right=right, item=item, report__judged_at__isnull=True)
    # Whoever only typed an address is not told what was claimed from that address before: it may be somebody else's.
    mine = Q(batch=batch) if actor.ref == ANYBODY else Q(batch__sender_ref=batch.sender_ref)
    open_claim = same.filter(mine).order_by("-filed_at").first()
    if open_claim is not None:
        line.state, line.claim = LineState.KNOWN, open_claim
        return
    try:
        receipt = report(actor=actor, notice=_notice(batch, line, item), at=at)
    except PiepowderError as error:
        line.state, line.problem = LineState.REFUSED, (error.problems[0].code if error.problems else error.code)[:40]
        return
    line.claim, new = Claim.objects.get_or_create(
        report_id=receipt.reports[0],
        defaults={
            "right": right,
            "batch": batch,
            "item": item,
            "seller_ref": item.seller_ref,
            "warnings": list(_warnings(batch, right, item, authorised, at)),
            "filed_at": at,
        },
    )
    line.state = LineState.FILED if new else LineState.KNOWN
    if new:
        body = {"right": str(right.pk), "report": str(line.claim.report_id), "item": str(item.pk)}
        more: dict[str, Any] = {**body, "warnings": line.claim.warnings}
        record(actor=actor, at=at, verb="claim.file", subject_kind="claim", subject_id=line.claim.pk, **more)


def _notice(batch: ClaimBatch, line: ClaimLine, item: Item) -> Notice:
    sender = ReporterGiven(ReporterKind.RIGHTS_HOLDER.value, batch.sender_ref, batch.sender_name, batch.sender_email)
    return Notice(
        reporter=sender,
        items=((item.kind, item.external_id),),
        basis="illegal",
        reason=batch.reason,
        good_faith=True,
        reference=f"{batch.pk}:{line.position}",
        policy_code=batch.policy_code,
        locations=(line.location,),
        evidence=tuple(batch.evidence),
        language=batch.language,
    )


def _warnings(batch: ClaimBatch, right: Right, item: Item, authorised: set[str], at: datetime) -> tuple[str, ...]:
    content = item.snapshot.content if item.snapshot else {}
    category = content.get("category", "")
    claimed = Claimed(
        market=item.market,
        category=category if isinstance(category, str) else "",
        seller_ref=item.seller_ref,
        seller_authorised=item.seller_ref in authorised,
    )
    stands = RightAsItStands(
        state=right.state,
        territories=right.territories,
        categories=right.categories,
        expires_on=right.expires_on,
        owner_ref=right.owner_ref,
        agent_ref=right.agent_ref,
        agent_until=right.agent_until,
    )
    return warnings_of(stands, claimed, batch.sender_kind, on=at.date())


def _authorised(right: Right, items: Sequence[Item]) -> set[str]:
    """The sellers of ``items`` of whom a counter-notice on this right was accepted. One query."""
    sellers = {item.seller_ref for item in items if item.seller_ref}
    accepted = CounterNotice.objects.filter(
        claim__right=right, state=CounterState.ACCEPTED, ground="authorised", seller_ref__in=sellers
    )
    return set(accepted.values_list("seller_ref", flat=True)) if sellers else set()


def _earlier(source: str, reference: str, content: str) -> ClaimBatch | None:
    same = ClaimBatch.objects.filter(source=source, digest=content).first()
    if same is None and ClaimBatch.objects.filter(source=source, reference=reference).exists():
        raise ClaimReferenceReused(_("this reference was used for another notice"))
    return same


def _notifier(actor: Actor) -> Actor:
    """``actor`` as somebody who may report wherever they may report, or keep the registry."""
    if not actor.may(Permission.REPORT_SUBMIT):
        require(actor, Permission.RIGHT_EDIT)
    if actor.kind is ActorKind.SYSTEM:
        return actor
    scopes = [*actor.scopes(Permission.REPORT_SUBMIT), *actor.scopes(Permission.RIGHT_EDIT)]
    permissions = frozenset({Permission.REPORT_SUBMIT})
    mandates = tuple(Mandate(permissions, Scope(markets=one.markets, languages=one.languages)) for one in scopes)
    return Actor(actor.kind, actor.ref, mandates, actor.vendor, actor.site, actor.team)


def _written(actor: Actor) -> dict[str, Any]:
    scopes = [[sorted(one.scope.markets), sorted(one.scope.languages)] for one in actor.mandates]
    return {"kind": actor.kind.value, "ref": actor.ref, "vendor": actor.vendor, "scopes": scopes}


def _read(kept: dict[str, Any]) -> Actor:
    permissions = frozenset({Permission.REPORT_SUBMIT})
    mandates = tuple(
        Mandate(permissions, Scope(markets=frozenset(markets), languages=frozenset(languages)))
        for markets, languages in kept["scopes"]
    )
    return Actor(ActorKind(kept["kind"]), kept["ref"], mandates, kept["vendor"])
