"""What is read about an item before it is ruled on: reports, detections, evidence, policies, the seller's address."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from uuid import UUID

from piepowder.database.prepared import Prepared
from piepowder.decisions.filling import short_title
from piepowder.decisions.states import Source
from piepowder.intake.models import Detection, Item, ItemMedia, Moment, Report, Snapshot
from piepowder.intake.states import Kind, MediaState, ReporterKind
from piepowder.outbox.models import Endpoint
from piepowder.outbox.states import Channel
from piepowder.policy.models import PolicyVersion
from piepowder.policy.queries import all_texts

STATEMENT_TOPIC = "statement.issued"


def source_of(item_id: UUID, *, since: datetime | None, at: datetime) -> Source:
    """What made us look, from the reports since ``since``; the weightiest kind of reporter counts.

    A suspended or lapsed trusted flagger's notice is a notice like any other.
    """
    kinds = {
        ReporterKind.USER.value if suspended is not None or (until is not None and until < at.date()) else kind
        for kind, suspended, until in _reporters(item_id, at, since or datetime.min.replace(tzinfo=UTC))
    }
    if ReporterKind.AUTHORITY in kinds:
        return Source.AUTHORITY
    if ReporterKind.TRUSTED_FLAGGER in kinds:
        return Source.TRUSTED_FLAGGER
    return Source.NOTICE if kinds else Source.OWN_INITIATIVE


_reporters = Prepared(
    lambda item, until, since: (
        Report.objects.filter(item_id=item, received_at__lte=until, received_at__gte=since)
        .values_list("reporter__kind", "reporter__suspended_at", "reporter__valid_until")
        .distinct()
    ),
    Report.item,
    Report.received_at,
    Report.received_at,
)
_found_in = Prepared(
    lambda snapshot: Detection.objects.filter(snapshot_id=snapshot).values_list("policy_code", flat=True),
    Detection.snapshot,
)
_stored_of = Prepared(
    lambda snapshot: (
        ItemMedia.objects.filter(snapshot_id=snapshot, state=MediaState.STORED)
        .order_by("position")
        .values_list("stored_id", flat=True)
    ),
    ItemMedia.snapshot,
)


def found_by_machine(snapshot_id: UUID, codes: Sequence[str], source: Source) -> bool:
    """Whether automated means pointed at what was ruled: a detection for a cited policy, or any when nobody reported."""
    found = _found_in(snapshot_id)
    if not codes:
        return bool(found)
    wanted = set(codes) if source is not Source.OWN_INITIATIVE else {*codes, ""}
    return not wanted.isdisjoint(found)


STREAM_EVIDENCE = 50
"""Of a livestream's pictures the newest so many are evidence."""


def evidence_of(snapshot: Snapshot, kind: str) -> list[str]:
    """Digests of the stored media of a snapshot, in order; of a livestream its newest pictures with them."""
    digests = [digest for digest in _stored_of(snapshot.pk) if digest]
    if kind == Kind.LIVESTREAM:
        pictures = Moment.objects.filter(item_id=snapshot.item_id, stored__isnull=False).order_by("-at_ms", "-id")
        newest = pictures.values_list("stored_id", flat=True)[:STREAM_EVIDENCE]
        digests += [digest for digest in reversed(newest) if digest]
    return list(dict.fromkeys(digests))


def words_of(versions: Iterable[PolicyVersion]) -> tuple[str, ...]:
    """Everything the policies say, in every language: what facts must not merely repeat."""
    return tuple(
        words
        for text in all_texts(versions)
        for words in (text.title, text.rule, text.recipient_text, text.reviewer_note)
        if words
    )


def names_of(item: Item) -> tuple[str, ...]:
    """What facts may call this item, for ``facts_key``."""
    return (item.title, short_title(item.title), item.external_id, item.seller_ref)


def email_of(item: Item) -> str:
    """Where a statement goes by e-mail: the address in the seller's own newest snapshot.

    Empty unless an e-mail endpoint names the topic: by default the marketplace forwards statements itself.
    """
    if not item.seller_ref:
        return ""
    named = Endpoint.objects.filter(channel=Channel.EMAIL, active=True).values_list("topics", flat=True)
    if not any(STATEMENT_TOPIC in topics for topics in named):
        return ""
    seller = Item.objects.filter(kind=Kind.SELLER, external_id=item.seller_ref).select_related("snapshot").first()
    content = seller.snapshot.content if seller is not None and seller.snapshot is not None else {}
    email = content.get("email", "")
    return email if isinstance(email, str) else ""
