"""Every action of the console, its key and its words: the list that ``?`` shows, the palette searches, and people remap.

What an action does is bound to its name by the modules under ``static/piepowder/console``; an action that nobody bound is
not shown.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

JUDGE, MEDIA, AROUND, LEAVE, GO = _("Judge"), _("Media"), _("Around the case"), _("Leave the case"), _("Everywhere")

CASE, LOST, NONE, ANY = "case", "lost", "none", "any"
_TOGETHER = {(CASE, ANY), (LOST, ANY), (NONE, ANY)}


@dataclass(frozen=True, slots=True)
class Action:
    """``key`` as the page writes it, such as ``z``, ``Space`` or ``Ctrl+k``; ``also`` are keys that cannot be changed.

    ``context`` is when it applies: a case is judged, its lease is lost, no case is open, or always. Only actions that can
    apply at the same time must differ in their keys. A ``fixed`` one keeps its key.
    """

    name: str
    key: str
    group: Any
    label: Any
    context: str = CASE
    fixed: bool = False
    also: tuple[str, ...] = ()


ACTIONS = (
    Action("judge.suggestion", "1…9", JUDGE, _("choose a suggested policy"), fixed=True),
    Action("judge.also", "Shift+1…9", JUDGE, _("cite it in addition"), fixed=True),
    Action("judge.none", "0", JUDGE, _("no violation")),
    Action("judge.search", "/", JUDGE, _("search policies")),
    Action("judge.facts", "f", JUDGE, _("write the facts")),
    Action(
        "facts.begin",
        "Alt+1…9",
        JUDGE,
        _("begin the facts with a template; Tab goes to its next open part"),
        fixed=True,
    ),
    Action("judge.primary", "P", JUDGE, _("let the decision rest on the next cited policy")),
    Action("judge.ground", "j", JUDGE, _("ground: illegal or against our terms")),
    Action("judge.orders", "a", JUDGE, _("go to the enforcement, with every measure")),
    Action("judge.where", "d", JUDGE, _("where it takes effect")),
    Action("judge.note", "b", JUDGE, _("write a note with the decision")),
    Action("judge.decide", "Enter", JUDGE, _("decide and go on with the next case")),
    Action("judge.undo", "u", JUDGE, _("undo the last decision"), ANY),
    Action("opinion.ask", "x", JUDGE, _("ask for a second opinion")),
    Action("media.reveal", "Space", MEDIA, _("show or hide the media")),
    Action("media.before", "[", MEDIA, _("media before")),
    Action("media.next", "]", MEDIA, _("next media")),
    Action("media.zoom", "z", MEDIA, _("show the media large")),
    Action("media.rotate", "o", MEDIA, _("turn the picture")),
    Action("media.compare", "c", MEDIA, _("compare pictures side by side")),
    Action("media.other", "C", MEDIA, _("compare with the next one")),
    Action("media.closer", "+", MEDIA, _("closer")),
    Action("media.farther", "-", MEDIA, _("farther away")),
    Action("media.page_back", "PageUp", MEDIA, _("document: page before")),
    Action("media.page_on", "PageDown", MEDIA, _("document: next page")),
    Action("media.play", "!", MEDIA, _("play or pause the film")),
    Action("media.frame_back", ",", MEDIA, _("one frame back")),
    Action("media.frame_on", ".", MEDIA, _("one frame on")),
    Action("media.slower", "<", MEDIA, _("play more slowly")),
    Action("media.faster", ">", MEDIA, _("play faster")),
    Action("media.mark", "m", MEDIA, _("mark this place in the film")),
    Action("live.warn", "W", MEDIA, _("livestream: warn")),
    Action("live.interrupt", "I", MEDIA, _("livestream: interrupt for some minutes")),
    Action("live.end", "E", MEDIA, _("livestream: end it")),
    Action("wellness.quick", "w", MEDIA, _("grey, silent and strongly blurred, or as you set it"), ANY),
    Action("tabs.next", "q", AROUND, _("next tab of what else is known")),
    Action("tabs.before", "Q", AROUND, _("tab before")),
    Action("notes.write", "k", AROUND, _("write a note to colleagues")),
    Action("related.open", "y", AROUND, _("related items")),
    Action("item.open", "i", AROUND, _("open the item in a tab")),
    Action("version.show", "v", AROUND, _("show the newer version")),
    Action("version.confirm", "V", AROUND, _("decide on the version that was seen")),
    Action("case.focus", "Escape", AROUND, _("leave a text or a window"), fixed=True),
    Action("urgent.take", "g", AROUND, _("take the urgent case"), ANY),
    Action("leave.hold", "h", LEAVE, _("hold")),
    Action("leave.transfer", "t", LEAVE, _("transfer")),
    Action("leave.escalate", "e", LEAVE, _("escalate")),
    Action("leave.skip", "s", LEAVE, _("skip")),
    Action("leave.release", "r", LEAVE, _("give the case back and stop")),
    Action("lease.again", "Enter", LEAVE, _("lost lease: claim the case again"), LOST),
    Action("next.lost", "n", LEAVE, _("lost lease: go on with the next case"), LOST),
    Action("next.take", "n", GO, _("take the next case, when none is open"), NONE),
    Action("break.take", "B", GO, _("take a break now"), ANY),
    Action("palette.open", "p", GO, _("every action, page, queue, policy and case"), ANY, also=("Ctrl+k",)),
    Action("keys.show", "?", GO, _("this list"), ANY),
)

NAMES = {action.name: action for action in ACTIONS}
EVERYWHERE = frozenset({"palette.open", "keys.show"})
"""What every page knows, not only the console."""


def keys_for(own: Mapping[str, str], *, only: Container[str] = NAMES) -> list[dict[str, Any]]:
    """The actions with their keys for a person who changed ``own``, as the page reads them."""
    return [
        {
            "name": action.name,
            "key": action.key if action.fixed else own.get(action.name, action.key),
            "also": action.also,
            "group": str(action.group),
            "label": str(action.label),
        }
        for action in ACTIONS
        if action.name in only
    ]


def conflicts(keys: Mapping[str, str]) -> list[tuple[Action, Action]]:
    """Pairs of actions that could be meant by the same press if each had the key that ``keys`` names."""
    every = [(action, {keys.get(action.name, action.key), *action.also} - {""}) for action in ACTIONS]
    return [
        (one, other)
        for place, (one, mine) in enumerate(every)
        for other, theirs in every[place + 1 :]
        if mine & theirs and _may_meet(one.context, other.context)
    ]


def _may_meet(one: str, other: str) -> bool:
    return one == other or (one, other) in _TOGETHER or (other, one) in _TOGETHER
