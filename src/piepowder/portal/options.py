"""What an organisation can choose about the portal."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from piepowder.access.options import Option, declare

_GROUP = _("Portal")

declare(
    Option(
        "portal.link_hours",
        "whole",
        72,
        _GROUP,
        _("Hours for which a link works"),
        _("For links that are given out without saying how long they last."),
        least=1,
        most=24 * 90,
    ),
    Option(
        "portal.visit_hours",
        "whole",
        12,
        _GROUP,
        _("Hours after which a visit ends"),
        _("Counted from opening the link; the same link can be opened again while it works."),
        least=1,
        most=72,
    ),
    Option(
        "portal.idle_minutes",
        "whole",
        120,
        _GROUP,
        _("Minutes without a click after which a visit ends"),
        "",
        least=10,
        most=24 * 60,
    ),
)
