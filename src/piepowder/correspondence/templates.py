"""Publishing the words of letters: a new version replaces, none is edited."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import yaml
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from piepowder.access.visibility import require_whole
from piepowder.correspondence.events import LetterKind, letter_kind, letter_kinds
from piepowder.correspondence.filling import Words, template_problems
from piepowder.correspondence.models import LetterTemplate
from piepowder.correspondence.states import LetterChannel
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import Conflict, FieldProblem, Malformed, NotFound
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record
from piepowder.policy.logic import best_language

_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_PHRASES_AT_MOST: Final = 20_000


class NoSuchLetterKind(NotFound):
    code = "no_such_letter_kind"


class BadLetterTemplate(Malformed):
    code = "bad_letter_template"


class LetterTemplateOvertaken(Conflict):
    code = "letter_template_overtaken"


class NoLetterTemplate(Conflict):
    code = "no_letter_template"


@transaction.atomic
def publish_letter_template(
    *,
    actor: Actor,
    event: str,
    language: str,
    words: Words,
    at: datetime,
    channel: str = LetterChannel.MESSAGE.value,
    after: int | None = None,
) -> LetterTemplate:
    """Publish ``words`` as the next version of a kind of letter in one language and channel; used from now on.

    ``after`` is the number of the version that they were written from, 0 for none. Raises ``BadLetterTemplate`` with a
    pointer for each fault, ``LetterTemplateOvertaken`` when ``after`` is no longer the newest, ``NoSuchLetterKind``.
    """
    require_whole(actor, Permission.LETTER_EDIT)
    words = Words(words.subject.strip(), words.body.strip().replace("\r\n", "\n"), words.phrases)
    found = faults(event, language, channel, words)
    if found:
        raise unusable(event, language, found)
    before = LetterTemplate.objects.filter(event=event, language=language, channel=channel)
    last = before.aggregate(last=Max("number"))["last"] or 0
    if after is not None and after != last:
        raise LetterTemplateOvertaken(_("version %(number)s was published meanwhile") % {"number": last})
    template = LetterTemplate.objects.create(
        event=event,
        language=language,
        channel=channel,
        number=last + 1,
        subject=words.subject,
        body=words.body,
        phrases={place: dict(phrases) for place, phrases in words.phrases.items() if phrases},
        published_at=at,
        published_by=actor.ref,
    )
    record(
        actor=actor,
        at=at,
        verb="letter_template.publish",
        subject_kind="letter_template",
        subject_id=template.pk,
        event=event,
        language=language,
        channel=channel,
        number=template.number,
    )
    return template


def unusable(event: str, language: str, found: Sequence[FieldProblem]) -> BadLetterTemplate:
    told = _("no letter %(code)s can be written with these words (%(language)s)")
    return BadLetterTemplate(told % {"code": event, "language": language}, problems=found)


def faults(event: str, language: str, channel: str, words: Words) -> list[FieldProblem]:
    """Everything for which the template cannot be published; raises ``NoSuchLetterKind``."""
    found = template_problems(known_kind(event), words)
    if not _LANGUAGE.fullmatch(language) or len(language) > 10:
        found.append(FieldProblem("/language", "bad_language", _("a code such as en or zh-Hans")))
    if channel not in LetterChannel.values:
        told = _("one of: %(values)s") % {"values": ", ".join(LetterChannel.values)}
        found.append(FieldProblem("/channel", "unknown_channel", told))
    if sum(len(phrase) for phrases in words.phrases.values() for phrase in phrases.values()) > _PHRASES_AT_MOST:
        told = _("at most %(most)s characters") % {"most": _PHRASES_AT_MOST}
        found.append(FieldProblem("/phrases", "too_long", told))
    return found


def known_kind(event: str) -> LetterKind:
    kind = letter_kind(event)
    if kind is None:
        raise NoSuchLetterKind(_("there is no kind of letter %(code)s") % {"code": event})
    return kind


def words_of(template: LetterTemplate) -> Words:
    return Words(template.subject, template.body, template.phrases)


def chosen_template(event: str, language: str, channel: str) -> LetterTemplate:
    """The newest words in the language, or the nearest there is; in the channel's own words where there are any.

    Words in the recipient's language go before words for the channel. Raises ``NoLetterTemplate``.
    """
    ways = set(LetterTemplate.objects.filter(event=event).values_list("language", "channel").distinct())
    usable = {(tongue, way) for tongue, way in ways if way in (channel, LetterChannel.MESSAGE)} or ways
    nearest = best_language({tongue for tongue, _way in usable}, language)
    if nearest is None:
        raise NoLetterTemplate(_("no words are published for the letter %(code)s") % {"code": event})
    mine = sorted(way for tongue, way in usable if tongue == nearest)
    way = channel if channel in mine else mine[-1]
    newest = LetterTemplate.objects.filter(event=event, language=nearest, channel=way).order_by("-number").first()
    assert newest is not None
    return newest


@transaction.atomic
def load_shipped_letters(*, actor: Actor, at: datetime) -> int:
    """Publish the words that come with the program for kinds and languages that have none; returns how many."""
    there = set(
        LetterTemplate.objects.filter(channel=LetterChannel.MESSAGE).values_list("event", "language").distinct()
    )
    missing = [
        (kind, language, words) for kind, language, words in shipped_letters() if (kind.code, language) not in there
    ]
    for kind, language, words in missing:
        publish_letter_template(actor=actor, event=kind.code, language=language, words=words, at=at)
    return len(missing)


def shipped_letters(kinds: Iterable[LetterKind] | None = None) -> list[tuple[LetterKind, str, Words]]:
    """The words that ship with each kind, by kind and language."""
    found = []
    files: dict[Any, dict[str, Mapping[str, Any]]] = {}
    for kind in letter_kinds() if kinds is None else kinds:
        if kind.folder not in files:
            paths = sorted(kind.folder.glob("*.yaml"))
            files[kind.folder] = {path.stem: yaml.safe_load(path.read_text("utf-8")) or {} for path in paths}
        found += [
            (kind, language, as_words(raw[kind.code]))
            for language, raw in files[kind.folder].items()
            if kind.code in raw
        ]
    return found


def as_words(raw: Mapping[str, Any]) -> Words:
    """Words as they are shipped and moved: ``subject``, ``body`` and nested ``phrases``."""
    phrases = raw.get("phrases") or {}
    return Words(
        str(raw.get("subject", "")).strip(),
        str(raw.get("body", "")).strip(),
        {str(place): {str(one): str(said).strip() for one, said in some.items()} for place, some in phrases.items()},
    )
