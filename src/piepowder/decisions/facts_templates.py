"""Beginnings for facts: written per policy and language, filled from the item, never complete by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import yaml
from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.access.visibility import require
from piepowder.decisions.filling import PLACES, filled, left_to_fill, unknown_places
from piepowder.decisions.logic import FACTS_AT_MOST
from piepowder.decisions.models import FactsTemplate
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import Conflict, FieldProblem, Malformed, NotFound
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record
from piepowder.policy.logic import best_language
from piepowder.policy.models import Policy

SHIPPED: Final = Path(__file__).parent / "shipped_facts"
OFFERED: Final = 9
"""As many as there are keys."""


class BadFactsTemplate(Malformed):
    code = "bad_facts_template"


class FactsTemplateExists(Conflict):
    code = "facts_template_exists"


class NoSuchFactsTemplate(NotFound):
    code = "no_such_facts_template"


@dataclass(frozen=True, slots=True)
class Beginning:
    """A template filled from an item. ``left`` are the parts that the person must fill in."""

    id: int
    title: str
    text: str
    language: str
    left: tuple[str, ...]


@transaction.atomic
def save_facts_template(
    *,
    actor: Actor,
    at: datetime,
    policy_code: str,
    language: str,
    title: str,
    text: str,
    position: int = 0,
    active: bool = True,
    template_id: int | None = None,
) -> FactsTemplate:
    """Add a template, or write the one with ``template_id`` anew; decisions keep the words they were made with.

    Raises ``BadFactsTemplate`` with a pointer for each fault: every template has a part in ``[…]`` for the person, because
    facts that nobody added anything to are not about the item.
    """
    require(actor, Permission.TEMPLATE_EDIT)
    title, text = title.strip(), text.strip()
    problems = _problems(policy_code, language, title, text)
    if problems:
        raise BadFactsTemplate(_("the template cannot be used as it is"), problems=problems)
    same = FactsTemplate.objects.filter(policy_code=policy_code, language=language, title=title)
    if (same if template_id is None else same.exclude(pk=template_id)).exists():
        raise FactsTemplateExists(_("this policy has a template of this title in this language"))
    template = FactsTemplate() if template_id is None else FactsTemplate.objects.filter(pk=template_id).first()
    if template is None:
        raise NoSuchFactsTemplate(_("there is no such template"))
    template.policy_code, template.language, template.title = policy_code, language, title
    template.text, template.position, template.active = text, position, active
    template.save()
    record(
        actor=actor,
        at=at,
        verb="facts_template.save",
        subject_kind="facts_template",
        subject_id=template.pk,
        policy=policy_code,
        language=language,
        active=active,
        is_new=template_id is None,
    )
    return template


@transaction.atomic
def remove_facts_template(*, actor: Actor, at: datetime, template_id: int) -> None:
    """Take a template away; what was written with it stays written."""
    require(actor, Permission.TEMPLATE_EDIT)
    template = FactsTemplate.objects.filter(pk=template_id).first()
    if template is None:
        raise NoSuchFactsTemplate(_("there is no such template"))
    record(
        actor=actor, at=at, verb="facts_template.remove", subject_kind="facts_template", subject_id=template.pk,
        policy=template.policy_code, language=template.language,
    )  # fmt: skip
    template.delete()


@transaction.atomic
def load_shipped_facts(*, actor: Actor, at: datetime) -> int:
    """Add the templates that come with the program while there is none at all; returns how many."""
    require(actor, Permission.TEMPLATE_EDIT)
    if FactsTemplate.objects.exists():
        return 0
    rows = [
        FactsTemplate(policy_code=code, language=language, title=one["title"], text=one["text"], position=position)
        for language, templates in shipped_facts().items()
        for code, some in templates.items()
        for position, one in enumerate(some)
    ]
    FactsTemplate.objects.bulk_create(rows)
    record(
        actor=actor, at=at, verb="facts_template.load", subject_kind="facts_template", subject_id="shipped",
        count=len(rows),
    )  # fmt: skip
    return len(rows)


def shipped_facts() -> Mapping[str, Mapping[str, list[dict[str, str]]]]:
    """The shipped templates by language and policy code, in the order they are offered."""
    return {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in sorted(SHIPPED.glob("*.yaml"))}


def beginnings(codes: Iterable[str], language: str, places: Mapping[str, str]) -> dict[str, tuple[Beginning, ...]]:
    """The active templates of each policy in ``language`` or the nearest there is, filled from the item. One query."""
    by_code: dict[str, dict[str, list[FactsTemplate]]] = {}
    for row in FactsTemplate.objects.filter(policy_code__in=list(codes), active=True):
        by_code.setdefault(row.policy_code, {}).setdefault(row.language, []).append(row)
    return {
        code: tuple(_beginning(row, places) for row in languages[best_language(languages, language) or ""][:OFFERED])
        for code, languages in by_code.items()
    }


def _beginning(row: FactsTemplate, places: Mapping[str, str]) -> Beginning:
    text = filled(row.text, places)
    return Beginning(row.pk, row.title, text, row.language, tuple(left_to_fill(text)))


def _problems(policy_code: str, language: str, title: str, text: str) -> list[FieldProblem]:
    found = []
    if not Policy.objects.filter(code=policy_code, is_leaf=True).exists():
        found.append(
            FieldProblem("/policy_code", "unknown_policy", _("there is no policy with this code to decide by"))
        )
    if not language or len(language) > 10:
        found.append(FieldProblem("/language", "unknown_language", _("a language is a code such as en or zh-Hans")))
    if not title or len(title) > 100:
        found.append(FieldProblem("/title", "required", _("a title of at most 100 characters")))
    if not text or len(text) > FACTS_AT_MOST:
        found.append(
            FieldProblem("/text", "required", _("a text of at most %(count)d characters") % {"count": FACTS_AT_MOST})
        )
    elif unknown := unknown_places(text):
        detail = _("{%(name)s} is no place; there are %(places)s")
        places = ", ".join(f"{{{one}}}" for one in PLACES)
        found.append(FieldProblem("/text", "unknown_place", detail % {"name": unknown[0], "places": places}))
    elif not left_to_fill(text):
        found.append(FieldProblem("/text", "nothing_left", _("leave a part for the person to fill in, such as […]")))
    return found
