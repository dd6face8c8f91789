"""What submissions know of people: nothing but the words of those who let one pass or gave one up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from piepowder.database.personal import Age, Emptying, Part, Subject, SubjectKind, declare, said
from piepowder.interop.models import Submission

_WORDS = {"override_reason": "", "give_up_reason": ""}


def _of(subject: Subject, at: datetime) -> Iterator[Emptying]:
    if subject.kind != SubjectKind.SELLER:
        return
    rows = Submission.objects.filter(statement__decision__item__seller_ref=subject.ref)
    yield Emptying(
        _("reasons given about submissions"),
        rows,
        _WORDS,
        {"item": "statement__decision__item_id", "case": "statement__decision__case_id"},
    )


def _old(before: datetime, at: datetime) -> Iterator[Emptying]:
    yield Emptying(_("reasons given about submissions"), Submission.objects.filter(created_at__lt=before), _WORDS)


declare(
    Part(
        package="interop",
        columns=said(
            personal={"interop_submission": "override_reason give_up_reason"},
            plain={
                "interop_submission": (
                    "puid stream source_type category automated_detection automated_decision payload_hash "
                    "schema_version uuid permalink response problem errors found"
                ),
                "interop_line": "token halted_for problem",
            },
        ),
        of=_of,
        ages=(Age("submissions", _("Words about submissions"), _old, counted_from=_("queued")),),
    )
)
