"""The life of an appeal, of an out-of-court case, and of what is left to do after either."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from piepowder.kernel.flow import Flow


class ComplainantKind(models.TextChoices):
    RECIPIENT = "recipient", _("seller")
    REPORTER = "reporter", _("reporter")


class Basis(models.TextChoices):
    """What kind of decision is complained about; the first six are the rows of the harmonised transparency report."""

    VISIBILITY = "visibility", _("removal or restriction of visibility")
    MONETARY = "monetary", _("restriction of monetisation")
    PROVISION = "provision", _("suspension or termination of the service")
    ACCOUNT = "account", _("suspension or termination of the account")
    NO_ACTION = "no_action", _("no action on a report")
    NO_ACTION_FLAGGER = "no_action_flagger", _("no action on a trusted flagger's report")
    PROACTIVE_TECHNOLOGY = "proactive", _("use of automated detection against the terms")
    OTHER = "other", _("another decision")


class AppealState(models.TextChoices):
    FILED = "filed", _("filed")
    ADMITTED = "admitted", _("waiting to be heard")
    IN_HAND = "in_hand", _("being heard")
    CONCLUDED = "concluded", _("concluded")
    OMITTED = "omitted", _("not decided")
    WITHDRAWN = "withdrawn", _("withdrawn")


OPEN_STATES: Final = (AppealState.FILED, AppealState.ADMITTED, AppealState.IN_HAND)

APPEAL_FLOW: Flow[AppealState] = Flow(
    "appeal",
    {
        "admit": ([AppealState.FILED], AppealState.ADMITTED),
        "take": ([AppealState.ADMITTED], AppealState.IN_HAND),
        "give_back": ([AppealState.IN_HAND], AppealState.ADMITTED),
        "conclude": ([AppealState.IN_HAND], AppealState.CONCLUDED),
        "omit": ([AppealState.FILED, AppealState.ADMITTED, AppealState.IN_HAND], AppealState.OMITTED),
        "withdraw": ([AppealState.FILED, AppealState.ADMITTED, AppealState.IN_HAND], AppealState.WITHDRAWN),
    },
)


class AppealOutcome(models.TextChoices):
    UPHELD = "upheld", _("the decision stands")
    OVERTURNED = "overturned", _("overturned")
    MODIFIED = "modified", _("modified")
    OMITTED = "omitted", _("not decided")


CHANGED: Final = (AppealOutcome.OVERTURNED, AppealOutcome.MODIFIED)
"""The decision does not stand as it was."""


class Omission(models.TextChoices):
    """Why a complaint ends without a decision on what it says."""

    MOOT = "moot", _("the decision does not stand any more")
    DUPLICATE = "duplicate", _("the same complaint was heard already")
    NO_REASONS = "no_reasons", _("it does not say what is wrong")
    ABUSIVE = "abusive", _("manifestly unfounded or abusive")
    NOT_COVERED = "not_covered", _("it is not about this decision")


class BarReason(models.TextChoices):
    DECIDER = "decider", _("decided")
    APPROVER = "approver", _("proposed or approved")
    OPINION = "opinion", _("gave an opinion")
    HEARER = "hearer", _("heard an earlier stage")
    MANAGER_THEN = "manager_then", _("manager at the time")
    MANAGER_NOW = "manager_now", _("manager now")


class Side(models.TextChoices):
    COMPLAINANT = "complainant", _("complainant")
    OTHER = "other", _("other side")
    HOUSE = "house", _("us")


class StepKind(models.TextChoices):
    FILED = "filed", _("filed")
    ADMITTED = "admitted", _("admitted")
    TAKEN = "taken", _("taken")
    GIVEN_BACK = "given_back", _("given back")
    ASSIGNED = "assigned", _("assigned")
    ASKED = "asked", _("asked the complainant")
    ANSWERED = "answered", _("answered")
    EVIDENCE = "evidence", _("evidence added")
    CONCLUDED = "concluded", _("concluded")
    OMITTED = "omitted", _("not decided")
    WITHDRAWN = "withdrawn", _("withdrawn")


class TaskState(models.TextChoices):
    OPEN = "open", _("to do")
    DONE = "done", _("done")


TASK_FLOW: Flow[TaskState] = Flow("task", {"finish": ([TaskState.OPEN], TaskState.DONE)})


class AuditState(models.TextChoices):
    OPEN = "open", _("asked for")
    DONE = "done", _("looked at")


class CaseState(models.TextChoices):
    """Of a case before an out-of-court body."""

    OPEN = "open", _("open")
    REFUSED = "refused", _("we did not take part")
    DECIDED = "decided", _("decided")
    CLOSED = "closed", _("ended without a decision")


CASE_FLOW: Flow[CaseState] = Flow(
    "out-of-court case",
    {
        "extend": ([CaseState.OPEN], CaseState.OPEN),
        "refuse": ([CaseState.OPEN], CaseState.REFUSED),
        "decide": ([CaseState.OPEN], CaseState.DECIDED),
        "close": ([CaseState.OPEN], CaseState.CLOSED),
        "implement": ([CaseState.DECIDED], CaseState.DECIDED),
    },
)


class CaseOutcome(models.TextChoices):
    CONFIRMED = "confirmed", _("our decision was confirmed")
    REVERSED = "reversed", _("our decision was reversed")
    PARTLY_REVERSED = "partly", _("our decision was reversed in part")


TO_IMPLEMENT: Final = (CaseOutcome.REVERSED, CaseOutcome.PARTLY_REVERSED)
