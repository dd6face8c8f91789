"""The letters about misuse: a warning first, and the suspension of what is no longer looked at."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.utils import translation
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from piepowder.correspondence.events import LetterKind, declare
from piepowder.correspondence.models import Letter
from piepowder.correspondence.operations import Recipient, RecipientKind, send
from piepowder.duties.misuse.policy_text import policy_text
from piepowder.duties.misuse.weighing import Counts
from piepowder.duties.models import Misuse
from piepowder.duties.orders.telling import FOLDER, django_code
from piepowder.intake.models import Item
from piepowder.kernel.actor import Actor
from piepowder.kernel.clocks.periods import Period
from piepowder.policy.packs import period_of

_EXAMPLE: Final = {
    "count": "4",
    "total": "20",
    "period": "6 months",
    "policy": "…",
    "warned_at": "2026-03-04T10:00:00+00:00",
    "until": "2026-06-04",
}
_WARNED: Final = ("side", "count", "total", "period", "policy")
_SUSPENDED: Final = ("side", "count", "total", "period", "warned_at", "until")

WARNING_SELLER: Final = LetterKind(
    code="misuse_warning_seller",
    label=_("Warning of misuse to a seller (DSA Art. 23)"),
    recipient=RecipientKind.SELLER,
    places=_WARNED,
    folder=FOLDER,
    choices={"side": ("content", "complaint")},
    required=("side", "policy"),
    example=_EXAMPLE | {"side": "content"},
)
WARNING_REPORTER: Final = LetterKind(
    code="misuse_warning_reporter",
    label=_("Warning of misuse to a reporter (DSA Art. 23)"),
    recipient=RecipientKind.REPORTER,
    places=_WARNED,
    folder=FOLDER,
    choices={"side": ("notice", "complaint")},
    required=("side", "policy"),
    example=_EXAMPLE | {"side": "notice"},
)
SUSPENDED_SELLER: Final = LetterKind(
    code="misuse_suspended_seller",
    label=_("A seller's complaints are not looked at for a time (DSA Art. 23(2))"),
    recipient=RecipientKind.SELLER,
    places=_SUSPENDED[1:],
    folder=FOLDER,
    required=("until",),
    example=_EXAMPLE,
)
SUSPENDED_REPORTER: Final = LetterKind(
    code="misuse_suspended_reporter",
    label=_("A reporter's notices or complaints are not looked at for a time (DSA Art. 23(2))"),
    recipient=RecipientKind.REPORTER,
    places=_SUSPENDED,
    folder=FOLDER,
    choices={"side": ("notice", "complaint")},
    required=("side", "until"),
    example=_EXAMPLE | {"side": "notice"},
)

declare(WARNING_SELLER, WARNING_REPORTER, SUSPENDED_SELLER, SUSPENDED_REPORTER)


def warn(actor: Actor, misuse: Misuse, counts: Counts, at: datetime) -> Letter:
    to = _recipient(misuse)
    kind = WARNING_REPORTER if misuse.reporter_id else WARNING_SELLER
    values = _counted(misuse, counts, to.language, at) | {"policy": policy_text(to.language, at)}
    return send(actor=actor, event=kind.code, recipient=to, about=("misuse", str(misuse.pk)), values=values, at=at)


def suspend(actor: Actor, misuse: Misuse, counts: Counts, at: datetime) -> Letter:
    assert misuse.suspended_until is not None
    to = _recipient(misuse)
    kind = SUSPENDED_REPORTER if misuse.reporter_id else SUSPENDED_SELLER
    values = _counted(misuse, counts, to.language, at) | {
        "warned_at": misuse.warned_at.isoformat(),
        "until": misuse.suspended_until.date().isoformat(),
    }
    return send(actor=actor, event=kind.code, recipient=to, about=("misuse", str(misuse.pk)), values=values, at=at)


def period_words(period: Period) -> str:
    """A period as the reader says it."""
    words = {
        "hours": ngettext("%(n)d hour", "%(n)d hours", period.n),
        "days": ngettext("%(n)d day", "%(n)d days", period.n),
        "working_days": ngettext("%(n)d working day", "%(n)d working days", period.n),
        "weeks": ngettext("%(n)d week", "%(n)d weeks", period.n),
        "months": ngettext("%(n)d month", "%(n)d months", period.n),
        "years": ngettext("%(n)d year", "%(n)d years", period.n),
    }
    return words[period.unit] % {"n": period.n}


def _counted(misuse: Misuse, counts: Counts, language: str, at: datetime) -> dict[str, str]:
    period = period_of("eu_dsa", "misuse_count", at.date())
    assert period is not None
    with translation.override(django_code(language)):
        words = period_words(period)
    return {"side": misuse.side, "count": str(counts.absolute), "total": str(counts.total), "period": words}


def _recipient(misuse: Misuse) -> Recipient:
    """A reporter is written to in the language of their last notice, a seller in that of their newest item."""
    if misuse.reporter is not None:
        language = (
            misuse.reporter.reports.exclude(language="")
            .order_by("-received_at")
            .values_list("language", flat=True)
            .first()
        )
        return Recipient(
            RecipientKind.REPORTER,
            str(misuse.reporter.pk),
            misuse.reporter.email,
            misuse.reporter.name,
            language or "en",
        )
    items = Item.objects.filter(seller_ref=misuse.seller_ref).order_by("-updated_at")
    return Recipient(
        RecipientKind.SELLER, misuse.seller_ref, language=items.values_list("language", flat=True).first() or "en"
    )


def side_words(side: str) -> str:
    return {
        "content": gettext("manifestly illegal content"),
        "notice": gettext("manifestly unfounded notices"),
        "complaint": gettext("manifestly unfounded complaints"),
    }[side]
