"""Beginnings for facts: the list, and one to write, tried on a real item."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from piepowder.access.visibility import require
from piepowder.decisions.facts_templates import (
    BadFactsTemplate,
    FactsTemplateExists,
    NoSuchFactsTemplate,
    remove_facts_template,
    save_facts_template,
)
from piepowder.decisions.filling import filled
from piepowder.decisions.models import FactsTemplate
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.intake.queries import ItemCard, item_card, seen_items
from piepowder.kernel.actor import Actor
from piepowder.kernel.permissions import Permission
from piepowder.policy.queries import policy_tree
from piepowder.web.around import places_of
from piepowder.web.facts_form import FactsTemplateForm
from piepowder.web.languages import policy_language


@screen()
def facts_templates(request: HttpRequest) -> HttpResponse:
    actor, asked = actor_of(request), request.GET
    require(actor, Permission.TEMPLATE_EDIT)
    rows = FactsTemplate.objects.all()
    if policy := asked.get("policy", "").strip():
        rows = rows.filter(policy_code__istartswith=policy)
    languages = list(FactsTemplate.objects.order_by("language").values_list("language", flat=True).distinct())
    language = asked.get("language", policy_language(get_language()) if "language" not in asked else "")
    if language in languages:
        rows = rows.filter(language=language)
    shown = {
        "templates": rows.order_by("policy_code", "language", "position", "id")[:1_000],
        "titles": _titles(actor),
        "languages": languages,
        "language": language,
        "filters": asked,
    }
    return render(request, "web/facts/list.html", shown)


def _titles(actor: Actor) -> dict[str, str]:
    lines = policy_tree(actor, policy_language(get_language()), None, timezone.now())
    return {line.code: line.title for line in lines if line.is_leaf}


@screen("GET", "POST")
def facts_template_edit(request: HttpRequest, template_id: int | None = None) -> HttpResponse:
    """Write a template; ``way=preview`` shows it filled from an item and keeps what was typed."""
    actor = actor_of(request)
    require(actor, Permission.TEMPLATE_EDIT)
    template = _template(template_id)
    titles = _titles(actor)
    form = FactsTemplateForm(request.POST or None, titles=titles, initial=_initial(template, request))
    if request.method == "POST" and form.is_valid() and request.POST.get("way") != "preview":
        try:
            save_facts_template(
                actor=actor, at=timezone.now(), template_id=template_id, **{k: form.cleaned_data[k] for k in _FIELDS}
            )
        except (BadFactsTemplate, FactsTemplateExists) as error:
            form.complain(error)
        else:
            messages.success(request, _("The template is kept."))
            return redirect("facts_templates")
    card = _item(actor, request.POST.get("item", "").strip())
    text = form["text"].value() or ""
    shown = {
        "form": form,
        "template": template,
        "item": card,
        "item_ref": request.POST.get("item", card.external_id if card else ""),
        "preview": filled(text, places_of(card)) if card and text else "",
    }
    return render(request, "web/facts/edit.html", shown)


_FIELDS = ("policy_code", "language", "title", "text", "position", "active")


def _template(template_id: int | None) -> FactsTemplate | None:
    if template_id is None:
        return None
    found = FactsTemplate.objects.filter(pk=template_id).first()
    if found is None:
        raise NoSuchFactsTemplate(_("there is no such template"))
    return found


def _initial(template: FactsTemplate | None, request: HttpRequest) -> dict[str, Any]:
    if template is not None:
        return {name: getattr(template, name) for name in _FIELDS}
    return {
        "policy_code": request.GET.get("policy", ""),
        "language": policy_language(get_language()),
        "active": True,
        "position": 0,
    }


def _item(actor: Actor, ref: str) -> ItemCard | None:
    """The item to try it on: the one named, else the newest there is."""
    items = seen_items(actor)
    if ref:
        items = items.filter(external_id=ref)
    found = items.order_by("-received_at", "-id").values_list("pk", flat=True).first()
    return item_card(actor, found) if found else None


@screen("POST")
def facts_template_remove(request: HttpRequest, template_id: int) -> HttpResponse:
    remove_facts_template(actor=actor_of(request), at=timezone.now(), template_id=template_id)
    messages.success(request, _("The template is gone; what was written with it stays."))
    return redirect("facts_templates")
