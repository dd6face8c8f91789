"""The life of a sanction, why points are held, and how a violation came to be undone."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from piepowder.kernel.flow import Flow


class Part(models.TextChoices):
    """What of a threshold's bundle a row stands for: each part has a life of its own."""

    WARNING = "warning", _("warning")
    MEASURES = "measures", _("measures")
    FOR_GOOD = "for_good", _("measures for good")


class SanctionState(models.TextChoices):
    ANNOUNCED = "announced", _("announced")
    WAITING = "waiting", _("waiting for a person")
    IN_FORCE = "in_force", _("in force")
    GIVEN = "given", _("given")
    ENDED = "ended", _("ended")
    LIFTED = "lifted", _("lifted")
    DROPPED = "dropped", _("dropped")
    REFUSED = "refused", _("decided against")
    UNDONE = "undone", _("undone")


_LIVING = (SanctionState.ANNOUNCED, SanctionState.WAITING)

SANCTION_FLOW: Flow[SanctionState] = Flow(
    "sanction",
    {
        "impose": (_LIVING, SanctionState.IN_FORCE),
        "refuse": ([SanctionState.WAITING], SanctionState.REFUSED),
        "drop": (_LIVING, SanctionState.DROPPED),
        "end": ([SanctionState.IN_FORCE], SanctionState.ENDED),
        "lift": ([SanctionState.IN_FORCE], SanctionState.LIFTED),
        "undo": (
            [
                *_LIVING,
                SanctionState.IN_FORCE,
                SanctionState.GIVEN,
                SanctionState.ENDED,
                SanctionState.LIFTED,
            ],
            SanctionState.UNDONE,
        ),
    },
)


class HoldReason(models.TextChoices):
    APPEAL = "appeal", _("appeal")
    CORRECTION = "correction", _("correction")


class Undone(models.TextChoices):
    NOT = "", ""
    WITHDRAWN = "withdrawn", _("withdrawn")
    OVERTURNED = "overturned", _("overturned")
    SUPERSEDED = "superseded", _("decided anew")
