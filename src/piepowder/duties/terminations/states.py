"""How the end of the whole service for a seller goes, and when it needs no thirty days."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from piepowder.kernel.flow import Flow


class TerminationState(models.TextChoices):
    ANNOUNCED = "announced", _("announced")
    EFFECTIVE = "effective", _("in effect")
    CALLED_OFF = "called_off", _("called off")
    REINSTATED = "reinstated", _("reinstated")


TERMINATION_FLOW: Flow[TerminationState] = Flow(
    "termination",
    {
        "carry_out": ([TerminationState.ANNOUNCED], TerminationState.EFFECTIVE),
        "call_off": ([TerminationState.ANNOUNCED], TerminationState.CALLED_OFF),
        "reinstate": ([TerminationState.EFFECTIVE], TerminationState.REINSTATED),
    },
)


class NoNotice(models.TextChoices):
    """Why thirty days need not pass (Regulation (EU) 2019/1150, Art. 4(4))."""

    NONE = "", _("none: thirty days pass")
    LEGAL_DUTY = "legal_duty", _("a legal or regulatory duty to end it without that notice")
    IMPERATIVE = "imperative", _("an imperative reason under national law")
    REPEATED = "repeated", _("repeated infringement of our terms")
