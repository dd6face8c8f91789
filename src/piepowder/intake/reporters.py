"""Who reports, and how much their word weighs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from piepowder.access.visibility import require
from piepowder.intake.events import ReportersWeighed
from piepowder.intake.models import Reporter
from piepowder.intake.schemas import ReporterGiven
from piepowder.intake.states import ReporterKind
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import NotFound
from piepowder.kernel.events import publish
from piepowder.kernel.ids import new_id
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record

TRUST = {
    ReporterKind.ANONYMOUS.value: 30,
    ReporterKind.USER.value: 50,
    ReporterKind.RIGHTS_HOLDER.value: 60,
    ReporterKind.TRUSTED_FLAGGER.value: 90,
    ReporterKind.AUTHORITY.value: 95,
}
"""Where a reporter of each kind starts, and where those stay whose standing is given and not earned."""


class NoSuchReporter(NotFound):
    code = "no_such_reporter"


@transaction.atomic
def register_flagger(
    *,
    actor: Actor,
    external_ref: str,
    name: str,
    email: str,
    areas: Sequence[str] = (),
    awarded_by: str = "",
    valid_until: date | None = None,
    at: datetime,
) -> Reporter:
    """Enter a trusted flagger (DSA Art. 22), or change what is known of one; ``areas`` are policy codes, empty means all.

    ``awarded_by`` is the Digital Services Coordinator; after ``valid_until`` the status has lapsed.
    """
    require(actor, Permission.PERSON_EDIT)
    given = {
        "name": name,
        "email": email,
        "areas": list(areas),
        "awarded_by": awarded_by,
        "valid_until": valid_until,
    }
    reporter, new = Reporter.objects.update_or_create(
        kind=ReporterKind.TRUSTED_FLAGGER,
        external_ref=external_ref,
        defaults=given,
        create_defaults=given | {"trust": TRUST[ReporterKind.TRUSTED_FLAGGER.value]},
    )
    more = {"valid_until": valid_until.isoformat()} if valid_until else {}
    _fact(actor, at, "reporter.register", reporter, areas=list(areas), new=new, **more)
    if not new:
        publish(ReportersWeighed((reporter.pk,), at))
    return reporter


@transaction.atomic
def suspend_flagger(*, actor: Actor, reporter_id: UUID, suspended: bool, at: datetime) -> Reporter:
    """Take the priority from a trusted flagger, or give it back; what they send is still received."""
    require(actor, Permission.PERSON_EDIT)
    reporter = _locked(reporter_id)
    reporter.suspended_at = at if suspended else None
    reporter.save(update_fields=["suspended_at"])
    _fact(actor, at, "reporter.suspend" if suspended else "reporter.reinstate", reporter)
    publish(ReportersWeighed((reporter.pk,), at))
    return reporter


@transaction.atomic
def forget_reporter(*, actor: Actor, reporter_id: UUID, at: datetime) -> Reporter:
    """Empty a reporter's personal data; the row and the reports stay."""
    require(actor, Permission.PERSON_EDIT)
    reporter = _locked(reporter_id)
    reporter.name = reporter.email = ""
    reporter.external_ref = f"forgotten:{reporter.id}"
    reporter.save(update_fields=["name", "email", "external_ref"])
    _fact(actor, at, "reporter.forget", reporter)
    return reporter


def ref_of(given: ReporterGiven) -> str:
    """What a reporter is known by: the sender's id, a keyed digest of the e-mail address, or nothing."""
    if given.ref:
        return given.ref
    if given.email:
        return "mail:" + salted_hmac("intake.reporter", given.email.lower(), algorithm="sha256").hexdigest()[:40]
    return ""


def known_reporter(given: ReporterGiven) -> Reporter | None:
    """The reporter, if one like this has reported before or is registered."""
    ref = ref_of(given)
    return Reporter.objects.filter(kind=given.kind, external_ref=ref).first() if ref else None


def ensure_reporter(given: ReporterGiven) -> Reporter:
    """The reporter's row, with the newest contact; somebody without a name is a new one every time."""
    ref = ref_of(given) or f"unnamed:{new_id()}"
    reporter, created = Reporter.objects.get_or_create(
        kind=given.kind,
        external_ref=ref,
        defaults={"name": given.name, "email": given.email, "trust": TRUST[given.kind]},
    )
    newer = {field: value for field, value in (("name", given.name), ("email", given.email)) if value}
    changed = [field for field, value in newer.items() if getattr(reporter, field) != value]
    if changed and not created and given.kind != ReporterKind.TRUSTED_FLAGGER:
        for field in changed:
            setattr(reporter, field, newer[field])
        reporter.save(update_fields=changed)
    return reporter


def lapse_flaggers(*, now: datetime) -> int:
    """Tell the packages above of trusted flaggers whose status lapsed in the last days: open cases lose their priority."""
    today = now.date()
    lapsed = Reporter.objects.filter(
        kind=ReporterKind.TRUSTED_FLAGGER, valid_until__lt=today, valid_until__gte=today - timedelta(days=3)
    )
    ids = tuple(lapsed.order_by("pk").values_list("pk", flat=True))
    if ids:
        with transaction.atomic():
            publish(ReportersWeighed(ids, now))
    return len(ids)


def trust_of(reporter: Reporter, policy_code: str, at: datetime) -> int:
    """How much this report weighs: a trusted flagger's standing holds in their areas and while it is neither suspended
    nor lapsed."""
    if reporter.kind != ReporterKind.TRUSTED_FLAGGER:
        return reporter.trust
    within = not reporter.areas or any(
        policy_code == area or policy_code.startswith(f"{area}-") for area in reporter.areas
    )
    stands = reporter.suspended_at is None and (reporter.valid_until is None or at.date() <= reporter.valid_until)
    return reporter.trust if within and stands else TRUST[ReporterKind.USER.value]


def _locked(reporter_id: UUID) -> Reporter:
    reporter = Reporter.objects.select_for_update().filter(id=reporter_id).first()
    if reporter is None:
        raise NoSuchReporter(_("there is no such reporter"))
    return reporter


def _fact(actor: Actor, at: datetime, verb: str, reporter: Reporter, **body: Any) -> None:
    record(actor=actor, at=at, verb=verb, subject_kind="reporter", subject_id=reporter.id, kind=reporter.kind, **body)
