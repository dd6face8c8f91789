"""Words about standings: titles by language, scores, and why an entry costs what it costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from piepowder.policy.logic import best_language
from piepowder.standing.ladder import POINTS, Entry, Ladder
from piepowder.standing.valuing import Valued


def said(words: Mapping[str, str], language: str) -> str:
    """Of texts by language the one that fits best; empty when there is none."""
    chosen = best_language(words, language) if words else None
    return words[chosen] if chosen else ""


def score_words(ladder: Ladder, counter: str, score: int, language: str) -> str:
    """``48 points``, or a strike counter by its name."""
    if counter == POINTS:
        return ngettext("%(count)d point", "%(count)d points", score) % {"count": score}
    known = ladder.counter(counter)
    title = said(known.title, language) if known else counter
    return _("%(title)s: %(count)d") % {"title": title, "count": score}


def why(entry: Entry, language: str) -> Iterator[str]:
    """How the points of an entry came about, one sentence each."""
    valued = entry.valued
    if valued is None:
        yield _("Given by a person.")
        return
    yield _("%(rule)s: %(points)s for severity %(severity)d.") % {
        "rule": said(valued.rule.title, language) or valued.rule.code,
        "points": number(valued.base),
        "severity": valued.violation.severity,
    }
    if valued.severity_factor != 1:
        yield _("× %(factor)s for the severity.") % {"factor": number(valued.severity_factor)}
    if valued.repeat_factor != 1:
        yield _("× %(factor)s, because it is number %(count)d.") % {
            "factor": number(valued.repeat_factor),
            "count": valued.earlier + 1,
        }
    yield from _shared(valued)
    if valued.capped:
        yield _("Less, because only so many points of this kind count on one day.")
    if entry.left < entry.points:
        yield _("%(count)d of it earned back.") % {"count": entry.points - entry.left}


def _shared(valued: Valued) -> Iterator[str]:
    if not valued.counts_with:
        return
    if valued.same_batch:
        yield _("Decided together with another one: both count once.")
    else:
        yield _("Shortly after another of its kind: both count once.")


def number(value: Fraction) -> str:
    """As people write it: ``8``, ``1.5``."""
    return str(int(value)) if value.denominator == 1 else f"{float(value):.2f}".rstrip("0")
