"""Outcomes, the DSA's four families of enforcement, and the life of a decision."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from piepowder.kernel.flow import Flow
from piepowder.policy import dsa


class Outcome(models.TextChoices):
    NO_VIOLATION = "no_violation", _("no violation")
    VIOLATION = "violation", _("violation")


class DecisionState(models.TextChoices):
    ISSUED = "issued", _("issued")
    WITHDRAWN = "withdrawn", _("withdrawn")
    SUPERSEDED = "superseded", _("superseded")
    OVERTURNED = "overturned", _("overturned")


DECISION_FLOW: Flow[DecisionState] = Flow(
    "decision",
    {
        "withdraw": ([DecisionState.ISSUED], DecisionState.WITHDRAWN),
        "supersede": ([DecisionState.ISSUED], DecisionState.SUPERSEDED),
        "overturn": ([DecisionState.ISSUED], DecisionState.OVERTURNED),
    },
)


class Family(models.TextChoices):
    """The restrictions of DSA Art. 17(1)(a) to (d)."""

    VISIBILITY = "visibility", _("visibility")
    MONETARY = "monetary", _("monetary")
    PROVISION = "provision", _("provision of the service")
    ACCOUNT = "account", _("account")


MEASURES: dict[Family, tuple[str, ...]] = {Family(family): measures for family, measures in dsa.MEASURES.items()}
"""What can be ordered in each family."""


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


class Source(models.TextChoices):
    """What made us look (DSA Art. 17(3)(b)); never who."""

    OWN_INITIATIVE = "own_initiative", _("own initiative")
    NOTICE = "notice", _("notice")
    TRUSTED_FLAGGER = "trusted_flagger", _("notice of a trusted flagger")
    AUTHORITY = "authority", _("information from an authority")


class Exclusion(models.TextChoices):
    """Why a restriction carries no statement of reasons (DSA Art. 17(2), (5))."""

    NONE = "", ""
    DECEPTIVE_HIGH_VOLUME = "deceptive_high_volume", _("deceptive high-volume commercial content")
    AUTHORITY_ORDER = "authority_order", _("order of an authority (Art. 9)")
    NO_CONTACT = "no_contact", _("no electronic contact known")


class ProposalState(models.TextChoices):
    PENDING = "pending", _("awaiting approval")
    APPROVED = "approved", _("approved")
    SENT_BACK = "sent_back", _("sent back")
    VOID = "void", _("no longer needed")


PROPOSAL_FLOW: Flow[ProposalState] = Flow(
    "proposal",
    {
        "approve": ([ProposalState.PENDING], ProposalState.APPROVED),
        "send_back": ([ProposalState.PENDING], ProposalState.SENT_BACK),
        "void": ([ProposalState.PENDING], ProposalState.VOID),
    },
)


class PanelState(models.TextChoices):
    OPEN = "open", _("waiting for opinions")
    AGREED = "agreed", _("agreed")
    SPLIT = "split", _("opinions differ")
    VOID = "void", _("no longer needed")


PANEL_FLOW: Flow[PanelState] = Flow(
    "panel",
    {
        "agree": ([PanelState.OPEN], PanelState.AGREED),
        "split": ([PanelState.OPEN], PanelState.SPLIT),
        "adjudicate": ([PanelState.SPLIT], PanelState.AGREED),
        "sit_again": ([PanelState.AGREED], PanelState.OPEN),
        "split_again": ([PanelState.AGREED], PanelState.SPLIT),
        "void": ([PanelState.OPEN, PanelState.SPLIT, PanelState.AGREED], PanelState.VOID),
    },
)


class LineState(models.TextChoices):
    """What became of one case of a batch."""

    PLANNED = "planned", _("planned")
    DECIDED = "decided", _("decided")
    OPINED = "opined", _("opinion given")
    PROPOSED = "proposed", _("awaiting approval")
    SKIPPED = "skipped", _("skipped")
