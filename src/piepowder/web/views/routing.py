"""The routing editor: rules as sentences, a draft of one's own, the difference, versions, publishing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from piepowder.access.models import User
from piepowder.access.visibility import holds_whole, require_whole
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.kernel.errors import Conflict, FieldProblem
from piepowder.kernel.permissions import Permission
from piepowder.review import operations as review
from piepowder.review.models import Queue, RoutingDraft, RoutingVersion
from piepowder.review.publishing import current_number, current_version, own_draft, routing_problems, routing_version
from piepowder.review.rule_difference import RuleChange, rule_changes
from piepowder.web.rule_form import RuleForm, rule_initial
from piepowder.web.rule_words import condition_sentence, rule_sentence, then_words

Rule = Mapping[str, Any]
VERSIONS_SHOWN = 20


class StaleDraft(Conflict):
    """The draft has changed since the page was loaded, in another tab."""

    code = "stale_draft"


@dataclass(frozen=True, slots=True)
class RuleLine:
    number: int
    name: str
    when: str
    then: str
    keeps: bool
    problems: Sequence[FieldProblem]


@dataclass(frozen=True, slots=True)
class ChangeLine:
    how: str
    name: str
    places: str
    before: str
    after: str


@screen()
def routing(request: HttpRequest) -> HttpResponse:
    """The rules in force, or one's own draft of the next."""
    actor = actor_of(request)
    require_whole(actor, Permission.QUEUE_VIEW)
    may_edit = holds_whole(actor, Permission.QUEUE_EDIT)
    current = current_version()
    draft = own_draft(actor) if may_edit else None
    rules = _rules_shown(draft, current)
    names = _queue_names()
    number = current.number if current else 0
    shown = {
        "lines": rule_lines(rules, names, routing_problems(rules) if may_edit else []),
        "draft": draft,
        "current": current,
        "moved_on": draft is not None and draft.base != number,
        "changes": change_lines(current.rules if current else [], rules, names) if draft else [],
        "versions": _versions(),
        "may_edit": may_edit,
        "stamp": _stamp(draft),
        "fallback": names.get("general", ""),
    }
    return render(request, "web/routing/rules.html", shown)


@screen("GET", "HEAD", "POST")
def routing_rule(request: HttpRequest, number: int = 0) -> HttpResponse:
    """Add a rule at the end, or change the one of ``number``; saved into the draft."""
    actor = actor_of(request)
    require_whole(actor, Permission.QUEUE_EDIT)
    draft = own_draft(actor)
    rules = list(_rules_shown(draft, current_version()))
    if number > len(rules):
        raise Http404
    before = rules[number - 1] if number else None
    form = RuleForm(request.POST or None, queues=_queues(), initial=rule_initial(before))
    sentence = ""
    if form.is_valid():
        rule = form.rule()
        place = number - 1 if number else len(rules)
        changed = [*rules[:place], rule, *rules[place + 1 :]]
        form.complain_about(one for one in routing_problems(changed) if one.pointer.startswith(f"/{place}/"))
        sentence = rule_sentence(rule, _queue_names())
        if not form.errors:
            _require_fresh(request, draft)
            review.save_routing_draft(actor=actor, at=timezone.now(), rules=changed)
            messages.success(request, _("The rule is in your draft. It is in force once you publish."))
            return redirect("routing")
    shown = {
        "form": form,
        "number": number,
        "sentence": sentence or (rule_sentence(before, _queue_names()) if before else ""),
        "stamp": _stamp(draft),
    }
    return render(request, "web/routing/rule.html", shown, status=422 if form.errors else 200)


@screen("POST")
def routing_check(request: HttpRequest) -> HttpResponse:
    """What the rule in the form says and what is wrong with it, while it is typed."""
    actor = actor_of(request)
    require_whole(actor, Permission.QUEUE_EDIT)
    form, sentence = RuleForm(request.POST, queues=_queues()), ""
    if form.is_valid():
        rule = form.rule()
        sentence = rule_sentence(rule, _queue_names())
        form.complain_about(routing_problems([rule]))
    problems = [
        (form.fields[name].label if name in form.fields else "", error)
        for name, errors in form.errors.items()
        for error in errors
    ]
    return render(request, "web/routing/_told.html", {"sentence": sentence, "problems": problems})


@screen("POST")
def routing_move(request: HttpRequest, number: int, way: str) -> HttpResponse:
    """Move a rule up or down, copy it, or take it out of the draft."""
    actor = actor_of(request)
    require_whole(actor, Permission.QUEUE_EDIT)
    draft = own_draft(actor)
    rules = list(_rules_shown(draft, current_version()))
    move = _WAYS.get(way)
    if move is None or not 1 <= number <= len(rules):
        raise Http404
    _require_fresh(request, draft)
    review.save_routing_draft(actor=actor, at=timezone.now(), rules=move(rules, number - 1))
    return redirect("routing")


def _swapped(rules: list[Rule], first: int, second: int) -> list[Rule]:
    if 0 <= second < len(rules):
        rules[first], rules[second] = rules[second], rules[first]
    return rules


