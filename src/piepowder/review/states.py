"""The life of a case, and how available a person is."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from piepowder.kernel.flow import Flow


class CaseState(models.TextChoices):
    OPEN = "open", _("waiting")
    CLAIMED = "claimed", _("in progress")
    HELD = "held", _("on hold")
    PROPOSED = "proposed", _("awaiting approval")
    DECIDED = "decided", _("decided")
    CLOSED = "closed", _("closed without decision")


ACTIVE_STATES = (CaseState.OPEN, CaseState.CLAIMED, CaseState.HELD, CaseState.PROPOSED)

CASE_FLOW: Flow[CaseState] = Flow(
    "case",
    {
        "claim": ([CaseState.OPEN], CaseState.CLAIMED),
        "release": ([CaseState.CLAIMED], CaseState.OPEN),
        "expire": ([CaseState.CLAIMED], CaseState.OPEN),
        "skip": ([CaseState.CLAIMED], CaseState.OPEN),
        "transfer": ([CaseState.OPEN, CaseState.CLAIMED, CaseState.HELD], CaseState.OPEN),
        "escalate": ([CaseState.OPEN, CaseState.CLAIMED, CaseState.HELD], CaseState.OPEN),
        "hold": ([CaseState.CLAIMED], CaseState.HELD),
        "resume": ([CaseState.HELD], CaseState.OPEN),
        "assign": ([CaseState.OPEN, CaseState.CLAIMED, CaseState.HELD], CaseState.OPEN),
        "opine": ([CaseState.CLAIMED], CaseState.OPEN),
        "propose": ([CaseState.CLAIMED], CaseState.PROPOSED),
        "split": ([CaseState.OPEN], CaseState.OPEN),
        "approve": ([CaseState.PROPOSED], CaseState.DECIDED),
        "send_back": ([CaseState.PROPOSED], CaseState.OPEN),
        "decide": ([CaseState.CLAIMED], CaseState.DECIDED),
        "decide_by_machine": ([CaseState.OPEN], CaseState.DECIDED),
        "close": ([CaseState.OPEN, CaseState.CLAIMED, CaseState.HELD, CaseState.PROPOSED], CaseState.CLOSED),
        "reopen": ([CaseState.DECIDED], CaseState.OPEN),
    },
)


class CaseEventKind(models.TextChoices):
    OPENED = "opened", _("opened")
    OFFERED = "offered", _("offered")
    CLAIMED = "claimed", _("claimed")
    VIEWED = "viewed", _("first viewed")
    RELEASED = "released", _("released")
    EXPIRED = "expired", _("lease expired")
    SKIPPED = "skipped", _("skipped")
    TRANSFERRED = "transferred", _("transferred")
    ESCALATED = "escalated", _("escalated")
    HELD = "held", _("put on hold")
    RESUMED = "resumed", _("resumed")
    REPORT_JOINED = "report_joined", _("report joined")
    SNAPSHOT_ARRIVED = "snapshot_arrived", _("newer snapshot arrived")
    REPRIORITISED = "reprioritised", _("severity changed")
    BREACHED = "breached", _("late")
    DECIDED = "decided", _("decided")
    REOPENED = "reopened", _("reopened")
    CLOSED = "closed", _("closed without decision")
    NOTED = "noted", _("note")
    OPINED = "opined", _("opinion given")
    SPLIT = "split", _("opinions differ")
    PROPOSED = "proposed", _("decision proposed")
    SENT_BACK = "sent_back", _("proposal sent back")
    ANSWERED = "answered", _("answer received")
    ASSIGNED = "assigned", _("assigned")


class ClockState(models.TextChoices):
    RUNNING = "running", _("running")
    PAUSED = "paused", _("paused")
    MET = "met", _("met")
    BREACHED = "breached", _("breached")
    CANCELLED = "cancelled", _("cancelled")


class Reopening(models.TextChoices):
    """What reopening does to the clock: the time used counts on, or a fresh target starts."""

    CONTINUE = "continue", _("continue")
    RESTART = "restart", _("restart")


class Availability(models.TextChoices):
    AVAILABLE = "available", _("available")
    BREAK = "break", _("break")
    MEETING = "meeting", _("meeting")
    TRAINING = "training", _("training")
    TECHNICAL = "technical", _("technical problem")
    OFFLINE = "offline", _("offline")


class SkipKind(models.TextChoices):
    """Why a case is not offered to a person again."""

    SKIPPED = "skipped", _("skipped")
    OPINED = "opined", _("opinion given")


class NoteAbout(models.TextChoices):
    CASE = "case", _("this case")
    SELLER = "seller", _("the seller")
    EMAIL = "email", _("the e-mail address")
    DEVICE = "device", _("the device")


class Asked(models.TextChoices):
    """Whose answer a held case waits for."""

    SELLER = "seller", _("the seller")
    POLICY = "policy", _("the policy team")
    LEGAL = "legal", _("legal")
    LEAD = "lead", _("the team lead")
    OTHER = "other", _("somebody else")


class ExposureState(models.TextChoices):
    """How much of a day's budget of grave work is left."""

    FINE = "fine", _("within the budget")
    NEAR = "near", _("budget nearly spent")
    OVER = "over", _("budget spent")
