"""Publishing the words of statements: a new version replaces, none is edited."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from piepowder.access.visibility import require
from piepowder.decisions.models import StatementTemplate
from piepowder.decisions.wording import parse, problems, shipped_wordings
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import Malformed
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record


class BadTemplate(Malformed):
    code = "bad_template"


@transaction.atomic
def publish_template(*, actor: Actor, language: str, raw: Mapping[str, Any], at: datetime) -> StatementTemplate:
    """Publish ``raw`` (subject, body, phrases) as the next version in ``language``; it is used from now on.

    Raises ``BadTemplate`` with a pointer for every missing or unknown placeholder and phrase.
    """
    require(actor, Permission.POLICY_EDIT)
    wording = parse(language, raw)
    found = problems(wording)
    if found:
        raise BadTemplate(_("the template would make incomplete statements"), problems=found)
    last = StatementTemplate.objects.filter(language=language).aggregate(last=Max("number"))["last"] or 0
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


def load_shipped_templates(*, actor: Actor, at: datetime) -> int:
    """Publish the templates that come with the program for languages that have none; returns how many."""
    there = set(StatementTemplate.objects.values_list("language", flat=True))
    missing = [(wording, raw) for wording, raw in shipped_wordings() if wording.language not in there]
    for wording, raw in missing:
        publish_template(actor=actor, language=wording.language, raw=raw, at=at)
    return len(missing)
