"""What the portal knows of people: visits, complaints that are being written, and what sellers say they corrected."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from piepowder.database.personal import Age, Emptying, Part, Subject, declare, said
from piepowder.intake.unused import letting_go
from piepowder.portal.models import AppealDraft, DraftFile, Resubmission, Visit


def _of(subject: Subject, at: datetime) -> Iterator[Emptying]:
    if not subject.ref:
        return
    mine = {"kind": subject.kind, "ref": subject.ref}
    yield Emptying(_("visits of the portal"), Visit.objects.filter(**mine))
    files = DraftFile.objects.filter(draft__kind=subject.kind, draft__ref=subject.ref)
    yield Emptying(_("complaints that were never sent"), files, watch=letting_go(DraftFile, "stored_id"))
    yield Emptying(_("complaints that were never sent"), AppealDraft.objects.filter(**mine))
    if subject.kind == "seller":
        sent = Resubmission.objects.filter(ref=subject.ref)
        yield Emptying(_("what a seller said was corrected"), sent, {"note": ""}, {"item": "item_id"})


def _old(before: datetime, at: datetime) -> Iterator[Emptying]:
    files = DraftFile.objects.filter(draft__saved_at__lt=before)
    yield Emptying(_("complaints that were never sent"), files, watch=letting_go(DraftFile, "stored_id"))
    yield Emptying(_("complaints that were never sent"), AppealDraft.objects.filter(saved_at__lt=before))
    yield Emptying(_("visits of the portal"), Visit.objects.filter(until__lt=before))


declare(
    Part(
        package="portal",
        columns=said(
            personal={
                "portal_visit": "key_hash",
                "portal_appealdraft": "text",
                "portal_draftfile": "name",
                "portal_resubmission": "note",
            },
            reference={
                "portal_visit": "ref only",
                "portal_shutout": "ref",
                "portal_firstreading": "ref",
                "portal_appealdraft": "ref",
                "portal_resubmission": "ref",
            },
            plain={
                "portal_visit": "kind language",
                "portal_shutout": "kind",
                "portal_firstreading": "kind language through",
                "portal_appealdraft": "kind basis language",
            },
        ),
        of=_of,
        ages=(
            Age(
                "portal",
                _("Visits of the portal and drafts that were never sent"),
                _old,
                months=12,
                counted_from=_("last saved"),
            ),
        ),
    )
)
