"""Setting up receivers and their secrets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from piepowder.kernel.actor import Actor
from piepowder.kernel.addresses import AddressRefused, NoSuchHost, check_url, resolve_public
from piepowder.kernel.errors import Conflict, FieldProblem, Malformed, NotFound
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record
from piepowder.outbox.models import Endpoint
from piepowder.outbox.reach import require_everywhere
from piepowder.outbox.signing import new_secret
from piepowder.outbox.states import Channel

E_MAIL = "email"
"""The code of the one e-mail channel; it is made when it is first needed, and takes every topic that has a recipient."""

LONGEST_OVERLAP = timedelta(days=30)
LONGEST_TIMEOUT_S = 60
MOST_CONCURRENCY = 64
_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_TOPIC = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*")


class BadEndpoint(Malformed):
    code = "bad_endpoint"


class NoSuchEndpoint(NotFound):
    code = "no_such_endpoint"


class NothingToRotate(Conflict):
    code = "nothing_to_rotate"


@dataclass(frozen=True, slots=True)
class Issued:
    """An endpoint and the secret that was made for it; the secret is shown this once and is empty when none was made."""

    endpoint: Endpoint
    secret: str = field(repr=False)


def save_endpoint(
    *,
    actor: Actor,
    at: datetime,
    code: str,
    name: str,
    url: str = "",
    channel: str = Channel.WEBHOOK,
    topics: Sequence[str] = (),
    timeout_s: int = 10,
    concurrency: int = 8,
    allow_private: bool = False,
    active: bool = True,
) -> Issued:
    """Make or change the endpoint ``code``; a new webhook gets its first secret.

    Raises ``BadEndpoint`` with a pointer to each bad field. The address is checked here, so that a mistake is seen where
    it is made, and again at every attempt, because a name can move. An endpoint that is not active is sent nothing and
    new messages are not kept for it; what waits already, waits on.
    """
    require_everywhere(actor, Permission.ENDPOINT_EDIT)
    problems = [*_plain_problems(code, name, channel, topics, timeout_s, concurrency)]
    # Nothing is locked yet: a name server may take its time.
    if channel == Channel.WEBHOOK and (refusal := _refusal(url, allow_private)):
        problems.append(FieldProblem("/url", "address_refused", refusal))
    with transaction.atomic():
        endpoint = Endpoint.objects.select_for_update(no_key=True).filter(code=code).first()
        if endpoint is not None and endpoint.channel == Channel.NONE:
            told = _("this endpoint keeps what has no receiver; it is not to be changed")
            problems.append(FieldProblem("/code", "reserved_code", told))
        if problems:
            raise BadEndpoint(_("the endpoint cannot be saved like this"), problems=problems)
        secret = ""
        if endpoint is None:
            endpoint = Endpoint(code=code, channel=channel, created_at=at)
            if channel == Channel.WEBHOOK:
                secret = new_secret()
                endpoint.secrets = [_entry(1, secret, at)]
        endpoint.name, endpoint.url = name.strip(), url if channel == Channel.WEBHOOK else ""
        endpoint.topics = sorted(set(topics))
        endpoint.timeout_s, endpoint.concurrency = timeout_s, concurrency
        endpoint.allow_private, endpoint.active = allow_private, active
        # Whoever mends an endpoint wants to see at once whether it works.
        endpoint.failures, endpoint.rests_until = 0, None
        endpoint.save()
        record(
            actor=actor,
            at=at,
            verb="endpoint.save",
            subject_kind="endpoint",
            subject_id=code,
            host=urlsplit(endpoint.url).hostname or "",
            topics=endpoint.topics,
            timeout_s=timeout_s,
            concurrency=concurrency,
            allow_private=allow_private,
            active=active,
        )
    return Issued(endpoint, secret)


def _plain_problems(
    code: str, name: str, channel: str, topics: Sequence[str], timeout_s: int, concurrency: int
) -> list[FieldProblem]:
    problems = []
    if not _CODE.fullmatch(code):
        told = _("a code is 1 to 40 small letters, digits, - and _, and begins with a letter or digit")
        problems.append(FieldProblem("/code", "bad_code", told))
    if not name.strip() or len(name) > 200:
        problems.append(FieldProblem("/name", "bad_name", _("a name has 1 to 200 characters")))
    if channel not in {Channel.WEBHOOK, Channel.EMAIL}:
        problems.append(FieldProblem("/channel", "bad_channel", _("the channel is webhook or email")))
    if (channel == Channel.EMAIL) != (code == E_MAIL):
        told = _("the one e-mail channel is called %(code)s, and no other endpoint is") % {"code": E_MAIL}
        problems.append(FieldProblem("/code", "reserved_code", told))
    for index, topic in enumerate(topics):
        if not _TOPIC.fullmatch(topic) or len(topic) > 60:
            told = _("a topic looks like enforcement.applied")
            problems.append(FieldProblem(f"/topics/{index}", "bad_topic", told))
    if not 1 <= timeout_s <= LONGEST_TIMEOUT_S:
        told = _("the time-out is 1 to %(most)s seconds") % {"most": LONGEST_TIMEOUT_S}
        problems.append(FieldProblem("/timeout_s", "bad_timeout", told))
    if not 1 <= concurrency <= MOST_CONCURRENCY:
        told = _("1 to %(most)s attempts may be under way at once") % {"most": MOST_CONCURRENCY}
        problems.append(FieldProblem("/concurrency", "bad_concurrency", told))
    return problems


def private_allowed(endpoint_allows: bool) -> bool:
    """Whether private addresses may be reached: allowed for this endpoint, or for the whole installation."""
    return endpoint_allows or settings.ALLOW_PRIVATE_ADDRESSES


def _refusal(url: str, allow_private: bool) -> str:
    """Why the address cannot be used, or nothing. A name that has no address now may have one later."""
    if len(url) > 2000:
        return _("the address is too long")
    try:
        check_url(url, ports=None)
        parts = urlsplit(url)
        assert parts.hostname is not None
        resolve_public(parts.hostname, parts.port or 443, private_allowed(allow_private))
    except AddressRefused as refused:
        return str(refused)
    except NoSuchHost:
        return ""
    return ""


@transaction.atomic
def rotate_secret(*, actor: Actor, endpoint_code: str, overlap: timedelta, at: datetime) -> Issued:
    """Give the endpoint a new secret; the ones before go on signing beside it for ``overlap``, at most 30 days.

    An ``overlap`` of nothing cuts them off at once: for a secret that has leaked.
    """
    require_everywhere(actor, Permission.ENDPOINT_EDIT)
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        told = _("the old secret stays valid for 0 to %(most)s days") % {"most": LONGEST_OVERLAP.days}
        raise BadEndpoint(told, problems=[FieldProblem("/overlap", "bad_overlap", told)])
    endpoint = Endpoint.objects.select_for_update(no_key=True).filter(code=endpoint_code).first()
    if endpoint is None:
        raise NoSuchEndpoint(_("there is no such endpoint"))
    if endpoint.channel != Channel.WEBHOOK:
        raise NothingToRotate(_("only webhooks are signed"))
    secret = new_secret()
    end = at + overlap
    kept = [_ended(entry, end) for entry in endpoint.secrets if _in_force(entry, at)] if overlap else []
    endpoint.secrets = [_entry(max((e["id"] for e in endpoint.secrets), default=0) + 1, secret, at), *kept]
    endpoint.save(update_fields=["secrets"])
    record(
        actor=actor,
        at=at,
        verb="endpoint.rotate_secret",
        subject_kind="endpoint",
        subject_id=endpoint_code,
        secret=endpoint.secrets[0]["id"],
        overlap_s=int(overlap.total_seconds()),
    )
    return Issued(endpoint, secret)


def secrets_in_force(endpoint: Endpoint, at: datetime) -> tuple[str, ...]:
    """The secrets that sign at ``at``, newest first."""
    return tuple(entry["secret"] for entry in endpoint.secrets if _in_force(entry, at))


def _entry(number: int, secret: str, at: datetime) -> dict[str, Any]:
    return {"id": number, "secret": secret, "created_at": at.astimezone(UTC).isoformat(), "expires_at": None}


def _ended(entry: dict[str, Any], end: datetime) -> dict[str, Any]:
    before = parse_datetime(entry["expires_at"]) if entry["expires_at"] else None
    return {**entry, "expires_at": min(end, before or end).astimezone(UTC).isoformat()}


def _in_force(entry: dict[str, Any], at: datetime) -> bool:
    if not entry["expires_at"]:
        return True
    end = parse_datetime(entry["expires_at"])
    return end is not None and at < end
