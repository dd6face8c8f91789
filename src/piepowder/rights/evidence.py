"""The evidence of one claim in one file, for an owner, an authority or a court: what was claimed, seen, judged and said.

A zip whose every file stands in ``manifest.json`` with its SHA-256. It names no one who works here, and holds no e-mail
address. The same claim in the same state is the same file, byte by byte.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import orjson

from piepowder.decisions.models import Decision
from piepowder.decisions.states import DecisionState
from piepowder.intake.media import NoSuchMedia, open_media
from piepowder.intake.models import ItemMedia, ReportEvidence, Snapshot, StoredMedia
from piepowder.rights.models import Claim, CounterEvidence, CounterNotice, RightEvidence
from piepowder.rights.registering import as_stated

_STAMP = (1980, 1, 1, 0, 0, 0)
_CHUNK = 256 * 1024
_ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/gif": "gif", "application/pdf": "pdf"}
_ENDINGS |= {"video/mp4": "mp4", "video/webm": "webm"}


def evidence_pack(claim: Claim) -> bytes:
    """The whole pack in memory; ``write_pack`` for large ones."""
    file = io.BytesIO()
    write_pack(claim, file)
    return file.getvalue()


def write_pack(claim: Claim, file: IO[bytes]) -> None:
    """Write the pack into ``file``. The caller has seen to it that whoever asks may see the claim."""
    decisions = list(
        Decision.objects.filter(item_id=claim.item_id, decided_at__gte=claim.filed_at)
        .exclude(state=DecisionState.WITHDRAWN)
        .select_related("statement", "snapshot")
        .prefetch_related("citations__version__policy", "enforcements")
        .order_by("decided_at", "id")
    )
    judged = decisions[0].snapshot if decisions else claim.report.snapshot
    counters = list(claim.counters.order_by("filed_at", "id"))
    manifest: dict[str, Any] = {}
    with ZipFile(file, "w") as pack:
        texts = {
            "right.json": _right(claim),
            "notice.json": _notice(claim),
            "snapshot.json": _snapshot(claim, judged),
            "decisions.json": [_decision(one) for one in decisions],
            "counter-notices.json": [_counter(one) for one in counters],
            "timeline.json": _timeline(claim, decisions, counters),
        }
        for name, content in texts.items():
            _put(pack, manifest, name, orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))
        for number, one in enumerate(decisions, 1):
            statement = getattr(one, "statement", None)
            if statement is not None and statement.text:
                text = f"{statement.subject}\n\n{statement.text}\n"
                _put(pack, manifest, f"statement-{number}.txt", text.encode())
        missing = [stored.digest for stored in _media(claim, judged, counters) if not _keep(pack, manifest, stored)]
        body = {"claim": str(claim.pk), "files": manifest, "missing_media": missing}
        _write(pack, "manifest.json", orjson.dumps(body, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))


def _right(claim: Claim) -> dict[str, Any]:
    right = claim.right
    files = RightEvidence.objects.filter(right=right).order_by("id").values_list("about", "stored_id")
    return {
        "now": as_stated(right) | {"verified_at": _iso(right.verified_at), "retired_at": _iso(right.retired_at)},
        "when_claimed": claim.batch.right_stated,
        "owner": right.owner_name,
        "agent": right.agent_name,
        "files": [{"about": about, "sha256": digest} for about, digest in files],
    }


def _notice(claim: Claim) -> dict[str, Any]:
    report = claim.report
    return {
        "report": str(report.pk),
        "received_at": _iso(claim.batch.received_at),
        "filed_at": _iso(claim.filed_at),
        "sender": claim.batch.sender_kind,
        "reason": report.reason,
        "locations": report.locations,
        "evidence": report.evidence,
        "good_faith": report.good_faith,
        "policy": report.policy_code,
        "warnings": claim.warnings,
    }


def _snapshot(claim: Claim, snapshot: Snapshot) -> dict[str, Any]:
    item = claim.item
    return {
        "kind": item.kind,
        "id": item.external_id,
        "market": item.market,
        "seller": claim.seller_ref,
        "number": snapshot.number,
        "received_at": _iso(snapshot.received_at),
        "sha256": snapshot.digest,
        "content": snapshot.content,
        "media": [
            {"position": one.position, "role": one.role, "url": one.url, "sha256": one.stored_id or ""}
            for one in ItemMedia.objects.filter(snapshot=snapshot).order_by("position")
        ],
    }


def _decision(one: Decision) -> dict[str, Any]:
    return {
        "decision": str(one.pk),
        "snapshot": one.snapshot.number,
        "outcome": one.outcome,
        "ground": one.ground,
        "facts": one.facts,
        "state": one.state,
        "decided_at": _iso(one.decided_at),
        "by": "machine" if one.machine else "person",
        "policies": [[row.version.policy.code, row.version.number] for row in one.citations.all()],
        "restrictions": [
            {
                "family": row.family,
                "measure": row.measure,
                "territories": row.territories,
                "state": row.state,
                "starts_at": _iso(row.starts_at),
                "ends_at": _iso(row.ends_at),
            }
            for row in one.enforcements.all()
        ],
    }


def _counter(one: CounterNotice) -> dict[str, Any]:
    files = CounterEvidence.objects.filter(counter=one).order_by("id").values_list("stored_id", flat=True)
    return {
        "ground": one.ground,
        "text": one.text,
        "state": one.state,
        "filed_at": _iso(one.filed_at),
        "answered_at": _iso(one.answered_at),
        "answer": one.answer,
        "files": list(files),
    }


def _timeline(claim: Claim, decisions: Iterable[Decision], counters: Iterable[CounterNotice]) -> list[dict[str, Any]]:
    events: list[tuple[datetime | None, str]] = [
        (claim.right.registered_at, "right registered"),
        (claim.right.verified_at, "right verified"),
        (claim.batch.received_at, "notice received"),
        (claim.filed_at, "claim filed"),
        (claim.right.retired_at, "right retired"),
    ]
    for one in decisions:
        events += [(one.decided_at, f"decided: {one.outcome}"), (one.overturned_at, "decision overturned")]
        events += [(row.dispatched_at, f"in force: {row.measure}") for row in one.enforcements.all()]
        events += [(row.reversed_at, f"reversed: {row.measure}") for row in one.enforcements.all()]
    for counter in counters:
        events += [(counter.filed_at, "counter-notice filed"), (counter.answered_at, f"counter-notice {counter.state}")]
    told = sorted(((at, what) for at, what in events if at is not None), key=lambda one: one[0])
    return [{"at": at.isoformat(), "what": what} for at, what in told]


def _media(claim: Claim, snapshot: Snapshot, counters: Iterable[CounterNotice]) -> Iterator[StoredMedia]:
    """Every stored file that the pack speaks of, each once, by digest."""
    digests: set[str] = set()
    for rows in (
        ItemMedia.objects.filter(snapshot=snapshot, stored__isnull=False),
        ReportEvidence.objects.filter(report_id=claim.report_id),
        RightEvidence.objects.filter(right_id=claim.right_id),
        CounterEvidence.objects.filter(counter__in=list(counters)),
    ):
        digests.update(rows.values_list("stored_id", flat=True))
    yield from StoredMedia.objects.filter(digest__in=digests).order_by("digest")


def _keep(pack: ZipFile, manifest: dict[str, Any], stored: StoredMedia) -> bool:
    """Copy one file bit by bit; ``False`` when the storage has lost it."""
    name = f"media/{stored.digest}.{_ENDINGS.get(stored.content_type, 'bin')}"
    try:
        source = open_media(stored.digest)
    except NoSuchMedia:
        return False
    seen = hashlib.sha256()
    with source, pack.open(_entry(name, ZIP_STORED), "w") as target:
        while chunk := source.read(_CHUNK):
            seen.update(chunk)
            target.write(chunk)
    manifest[name] = {"sha256": seen.hexdigest(), "bytes": stored.size}
    return True


def _put(pack: ZipFile, manifest: dict[str, Any], name: str, content: bytes) -> None:
    manifest[name] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    _write(pack, name, content)


def _write(pack: ZipFile, name: str, content: bytes) -> None:
    with pack.open(_entry(name, ZIP_DEFLATED), "w") as target:
        target.write(content)


def _entry(name: str, compression: int) -> ZipInfo:
    entry = ZipInfo(name, _STAMP)
    entry.compress_type = compression
    entry.external_attr = 0o644 << 16
    return entry


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
