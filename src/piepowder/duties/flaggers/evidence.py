"""Evidence that a trusted flagger sends many notices that are imprecise, inaccurate or unfounded (DSA Art. 22(6)).

A ZIP for the Digital Services Coordinator that gave the status: figures, and each notice that was judged unfounded with
what it said. Everything is the flagger's own; nobody else is named.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q

from piepowder.access.visibility import require_whole
from piepowder.duties.flaggers.reading import flagger_line
from piepowder.duties.models import ManifestFlag
from piepowder.duties.states import FlagState, MisuseSide
from piepowder.intake.models import Report
from piepowder.kernel.actor import Actor
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record

MOST_NOTICES = 10_000


@transaction.atomic
def evidence_pack(*, actor: Actor, reporter_id: UUID, at: datetime) -> bytes:
    """The pack as it stands at that moment; that it was made is recorded. Raises ``NoSuchReporter``."""
    require_whole(actor, Permission.MISUSE_EDIT)
    line = flagger_line(actor, reporter_id, at.date())
    reporter = line.reporter
    counted = Report.objects.filter(reporter=reporter).aggregate(
        sent=Count("pk"),
        judged=Count("pk", filter=Q(founded__isnull=False)),
        unfounded=Count("pk", filter=Q(founded=False)),
    )
    manifest = set(
        ManifestFlag.objects.filter(side=MisuseSide.NOTICE, reporter=reporter, state=FlagState.CONFIRMED).values_list(
            "about_id", flat=True
        )
    )
    unfounded = Report.objects.filter(reporter=reporter, founded=False).select_related("item")
    notices = [_notice(one, one.pk in manifest) for one in unfounded.order_by("received_at", "pk")[:MOST_NOTICES]]
    summary = {
        "platform": settings.MARKETPLACE_NAME,
        "made_at": at.isoformat(),
        "trusted_flagger": {
            "id": reporter.external_ref,
            "name": reporter.name,
            "awarded_by": reporter.awarded_by,
            "areas": reporter.areas,
            "valid_until": reporter.valid_until.isoformat() if reporter.valid_until else None,
            "priority_suspended_at": reporter.suspended_at.isoformat() if reporter.suspended_at else None,
        },
        "notices": counted | {"manifestly_unfounded": len(manifest)},
        "founded_share": {
            "last_judged": line.accuracy.judged,
            "founded": line.accuracy.founded,
        },
    }
    record(
        actor=actor, at=at, verb="reporter.evidence", subject_kind="reporter", subject_id=reporter.pk,
        notices=len(notices), unfounded=counted["unfounded"],
    )  # fmt: skip
    return _packed({"summary.json": summary, "unfounded-notices.json": notices}, at)


def _notice(report: Report, is_manifest: bool) -> dict[str, Any]:
    return {
        "id": str(report.pk),
        "received_at": report.received_at.isoformat(),
        "judged_at": report.judged_at.isoformat() if report.judged_at else None,
        "item": {"kind": report.item.kind, "id": report.item.external_id},
        "policy": report.policy_code,
        "basis": report.basis,
        "reason": report.reason,
        "locations": report.locations,
        "manifestly_unfounded": is_manifest,
    }


def _packed(files: dict[str, Any], at: datetime) -> bytes:
    packed, sums = io.BytesIO(), []
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            written = orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
            sums.append(f"{hashlib.sha256(written).hexdigest()}  {name}")
            archive.writestr(zipfile.ZipInfo(name, at.timetuple()[:6]), written)
        archive.writestr(zipfile.ZipInfo("SHA256SUMS", at.timetuple()[:6]), "\n".join(sums))
    return packed.getvalue()
