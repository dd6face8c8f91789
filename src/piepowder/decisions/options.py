"""What an organisation can choose about deciding."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from piepowder.access.options import Option, declare
from piepowder.decisions.states import MEASURES

FOUR_EYES = "decisions.four_eyes"

declare(
    Option(
        key=FOUR_EYES,
        kind="list",
        default=["account:terminated"],
        group=_("Decisions"),
        title=_("Measures that a second person approves"),
        hint=_("As family:measure. A decision that orders one of them waits until somebody else has approved it."),
        choices=tuple(
            (f"{family}:{measure}", f"{family}:{measure}") for family, measures in MEASURES.items() for measure in measures
        ),
    )
)
