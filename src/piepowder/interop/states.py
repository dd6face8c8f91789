"""What can become of a statement on its way to the Transparency Database."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from piepowder.kernel.flow import Flow


class SubmissionState(models.TextChoices):
    QUEUED = "queued", _("waiting")
    TAKEN = "taken", _("being sent")
    UNSURE = "unsure", _("outcome unknown")
    SENT = "sent", _("sent")
    DUPLICATE = "duplicate", _("already there")
    REPAIR = "repair", _("refused, to be looked at")
    BLOCKED = "blocked", _("stopped: personal data")
    GIVEN_UP = "given_up", _("given up")
    NOT_NEEDED = "not_needed", _("not needed")
    WITHDRAWN = "withdrawn", _("withdrawn before sending")


OPEN = (SubmissionState.QUEUED, SubmissionState.TAKEN, SubmissionState.UNSURE)
STILL_TO_GO = (*OPEN, SubmissionState.REPAIR, SubmissionState.BLOCKED)
TO_DO = (SubmissionState.REPAIR, SubmissionState.BLOCKED)
"""Those that wait for a person."""
THERE = (SubmissionState.SENT, SubmissionState.DUPLICATE)

SUBMISSION_FLOW: Flow[SubmissionState] = Flow(
    "submission",
    {
        "take": ([SubmissionState.QUEUED], SubmissionState.TAKEN),
        "return": ([SubmissionState.TAKEN, SubmissionState.UNSURE], SubmissionState.QUEUED),
        "doubt": ([SubmissionState.TAKEN], SubmissionState.UNSURE),
        "confirm": ([SubmissionState.TAKEN, SubmissionState.UNSURE], SubmissionState.SENT),
        "recognise": ([SubmissionState.TAKEN], SubmissionState.DUPLICATE),
        "refuse": ([SubmissionState.QUEUED, SubmissionState.TAKEN], SubmissionState.REPAIR),
        "block": ([SubmissionState.QUEUED], SubmissionState.BLOCKED),
        "override": ([SubmissionState.BLOCKED], SubmissionState.QUEUED),
        "drop": ([SubmissionState.QUEUED], SubmissionState.NOT_NEEDED),
        "retry": ([SubmissionState.REPAIR, SubmissionState.GIVEN_UP], SubmissionState.QUEUED),
        "give_up": ([SubmissionState.REPAIR, SubmissionState.BLOCKED], SubmissionState.GIVEN_UP),
        "withdraw": (
            [SubmissionState.QUEUED, SubmissionState.REPAIR, SubmissionState.BLOCKED],
            SubmissionState.WITHDRAWN,
        ),
    },
)


class Why(models.TextChoices):
    """Why a statement is not for the database."""

    NONE = "", ""
    NO_EEA = "no_eea", _("reaches no country of the EEA")
    DECEPTIVE_HIGH_VOLUME = "deceptive_high_volume", _("deceptive high-volume commercial content")
    AUTHORITY_ORDER = "authority_order", _("order of an authority (Art. 9)")
    NO_CONTACT = "no_contact", _("no electronic contact known")
    NEVER_IN_FORCE = "never_in_force", _("the restriction never took effect")


class How(models.TextChoices):
    """How it is known that a statement is there."""

    NONE = "", ""
    ANSWERED = "answered", _("the database confirmed it")
    FOUND = "found", _("found there after an unknown outcome")
    REFUSED_AS_KNOWN = "refused_as_known", _("refused as already known")


class Reversal(models.TextChoices):
    NONE = "", ""
    OVERTURNED = "overturned", _("overturned")
    REPLACED = "replaced", _("replaced by another decision")