def _copied(rules: list[Rule], place: int) -> list[Rule]:
    copy = {**rules[place], "name": _("%(name)s (copy)") % {"name": rules[place]["name"]}}
    return [*rules[: place + 1], copy, *rules[place + 1 :]]


_WAYS: Mapping[str, Callable[[list[Rule], int], list[Rule]]] = {
    "up": lambda rules, place: _swapped(rules, place, place - 1),
    "down": lambda rules, place: _swapped(rules, place, place + 1),
    "first": lambda rules, place: [rules[place], *rules[:place], *rules[place + 1 :]],
    "copy": _copied,
    "remove": lambda rules, place: rules[:place] + rules[place + 1 :],
}


@screen("POST")
def routing_draft(request: HttpRequest, way: str) -> HttpResponse:
    """Publish the draft, throw it away, or put it on top of the version that is now in force."""
    actor, now = actor_of(request), timezone.now()
    require_whole(actor, Permission.QUEUE_EDIT)
    draft = own_draft(actor)
    if draft is None or way not in ("publish", "drop", "rebase"):
        raise Http404
    if way == "drop":
        review.drop_routing_draft(actor=actor)
        messages.success(request, _("Your draft is gone; these are the rules in force."))
        return redirect("routing")
    _require_fresh(request, draft)
    if way == "rebase":
        review.save_routing_draft(actor=actor, at=now, rules=draft.rules, base=current_number())
        messages.success(request, _("Your draft now stands against the version in force. Look at the difference."))
        return redirect("routing")
    try:
        version = review.publish_routing_draft(actor=actor, at=now)
    except (review.RoutingMovedOn, review.BadRouting) as refused:
        # The page tells the difference and what is wrong with which rule.
        messages.error(request, refused.detail)
        return redirect("routing")
    messages.success(request, _("Version %(number)s is in force.") % {"number": version.number})
    return redirect("routing")


@screen("GET", "HEAD", "POST")
def routing_version_page(request: HttpRequest, number: int) -> HttpResponse:
    """One version as it was published; posting takes it as one's draft."""
    actor = actor_of(request)
    require_whole(actor, Permission.QUEUE_VIEW)
    version, current = routing_version(number), current_version()
    assert current is not None
    if request.method == "POST":
        review.save_routing_draft(actor=actor, at=timezone.now(), rules=version.rules, base=current.number)
        messages.success(request, _("Version %(number)s is your draft now.") % {"number": number})
        return redirect("routing")
    names = _queue_names()
    shown = {
        "version": version,
        "current": current,
        "who": _people([version]).get(version.published_by, ""),
        "lines": rule_lines(version.rules, names, []),
        "changes": change_lines(version.rules, current.rules, names),
        "may_edit": holds_whole(actor, Permission.QUEUE_EDIT),
    }
    return render(request, "web/routing/version.html", shown)


def rule_lines(rules: Sequence[Rule], names: Mapping[str, str], problems: Sequence[FieldProblem]) -> list[RuleLine]:
    return [
        RuleLine(
            number,
            rule.get("name", ""),
            condition_sentence(rule),
            then_words(rule["then"], names),
            rule["then"].get("queue") is None,
            [one for one in problems if one.pointer.startswith(f"/{number - 1}/")],
        )
        for number, rule in enumerate(rules, start=1)
    ]


def change_lines(before: Sequence[Rule], after: Sequence[Rule], names: Mapping[str, str]) -> list[ChangeLine]:
    return [_change_line(change, names) for change in rule_changes(before, after)]


def _change_line(change: RuleChange, names: Mapping[str, str]) -> ChangeLine:
    places = [str(place) for place in (change.place_before, change.place_after) if place is not None]
    return ChangeLine(
        change.how,
        change.name,
        " → ".join(dict.fromkeys(places)),
        rule_sentence(change.before, names) if change.before and change.how != "moved" else "",
        rule_sentence(change.after, names) if change.after else "",
    )


def _rules_shown(draft: RoutingDraft | None, current: RoutingVersion | None) -> Sequence[Rule]:
    if draft is not None:
        return list(draft.rules)
    return list(current.rules) if current else []


def _queues() -> list[Queue]:
    return list(Queue.objects.filter(active=True))


def _queue_names() -> dict[str, str]:
    return dict(Queue.objects.values_list("code", "name"))


def _versions() -> list[tuple[RoutingVersion, str]]:
    found = list(RoutingVersion.objects.order_by("-number")[:VERSIONS_SHOWN])
    people = _people(found)
    return [(version, people.get(version.published_by, "")) for version in found]


def _people(versions: Sequence[RoutingVersion]) -> dict[str, str]:
    refs = {int(version.published_by) for version in versions if version.published_by.isdecimal()}
    return {str(pk): name for pk, name in User.objects.filter(pk__in=refs).values_list("pk", "name")}


def _stamp(draft: RoutingDraft | None) -> str:
    return draft.saved_at.isoformat() if draft else ""


def _require_fresh(request: HttpRequest, draft: RoutingDraft | None) -> None:
    """What is posted was decided on the draft as it stands; a page from before another change would hit another rule."""
    stamp: str | None = request.POST.get("stamp")
    if stamp is not None and stamp != _stamp(draft):
        raise StaleDraft(_("your draft was changed in another tab since this page was loaded"))
