"""What the screens after an appeal say in words: each task, and the ages of what waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from piepowder.appeals.board import AGES
from piepowder.appeals.models import Restitution
from piepowder.web.templatetags.piepowder import measure_name

_TEXTS: Final[Mapping[str, str | Promise]] = {
    "statement_was_sent": gettext_lazy(
        "The statement of reasons %(puid)s was sent. Whoever read it may have acted on it."
    ),
    "letter_was_sent": gettext_lazy("A letter about the decision was sent (%(event)s)."),
    "was_restricted": gettext_lazy(
        "It was restricted (%(measure)s) from %(from)s to %(until)s. That time cannot be given back."
    ),
    "payments_were_held": gettext_lazy(
        "Payments were held (%(measure)s) from %(from)s to %(until)s. See that what is owed is paid out."
    ),
    "account_was_restricted": gettext_lazy(
        "The account was restricted (%(measure)s) from %(from)s to %(until)s. See that orders, payouts and data are there."
    ),
    "ended_an_earlier_one": gettext_lazy(
        "An earlier decision ended when this one was made. Look whether it should hold again."
    ),
    "another_stands_beside": gettext_lazy("Another decision about the same case still stands. Look whether it should."),
}


def task_words(task: Restitution) -> str:
    """What a person has to see to, in a sentence."""
    text = str(_TEXTS.get(task.text_code, task.text_code))
    return text % {name: _shown(name, value) for name, value in task.values.items()}


def _shown(name: str, value: str) -> str:
    if name == "measure":
        return measure_name(value)
    at = parse_datetime(value) if name in ("from", "until") else None
    return date_format(localtime(at), "SHORT_DATETIME_FORMAT") if at else value


@dataclass(frozen=True, slots=True)
class Age:
    label: str
    count: int
    percent: int
    """Of the longest bar."""


def bar_of_ages(counts: Sequence[int]) -> list[Age]:
    """One bar per group of ages, the longest full."""
    labels = [_("under %(days)s") % {"days": _days(bound)} for bound in AGES] + [_("older")]
    longest = max(*counts, 1)
    return [Age(label, count, round(100 * count / longest)) for label, count in zip(labels, counts, strict=True)]


def _days(count: int) -> str:
    return ngettext("%(count)d day", "%(count)d days", count) % {"count": count}
