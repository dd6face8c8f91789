"""What an organisation can choose about claims on rights."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from piepowder.access.options import Option, declare

STRIKE_DAYS = "rights.strike_days"
STRIKE_HOURS = "rights.strike_hours"
REPEAT_AFTER = "rights.repeat_after"
ABUSE_SHARE = "rights.abuse_share"
ABUSE_LEAST = "rights.abuse_least"
NAME_OWNER = "rights.name_owner"

_GROUP = _("Rights")

declare(
    Option(
        STRIKE_DAYS,
        "whole",
        365,
        _GROUP,
        _("Days that a strike counts"),
        _("Claims against a seller that were found right count as strikes this long."),
        least=1,
        most=3_650,
    ),
    Option(
        STRIKE_HOURS,
        "whole",
        72,
        _GROUP,
        _("Hours that make one strike"),
        _("Claims that were found right within this time are one strike, and so are all claims of one notice."),
        least=0,
        most=8_760,
    ),
    Option(
        REPEAT_AFTER,
        "whole",
        3,
        _GROUP,
        _("Strikes that make a repeat infringer"),
        _("From so many strikes a seller stands on the list of repeat infringers."),
        least=1,
        most=100,
    ),
    Option(
        ABUSE_SHARE,
        "whole",
        50,
        _GROUP,
        _("Share of failed claims that is too much, in percent"),
        _("An owner's claims are marked as misused when even the lower bound of the share lies above this."),
        least=1,
        most=99,
    ),
    Option(
        ABUSE_LEAST,
        "whole",
        10,
        _GROUP,
        _("Judged claims before misuse is told"),
        _("With fewer judged claims an owner's record is shown, but never marked."),
        least=3,
        most=10_000,
    ),
    Option(
        NAME_OWNER,
        "yes_no",
        True,
        _GROUP,
        _("Name the owner to the seller"),
        _("A seller who is to answer a claim learns whose right it is; never who sent it."),
    ),
)
