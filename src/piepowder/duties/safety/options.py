"""What an organisation can choose about product safety."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from piepowder.access.options import Option, declare

POLICIES = "safety.policies"
SAMPLE = "safety.sample"
DANGEROUS = "safety.dangerous_policy"

declare(
    Option(
        key=POLICIES,
        kind="list",
        default=["U"],
        group=_("Law"),
        title=_("Policies about product safety"),
        hint=_("Reports that name one of them, or one below it, get the clock of GPSR Art. 22(8)."),
    ),
    Option(
        key=DANGEROUS,
        kind="text",
        default="U-1",
        group=_("Law"),
        title=_("Policy against recalled and dangerous products"),
        hint=_("What looks like a recalled product comes to review under it."),
    ),
    Option(
        key=SAMPLE,
        kind="whole",
        default=200,
        least=1,
        most=10_000,
        group=_("Law"),
        title=_("Offers drawn for a random check"),
    ),
)
