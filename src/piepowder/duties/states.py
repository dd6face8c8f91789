"""The closed lists and the flows of the legal duties: orders, threats to life, safety, misuse."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from piepowder.kernel.flow import Flow


class OrderKind(models.TextChoices):
    ACT = "act", _("order to act (DSA Art. 9)")
    INFORMATION = "information", _("order to give information (DSA Art. 10)")
    SAFETY = "safety", _("order about a dangerous product (GPSR Art. 22)")


class OrderState(models.TextChoices):
    RECEIVED = "received", _("received")
    CLARIFYING = "clarifying", _("asked the authority")
    EFFECTED = "effected", _("effect given")
    CLOSED = "closed", _("answered")
    DECLINED = "declined", _("not followed")


ORDER_FLOW: Flow[OrderState] = Flow(
    "order",
    {
        "ask": ([OrderState.RECEIVED], OrderState.CLARIFYING),
        "complete": ([OrderState.RECEIVED, OrderState.CLARIFYING], OrderState.RECEIVED),
        "effect": ([OrderState.RECEIVED, OrderState.CLARIFYING], OrderState.EFFECTED),
        "decline": ([OrderState.RECEIVED, OrderState.CLARIFYING], OrderState.DECLINED),
        "reply": ([OrderState.EFFECTED], OrderState.CLOSED),
        "reopen": ([OrderState.EFFECTED], OrderState.RECEIVED),
    },
)


class LineState(models.TextChoices):
    """What became of one thing that an order names."""

    OPEN = "open", _("open")
    DONE = "done", _("effect given")
    NOT_HERE = "not_here", _("not found here")
    OUT_OF_SCOPE = "out_of_scope", _("not covered by the order")


LINE_FLOW: Flow[LineState] = Flow(
    "line of an order",
    {
        "rule": ([LineState.OPEN], LineState.DONE),
        "miss": ([LineState.OPEN], LineState.NOT_HERE),
        "leave_out": ([LineState.OPEN], LineState.OUT_OF_SCOPE),
        "reopen": ([LineState.DONE], LineState.OPEN),
    },
)


class LineOrigin(models.TextChoices):
    NAMED = "named", _("named in the order")
    IDENTICAL = "identical", _("found as identical")


class ThreatState(models.TextChoices):
    OPEN = "open", _("open")
    REPORTED = "reported", _("reported")
    CLOSED = "closed", _("closed")


THREAT_FLOW: Flow[ThreatState] = Flow(
    "suspected threat",
    {
        "report": ([ThreatState.OPEN, ThreatState.REPORTED], ThreatState.REPORTED),
        "close": ([ThreatState.OPEN, ThreatState.REPORTED], ThreatState.CLOSED),
    },
)


class AuthorityKind(models.TextChoices):
    NATIONAL = "national", _("authority of a Member State")
    EUROPOL = "europol", "Europol"


class ReportWay(models.TextChoices):
    PORTAL = "portal", _("portal of the authority")
    PHONE = "phone", _("telephone")
    MAIL = "mail", _("secure mail")
    IN_PERSON = "in_person", _("in person")


class RecallMatchState(models.TextChoices):
    OPEN = "open", _("to look at")
    REPORTED = "reported", _("sent to review")
    DISMISSED = "dismissed", _("not the product")


RECALL_MATCH_FLOW: Flow[RecallMatchState] = Flow(
    "match with a recall",
    {
        "report": ([RecallMatchState.OPEN], RecallMatchState.REPORTED),
        "dismiss": ([RecallMatchState.OPEN], RecallMatchState.DISMISSED),
    },
)


class MisuseSide(models.TextChoices):
    """What is counted (DSA Art. 23(1) and (2)); the first counter never mixes with the other two."""

    CONTENT = "content", _("manifestly illegal content")
    NOTICE = "notice", _("manifestly unfounded notices")
    COMPLAINT = "complaint", _("manifestly unfounded complaints")


class FlagState(models.TextChoices):
    PROPOSED = "proposed", _("proposed")
    CONFIRMED = "confirmed", _("confirmed")
    REJECTED = "rejected", _("not manifest")
    LIFTED = "lifted", _("lifted")


FLAG_FLOW: Flow[FlagState] = Flow(
    "manifest flag",
    {
        "confirm": ([FlagState.PROPOSED], FlagState.CONFIRMED),
        "reject": ([FlagState.PROPOSED], FlagState.REJECTED),
        "lift": ([FlagState.PROPOSED, FlagState.CONFIRMED], FlagState.LIFTED),
    },
)


class MisuseState(models.TextChoices):
    WARNED = "warned", _("warned")
    SUSPENDED = "suspended", _("suspended")
    ENDED = "ended", _("suspension over")
    DROPPED = "dropped", _("not followed up")


MISUSE_FLOW: Flow[MisuseState] = Flow(
    "misuse",
    {
        "suspend": ([MisuseState.WARNED], MisuseState.SUSPENDED),
        "drop": ([MisuseState.WARNED], MisuseState.DROPPED),
        "end": ([MisuseState.SUSPENDED], MisuseState.ENDED),
    },
)
