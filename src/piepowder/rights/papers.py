"""The papers of the IP desk: kept by those who keep the registry, opened by those who may see what they belong to."""

from __future__ import annotations

from datetime import datetime
from typing import IO

from django.utils.translation import gettext as _

from piepowder.access.visibility import require, scope_q
from piepowder.intake.media import NoSuchMedia
from piepowder.intake.models import StoredMedia
from piepowder.intake.operations import store_upload
from piepowder.kernel.actor import Actor, Mandate
from piepowder.kernel.permissions import Permission
from piepowder.rights.models import CounterEvidence, RightEvidence


def keep_paper(*, actor: Actor, content: bytes | IO[bytes], at: datetime) -> StoredMedia:
    """Store an extract of a register or an authorisation; raises ``MediaRefused``."""
    require(actor, Permission.RIGHT_EDIT)
    mandate = Mandate(frozenset({Permission.MEDIA_UPLOAD}))
    keeper = Actor(actor.kind, actor.ref, (mandate,), actor.vendor, actor.site, actor.team)
    return store_upload(actor=keeper, content=content, at=at)


def paper_seen_by(actor: Actor, digest: str) -> StoredMedia:
    """A file that belongs to a right, or to a counter-notice that ``actor`` may see; raises ``NoSuchMedia``. Two queries."""
    require(actor, Permission.RIGHT_VIEW)
    paper = RightEvidence.objects.filter(stored_id=digest).select_related("stored").first()
    if paper is not None:
        return paper.stored
    scope = scope_q(
        actor,
        Permission.RIGHT_VIEW,
        market="counter__claim__item__market",
        language="counter__claim__item__language",
    )
    brought = CounterEvidence.objects.filter(scope, stored_id=digest).select_related("stored").first()
    if brought is None:
        raise NoSuchMedia(_("there is no such picture, film or document"))
    return brought.stored
