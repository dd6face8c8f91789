"""Sorts of rights, the life of a right, of a line of a notice, and of a counter-notice."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from piepowder.kernel.flow import Flow


class RightType(models.TextChoices):
    TRADEMARK = "trademark", _("trade mark")
    COPYRIGHT = "copyright", _("copyright")
    DESIGN = "design", _("design")
    PATENT = "patent", _("patent")
    GEOGRAPHICAL_INDICATION = "geographical_indication", _("geographical indication")
    TRADE_SECRET = "trade_secret", _("trade secret")


NUMBERED = frozenset(
    {RightType.TRADEMARK.value, RightType.DESIGN.value, RightType.PATENT.value, RightType.GEOGRAPHICAL_INDICATION.value}
)
"""Rights that exist by being entered in a register, and so have a number there."""

KEYWORDS = {
    RightType.TRADEMARK.value: "TRADEMARK_INFRINGEMENT",
    RightType.COPYRIGHT.value: "COPYRIGHT_INFRINGEMENT",
    RightType.DESIGN.value: "DESIGN_INFRINGEMENT",
    RightType.PATENT.value: "PATENT_INFRINGEMENT",
    RightType.GEOGRAPHICAL_INDICATION.value: "GEOGRAPHIC_INDICATIONS_INFRINGEMENT",
    RightType.TRADE_SECRET.value: "TRADE_SECRET_INFRINGEMENT",
}
"""How the DSA Transparency Database calls the infringement of each; by it the policy is found."""


class RightState(models.TextChoices):
    SUBMITTED = "submitted", _("to be verified")
    VERIFIED = "verified", _("verified")
    REFUSED = "refused", _("not verified")
    RETIRED = "retired", _("retired")


RIGHT_FLOW: Flow[RightState] = Flow(
    "right",
    {
        "verify": ([RightState.SUBMITTED, RightState.REFUSED], RightState.VERIFIED),
        "refuse": ([RightState.SUBMITTED, RightState.VERIFIED], RightState.REFUSED),
        "change": ([RightState.SUBMITTED, RightState.VERIFIED, RightState.REFUSED], RightState.SUBMITTED),
        "retire": ([RightState.SUBMITTED, RightState.VERIFIED, RightState.REFUSED], RightState.RETIRED),
    },
)


class SenderKind(models.TextChoices):
    OWNER = "owner", _("owner")
    AGENT = "agent", _("agent")
    OTHER = "other", _("somebody else")


class LineState(models.TextChoices):
    """What became of one line of a notice on a right."""

    WAITING = "waiting", _("waiting")
    FILED = "filed", _("claim filed")
    KNOWN = "known", _("claimed before")
    REFUSED = "refused", _("not taken")


class CounterGround(models.TextChoices):
    """What a seller brings against a claim."""

    AUTHORISED = "authorised", _("the owner allowed it")
    GENUINE = "genuine", _("genuine goods, first sold by the owner or with its consent")
    OWN_RIGHT = "own_right", _("a right of one's own")
    NOT_INFRINGING = "not_infringing", _("it does not use what is protected")
    MISTAKE = "mistake", _("another item was meant")
    OTHER = "other", _("something else")


class CounterState(models.TextChoices):
    FILED = "filed", _("to be answered")
    ACCEPTED = "accepted", _("accepted")
    REJECTED = "rejected", _("rejected")
    WITHDRAWN = "withdrawn", _("withdrawn")


COUNTER_FLOW: Flow[CounterState] = Flow(
    "counter-notice",
    {
        "accept": ([CounterState.FILED], CounterState.ACCEPTED),
        "reject": ([CounterState.FILED], CounterState.REJECTED),
        "withdraw": ([CounterState.FILED], CounterState.WITHDRAWN),
    },
)


class Warned(models.TextChoices):
    """What speaks against a claim before anybody has looked at it."""

    NOT_VERIFIED = "not_verified", _("the right has not been verified")
    EXPIRED = "expired", _("the right has expired")
    MARKET = "market", _("the right does not hold in this market")
    CLASS = "class", _("the right does not cover this category")
    SENDER = "sender", _("the sender is neither the owner nor the owner's agent")
    AUTHORISATION_OVER = "authorisation_over", _("the agent's authorisation has ended")
    OWN_ITEM = "own_item", _("the item is offered by the owner itself")
    SELLER_AUTHORISED = "seller_authorised", _("the seller has shown before that it may use this right")
