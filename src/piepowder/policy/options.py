"""What an organisation can choose about its policies."""

from __future__ import annotations

from zoneinfo import available_timezones

from django.utils.translation import gettext_lazy as _

from piepowder.access.options import Option, declare
from piepowder.policy.dsa import EEA_MARKETS

FOUR_EYES = "policies.four_eyes"
COUNTRY = "law.country"
REGION = "law.region"
ZONE = "law.time_zone"


def _zones() -> list[tuple[str, str]]:
    return [(name, name) for name in sorted(available_timezones()) if "/" in name or name == "UTC"]


declare(
    Option(
        key=COUNTRY,
        kind="choice",
        default="",
        group=_("Law"),
        title=_("Country in which the organisation is established"),
        hint=_(
            "Its public holidays move the last day of a legal period. Without a country only Saturdays and Sundays do."
        ),
        choices=(("", _("none")), *((code, code) for code in sorted({*EEA_MARKETS, "CH", "GB", "US"}))),
    ),
    Option(
        key=REGION,
        kind="text",
        default="",
        group=_("Law"),
        title=_("Part of the country, if it has holidays of its own"),
        hint=_("By its code, such as BY for Bavaria."),
    ),
    Option(
        key=ZONE,
        kind="choice",
        default="UTC",
        group=_("Law"),
        title=_("Time zone in which legal periods are counted"),
        choices=_zones,
    ),
    Option(
        key=FOUR_EYES,
        kind="yes_no",
        default=True,
        group=_("Policies"),
        title=_("A second person approves each version of a policy"),
        hint=_(
            "Off only where one person alone looks after the policies: then whoever wrote a version may publish it."
        ),
    ),
)
