"""What standing knows of people: who has points, by the marketplace's reference, and why somebody adjusted them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from piepowder.database.personal import ERASED, Emptying, Part, Subject, SubjectKind, declare, said
from piepowder.standing.models import PointsAdjustment, Sanction


def _of(subject: Subject, at: datetime) -> Iterator[Emptying]:
    if subject.kind != SubjectKind.SELLER or not subject.ref:
        return
    guarded = {"seller": "account__seller_ref"}
    adjusted = PointsAdjustment.objects.filter(account__seller_ref=subject.ref)
    yield Emptying(_("reasons for adjusted points"), adjusted, {"reason": ERASED}, guarded)
    sanctions = Sanction.objects.filter(account__seller_ref=subject.ref)
    yield Emptying(_("reasons against a sanction"), sanctions, {"reason": ""}, guarded)


declare(
    Part(
        package="standing",
        columns=said(
            personal={"standing_pointsadjustment": "reason", "standing_sanction": "reason"},
            reference={
                "standing_account": "seller_ref",
                "standing_creditgiven": "reference by",
                "standing_ladderswitch": "by",
                "standing_pointsadjustment": "by",
                "standing_sanction": "by_ref settled_by basis",
            },
            plain={
                "standing_account": "market language",
                "standing_entry": "reasons market batch chosen",
                "standing_creditgiven": "kind",
                "standing_pointsadjustment": "counter",
                "standing_tally": "strikes reached problem",
                "standing_sanction": "counter threshold measures problem",
            },
        ),
        of=_of,
    )
)
