"""Statements of reasons to try words on: those of a decision that was really taken, or an example where there is none.

Nothing here is stored or sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, timedelta
from uuid import UUID

from django.conf import settings

from piepowder.access.visibility import scope_q, visible
from piepowder.decisions.models import Decision, Enforcement, Statement, StatementTemplate
from piepowder.decisions.reasons import Reason, Reasons, Restriction
from piepowder.decisions.states import Family, Source
from piepowder.decisions.wording import Wording, parse, shipped_wordings
from piepowder.kernel.actor import Actor
from piepowder.kernel.permissions import Permission
from piepowder.policy.logic import best_language
from piepowder.policy.models import PolicyText
from piepowder.policy.queries import texts_in
from piepowder.policy.states import Ground

_DAYS = 30
_COMPLAINT_DAYS = 183


def example(on: date, policies: Sequence[Reason] = (), ground: Ground = Ground.TERMS) -> Reasons:
    """Made-up reasons with one restriction of each sort that reads differently; ``policies`` are those relied on."""
    cited = tuple(policies) or (
        Reason(
            code="EXAMPLE-1",
            title="Misleading statements",
            why="You stated something about the goods that is not true.",
            reference="Seller Terms 4.2",
            category="CONSUMER_INFORMATION",
        ),
    )
    return Reasons(
        puid="EXAMPLE-0001",
        marketplace=settings.MARKETPLACE_NAME,
        kind="listing",
        external_id="L-0001",
        title="Power bank 100000 mAh",
        market="DE",
        content_language="en",
        content_on=on - timedelta(days=2),
        decided_on=on,
        restrictions=(
            Restriction(Family.VISIBILITY, "content_removed", on),
            Restriction(Family.ACCOUNT, "suspended", on, on + timedelta(days=_DAYS), ("DE", "FR")),
        ),
        ground=ground,
        policies=cited,
        facts="The title says 100000 mAh; the label in the second picture says 10000 mAh.",
        source=Source.NOTICE,
        automated_detection=False,
        automated_decision=False,
        complaint_until=on + timedelta(days=_COMPLAINT_DAYS),
    )


def of_decision(actor: Actor, language: str, item: str = "") -> Reasons | None:
    """The reasons of the newest decision with a statement that ``actor`` may see, in words of ``language``.

    ``item`` is the marketplace's id of the item it should be about. ``None`` when there is no such decision.
    """
    scope = scope_q(
        actor, Permission.DECISION_VIEW, vendor="vendor", queue="queue", market="market", language="language"
    )
    rows = visible(Decision.objects.all(), scope).filter(statement__exclusion="", enforcements__isnull=False)
    if item:
        rows = rows.filter(item__external_id=item)
    found: UUID | None = rows.order_by("-decided_at", "-id").values_list("pk", flat=True).first()
    return _again(found, language) if found else None


def _again(decision_id: UUID, language: str) -> Reasons:
    decision = Decision.objects.select_related("item", "statement").get(pk=decision_id)
    statement: Statement = decision.statement
    item, ground = decision.item, Ground(decision.ground)
    versions = [one.version for one in decision.citations.select_related("version__policy").order_by("-primary", "id")]
    texts: dict[int, PolicyText] = texts_in(versions, language)
    starts_on = decision.final_at.astimezone(UTC).date()
    assert statement.complaint_until is not None
    return Reasons(
        puid=statement.puid,
        marketplace=settings.MARKETPLACE_NAME,
        kind=item.kind,
        external_id=item.external_id,
        title=item.title,
        market=item.market,
        content_language=item.language,
        content_on=min(item.received_at.astimezone(UTC).date(), starts_on),
        decided_on=decision.decided_at.astimezone(UTC).date(),
        restrictions=tuple(_restriction(one) for one in decision.enforcements.order_by("family", "measure", "id")),
        ground=ground,
        policies=tuple(
            Reason(
                code=version.policy.code,
                title=texts[version.pk].title,
                why=texts[version.pk].recipient_text,
                reference=reference(ground, version.legal_reference, version.terms_clause),
                category=version.category,
                keywords=tuple(version.keywords),
            )
            for version in versions
        ),
        facts=decision.facts,
        source=Source(decision.source),
        automated_detection=decision.automated_detection,
        automated_decision=bool(decision.machine),
        complaint_until=statement.complaint_until,
    )


def reference(ground: Ground, legal_reference: str, terms_clause: str) -> str:
    """What a statement names as its ground: the law or the clause, and the other where only that one is given."""
    pair = (legal_reference, terms_clause)
    return next((one for one in (pair if ground is Ground.ILLEGAL else pair[::-1]) if one), "")


def _restriction(row: Enforcement) -> Restriction:
    start = row.starts_at.astimezone(UTC)
    end = row.ends_at.astimezone(UTC) if row.ends_at else None
    by_minutes = end is not None and end - start < timedelta(days=1)
    return Restriction(
        family=Family(row.family),
        measure=row.measure,
        starts_on=start.date(),
        ends_on=end.date() if end else None,
        territories=tuple(row.territories),
        description=row.description,
        between=(f"{start:%H:%M}", f"{end:%H:%M}") if end and by_minutes else None,
    )


def wording_for(language: str) -> Wording:
    """The words in force in ``language`` or the nearest there is, else those that ship with the program."""
    languages = StatementTemplate.objects.values_list("language", flat=True).distinct()
    chosen = best_language(languages, language)
    row = StatementTemplate.objects.filter(language=chosen).order_by("-number").first() if chosen else None
    if row is None:
        shipped = {wording.language: wording for wording, _raw in shipped_wordings()}
        return shipped[best_language(shipped, language) or "en"]
    return parse(row.language, {"subject": row.subject, "body": row.body, "phrases": row.phrases})
