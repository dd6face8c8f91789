"""What can become of a delivery."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from piepowder.kernel.flow import Flow


class Channel(models.TextChoices):
    WEBHOOK = "webhook", _("webhook")
    EMAIL = "email", _("e-mail")
    NONE = "none", _("no receiver")


class DeliveryState(models.TextChoices):
    PENDING = "pending", _("waiting")
    TAKEN = "taken", _("being sent")
    DELIVERED = "delivered", _("delivered")
    DEAD = "dead", _("dead letter")
    CANCELLED = "cancelled", _("cancelled")


UNFINISHED = (DeliveryState.PENDING, DeliveryState.TAKEN)

DELIVERY_FLOW: Flow[DeliveryState] = Flow(
    "delivery",
    {
        "take": ([DeliveryState.PENDING], DeliveryState.TAKEN),
        "deliver": ([DeliveryState.TAKEN], DeliveryState.DELIVERED),
        "retry": ([DeliveryState.TAKEN], DeliveryState.PENDING),
        "bury": ([DeliveryState.TAKEN, DeliveryState.PENDING], DeliveryState.DEAD),
        "cancel": ([DeliveryState.PENDING], DeliveryState.CANCELLED),
        "replay": ([DeliveryState.DEAD, DeliveryState.DELIVERED], DeliveryState.PENDING),
    },
)
