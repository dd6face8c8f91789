"""The closed lists of trader verification, and how a trader's file goes from asked for to deleted."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from piepowder.kernel.flow import Flow


class TraderKind(models.TextChoices):
    """Individuals give less: no register, no paper of a representative."""

    INDIVIDUAL = "individual", _("individual")
    COMPANY = "company", _("company")


class TraderState(models.TextChoices):
    REQUESTED = "requested", _("asked for")
    GIVEN = "given", _("to be checked")
    VERIFIED = "verified", _("verified")
    REMEDY = "remedy", _("to be put right")
    CERTIFYING = "certifying", _("to be confirmed")
    SUSPENDED = "suspended", _("suspended")
    ENDED = "ended", _("contract ended")
    DELETED = "deleted", _("deleted")


_WAITING = [TraderState.REQUESTED, TraderState.REMEDY, TraderState.CERTIFYING]
_LIVING = [*_WAITING, TraderState.GIVEN, TraderState.VERIFIED, TraderState.SUSPENDED]

TRADER_FLOW: Flow[TraderState] = Flow(
    "trader's file",
    {
        "give": ([*_WAITING, TraderState.VERIFIED, TraderState.SUSPENDED], TraderState.GIVEN),
        "verify": ([TraderState.GIVEN], TraderState.VERIFIED),
        "ask_remedy": ([TraderState.GIVEN, TraderState.VERIFIED], TraderState.REMEDY),
        "ask_certification": ([TraderState.VERIFIED], TraderState.CERTIFYING),
        "certify": ([TraderState.CERTIFYING], TraderState.VERIFIED),
        "ask_more": ([TraderState.VERIFIED], TraderState.REQUESTED),
        "suspend": (_WAITING, TraderState.SUSPENDED),
        "end": (_LIVING, TraderState.ENDED),
        "resume": ([TraderState.ENDED], TraderState.REQUESTED),
        "delete": ([TraderState.ENDED], TraderState.DELETED),
    },
)

WAITING_STATES = tuple(_WAITING)


class FieldState(models.TextChoices):
    GIVEN = "given", _("given")
    VERIFIED = "verified", _("verified")
    REJECTED = "rejected", _("rejected")
