"""What an organisation can choose about submitting statements."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from piepowder.access.options import Option, declare

SUBMITS = "interop.dsa_submit"
ADDRESS = "interop.dsa_address"
LATE_AFTER = "interop.dsa_late_after_h"
SECOND_PERSON = "interop.dsa_lint"
MONITOR_DAYS = "interop.dsa_monitor_days"

PRODUCTION = "https://transparency.dsa.ec.europa.eu"

_GROUP = _("DSA Transparency Database")

declare(
    Option(
        key=SUBMITS,
        kind="yes_no",
        default=False,
        group=_GROUP,
        title=_("Submit statements of reasons"),
        hint=_("Article 24(5). Micro and small enterprises that are no very large platform are exempt."),
    ),
    Option(
        key=ADDRESS,
        kind="text",
        default=PRODUCTION,
        group=_GROUP,
        title=_("Address of the database"),
        hint=_("The database for trial runs has another address, and another token."),
    ),
    Option(
        key=LATE_AFTER,
        kind="whole",
        default=24,
        group=_GROUP,
        title=_("A statement is late after, in hours"),
        hint=_("From the decision until it is submitted; then the board says so and a message goes out."),
        least=1,
        most=24 * 30,
    ),
    Option(
        key=SECOND_PERSON,
        kind="yes_no",
        default=True,
        group=_GROUP,
        title=_("Stop statements that seem to hold personal data"),
        hint=_("They leave only when somebody who had no part in the decision lets them."),
    ),
    Option(
        key=MONITOR_DAYS,
        kind="whole",
        default=28,
        group=_GROUP,
        title=_("Days that a stream is compared with"),
        least=7,
        most=180,
    ),
)
