"""What an organisation can choose about its letters."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from piepowder.access.options import Option, chosen, declare
from piepowder.correspondence.reading import TARGET

READING_GRADE = "letters.reading_grade"

declare(
    Option(
        key=READING_GRADE,
        kind="whole",
        default=TARGET,
        group=_("Letters"),
        title=_("School years that our texts may ask for"),
        hint=_(
            "What is written for letters and statements is measured for its language; what asks for more is marked. "
            "It is advice: nothing is refused. Most adults read texts of 9 years with ease."
        ),
        least=4,
        most=18,
    )
)


def target_grade() -> int:
    """The school years that the organisation wants its texts to ask for at most."""
    return int(chosen(READING_GRADE))
