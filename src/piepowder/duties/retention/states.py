"""How a request to erase goes."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from piepowder.kernel.flow import Flow


class ErasureState(models.TextChoices):
    REQUESTED = "requested", _("asked for")
    RUNNING = "running", _("being erased")
    PARTLY = "partly", _("erased but for what must stay")
    DONE = "done", _("erased")
    REFUSED = "refused", _("refused")


ERASURE_FLOW: Flow[ErasureState] = Flow(
    "erasure",
    {
        "run": ([ErasureState.REQUESTED, ErasureState.PARTLY, ErasureState.RUNNING], ErasureState.RUNNING),
        "leave_rest": ([ErasureState.RUNNING], ErasureState.PARTLY),
        "finish": ([ErasureState.RUNNING], ErasureState.DONE),
        "refuse": ([ErasureState.REQUESTED], ErasureState.REFUSED),
    },
)


class AskedBy(models.TextChoices):
    PERSON = "person", _("the person")
    MARKETPLACE = "marketplace", _("the marketplace")
    AUTHORITY = "authority", _("an authority")
    HOUSE = "house", _("the organisation itself")
