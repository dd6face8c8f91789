"""What the few see of suspected threats; every look is recorded."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from piepowder.access.visibility import holds_whole, require_whole
from piepowder.duties.due import Due
from piepowder.duties.models import LifeAuthority, Threat, ThreatReport, ThreatView
from piepowder.duties.states import THREAT_FLOW, AuthorityKind, ThreatState
from piepowder.duties.threats.reporting import NoSuchThreat, reference_of
from piepowder.intake.media import NoSuchMedia, open_media
from piepowder.intake.models import StoredMedia
from piepowder.kernel.actor import Actor, ActorKind
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record


@dataclass(frozen=True, slots=True)
class ThreatPage:
    threat: Threat
    reference: str
    reports: Sequence[ThreatReport]
    views: Sequence[ThreatView]
    whom: Sequence[LifeAuthority]
    """Whom to tell: those of the Member State concerned, else everybody, Europol last."""
    may: tuple[str, ...]


def threats_list(actor: Actor) -> QuerySet[Threat]:
    """Every suspicion, open ones first; for the few."""
    require_whole(actor, Permission.THREAT_EDIT)
    return Threat.objects.select_related("item").order_by("closed_at", "-opened_at", "-id")


@transaction.atomic
def view_threat(*, actor: Actor, threat_id: UUID, at: datetime) -> ThreatPage:
    """One suspicion; that it was looked at, by whom and when, is kept. Raises ``NoSuchThreat``."""
    require_whole(actor, Permission.THREAT_EDIT)
    threat = Threat.objects.select_related("item").filter(pk=threat_id).first()
    if threat is None:
        raise NoSuchThreat(_("there is no such case"))
    if actor.kind is ActorKind.PERSON:
        ThreatView.objects.create(threat=threat, user_id=int(actor.ref), at=at)
    record(actor=actor, at=at, verb="threat.view", subject_kind="threat", subject_id=threat.pk, vendor="")
    return ThreatPage(
        threat=threat,
        reference=reference_of(threat),
        reports=list(threat.reports.select_related("authority").order_by("sent_at", "id")),
        views=list(threat.views.select_related("user")[:100]),
        whom=whom_to_tell(threat.country),
        may=THREAT_FLOW.allowed(ThreatState(threat.state)),
    )


def whom_to_tell(country: str) -> list[LifeAuthority]:
    """The authorities of the Member State concerned; when none is known there, all of them, and Europol (Art. 18(2))."""
    active = LifeAuthority.objects.filter(active=True)
    own = list(active.filter(country=country, kind=AuthorityKind.NATIONAL).order_by("name")) if country else []
    others = active.exclude(pk__in=[one.pk for one in own])
    europol = list(others.filter(kind=AuthorityKind.EUROPOL).order_by("name"))
    rest = list(others.filter(kind=AuthorityKind.NATIONAL).order_by("country", "name"))
    return [*own, *europol, *([] if own else rest)]


def life_authorities(actor: Actor) -> QuerySet[LifeAuthority]:
    require_whole(actor, Permission.THREAT_EDIT)
    return LifeAuthority.objects.order_by("-active", "country", "name")


def report_file(*, actor: Actor, report_id: UUID, at: datetime) -> bytes:
    """What was sent, as a ZIP to hand over: the words, and the stored files by their digests. Looking is recorded."""
    require_whole(actor, Permission.THREAT_EDIT)
    report = ThreatReport.objects.select_related("threat", "authority").filter(pk=report_id).first()
    if report is None:
        raise NoSuchThreat(_("there is no such report"))
    record(actor=actor, at=at, verb="threat.export", subject_kind="threat", subject_id=report.threat_id, vendor="")
    types = dict(StoredMedia.objects.filter(digest__in=report.evidence).values_list("digest", "content_type"))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        _write(archive, "report.txt", report.text.encode(), report.sent_at)
        lines = [f"{digest}  {types.get(digest, '?')}" for digest in report.evidence]
        _write(archive, "evidence/SHA256SUMS.txt", "\n".join(lines).encode(), report.sent_at)
        for digest in report.evidence:
            # What the storage has lost is still named among the sums.
            with suppress(NoSuchMedia), open_media(digest) as stored:
                _write(archive, f"evidence/{digest}", stored.read(), report.sent_at)
    return packed.getvalue()


def threat_dues(actor: Actor, *, until: datetime, limit: int) -> Iterable[Due]:
    """Suspicions that no authority was told of yet; one query, and nothing for those who may not see them."""
    if not holds_whole(actor, Permission.THREAT_EDIT):
        return []
    rows = Threat.objects.filter(state=ThreatState.OPEN, due_at__lt=until).order_by("due_at", "id")[:limit]
    return [
        Due(
            pack="eu_dsa",
            rule="threat_report",
            kind="threat",
            ref=str(one.pk),
            title=reference_of(one),
            started_at=one.learned_at,
            due_at=one.due_at,
            counted=one.due_rule,
            route="duties_threat",
            args=(str(one.pk),),
        )
        for one in rows
    ]


def _write(archive: zipfile.ZipFile, name: str, content: bytes, at: datetime) -> None:
    """With the time of the sending, so that the same report is the same file."""
    archive.writestr(zipfile.ZipInfo(name, at.timetuple()[:6]), content)
