"""Points ladders as screens say and draw them: values in, words and shapes out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import unified_diff
from itertools import pairwise
from typing import Any

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from piepowder.standing.shape import (
    Checked,
    Counter,
    CreditRule,
    Direction,
    Earned,
    Expiry,
    Ladder,
    Measure,
    Reset,
    Rule,
    Threshold,
)
from piepowder.standing.wording import number, said
from piepowder.web.words import MEASURE_NAMES

_STEP, _RISE, _FOOT = 150, 46, 34
_WITH_MEASURES = {"visibility": "mild", "monetary": "strong", "provision": "strong", "account": "hard"}
_TONES = ("mild", "strong", "hard")


@dataclass(frozen=True, slots=True)
class Step:
    """One milestone as a step of the picture, in its coordinates; ``tone`` says how hard it is, the words say it too."""

    x: int
    y: int
    width: int
    height: int
    middle: int
    score: int
    title: str
    tone: str
    reached: bool


@dataclass(frozen=True, slots=True)
class Picture:
    width: int
    height: int
    steps: tuple[Step, ...]
    here: int | None
    """Where the score stands, across."""
    start: int


@dataclass(frozen=True, slots=True)
class Milestone:
    """A threshold in words."""

    threshold: Threshold
    title: str
    measures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CounterShown:
    """A counter in words, with its picture."""

    counter: Counter
    title: str
    picture: Picture
    facts: tuple[str, ...]
    rules: tuple[tuple[Rule, str, str, str], ...]
    """Each rule with its title, what it costs, and how long that counts."""
    earned: tuple[str, ...]
    milestones: tuple[Milestone, ...]


def language() -> str:
    return get_language() or "en"


def picture(counter: Counter, burden: int | None = None) -> Picture:
    """The milestones as stairs that rise with every point away from the start, and where ``burden`` stands on them."""
    steps = sorted(counter.thresholds, key=lambda one: counter.burden_of(one.at))
    height = _RISE * (len(steps) + 1) + _FOOT
    shown = []
    for place, one in enumerate(steps, start=1):
        rise = _RISE * place
        shown.append(
            Step(
                x=_STEP * place,
                y=height - _FOOT - rise,
                width=_STEP,
                height=rise,
                middle=_STEP * place + _STEP // 2,
                score=one.at,
                title=said(one.title, language()),
                tone=_tone(one),
                reached=burden is not None and burden >= counter.burden_of(one.at),
            )
        )
    here = None if burden is None else _across([counter.burden_of(one.at) for one in steps], burden)
    return Picture(_STEP * (len(steps) + 1), height, tuple(shown), here, counter.start)


def _across(burdens: list[int], burden: int) -> int:
    """Stairs are equally wide, whatever lies between them: on each the score moves in proportion."""
    marks = [0, *burdens]
    for place, (low, high) in enumerate(pairwise(marks)):
        if burden < high:
            return round(_STEP * (place + max(0.0, (burden - low) / (high - low))))
    return _STEP * len(marks) - _STEP // 3


def _tone(threshold: Threshold) -> str:
    if threshold.by_person:
        return "hard"
    tones = [_WITH_MEASURES[one.family] for one in threshold.measures]
    return max(tones, key=_TONES.index, default="warning")


def counters_shown(ladder: Ladder, burdens: Mapping[str, int] | None = None) -> list[CounterShown]:
    """Every counter of a ladder; ``burdens`` are where somebody stands."""
    return [
        CounterShown(
            counter=counter,
            title=said(counter.title, language()) or _("Points"),
            picture=picture(counter, burdens.get(counter.code) if burdens is not None else None),
            facts=tuple(_facts(counter)),
            rules=tuple(
                (
                    rule,
                    said(rule.title, language()) or rule.code,
                    cost_words(rule),
                    expiry_words(rule.expires or counter.expires),
                )
                for rule in counter.rules
            ),
            earned=tuple(credit_words(one) for one in counter.credits),
            milestones=tuple(
                Milestone(one, said(one.title, language()), tuple(measure_words(m) for m in one.measures))
                for one in counter.thresholds
            ),
        )
        for counter in ladder.counters
    ]


def _facts(counter: Counter) -> Iterable[str]:
    if counter.direction is Direction.FALLING:
        yield _("Begins at %(start)d and falls, between %(least)d and %(most)s.") % {
            "start": counter.start,
            "least": counter.least,
            "most": counter.most if counter.most is not None else "∞",
        }
    else:
        yield _("Begins at %(start)d and adds up.") % {"start": counter.start}
    yield expiry_words(counter.expires)
    if counter.pending_days:
        yield ngettext(
            "Points wait %(days)d day for a correction or an appeal before they count.",
            "Points wait %(days)d days for a correction or an appeal before they count.",
            counter.pending_days,
        ) % {"days": counter.pending_days}
    if counter.repeats:
        factors = ", ".join(number(one) for one in counter.repeats.factors)
        yield _("The first, second and further ones within %(days)d days weigh × %(factors)s.") % {
            "days": counter.repeats.days,
            "factors": factors,
        }
    if counter.severity:
        factors = ", ".join(f"SEV{level} × {number(one)}" for level, one in sorted(counter.severity.items()))
        yield _("By severity: %(factors)s.") % {"factors": factors}
    if counter.once_hours:
        yield _("Several of one kind within %(hours)d hours count once.") % {"hours": counter.once_hours}
    if counter.batch_as_one:
        yield _("What was decided together counts once.")
    if counter.per_day is not None:
        yield _("At most %(count)d points of one kind on a day.") % {"count": counter.per_day}
    if counter.checked is Checked.WEEKLY:
        yield _("Milestones are looked at every Monday, for the week before.")


def expiry_words(expiry: Expiry) -> str:
    if expiry.days is not None:
        return ngettext("Counts for %(days)d day.", "Counts for %(days)d days.", expiry.days) % {"days": expiry.days}
    return {
        Reset.MONTH: _("Counts until the month ends."),
        Reset.QUARTER: _("Counts until the quarter ends."),
        Reset.LAST_MONDAY_OF_QUARTER: _("Counts until the last Monday of the quarter."),
        Reset.YEAR: _("Counts until the year ends."),
        None: _("Counts for good."),
    }[expiry.reset]


def cost_words(rule: Rule) -> str:
    """What a violation costs: ``8``, ``4–48``, or one number for each severity."""
    if rule.span is not None:
        return f"{rule.span[0]}–{rule.span[1]}"
    if rule.points is not None:
        return str(rule.points)
    return " · ".join(f"SEV{level} {points}" for level, points in sorted(rule.by_severity.items()))


def credit_words(credit: CreditRule) -> str:
    told = {"points": credit.points, "per": credit.per}
    what = {
        Earned.TRAINING: _("A training passed earns %(points)d points."),
        Earned.ORDERS: _("Each %(per)d orders earn %(points)d points."),
        Earned.CLEAN: _("Each %(per)d days without a violation earn %(points)d points."),
    }[credit.kind] % told
    if credit.cap is None:
        return what
    if credit.cap_days is None:
        return what + " " + _("At most %(cap)d.") % {"cap": credit.cap}
    return what + " " + _("At most %(cap)d in %(days)d days.") % {"cap": credit.cap, "days": credit.cap_days}


def measure_words(measure: Measure) -> str:
    what = measure.description or str(MEASURE_NAMES[measure.measure])
    if measure.permanent:
        return _("%(measure)s, for good, if a person decides so") % {"measure": what}
    if measure.days is None:
        return _("%(measure)s, until the score has recovered") % {"measure": what}
    return ngettext("%(measure)s, for %(days)d day", "%(measure)s, for %(days)d days", measure.days) % {
        "measure": what,
        "days": measure.days,
    }


def stored_measures(measures: Iterable[Mapping[str, Any]], *, for_good: bool) -> list[str]:
    """The measures of a sanction as it was stored."""
    return [
        measure_words(Measure(one["family"], one["measure"], one["days"], for_good, one.get("description", "")))
        for one in measures
    ]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a difference: ``sign`` is ``+``, ``-``, ``@`` for a gap, or empty."""

    sign: str
    text: str


def difference(before: str, after: str) -> list[Line]:
    """What differs between two texts, line by line, with a little around it."""
    lines = list(unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2))[2:]
    return [Line("@", "") if line.startswith("@@") else Line(line[0].strip(), line[1:]) for line in lines]
