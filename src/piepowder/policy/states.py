"""The small closed lists of this package."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from piepowder.kernel.flow import Flow


class Ground(models.TextChoices):
    """Why something may be restricted (DSA Art. 17(3)(d) and (e))."""

    ILLEGAL = "illegal", _("illegal")
    TERMS = "terms", _("incompatible with our terms")


class Severity(models.IntegerChoices):
    SEV0 = 0, "SEV0"
    SEV1 = 1, "SEV1"
    SEV2 = 2, "SEV2"
    SEV3 = 3, "SEV3"


class ProposedState(models.TextChoices):
    DRAFT = "draft", _("draft")
    SUBMITTED = "submitted", _("awaiting approval")
    PUBLISHED = "published", _("published")
    DROPPED = "dropped", _("dropped")


PROPOSED_FLOW = Flow(
    "proposed version",
    {
        "save": ([ProposedState.DRAFT], ProposedState.DRAFT),
        "submit": ([ProposedState.DRAFT], ProposedState.SUBMITTED),
        "take_back": ([ProposedState.SUBMITTED], ProposedState.DRAFT),
        "send_back": ([ProposedState.SUBMITTED], ProposedState.DRAFT),
        "approve": ([ProposedState.SUBMITTED], ProposedState.PUBLISHED),
        "drop": ([ProposedState.DRAFT, ProposedState.SUBMITTED], ProposedState.DROPPED),
    },
)


class LadderMode(models.TextChoices):
    OFF = "off", _("off")
    SHADOW = "shadow", _("counting only")
    LIVE = "live", _("in force")
