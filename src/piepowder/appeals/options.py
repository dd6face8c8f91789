"""What an organisation can choose about appeals."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from piepowder.access.options import Option, declare
from piepowder.review.models import Calendar

MONTHS: Final = "appeals.window_months"
DAYS_ELSEWHERE: Final = "appeals.days_elsewhere"
SECOND_STAGE_DAYS: Final = "appeals.second_stage_days"
ADMIT_AT_ONCE: Final = "appeals.admit_at_once"
BLIND: Final = "appeals.blind"
TARGET_HOURS: Final = "appeals.target_hours"
CALENDAR: Final = "appeals.calendar"

_GROUP = _("Appeals")


def _calendars() -> list[tuple[str, str]]:
    return [("", "–"), *Calendar.objects.order_by("code").values_list("code", "name")]


declare(
    Option(
        key=MONTHS,
        kind="whole",
        default=6,
        group=_GROUP,
        title=_("Months to complain in the EU"),
        hint=_("The law gives at least six from the day on which somebody is informed of a decision."),
        least=6,
        most=60,
    ),
    Option(
        key=DAYS_ELSEWHERE,
        kind="whole",
        default=180,
        group=_GROUP,
        title=_("Days to complain elsewhere"),
        hint=_("A longer time that a statement of reasons has promised is kept all the same."),
        least=14,
        most=1_830,
    ),
    Option(
        key=SECOND_STAGE_DAYS,
        kind="whole",
        default=30,
        group=_GROUP,
        title=_("Days for a second complaint"),
        hint=_("From the answer to the first one, if the decision was left standing. 0 means that there is none."),
        least=0,
        most=365,
    ),
    Option(
        key=ADMIT_AT_ONCE,
        kind="yes_no",
        default=True,
        group=_GROUP,
        title=_("Complaints in due form wait to be heard at once"),
        hint=_("Otherwise a person admits each of them first."),
    ),
    Option(
        key=BLIND,
        kind="yes_no",
        default=False,
        group=_GROUP,
        title=_("Hide who decided from who hears"),
        hint=_("Until the appeal has ended."),
    ),
    Option(
        key=TARGET_HOURS,
        kind="whole",
        default=240,
        group=_GROUP,
        title=_("Hours until an appeal is concluded"),
        hint=_("What is promised to complainants; the time in which they are asked something does not count."),
        least=1,
        most=8_760,
    ),
    Option(
        key=CALENDAR,
        kind="choice",
        default="",
        group=_GROUP,
        title=_("Calendar of appeals"),
        hint=_("In which those hours are counted; without one every hour counts."),
        choices=_calendars,
    ),
)
