"""What an organisation can choose about deciding."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from piepowder.access.options import Option, declare
from piepowder.decisions.states import MEASURES

FOUR_EYES = "decisions.four_eyes"
BOILERPLATE_AFTER = "decisions.boilerplate_after"

declare(
    Option(
        key=FOUR_EYES,
        kind="list",
        default=["account:terminated"],
        group=_("Decisions"),
        title=_("Measures that a second person approves"),
        hint=_("As family:measure. A decision that orders one of them waits until somebody else has approved it."),
        choices=tuple(
            (f"{family}:{measure}", f"{family}:{measure}")
            for family, measures in MEASURES.items()
            for measure in measures
        ),
    )
)

declare(
    Option(
        key=BOILERPLATE_AFTER,
        kind="whole",
        default=5,
        group=_("Decisions"),
        title=_("Facts count as repeated from"),
        hint=_("How often the same text may stand in 30 days before the bench warns and quality is told."),
        least=2,
        most=1_000,
    )
)
