"""How screens say durations, clocks and marked text: values in, words out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

MEASURE_NAMES = {
    "content_removed": gettext_lazy("remove it"),
    "content_disabled": gettext_lazy("take it offline"),
    "content_demoted": gettext_lazy("show it lower"),
    "content_age_restricted": gettext_lazy("show it to adults only"),
    "content_interaction_restricted": gettext_lazy("switch off interaction"),
    "content_labelled": gettext_lazy("label it"),
    "other": gettext_lazy("other"),
    "suspension": gettext_lazy("suspend payments"),
    "termination": gettext_lazy("end payments"),
    "partial_suspension": gettext_lazy("suspend part of the service"),
    "total_suspension": gettext_lazy("suspend the service"),
    "partial_termination": gettext_lazy("end part of the service"),
    "total_termination": gettext_lazy("end the service"),
    "suspended": gettext_lazy("suspend the account"),
    "terminated": gettext_lazy("close the account"),
}
"""The measures of ``decisions.states.MEASURES`` as a moderator says them."""

MOVE_NAMES = {
    "release": gettext_lazy("Take it back"),
    "transfer": gettext_lazy("Transfer"),
    "escalate": gettext_lazy("Escalate"),
    "resume": gettext_lazy("End the hold"),
    "close": gettext_lazy("Close without decision"),
    "reprioritise": gettext_lazy("Set the severity"),
    "assign": gettext_lazy("Assign"),
}
"""What a lead can do with a case, as its button says it."""

FIELD_NAMES = {
    "policy_codes": gettext_lazy("Policies"),
    "ground": gettext_lazy("Ground"),
    "facts": gettext_lazy("Facts"),
    "enforcements": gettext_lazy("Enforcement"),
    "snapshot_id": gettext_lazy("Version"),
    "outcome": gettext_lazy("Outcome"),
}
"""The fields of a ruling as the console calls them."""

ROLE_NAMES = {
    "sold_by": gettext_lazy("sold by"),
    "promotes": gettext_lazy("promotes"),
    "about": gettext_lazy("about"),
    "claims_against": gettext_lazy("claims against"),
    "document_of": gettext_lazy("document of"),
    "variant_of": gettext_lazy("variant of"),
}


def spoken_duration(value: timedelta | float) -> str:
    """``41 s``, ``3 m 05 s``, ``1 h 05 m``, ``2 d 04 h``: the two units that matter."""
    seconds = int(value.total_seconds() if isinstance(value, timedelta) else value)
    sign, seconds = ("−", -seconds) if seconds < 0 else ("", seconds)
    minutes, s = divmod(seconds, 60)
    hours, m = divmod(minutes, 60)
    days, h = divmod(hours, 24)
    if days:
        said = _("%(d)d d %(h)02d h") % {"d": days, "h": h}
    elif hours:
        said = _("%(h)d h %(m)02d m") % {"h": hours, "m": m}
    elif minutes:
        said = _("%(m)d m %(s)02d s") % {"m": minutes, "s": s}
    else:
        said = _("%(s)d s") % {"s": s}
    return sign + said


@dataclass(frozen=True, slots=True)
class Clock:
    """A service level as shown: ``tone`` picks the colour, ``icon`` and ``words`` say the same without it."""

    tone: str
    icon: str
    words: str
    time: str
    ticking: bool


def clock_of(
    due_at: datetime | None, at_risk_at: datetime | None, *, now: datetime, state: str = "", paused: bool = False
) -> Clock:
    """The clock of a case with these times; a case that is over (``decided``, ``closed``) has none that runs."""
    if state in {"decided", "closed"}:
        return Clock("done", "circle-check", _("finished"), "", ticking=False)
    if paused or state == "held":
        return Clock("paused", "player-pause", _("paused"), "", ticking=False)
    if due_at is None:
        return Clock("none", "clock", _("no target"), "", ticking=False)
    left = spoken_duration(abs(due_at - now))
    if now > due_at:
        return Clock("breached", "alert-octagon", _("breached"), left, ticking=True)
    if at_risk_at is not None and now >= at_risk_at:
        return Clock("at-risk", "alert-triangle", _("at risk"), left, ticking=True)
    return Clock("on-time", "clock", _("on time"), left, ticking=True)


def why_words(why: Mapping[str, Any]) -> str:
    """Why a case is in its queue, as the routing stored it."""
    if why.get("by") == "rule":
        said = _("here by rule %(rule)s: %(name)s") % {"rule": why.get("rule", "–"), "name": why.get("name", "")}
    elif why.get("by") == "fallback":
        said = _("here because no rule matched")
    elif why.get("by") == "split":
        said = _("here because the opinions on it differ")
    elif why.get("by") == "watched_on":
        said = _("here because the stream goes on after it was ruled on")
    else:
        said = _("moved here by a person")
    if why.get("instead_of"):
        said += " · " + _("instead of %(queue)s, which is closed") % {"queue": why["instead_of"]}
    return said


def rough_duration(value: timedelta) -> str:
    """The largest unit alone, for boards: it moves rarely, so that a board at rest stays at rest."""
    seconds = max(0, int(value.total_seconds()))
    for size, said in ((86_400, _("%(n)d d")), (3_600, _("%(n)d h")), (60, _("%(n)d m"))):
        if seconds >= size:
            return said % {"n": seconds // size}
    return _("under 1 m")


def band_names(bands: Sequence[timedelta]) -> list[str]:
    """Names of the bands of age whose upper ends are ``bands``; the last has none."""
    names = [_("under %(age)s") % {"age": rough_duration(band)} for band in bands]
    return [*names, _("older")]


def share_names(bands: Sequence[float]) -> list[str]:
    """Names of the bands of the share of a target that is used, whose upper ends are ``bands``; then it is late."""
    names = [_("under %(share)d %%") % {"share": round(100 * band)} for band in bands]
    return [*names, _("late")]


@dataclass(frozen=True, slots=True)
class BarPiece:
    """A stretch of a bar that is 100 long; ``band`` picks the shade."""

    band: int
    x: str
    width: str


def bar_pieces(counts: Sequence[int]) -> list[BarPiece]:
    """``counts`` side by side, in proportion."""
    total, position, pieces = sum(counts), 0.0, []
    for band, count in enumerate(counts):
        if count:
            width = 100 * count / total
            pieces.append(BarPiece(band, f"{position:.2f}", f"{width:.2f}"))
            position += width
    return pieces
