"""Writing versions of policies: the drafts, the form, the preview with its difference, and the approval."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from piepowder.http.identity import actor_of
from piepowder.http.pages import problem_of, screen
from piepowder.intake.states import Kind
from piepowder.kernel.errors import PiepowderError
from piepowder.kernel.permissions import Permission
from piepowder.policy.logic import best_language, day_of
from piepowder.policy.models import Policy
from piepowder.policy.operations import BadPolicy, covers, require_over
from piepowder.policy.proposed import Writing, standing_content, writing, writings
from piepowder.policy.proposing import (
    ChangedMeanwhile,
    approve_version,
    drop_version,
    is_leaf,
    mark,
    overtaken_by,
    problems_of,
    save_version,
    send_back_version,
    start_policy,
    start_version,
    submit_version,
    take_back_version,
)
from piepowder.policy.states import ProposedState
from piepowder.policy.unfinished import content_problems, read_content
from piepowder.web.languages import policy_language
from piepowder.web.policy_difference import as_recipients_read_it, field_changes, text_changes
from piepowder.web.policy_form import content_typed, languages_typed, policy_form
from piepowder.web.policy_node_form import NewPolicyForm


@screen()
def policy_drafts(request: HttpRequest) -> HttpResponse:
    """What is being written and what waits for approval; ``settled=1`` shows what became of earlier ones."""
    actor, settled = actor_of(request), request.GET.get("settled") == "1"
    rows = writings(actor, policy_language(get_language()), settled=settled)
    may_add = covers(actor, Permission.POLICY_EDIT, ())
    return render(request, "web/policies/drafts.html", {"rows": rows, "settled": settled, "may_add": may_add})


@screen("GET", "POST")
def policy_draft_add(request: HttpRequest) -> HttpResponse:
    """Begin a new policy or family; it exists when its first version has been approved."""
    actor = actor_of(request)
    require_over(actor, Permission.POLICY_EDIT, ())
    families = Policy.objects.filter(is_leaf=False, retired_at=None).order_by("position", "code")
    form = NewPolicyForm(
        request.POST or None,
        families=list(families.values_list("code", flat=True)),
        kinds=Kind.choices,
        initial={"parent": request.GET.get("parent", ""), "sort": "policy"},
    )
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            proposed = start_policy(
                actor=actor,
                at=timezone.now(),
                code=typed["code"],
                parent=typed["parent"],
                is_leaf=typed["sort"] == "policy",
                kinds=typed["kinds"],
            )
        except PiepowderError as error:
            if error.status == 403:
                raise
            form.complain(error)
        else:
            return redirect("policy_draft", proposed.pk)
    return render(request, "web/policies/add.html", {"form": form}, status=422 if form.errors else 200)


@screen("POST")
def policy_draft_begin(request: HttpRequest, code: str) -> HttpResponse:
    """Begin the next version of a policy from the version that was looked at."""
    number = request.POST.get("number", "")
    proposed = start_version(
        actor=actor_of(request),
        at=timezone.now(),
        code=code,
        number=int(number) if number.isdecimal() and len(number) < 9 else None,
    )
    return redirect("policy_draft", proposed.pk)


@screen("GET", "POST")
def policy_draft(request: HttpRequest, draft_id: int) -> HttpResponse:
    """The form. ``do``: ``save`` keeps it, ``over`` also over what another saved, ``look`` and ``submit`` go on, ``show``
    only draws it anew, for another category or language."""
    actor, now, said = actor_of(request), timezone.now(), request.POST
    seen = writing(actor, draft_id, policy_language(get_language()))
    if not seen.may_write or seen.proposed.state != ProposedState.DRAFT:
        return redirect("policy_draft_look", draft_id)
    if request.method != "POST":
        shown = request.GET.get("check") == "1"
        return _form(request, seen, seen.proposed.content, problems_of(seen.proposed, now) if shown else [])
    typed, do = content_typed(said), said.get("do", "save")
    if do == "show":
        return _form(request, seen, typed, [], more=languages_typed(said))
    try:
        held = mark(seen.proposed) if do == "over" else said.get("seen", "")
        proposed = save_version(actor=actor, at=now, proposed_id=draft_id, seen=held, content=typed)
    except PiepowderError as error:
        if error.status == 404:
            raise
        told = {"problem": problem_of(error), "overtaken": isinstance(error, ChangedMeanwhile)}
        return _form(request, seen, typed, [], status=error.status, held=said.get("seen", ""), **told)
    if do == "submit":
        try:
            submit_version(actor=actor, at=now, proposed_id=draft_id, seen=mark(proposed))
        except BadPolicy as error:
            fresh = writing(actor, draft_id, policy_language(get_language()))
            return _form(request, fresh, typed, error.problems, status=422)
        messages.success(request, _("Submitted. Somebody else approves it now."))
    elif do != "look":
        messages.success(request, _("The draft is kept."))
        return redirect(f"{request.path}?check=1")
    return redirect("policy_draft_look", draft_id)


def _form(
    request: HttpRequest,
    seen: Writing,
    content: dict[str, Any],
    problems: Any,
    *,
    status: int = 200,
    more: Any = (),
    held: str | None = None,
    **told: Any,
) -> HttpResponse:
    """``held`` is the mark that the page keeps when somebody else was faster: saving once more is refused once more."""
    proposed = seen.proposed
    shown = {
        "writing": seen,
        "form": policy_form(content, problems, is_leaf=is_leaf(proposed), more=more),
        "seen": mark(proposed) if held is None else held,
        "overtaken_by": overtaken_by(proposed),
        **told,
    }
    return render(request, "web/policies/edit.html", shown, status=status)


@screen()
def policy_draft_look(request: HttpRequest, draft_id: int) -> HttpResponse:
    return _look(request, draft_id)


def _look(request: HttpRequest, draft_id: int, *, status: int = 200, **more: Any) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    seen = writing(actor, draft_id, policy_language(get_language()))
    proposed = seen.proposed
    leaf, content = is_leaf(proposed), proposed.content
    draft, unread = read_content(content)
    before, old = standing_content(proposed, now)
    asked = request.GET.get("language") or policy_language(get_language())
    language = asked if asked in content["texts"] else best_language(content["texts"], asked)
    is_open = proposed.state in (ProposedState.DRAFT, ProposedState.SUBMITTED)
    problems = content_problems(proposed.policy_code, content, is_leaf=leaf, at=now) if is_open else []
    words = draft.texts.get(language or "")
    gone_by = is_open and not unread and draft.effective_from < day_of(now)
    shown = {
        "writing": seen,
        "proposed": proposed,
        "form": policy_form(content, problems, is_leaf=leaf),
        "seen": mark(proposed),
        "before": before,
        "fields": field_changes(old, content, is_leaf=leaf),
        "texts": text_changes(old, content),
        "languages": list(content["texts"]),
        "language": language,
        "words": words,
        "statement": as_recipients_read_it(proposed.policy_code, draft, language, day_of(now))
        if leaf and words and language
        else None,
        "overtaken_by": overtaken_by(proposed),
        "faults": [one for one in problems if one.code != "version_backdated"],
        "gone_by": gone_by,
        **more,
    }
    return render(request, "web/policies/look.html", shown, status=status)


@screen("POST")
def policy_draft_settle(request: HttpRequest, draft_id: int, way: str) -> HttpResponse:
    """Submit, approve, send back, take back or drop; what goes wrong is said on the page itself."""
    actor, now, said = actor_of(request), timezone.now(), request.POST
    writing(actor, draft_id, "en")
    seen = said.get("seen", "")
    try:
        match way:
            case "submit":
                submit_version(actor=actor, at=now, proposed_id=draft_id, seen=seen)
                told = _("Submitted. Somebody else approves it now.")
            case "approve":
                today = said.get("from_today") == "1"
                version = approve_version(actor=actor, at=now, proposed_id=draft_id, seen=seen, from_today=today)
                messages.success(request, _("Approved: version %(number)s is published.") % {"number": version.number})
                return redirect("policy", version.policy.code)
            case "send_back":
                send_back_version(actor=actor, at=now, proposed_id=draft_id, reason=said.get("reason", ""))
                told = _("Sent back to its writers.")
            case "take_back":
                take_back_version(actor=actor, at=now, proposed_id=draft_id)
                return redirect("policy_draft", draft_id)
            case "drop":
                drop_version(actor=actor, at=now, proposed_id=draft_id)
                told = _("The draft is dropped.")
            case _:
                raise Http404
    except PiepowderError as error:
        if error.status == 404:
            raise
        return _look(request, draft_id, status=error.status, problem=problem_of(error), reason=said.get("reason", ""))
    messages.success(request, told)
    return redirect("policy_drafts")
