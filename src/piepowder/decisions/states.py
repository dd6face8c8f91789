"""Outcomes, the DSA's four families of enforcement, and the life of a decision."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from piepowder.kernel.flow import Flow


class Outcome(models.TextChoices):
    NO_VIOLATION = "no_violation", _("no violation")
    VIOLATION = "violation", _("violation")


class DecisionState(models.TextChoices):
    ISSUED = "issued", _("issued")
    WITHDRAWN = "withdrawn", _("withdrawn")
    SUPERSEDED = "superseded", _("superseded")


DECISION_FLOW: Flow[DecisionState] = Flow(
    "decision",
    {
        "withdraw": ([DecisionState.ISSUED], DecisionState.WITHDRAWN),
        "supersede": ([DecisionState.ISSUED], DecisionState.SUPERSEDED),
    },
)


class Family(models.TextChoices):
    """The restrictions of DSA Art. 17(1)(a) to (d)."""

    VISIBILITY = "visibility", _("visibility")
    MONETARY = "monetary", _("monetary")
    PROVISION = "provision", _("provision of the service")
    ACCOUNT = "account", _("account")


MEASURES: dict[Family, tuple[str, ...]] = {
    Family.VISIBILITY: (
        "content_removed",
        "content_disabled",
        "content_demoted",
        "content_age_restricted",
        "content_interaction_restricted",
        "content_labelled",
        "other",
    ),
    Family.MONETARY: ("suspension", "termination", "other"),
    Family.PROVISION: ("partial_suspension", "total_suspension", "partial_termination", "total_termination"),
    Family.ACCOUNT: ("suspended", "terminated"),
}


class EnforcementState(models.TextChoices):
    SCHEDULED = "scheduled", _("scheduled")
    DISPATCHED = "dispatched", _("in force")
    CANCELLED = "cancelled", _("cancelled")
    REVERSED = "reversed", _("reversed")


ENFORCEMENT_FLOW: Flow[EnforcementState] = Flow(
    "enforcement",
    {
        "dispatch": ([EnforcementState.SCHEDULED], EnforcementState.DISPATCHED),
        "cancel": ([EnforcementState.SCHEDULED], EnforcementState.CANCELLED),
        "reverse": ([EnforcementState.DISPATCHED, EnforcementState.SCHEDULED], EnforcementState.REVERSED),
    },
)


class Exclusion(models.TextChoices):
    """Why a restriction carries no statement of reasons (DSA Art. 17(2), (5))."""

    NONE = "", ""
    DECEPTIVE_HIGH_VOLUME = "deceptive_high_volume", _("deceptive high-volume commercial content")
    AUTHORITY_ORDER = "authority_order", _("order of an authority (Art. 9)")
    NO_CONTACT = "no_contact", _("no electronic contact known")
