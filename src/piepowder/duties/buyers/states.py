"""How telling the buyers goes, for the whole and for each of them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from piepowder.kernel.flow import Flow


class CampaignState(models.TextChoices):
    COLLECTING = "collecting", _("collecting buyers")
    SENDING = "sending", _("being told")
    DONE = "done", _("all told")
    CORRECTING = "correcting", _("being corrected")
    CORRECTED = "corrected", _("corrected")
    DROPPED = "dropped", _("called off")


CAMPAIGN_FLOW: Flow[CampaignState] = Flow(
    "campaign",
    {
        "start": ([CampaignState.COLLECTING], CampaignState.SENDING),
        "finish": ([CampaignState.SENDING], CampaignState.DONE),
        "drop": ([CampaignState.COLLECTING], CampaignState.DROPPED),
        "correct": ([CampaignState.SENDING, CampaignState.DONE], CampaignState.CORRECTING),
        "finish_correcting": ([CampaignState.CORRECTING], CampaignState.CORRECTED),
    },
)


class BuyerState(models.TextChoices):
    WAITING = "waiting", _("to be told")
    TOLD = "told", _("told")
    NO_CONTACT = "no_contact", _("no contact known")
    CORRECTED = "corrected", _("corrected")


BUYER_FLOW: Flow[BuyerState] = Flow(
    "buyer",
    {
        "tell": ([BuyerState.WAITING], BuyerState.TOLD),
        "correct": ([BuyerState.TOLD], BuyerState.CORRECTED),
    },
)
