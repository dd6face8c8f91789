"""What intake knows of people: sellers in their snapshots, what they offer and say, reporters, and what reports say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import CharField, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext_lazy as _

from piepowder.database.personal import ERASED, Age, Emptying, Part, Subject, SubjectKind, declare, said
from piepowder.intake.models import (
    Detection,
    Item,
    ItemMedia,
    Moment,
    Report,
    Reporter,
    ReportEvidence,
    Snapshot,
    Trait,
)
from piepowder.intake.states import Kind, MediaState, ReporterKind
from piepowder.intake.unused import letting_go

_NO_FILE = {
    "url": "",
    "stored": None,
    "state": MediaState.FAILED.value,
    "problem": "erased",
    "due_at": None,
}
_INSTITUTIONS = [ReporterKind.TRUSTED_FLAGGER, ReporterKind.AUTHORITY]

_REPORTING = {
    SubjectKind.BUYER.value: ReporterKind.USER.value,
    SubjectKind.RIGHTS_OWNER.value: ReporterKind.RIGHTS_HOLDER.value,
}


def items_of(subject: Subject) -> QuerySet[Item]:
    """The seller themselves as an item, and everything they put up."""
    if subject.kind != SubjectKind.SELLER or not subject.ref:
        return Item.objects.none()
    return Item.objects.filter(Q(seller_ref=subject.ref) | Q(kind=Kind.SELLER, external_id=subject.ref))


def reporters_of(subject: Subject) -> QuerySet[Reporter]:
    """A reporter by our id; a buyer or rights owner who reported, by the marketplace's; those under whose e-mail address
    somebody else's request came as well."""
    wanted = Q(pk__in=[])
    if subject.kind in _REPORTING and subject.ref:
        wanted |= Q(kind=_REPORTING[subject.kind], external_ref=subject.ref)
    if subject.kind == SubjectKind.REPORTER and _is_id(subject.ref):
        wanted |= Q(pk=subject.ref)
    for address in subject.addresses:
        wanted |= Q(email__iexact=address)
    return Reporter.objects.filter(wanted)


def _is_id(ref: str) -> bool:
    try:
        UUID(ref)
    except ValueError:
        return False
    return True


def _addresses(subject: Subject) -> Iterable[str]:
    found = [one for one in reporters_of(subject).values_list("email", flat=True) if one]
    own = Snapshot.objects.filter(item__in=items_of(subject), item__kind=Kind.SELLER)
    for content in own.values_list("content", flat=True):
        email = content.get("email", "") if isinstance(content, dict) else ""
        if isinstance(email, str) and email:
            found.append(email)
    return found


def _of(subject: Subject, at: datetime) -> Iterator[Emptying]:
    if subject.kind == SubjectKind.SELLER:
        yield from content_emptied(items_of(subject).values("pk"))
    reporters = reporters_of(subject)
    yield from reports_emptied(Report.objects.filter(reporter__in=reporters))
    yield from _contact_emptied(reporters)


def content_emptied(items: Any) -> Iterator[Emptying]:
    """Everything that items (a query of their ids) say and show, and what was reported about them."""
    here = {"item": "item_id"}
    through = {"item": "snapshot__item_id"}
    yield Emptying(_("marks by which seller accounts are compared"), Trait.objects.filter(item__in=items), guarded=here)
    yield from reports_emptied(Report.objects.filter(item__in=items))
    yield Emptying(
        _("pictures, films and documents"),
        ItemMedia.objects.filter(snapshot__item__in=items),
        _NO_FILE,
        through,
        watch=letting_go(ItemMedia, "stored_id"),
    )
    yield Emptying(
        _("pictures and speech of livestreams"),
        Moment.objects.filter(item__in=items),
        {"text": "", "url": "", "stored": None, "state": "", "problem": "", "due_at": None},
        here,
        watch=letting_go(Moment, "stored_id"),
    )
    yield Emptying(
        _("what machines found, with its place"), Detection.objects.filter(item__in=items), {"spans": []}, here
    )
    yield Emptying(_("what items and sellers say"), Snapshot.objects.filter(item__in=items), {"content": {}}, here)
    yield Emptying(
        _("titles of items"), Item.objects.filter(pk__in=items), {"title": "", "title_key": ""}, {"item": "pk"}
    )


