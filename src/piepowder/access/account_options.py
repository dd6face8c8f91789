"""What an organisation chooses about accounts; read with ``chosen``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

from piepowder.access.models import Role
from piepowder.access.options import Option, declare

_GROUP = _("Accounts")
ALL_ROLES = "all"
LONGEST_SESSION_H = 720


def _roles() -> Iterable[tuple[str, Any]]:
    yield ALL_ROLES, _("everybody")
    yield from Role.objects.order_by("code").values_list("code", "name")


declare(
    Option(
        "accounts.mfa_required",
        "list",
        [],
        _GROUP,
        _("Second factor required"),
        _("Whoever has one of these roles sets up a second factor before anything else."),
        choices=_roles,
    ),
    Option(
        "accounts.sso_is_enough",
        "yes_no",
        False,
        _GROUP,
        _("Single sign-on counts as second factor"),
        _("For organisations whose identity provider asks for a second factor itself."),
    ),
    Option(
        "accounts.session_hours",
        "whole",
        12,
        _GROUP,
        _("Longest session, in hours"),
        _("After so long everybody logs in anew."),
        least=1,
        most=LONGEST_SESSION_H,
    ),
    Option(
        "accounts.idle_minutes",
        "whole",
        0,
        _GROUP,
        _("Log out after so many idle minutes"),
        _("0 means never before the session ends."),
        least=0,
        most=1440,
    ),
    Option(
        "accounts.invitation_days",
        "whole",
        7,
        _GROUP,
        _("Invitations work for so many days"),
        least=1,
        most=90,
    ),
    Option(
        "accounts.lock_after",
        "whole",
        8,
        _GROUP,
        _("Failed log-ins that lock an account"),
        least=3,
        most=100,
    ),
    Option(
        "accounts.lock_address_after",
        "whole",
        100,
        _GROUP,
        _("Failed log-ins that lock an address"),
        _("A whole site can share one address: keep this generous."),
        least=10,
        most=100_000,
    ),
    Option(
        "accounts.lock_minutes",
        "whole",
        15,
        _GROUP,
        _("A lock lasts so many minutes"),
        _("Failures further apart than this are counted anew."),
        least=1,
        most=1440,
    ),
)
