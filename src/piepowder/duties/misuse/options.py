"""What an organisation can choose about misuse; the periods stand with the rules of the Digital Services Act."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from piepowder.access.options import Option, declare

COUNT = "misuse.count"
POLICY = "misuse.policy"

declare(
    Option(
        key=COUNT,
        kind="whole",
        default=3,
        least=2,
        most=100,
        group=_("Law"),
        title=_("Manifest cases from which somebody is looked at for misuse"),
        hint=_(
            "Within the period of DSA Art. 23. A person weighs each; nobody is warned or suspended by the number alone."
        ),
    ),
    Option(
        key=POLICY,
        kind="text",
        default="S-1",
        group=_("Law"),
        title=_("Policy under which an account is suspended for misuse"),
    ),
)
