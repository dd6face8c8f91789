"""Trying words on: how a letter would read, and one to oneself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.access.models import User
from piepowder.access.visibility import require_whole
from piepowder.correspondence.events import LetterKind
from piepowder.correspondence.filling import Words, Written, template_problems, written
from piepowder.correspondence.models import Letter
from piepowder.correspondence.options import target_grade
from piepowder.correspondence.queries import visible_letters
from piepowder.correspondence.reading import Level, reading_level
from piepowder.correspondence.templates import known_kind, unusable
from piepowder.kernel.actor import Actor, ActorKind
from piepowder.kernel.errors import Refused
from piepowder.kernel.ids import new_id
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record
from piepowder.outbox.letters import letter_of
from piepowder.outbox.operations import MAIL, Outgoing, enqueue_many


class NoAddress(Refused):
    code = "no_address"


@dataclass(frozen=True, slots=True)
class Preview:
    """A letter as it would read. ``of`` is the letter whose values it shows; none for made-up ones."""

    subject: str
    text: str
    level: Level
    of: Letter | None


def preview(
    *, actor: Actor, event: str, language: str, words: Words, choices: Mapping[str, str] | None = None
) -> Preview:
    """How ``words`` read with the values of the newest letter of this kind that ``actor`` may see, else with an example.

    ``choices`` sets places whose value is a code, to look at each wording. Nothing is stored or sent. Raises
    ``BadLetterTemplate`` with a pointer for each fault, ``NoSuchLetterKind``.
    """
    kind = _sound(event, language, words)
    real = visible_letters(actor).filter(event=event).exclude(text="").order_by("-created_at", "-id").first()
    values = _values(kind, real) | {
        place: value for place, value in (choices or {}).items() if value in kind.choices.get(place, ())
    }
    read = written(words, values, language)
    return Preview(read.subject, read.text, reading_level(read.text, language, target_grade()), real)


@transaction.atomic
def send_test(*, actor: Actor, event: str, language: str, words: Words, at: datetime) -> str:
    """Mail the example letter to the actor's own address, and return it; nobody else gets anything.

    It is no letter: nothing is kept of it beyond the delivery. Raises ``BadLetterTemplate``, ``NoSuchLetterKind``, and
    ``NoAddress`` for an actor who is no person with an address.
    """
    require_whole(actor, Permission.LETTER_EDIT)
    kind = _sound(event, language, words)
    address = _address(actor)
    read: Written = written(words, _values(kind, None), language)
    ref = new_id()
    subject = _("Test: %(subject)s") % {"subject": read.subject}
    mail = letter_of(ref, address, {"subject": subject, "text": read.text}, at)
    enqueue_many(
        outgoing=[Outgoing(MAIL, f"letter-test:{ref}", {}, at, recipient=address, letter=mail, id=ref)],
        at=at,
    )
    record(
        actor=actor,
        at=at,
        verb="letter_template.test",
        subject_kind="letter_template",
        subject_id=event,
        language=language,
        message=str(ref),
    )
    return address


def example_values(kind: LetterKind) -> dict[str, str]:
    """The kind's example; a place without one shows its name, a code the first there is."""
    plain = {place: kind.example.get(place, f"‹{place}›") for place in kind.places}
    return plain | {place: kind.example.get(place, codes[0]) for place, codes in kind.choices.items()}


def _values(kind: LetterKind, real: Letter | None) -> dict[str, str]:
    common = {
        "marketplace": settings.MARKETPLACE_NAME,
        "name": kind.example.get("name", "Ann Example"),
        "letter": "0000ABCD",
    }
    if real is None:
        return common | example_values(kind)
    return (
        common
        | example_values(kind)
        | {place: str(value) for place, value in real.places.items()}
        | {"name": real.name}
    )


def _sound(event: str, language: str, words: Words) -> LetterKind:
    kind = known_kind(event)
    found = template_problems(kind, words)
    if found:
        raise unusable(event, language, found)
    return kind


def _address(actor: Actor) -> str:
    user = User.objects.filter(pk=int(actor.ref)).first() if actor.kind is ActorKind.PERSON else None
    if user is None or not user.email:
        raise NoAddress(_("only a person with an e-mail address can have a test sent"))
    return user.email
