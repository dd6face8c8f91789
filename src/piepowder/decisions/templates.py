"""Publishing the words of statements: a new version replaces, none is edited."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from piepowder.access.visibility import holds_whole, require_whole
from piepowder.decisions.models import StatementTemplate
from piepowder.decisions.wording import parse, problems, shipped_wordings
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import Conflict, FieldProblem, Malformed
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


class BadTemplate(Malformed):
    code = "bad_template"


class TemplateOvertaken(Conflict):
    code = "template_overtaken"


@transaction.atomic
def publish_template(
    *, actor: Actor, language: str, raw: Mapping[str, Any], at: datetime, after: int | None = None
) -> StatementTemplate:
    """Publish ``raw`` (subject, body, phrases) as the next version in ``language``; it is used from now on.

    ``after`` is the number of the version that it was written from, 0 for none. Raises ``BadTemplate`` with a pointer for
    every missing or unknown placeholder and phrase, and ``TemplateOvertaken`` when ``after`` is no longer the newest.
    """
    require_templates(actor)
    wording = parse(language, raw)
    found = problems(wording)
    if not _LANGUAGE.fullmatch(language) or len(language) > 10:
        found.append(FieldProblem("/language", "bad_language", _("a code such as en or zh-Hans")))
    if found:
        raise BadTemplate(_("the template would make incomplete statements"), problems=found)
    last = StatementTemplate.objects.filter(language=language).aggregate(last=Max("number"))["last"] or 0
    if after is not None and after != last:
        raise TemplateOvertaken(_("version %(number)s was published meanwhile") % {"number": last})
    template = StatementTemplate.objects.create(
        language=language,
        number=last + 1,
        subject=wording.subject,
        body=wording.body,
        phrases=raw["phrases"],
        published_at=at,
        published_by=actor.ref,
    )
    record(
        actor=actor,
        at=at,
        verb="statement_template.publish",
        subject_kind="statement_template",
        subject_id=template.pk,
        language=language,
        number=template.number,
    )
    return template


def require_templates(actor: Actor) -> None:
    """The words of statements go to everybody's sellers: whoever edits them does so for the whole house."""
    if not (holds_whole(actor, Permission.TEMPLATE_EDIT) or holds_whole(actor, Permission.POLICY_EDIT)):
        require_whole(actor, Permission.TEMPLATE_EDIT)


def load_shipped_templates(*, actor: Actor, at: datetime) -> int:
    """Publish the templates that come with the program for languages that have none; returns how many."""
    there = set(StatementTemplate.objects.values_list("language", flat=True))
    missing = [(wording, raw) for wording, raw in shipped_wordings() if wording.language not in there]
    for wording, raw in missing:
        publish_template(actor=actor, language=wording.language, raw=raw, at=at)
    return len(missing)
