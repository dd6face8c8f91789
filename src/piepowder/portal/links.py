"""Signed links: who may look at the portal as whom, until when, and nothing that would have to be looked up.

A link is handed out by the marketplace or by support, so the person needs no second log-in. What it says is readable by
whoever holds it and changeable by nobody. Links are not stored; ``visits.shut_out`` makes those given out so far worthless.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

import orjson
from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from piepowder.kernel.errors import Forbidden
from piepowder.kernel.ids import new_id

LONGEST: Final = timedelta(days=366)
MOST_CHARACTERS: Final = 2_000
_SALT = "piepowder.portal.link"


class SubjectKind(StrEnum):
    SELLER = "seller"
    REPORTER = "reporter"
    RIGHTS_OWNER = "rights_owner"
    BUYER = "buyer"


class LinkDead(Forbidden):
    """Not one of ours, changed on the way, run out, or made worthless; which of these is told to nobody."""

    code = "link_dead"


@dataclass(frozen=True, slots=True)
class Subject:
    """Who looks. ``ref`` is the marketplace's id of them (a reporter's is ours); ``only`` narrows everything to the one
    decision or report of that id."""

    kind: str
    ref: str
    language: str = "en"
    only: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """What a token says."""

    id: UUID
    subject: Subject
    minted_at: datetime
    until: datetime


def mint(subject: Subject, at: datetime, lasts: timedelta) -> str:
    """A token that opens the portal for ``subject`` until ``at + lasts``, to be put behind ``/portal/open/``.

    The caller has asked whether it may be given out. Raises ``ValueError`` for a subject that cannot be anybody.
    """
    if subject.kind not in set(SubjectKind) or not subject.ref or not timedelta(0) < lasts <= LONGEST:
        raise ValueError("a link needs somebody to be for, and an end")
    said = [
        *(1, new_id().hex, subject.kind, subject.ref, subject.language, subject.only),
        *(int(at.timestamp() * 1000), int((at + lasts).timestamp())),
    ]
    body = _text(orjson.dumps(said))
    return f"{body}.{_signature(body, settings.SECRET_KEY)}"


def read(token: str, at: datetime) -> Subject:
    """Whom the token is for; raises ``LinkDead``."""
    return opened(token, at).subject


def opened(token: str, at: datetime) -> Link:
    """Everything the token says; raises ``LinkDead`` unless it was signed here and still holds at ``at``."""
    body, _dot, signature = token[:MOST_CHARACTERS].partition(".")
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    if not signature or not any(constant_time_compare(signature, _signature(body, str(key))) for key in keys):
        raise _dead()
    try:
        version, link_id, kind, ref, language, only, minted_ms, until_s = orjson.loads(_bytes(body))
        link = Link(
            UUID(hex=link_id),
            Subject(kind, ref, language, only),
            datetime.fromtimestamp(minted_ms / 1000, UTC),
            datetime.fromtimestamp(until_s, UTC),
        )
    except (ValueError, TypeError, binascii.Error):
        raise _dead() from None
    if version != 1 or kind not in set(SubjectKind) or at >= link.until:
        raise _dead()
    return link


def _dead() -> LinkDead:
    return LinkDead(_("links to these pages work for a limited time, and this one does not work any more"))


def _signature(body: str, key: str) -> str:
    return _text(salted_hmac(_SALT, body, secret=key, algorithm="sha256").digest())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
