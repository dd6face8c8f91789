"""Receiving notices that something breaks the law or the terms (DSA Art. 16)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from piepowder.access.visibility import require
from piepowder.intake.events import ReportArrived, ReportsReceived
from piepowder.intake.models import Item, Report, Reporter, ReportEvidence
from piepowder.intake.pausing import paused_until
from piepowder.intake.reporters import ensure_reporter, known_reporter, ref_of, trust_of
from piepowder.intake.rows import stored_digests
from piepowder.intake.schemas import Notice
from piepowder.intake.states import PausedWhat, PausedWhose, ReporterKind
from piepowder.kernel.actor import Actor, Place
from piepowder.kernel.canonical import digest
from piepowder.kernel.errors import Conflict, FieldProblem, Refused
from piepowder.kernel.events import publish
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import Entry, record_many
from piepowder.policy.models import Policy
from piepowder.policy.queries import version_in_force

# Notices of the offences in Arts 3 to 7 of this directive need no name and no e-mail (DSA Art. 16(2)(c)).
_NO_CONTACT_NEEDED = "2011/93"
_TRIES = 4


class NoticeRefused(Refused):
    """The notice can be read, but it names something that is not there, or lacks what the law wants it to have."""

    code = "notice_refused"


class ReferenceReused(Conflict):
    """The sender has used this reference for a notice that says something else."""

    code = "reference_reused"


@dataclass(frozen=True, slots=True)
class ReportReceipt:
    """What the reporter is told: one report for each item; ``duplicate`` when the notice had been received before."""

    reference: str
    received_at: datetime
    reports: tuple[UUID, ...]
    duplicate: bool


def report(*, actor: Actor, notice: Notice, at: datetime) -> ReportReceipt:
    """Receive a notice: one report for each item, told to the packages above in the same transaction.

    While the reporter's notices are set aside for misuse, a notice is kept and nobody is told of it.
    The same content is received once; the first receipt is given again. Raises ``NoticeRefused`` with a problem for each
    field that is at fault, ``ReferenceReused`` for other content under a reference of the same sender, ``NotPermitted``
    where the actor may not report.
    """
    for attempt in range(_TRIES):
        try:
            with transaction.atomic():
                return _report(actor, notice, at)
        except IntegrityError:
            # The same notice, or the same new reporter, at the same moment: the second look finds the first.
            if attempt == _TRIES - 1:
                raise
    raise AssertionError("unreachable")


def _report(actor: Actor, notice: Notice, at: datetime) -> ReportReceipt:
    require(actor, Permission.REPORT_SUBMIT)
    source = f"{actor.kind.value}:{actor.ref}"[:80]
    content = notice_digest(notice)
    reference = notice.reference or content
    if earlier := _earlier(source, reference, content):
        return earlier
    items = _items(notice)
    for item in items:
        require(actor, Permission.REPORT_SUBMIT, Place(market=item.market, language=item.language))
    _check(notice, items, at)
    reporter = ensure_reporter(notice.reporter)
    reports = [
        Report(
            reference=reference,
            digest=content,
            item=item,
            snapshot_id=_newest(item),
            reporter=reporter,
            basis=notice.basis,
            policy_code=notice.policy_code,
            reason=notice.reason,
            locations=list(notice.locations),
            evidence=list(notice.evidence),
            good_faith=notice.good_faith,
            language=notice.language,
            received_at=at,
            source=source,
        )
        for item in items
    ]
    Report.objects.bulk_create(reports)
    uploads = _uploads(notice)
    ReportEvidence.objects.bulk_create(
        ReportEvidence(report=one, stored_id=upload) for one in reports for upload in uploads.values()
    )
    trust = trust_of(reporter, notice.policy_code, at)
    record_many(actor=actor, at=at, entries=[_fact(one, reporter, trust) for one in reports])
    if paused_until(PausedWhose.REPORTER, reporter.pk, PausedWhat.NOTICES, at) is None:
        publish(ReportsReceived(tuple(_arrived(one, reporter, trust) for one in reports), at, actor))
    return ReportReceipt(reference, at, tuple(one.id for one in reports), duplicate=False)


def notice_digest(notice: Notice) -> str:
    """Over what a notice says and who says it. An e-mail address goes in only as a keyed digest."""
    return digest(
        [
            notice.reporter.kind,
            ref_of(notice.reporter),
            sorted(notice.items),
            notice.basis,
            notice.policy_code,
            notice.reason,
            list(notice.locations),
            list(notice.evidence),
        ]
    )


def _earlier(source: str, reference: str, content: str) -> ReportReceipt | None:
    known = Report.objects.filter(Q(source=source, reference=reference) | Q(digest=content))
    same = known.filter(digest=content).order_by("received_at", "id")
    first = same.first()
    if first is None:
        if known.exists():
            # To call it received would lose it.
            problem = FieldProblem("/reference", ReferenceReused.code, "'reference' came with another notice before")
            raise ReferenceReused("this reference was used for another notice", problems=[problem])
        return None
    reports = same.filter(source=first.source, reference=first.reference).values_list("id", flat=True)
    return ReportReceipt(first.reference, first.received_at, tuple(reports), duplicate=True)


def _items(notice: Notice) -> list[Item]:
    wanted = Q(pk__in=[])
    for kind, external_id in notice.items:
        wanted |= Q(kind=kind, external_id=external_id)
    found = {(item.kind, item.external_id): item for item in Item.objects.filter(wanted)}
    problems = [
        FieldProblem(f"/items/{index}", "unknown_item", f"there is no {kind} with the id '{external_id}'")
        for index, (kind, external_id) in enumerate(notice.items)
        if (kind, external_id) not in found
    ]
    if problems:
        raise NoticeRefused("the notice names items that are not known here", problems=problems)
    return [found[key] for key in notice.items]


def _uploads(notice: Notice) -> dict[int, str]:
    """The digests of uploads among the evidence, each once, with their places."""
    found = {piece[7:]: index for index, piece in enumerate(notice.evidence) if piece.startswith("sha256:")}
    return {index: upload for upload, index in found.items()}


def _newest(item: Item) -> UUID:
    assert item.snapshot_id is not None, "an item is stored together with its first snapshot"
    return item.snapshot_id


def _check(notice: Notice, items: list[Item], at: datetime) -> None:
    problems = []
    if notice.policy_code and not Policy.objects.filter(code=notice.policy_code, is_leaf=True).exists():
        detail = f"'policy' names {notice.policy_code}, which is no policy"
        problems.append(FieldProblem("/policy", "unknown_policy", detail))
    stored = stored_digests(_uploads(notice).values())
    for index, upload in _uploads(notice).items():
        if upload not in stored:
            detail = f"nothing was uploaded with the digest {upload}"
            problems.append(FieldProblem(f"/evidence/{index}", "unknown_upload", detail))
    known = known_reporter(notice.reporter)
    if notice.reporter.kind == ReporterKind.TRUSTED_FLAGGER and known is None:
        detail = "no trusted flagger is registered with this id"
        problems.append(FieldProblem("/reporter/id", "unknown_flagger", detail))
    elif not problems and not _contact_optional(notice, items, at):
        problems += _missing_contact(notice, known)
    if problems:
        raise NoticeRefused("the notice cannot be received like this", problems=problems)


def _contact_optional(notice: Notice, items: list[Item], at: datetime) -> bool:
    if not notice.policy_code:
        return False
    versions = (version_in_force(notice.policy_code, item.market, at) for item in items)
    return any(version is not None and _NO_CONTACT_NEEDED in version.legal_reference for version in versions)


def _missing_contact(notice: Notice, known: Reporter | None) -> list[FieldProblem]:
    """A name and an e-mail address, given now or kept from before; for a breach of the terms an account's id is enough."""
    if notice.basis == "terms" and notice.reporter.ref:
        return []
    given = {"name": notice.reporter.name, "email": notice.reporter.email}
    missing = [field for field, value in given.items() if not value and not (known and getattr(known, field))]
    detail = "is needed in a notice, except about the sexual abuse of children (Directive 2011/93/EU)"
    return [FieldProblem(f"/reporter/{field}", "contact_missing", f"'reporter.{field}' {detail}") for field in missing]


def _fact(one: Report, reporter: Reporter, trust: int) -> Entry:
    body = {
        "item": str(one.item_id),
        "snapshot": str(one.snapshot_id),
        "reporter": str(reporter.id),
        "reporter_kind": reporter.kind,
        "trust": trust,
        "basis": one.basis,
        "policy": one.policy_code,
        "digest": one.digest,
    }
    return Entry("report.receive", "report", str(one.id), body)


def _arrived(one: Report, reporter: Reporter, trust: int) -> ReportArrived:
    return ReportArrived(
        report_id=one.id,
        item_id=one.item_id,
        snapshot_id=one.snapshot_id,
        policy_code=one.policy_code,
        basis=one.basis,
        reporter_kind=reporter.kind,
        trust=trust,
        kind=one.item.kind,
        market=one.item.market,
        language=one.item.language,
        seller_ref=one.item.seller_ref,
    )
