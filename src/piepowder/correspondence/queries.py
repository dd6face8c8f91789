"""What was written to whom, in which words, and how far it got."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Case, CharField, Count, Exists, Max, OuterRef, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from piepowder.access.visibility import require, scope_q
from piepowder.correspondence.cancelling import NoSuchLetter
from piepowder.correspondence.models import Letter, LetterTemplate
from piepowder.correspondence.states import Progress, RecipientKind
from piepowder.kernel.actor import Actor, Place
from piepowder.kernel.permissions import Permission
from piepowder.outbox.models import Delivery
from piepowder.outbox.states import UNFINISHED, Channel, DeliveryState

SHOWN_WITH_A_THING = 10


@dataclass(frozen=True, slots=True)
class LetterFilters:
    """What to list; an empty field does not narrow. ``who`` is an id, an address or part of a name, ``about`` an id."""

    who: str = ""
    kind: str = ""
    about: str = ""
    event: str = ""
    channel: str = ""
    language: str = ""
    progress: str = ""
    words: int | None = None
    """The id of the version of the template."""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """How often the words of one version were sent, and when last."""

    template_id: int
    letters: int
    last_at: datetime | None


def letters_to(kind: str, ref: str) -> QuerySet[Letter]:
    """The letters to one recipient, newest first. Not narrowed to what somebody may see: the caller knows who asks."""
    return with_progress(_whole().filter(recipient_kind=kind, recipient_ref=ref))


def letters_about(kind: str, ref: str) -> QuerySet[Letter]:
    """The letters about one thing, newest first; see ``letters_to``."""
    return with_progress(_whole().filter(about_kind=kind, about_ref=ref))


def visible_letters(actor: Actor) -> QuerySet[Letter]:
    """What ``actor`` may read: what their vendor's acts caused in their markets; who reports stays with those who may know."""
    seen = scope_q(actor, Permission.LETTER_VIEW, vendor="vendor", market="market")
    reports = scope_q(actor, Permission.REPORT_VIEW, vendor="vendor", market="market")
    to_reporters = Q(recipient_kind=RecipientKind.REPORTER)
    # A scope without limits is an empty condition, so it narrows a disjunction only within an "and".
    return Letter.objects.filter(seen).filter((to_reporters & reports) | ~to_reporters)


def letters(actor: Actor, filters: LetterFilters) -> QuerySet[Letter]:
    """The list, newest first, each with its ``progress``; needs ``letter:view``."""
    require(actor, Permission.LETTER_VIEW)
    rows = with_progress(visible_letters(actor).select_related("item"), only=filters.progress)
    for name, column in (
        ("kind", "recipient_kind"),
        ("event", "event"),
        ("channel", "channel"),
        ("language", "language"),
    ):
        if value := getattr(filters, name):
            rows = rows.filter(**{column: value})
    if filters.who:
        who = Q(recipient_ref=filters.who) | Q(address__iexact=filters.who) | Q(name__icontains=filters.who)
        rows = rows.filter(who)
    if filters.about:
        rows = rows.filter(_about(filters.about))
    if filters.words is not None:
        rows = rows.filter(template=filters.words)
    if filters.since:
        rows = rows.filter(created_at__gte=filters.since)
    if filters.until:
        rows = rows.filter(created_at__lt=filters.until)
    return rows.order_by("-created_at", "-id")


def letter_page(actor: Actor, letter_id: UUID) -> Letter:
    """One letter with its ``progress`` and its template; raises ``NoSuchLetter`` for what the actor may not see."""
    require(actor, Permission.LETTER_VIEW)
    rows = visible_letters(actor).select_related("item", "template", "message").filter(pk=letter_id)
    letter = with_progress(rows).first()
    if letter is None:
        raise NoSuchLetter(_("there is no such letter"))
    return letter


def may_be_cancelled(actor: Actor, letter: Letter) -> bool:
    """Whether it has not left and ``actor`` may take it back."""
    place = Place(vendor=letter.vendor, market=letter.market)
    if not actor.may(Permission.LETTER_EDIT, place):
        return False
    rows = Delivery.objects.filter(message=letter.message_id)
    return rows.exists() and not rows.exclude(state=DeliveryState.PENDING, tried_since__isnull=True).exists()


def letters_with(
    actor: Actor, *, item_id: UUID | None = None, decision_id: UUID | None = None, seller_ref: str = ""
) -> list[Letter]:
    """The newest letters for the page of an item, a decision or a seller; none for who may not read letters."""
    if not actor.may(Permission.LETTER_VIEW):
        return []
    wanted = Q(pk__in=[])
    if item_id is not None:
        wanted |= Q(item=item_id)
    if decision_id is not None:
        wanted |= Q(about_kind="decision", about_ref=str(decision_id)) | Q(message__group_ref=str(decision_id))
    if seller_ref:
        wanted |= Q(recipient_kind=RecipientKind.SELLER, recipient_ref=seller_ref)
    rows = with_progress(visible_letters(actor)).filter(wanted)
    return list(rows.order_by("-created_at", "-id")[:SHOWN_WITH_A_THING])


def uses(templates: Sequence[LetterTemplate]) -> dict[int, Use]:
    """By version, how many letters were written with it."""
    rows = Letter.objects.filter(template__in=[row.pk for row in templates]).values_list("template").order_by()
    counted = rows.annotate(letters=Count("id"), last_at=Max("created_at"))
    found = {ref: Use(ref, number, last_at) for ref, number, last_at in counted}
    return {row.pk: found.get(row.pk, Use(row.pk, 0, None)) for row in templates}


def newest_templates() -> list[LetterTemplate]:
    """The words in force: of each kind, language and channel the highest number, in that order."""
    newest = (
        LetterTemplate.objects.filter(
            event=OuterRef("event"), language=OuterRef("language"), channel=OuterRef("channel")
        )
        .order_by("-number")
        .values("pk")[:1]
    )
    return list(LetterTemplate.objects.filter(pk=newest).order_by("event", "language", "channel"))


def with_progress(rows: QuerySet[Letter], only: str = "", but: str = "") -> QuerySet[Letter]:
    """Each letter with ``progress``, as its deliveries stand; ``only`` those that got so far, or all ``but`` those."""
    way = Delivery.objects.filter(message=OuterRef("message"))
    said = Case(
        When(Exists(way.filter(state__in=UNFINISHED)), then=Value(Progress.WAITING.value)),
        When(Exists(way.filter(state=DeliveryState.DEAD)), then=Value(Progress.FAILED.value)),
        When(
            Exists(way.filter(state=DeliveryState.DELIVERED).exclude(endpoint__channel=Channel.NONE)),
            then=Value(Progress.DELIVERED.value),
        ),
        When(Exists(way.filter(state=DeliveryState.DELIVERED)), then=Value(Progress.KEPT.value)),
        default=Value(Progress.CANCELLED.value),
        output_field=CharField(),
    )
    annotated = rows.annotate(progress=said)
    if only:
        annotated = annotated.filter(progress=only)
    return annotated.exclude(progress=but) if but else annotated


def _about(text: str) -> Q:
    wanted = Q(about_ref=text) | Q(item__external_id=text)
    with contextlib.suppress(ValueError):
        wanted |= Q(item=UUID(text)) | Q(pk=UUID(text))
    return wanted


def _whole() -> QuerySet[Letter]:
    return Letter.objects.select_related("item").order_by("-created_at", "-id")
