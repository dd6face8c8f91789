"""What decisions know of people: facts and notes, statements of reasons, and the messages that carried them.

That something was ruled, on what ground, under which policy, by whom and with what effect stays: columns say it. What
stays open to a complaint stays whole until that time is over.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from piepowder.database.personal import (
    ERASED,
    Age,
    Emptying,
    Kept,
    Part,
    Subject,
    SubjectKind,
    Without,
    declare,
    in_lots,
    kept_now,
    said,
)
from piepowder.decisions.models import Batch, BatchLine, Decision, Enforcement, Opinion, Proposal, Statement
from piepowder.intake.erasure import items_of
from piepowder.intake.models import Item
from piepowder.outbox.erasure import messages_emptied
from piepowder.outbox.models import Message

_TYPED = ("facts", "note")
_OTHERS = tuple(f"decision_{family}_other" for family in ("visibility", "monetary", "provision", "account"))


def _of(subject: Subject, at: datetime) -> Iterator[Emptying]:
    if subject.kind != SubjectKind.SELLER:
        return
    yield from decisions_emptied(Decision.objects.filter(item__in=items_of(subject).values("pk")))
    yield from _messages(subject, at)
    of_items: tuple[tuple[Any, QuerySet[Any], dict[str, Any]], ...] = (
        (_("proposed rulings"), Proposal.objects.all(), {"ruling": Without("ruling", *_TYPED), "reason": ""}),
        (_("opinions"), Opinion.objects.all(), {"ruling": Without("ruling", *_TYPED)}),
    )
    for what, rows, becomes in of_items:
        mine = rows.filter(case__item__in=items_of(subject).values("pk"))
        yield Emptying(what, mine, becomes, {"item": "case__item_id", "case": "case_id"})
    lines = BatchLine.objects.filter(case__item__in=items_of(subject).values("pk"))
    yield Emptying(
        _("facts of decisions taken together"), lines, {"facts": "", "detail": ""}, {"item": "case__item_id"}
    )


def decisions_emptied(decisions: QuerySet[Decision]) -> Iterator[Emptying]:
    """The words of decisions and of their statements; what can be counted stays."""
    of = decisions.values("pk")
    guarded = {"item": "decision__item_id", "case": "decision__case_id"}
    yield Emptying(
        _("recipients of statements of reasons"),
        Statement.objects.filter(decision__in=of),
        {"recipient_ref": ""},
        guarded,
    )
    written = Statement.objects.filter(decision__in=of, exclusion="")
    yield Emptying(
        _("statements of reasons"),
        written,
        {"subject": ERASED, "text": ERASED, "structured": Without("structured", "decision_facts", *_OTHERS)},
        guarded,
    )
    yield Emptying(
        _("descriptions of restrictions"), Enforcement.objects.filter(decision__in=of), {"description": ""}, guarded
    )
    own = {"item": "item_id", "case": "case_id"}
    yield Emptying(_("facts and notes of decisions"), decisions.exclude(facts=""), {"facts": ERASED, "note": ""}, own)
    yield Emptying(_("facts and notes of decisions"), decisions.filter(facts=""), {"note": ""}, own)


def _messages(subject: Subject, at: datetime) -> Iterator[Emptying]:
    """What was sent about items. An order key is the item's id as text, so they come in lots."""
    kept = [one for one in kept_now(subject, at) if one.kind == "item"]
    for lot in in_lots(items_of(subject).values_list("pk", flat=True)):
        stays: dict[UUID, str] = {}
        for one in kept:
            caught = Item.objects.filter(pk__in=lot).filter(pk__in=one.refs).values_list("pk", flat=True)
            stays.update(dict.fromkeys(caught, one.why))
        for why in sorted(set(stays.values())):
            keys = [str(ref) for ref, said in stays.items() if said == why]
            rows = Message.objects.filter(order_key__in=keys).exclude(body={})
            yield Emptying(_("messages that were sent"), rows, stays=why)
        yield from messages_emptied(Message.objects.filter(order_key__in=[str(ref) for ref in lot if ref not in stays]))


def _open_to_complaint(at: datetime) -> QuerySet[Decision]:
    return Decision.objects.filter(state="issued", statement__complaint_until__gte=at.date())


def _kept(subject: Subject | None, at: datetime) -> Iterator[Kept]:
    """What is open to a complaint, and what could still be undone, is needed to hear it."""
    fresh = Decision.objects.filter(Q(final_at__gt=at) | Q(pk__in=_open_to_complaint(at).values("pk")))
    if subject is not None and subject.kind == SubjectKind.SELLER:
        fresh = fresh.filter(item__in=items_of(subject).values("pk"))
    until = None
    if subject is not None:
        last = fresh.order_by("-statement__complaint_until").values_list("statement__complaint_until", flat=True)
        days = [day for day in last[:1] if day]
        until = days[0] + timedelta(days=1) if days else None
    yield Kept("item", fresh.values("item_id"), "complaint_open", until)


def _old(before: datetime, at: datetime) -> Iterator[Emptying]:
    old = Decision.objects.filter(decided_at__lt=before)
    yield from decisions_emptied(old)
    # A template for many cases belongs to no item, so age alone ends it.
    batches = Batch.objects.filter(opened_at__lt=before)
    yield Emptying(_("facts of decisions taken together"), batches, {"facts": "", "ruling": Without("ruling", *_TYPED)})


declare(
    Part(
        package="decisions",
        columns=said(
            personal={
                "decisions_decision": "facts note",
                "decisions_statement": "recipient_ref subject text structured",
                "decisions_enforcement": "description",
                "decisions_opinion": "ruling",
                "decisions_proposal": "ruling reason",
                "decisions_batch": "facts ruling",
                "decisions_batchline": "facts detail",
            },
            reference={
                "decisions_decision": "reporting_line evidence",
                "decisions_enforcement": "target_external_id",
                "decisions_statementtemplate": "published_by",
                "decisions_proposal": "settled_line",
            },
            plain={
                "decisions_decision": ("facts_key machine machine_version vendor site team queue market language"),
                "decisions_statementtemplate": "language subject body phrases",
                "decisions_statement": "puid language deadline_rule",
                "decisions_enforcement": "measure target_kind territories",
                "decisions_opinion": "vendor policy_code",
                "decisions_proposal": "vendor why",
                "decisions_batch": "vendor",
                "decisions_batchline": "problem",
                "decisions_factstemplate": "policy_code language title text",
                "decisions_actionmapping": "measure kind action parameters",
            },
        ),
        of=_of,
        kept=_kept,
        ages=(Age("decisions", _("Facts, notes and statements of decisions"), _old, counted_from=_("decided")),),
    )
)
