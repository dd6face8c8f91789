"""Writing a letter: the words are chosen, filled, kept as they are sent, and put on their way."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from piepowder.correspondence.filling import value_problems, written
from piepowder.correspondence.models import Letter, LetterTemplate
from piepowder.correspondence.states import LetterChannel, RecipientKind
from piepowder.correspondence.templates import chosen_template, known_kind, words_of
from piepowder.intake.models import Item
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import Malformed
from piepowder.kernel.ids import new_id, short
from piepowder.ledger.operations import Entry, record_many
from piepowder.outbox.models import Endpoint
from piepowder.outbox.operations import Outgoing, enqueue_many
from piepowder.outbox.states import Channel

TOPIC: Final = "letter.sent"

_NO_PERSON = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9]+")


class MissingPlace(Malformed):
    code = "missing_place"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who is written to. ``ref`` is the id that they are known by: the marketplace's, or ours of the row."""

    kind: RecipientKind
    ref: str
    email: str = ""
    name: str = ""
    language: str = "en"
    known_as: str = ""
    """The marketplace's own id of them where ``ref`` is ours: it goes with the message, so that it can be forwarded."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter about to be written; see ``send``."""

    event: str
    recipient: Recipient
    about: tuple[str, str]
    values: Mapping[str, str]
    not_before: datetime | None = None
    group_ref: str = ""
    item_id: UUID | None = None


def send(
    *,
    actor: Actor,
    event: str,
    recipient: Recipient,
    about: tuple[str, str],
    values: Mapping[str, str],
    at: datetime,
    not_before: datetime | None = None,
    group_ref: str = "",
    item_id: UUID | None = None,
) -> Letter:
    """Write to ``recipient`` and keep the letter exactly as it goes out.

    The words are the newest in the recipient's language, else in the nearest there is. ``about`` is a kind of thing and
    its id. The letter leaves from ``not_before`` on, and not at all when ``group_ref`` is cancelled before. It asks for no
    permission of its own: whoever may do what it tells may cause it. Raises ``MissingPlace`` with a pointer for each place
    that ``values`` leave out, ``NoSuchLetterKind`` and ``NoLetterTemplate``; then nothing is kept or sent.
    """
    draft = Draft(event, recipient, about, values, not_before, group_ref, item_id)
    return send_many(actor=actor, drafts=[draft], at=at)[0]


@transaction.atomic
def send_many(*, actor: Actor, drafts: Sequence[Draft], at: datetime) -> list[Letter]:
    """Write several letters at once, or none of them; see ``send``. The queries do not grow with their number."""
    if not drafts:
        return []
    items = Item.objects.in_bulk({draft.item_id for draft in drafts if draft.item_id is not None})
    mails = _is_mailed()
    templates: dict[tuple[str, str, str], LetterTemplate] = {}
    letters, outgoing = [], []
    for draft in drafts:
        letter = _letter(draft, actor, at, templates, items, mails=mails)
        letters.append(letter)
        outgoing.append(_outgoing(draft, letter))
    for letter, message in zip(letters, enqueue_many(outgoing=outgoing, at=at), strict=True):
        letter.message = message
    Letter.objects.bulk_create(letters)
    record_many(actor=actor, at=at, entries=[_fact(letter) for letter in letters])
    return letters


def _is_mailed() -> bool:
    """Whether an e-mail endpoint names the topic: by default the marketplace forwards letters itself."""
    named = Endpoint.objects.filter(channel=Channel.EMAIL, active=True).values_list("topics", flat=True)
    return any(TOPIC in topics for topics in named)


def _letter(
    draft: Draft,
    actor: Actor,
    at: datetime,
    templates: dict[tuple[str, str, str], LetterTemplate],
    items: Mapping[UUID, Item],
    *,
    mails: bool,
) -> Letter:
    kind, to = known_kind(draft.event), draft.recipient
    found = value_problems(kind, draft.values)
    if found:
        missing = found[0].pointer.rpartition("/")[2]
        told = _("the letter %(code)s cannot be written: %(place)s") % {"code": kind.code, "place": missing}
        raise MissingPlace(told, problems=found)
    channel = LetterChannel.EMAIL if mails and to.email else LetterChannel.MESSAGE
    key = (draft.event, to.language, channel.value)
    template = templates[key] = templates.get(key) or chosen_template(*key)
    ref = new_id()
    values = {place: str(draft.values[place]) for place in kind.places}
    common = {"marketplace": settings.MARKETPLACE_NAME, "name": to.name, "letter": short(ref)}
    words = written(words_of(template), common | values, template.language)
    item = items.get(draft.item_id) if draft.item_id is not None else None
    return Letter(
        id=ref,
        event=draft.event,
        recipient_kind=RecipientKind(to.kind),
        recipient_ref=to.ref,
        name=to.name[:200],
        address=to.email[:320],
        language=template.language,
        channel=channel,
        template=template,
        subject=words.subject,
        text=words.text,
        places=values,
        about_kind=draft.about[0],
        about_ref=draft.about[1],
        item=item,
        vendor=actor.vendor,
        market=item.market if item is not None else "",
        created_at=at,
        not_before=max(draft.not_before or at, at),
    )


def _outgoing(draft: Draft, letter: Letter) -> Outgoing:
    item = letter.item
    return Outgoing(
        topic=TOPIC,
        order_key=_order_key(letter),
        body={
            "letter": str(letter.pk),
            "event": letter.event,
            "recipient": {
                "kind": letter.recipient_kind,
                "id": letter.recipient_ref,
                "known_as": draft.recipient.known_as or letter.recipient_ref,
                "name": letter.name,
                "email": letter.address,
            },
            "about": {"kind": letter.about_kind, "id": letter.about_ref},
            "item": {"kind": item.kind, "id": item.external_id} if item is not None else None,
            "channel": letter.channel,
            "language": letter.language,
            "subject": letter.subject,
            "text": letter.text,
        },
        not_before=letter.not_before,
        group_ref=draft.group_ref,
        recipient=letter.address if letter.channel == LetterChannel.EMAIL else "",
        id=new_id(),
    )


def _order_key(letter: Letter) -> str:
    """Letters to one recipient leave in order; one that waits for its day holds up no other."""
    if letter.not_before > letter.created_at:
        return f"letter:{letter.pk}"
    who = f"{letter.recipient_kind}:{letter.recipient_ref or letter.pk}"
    # Keyed, because the ledger keeps order keys and a recipient's reference can be a person's.
    return "letters:" + salted_hmac("correspondence.order", who, algorithm="sha256").hexdigest()[:32]


def _fact(letter: Letter) -> Entry:
    """References and codes; a reference that may name a person stays out."""
    about: dict[str, Any] = {}
    if _NO_PERSON.fullmatch(letter.about_ref):
        about["about"] = letter.about_ref
    body = {
        "event": letter.event,
        "recipient_kind": letter.recipient_kind,
        "language": letter.language,
        "channel": letter.channel,
        "template": letter.template_id,
        "about_kind": letter.about_kind,
        "item": str(letter.item_id) if letter.item_id else None,
        "message": str(letter.message_id),
        "not_before": letter.not_before.isoformat(),
        **about,
    }
    return Entry("letter.send", "letter", str(letter.pk), body)