def reports_emptied(rows: QuerySet[Report]) -> Iterator[Emptying]:
    """What reports say and bring forward; those that wait for a decision stay."""
    guarded = {"item": "item_id", "report": "pk", "reporter": "reporter_id"}
    files = {"item": "report__item_id", "report": "report_id", "reporter": "report__reporter_id"}
    yield Emptying(_("reports that wait for a decision"), rows.filter(_WAITS), stays="undecided")
    judged = rows.exclude(_WAITS)
    yield Emptying(
        _("files that reports bring forward"),
        ReportEvidence.objects.filter(report__in=judged.values("pk")),
        guarded=files,
        watch=letting_go(ReportEvidence, "stored_id"),
    )
    yield Emptying(_("what reports say"), judged, {"reason": ERASED, "evidence": [], "locations": []}, guarded)


def _contact_emptied(reporters: QuerySet[Reporter]) -> Iterator[Emptying]:
    people = reporters.exclude(kind__in=_INSTITUTIONS)
    waits = Reporter.objects.filter(pk__in=Report.objects.filter(_WAITS, reporter__in=reporters).values("reporter"))
    yield Emptying(_("reporters who wait for a decision"), people.filter(pk__in=waits.values("pk")), stays="undecided")
    yield Emptying(
        _("name and e-mail address of reporters"),
        people.exclude(pk__in=waits.values("pk")).exclude(external_ref__startswith="erased:"),
        {
            "name": "",
            "email": "",
            "external_ref": Concat(Value("erased:"), Cast("pk", CharField())),
        },
        {"reporter": "pk"},
    )
    yield Emptying(
        _("contact of a trusted flagger or authority"),
        reporters.filter(kind__in=_INSTITUTIONS),
        {"name": "", "email": ""},
        {"reporter": "pk"},
    )


_WAITS = Q(judged_at__isnull=True, item__cases__state__in=["open", "claimed", "held"])


def _old_contacts(before: datetime, at: datetime) -> Iterator[Emptying]:
    """Contacts of reporters whose every report is older than that."""
    recent = Report.objects.filter(received_at__gte=before).values("reporter")
    known = Reporter.objects.filter(~Q(name="") | ~Q(email=""), reports__isnull=False).exclude(pk__in=recent)
    yield from _contact_emptied(Reporter.objects.filter(pk__in=known.values("pk")).exclude(kind__in=_INSTITUTIONS))


def _old_reports(before: datetime, at: datetime) -> Iterator[Emptying]:
    yield from reports_emptied(Report.objects.filter(received_at__lt=before))


def _old_items(before: datetime, at: datetime) -> Iterator[Emptying]:
    gone = Item.objects.filter(updated_at__lt=before).exclude(state="live")
    yield from content_emptied(gone.values("pk"))


declare(
    Part(
        package="intake",
        columns=said(
            personal={
                "intake_item": "title title_key",
                "intake_snapshot": "content",
                "intake_item_media": "url",
                "intake_detection": "spans",
                "intake_reporter": "name email",
                "intake_report": "reason locations evidence",
                "intake_trait": "digest shown",
                "intake_moment": "text url",
            },
            reference={
                "intake_item": "external_id seller_ref",
                "intake_relation": "to_external_id",
                "intake_reporter": "external_ref",
                "intake_pause": "ref",
                "intake_report": "reference source",
                "intake_snapshot": "source",
                "intake_moment": "reference source",
                "intake_item_schema": "published_by",
                "intake_reply": "owner key",
            },
            plain={
                "intake_item": "market language",
                "intake_snapshot": "digest",
                "intake_relation": "role",
                "intake_stored_media": "digest content_type",
                "intake_item_media": "role problem",
                "intake_detection": "model version label policy_code",
                "intake_reporter": "areas awarded_by",
                "intake_report": "digest basis policy_code language",
                "intake_moment": "problem",
                "intake_item_schema": "fields",
                # Ids and states that a sender is told again for a day; `intake.tidy` drops them.
                "intake_reply": "request_digest body",
            },
        ),
        of=_of,
        addresses=_addresses,
        ages=(
            Age("reporters", _("Name and e-mail address of reporters"), _old_contacts, counted_from=_("last report")),
            Age("reports", _("What reports say and bring forward"), _old_reports, counted_from=_("received")),
            Age(
                "items", _("Items that are gone: what they said and showed"), _old_items, counted_from=_("last change")
            ),
        ),
    )
)
