"""What an organisation can choose about verifying traders."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from piepowder.access.options import Option, declare

POLICY = "duties.trader_policy"
SUSPENDS = "duties.trader_suspends"

declare(
    Option(
        key=POLICY,
        kind="text",
        default="V-1",
        group=_("Duties"),
        title=_("Policy that a suspension for missing trader data rests on"),
        hint=_("Its code. The ground is what the version in force in the trader's market says."),
    ),
    Option(
        key=SUSPENDS,
        kind="yes_no",
        default=True,
        group=_("Duties"),
        title=_("Suspend a trader who has not answered in time"),
        hint=_("The decision is marked as automated and carries its statement. Off leaves it to a person."),
    ),
)
