"""What an organisation can choose about its policies."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from piepowder.access.options import Option, declare

FOUR_EYES = "policies.four_eyes"

declare(
    Option(
        key=FOUR_EYES,
        kind="yes_no",
        default=True,
        group=_("Policies"),
        title=_("A second person approves each version of a policy"),
        hint=_(
            "Off only where one person alone looks after the policies: then whoever wrote a version may publish it."
        ),
    )
)
