"""What an organisation can choose about how people work: how much at once, how often they pass, how much of the grave."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from piepowder.access.options import Option, declare

_BENCH = _("Bench")
_WELLNESS = _("Wellness")
_DAY_MINUTES = 24 * 60

declare(
    Option(
        "bench.in_hand",
        "whole",
        5,
        _BENCH,
        _("Cases in hand at once"),
        _("Cases on hold do not count. A person's own limit goes before this one."),
        least=1,
        most=10_000,
    ),
    Option(
        "bench.skips_a_day",
        "whole",
        20,
        _BENCH,
        _("Skips a day"),
        _("How often one person may pass on a case between two of their midnights."),
        least=0,
        most=10_000,
    ),
    Option(
        "wellness.exposure_minutes",
        "by_severity",
        {"0": 60, "1": 120, "2": None, "3": None},
        _WELLNESS,
        _("Minutes a day before cases of a severity"),
        _("When they are spent, milder work comes instead. Empty sets no limit."),
        least=0,
        most=_DAY_MINUTES,
    ),
    Option(
        "wellness.break_after_minutes",
        "whole",
        50,
        _WELLNESS,
        _("Minutes of grave work before a break is offered"),
        _("Cases of SEV0 and SEV1, one after the other."),
        least=5,
        most=_DAY_MINUTES,
    ),
    Option("wellness.break_minutes", "whole", 10, _WELLNESS, _("Length of a break, minutes"), least=1, most=120),
)
