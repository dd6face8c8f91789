"""What the IP desk knows of people: owners, agents and senders of notices, and what sellers answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from piepowder.database.personal import ERASED, Emptying, Part, Subject, SubjectKind, declare, said
from piepowder.intake.unused import letting_go
from piepowder.rights.models import ClaimBatch, ClaimLine, CounterEvidence, CounterNotice, Right, RightEvidence


def _mine(subject: Subject, ref: str, email: str) -> Q:
    wanted = Q(pk__in=[])
    if subject.kind == SubjectKind.RIGHTS_OWNER and subject.ref:
        wanted |= Q(**{ref: subject.ref})
    for address in subject.addresses:
        wanted |= Q(**{f"{email}__iexact": address})
    return wanted


def _of(subject: Subject, at: datetime) -> Iterator[Emptying]:
    if subject.kind == SubjectKind.SELLER and subject.ref:
        counters = CounterNotice.objects.filter(seller_ref=subject.ref)
        held = {"item": "claim__item_id"}
        yield Emptying(_("counter-notices of the seller"), counters, {"text": ERASED, "answer": ""}, held)
        files = CounterEvidence.objects.filter(counter__seller_ref=subject.ref)
        yield Emptying(
            _("files that came with counter-notices"),
            files,
            {},
            {"item": "counter__claim__item_id"},
            watch=letting_go(CounterEvidence, "stored_id"),
        )
        return
    # What is found through an address goes before the row that holds the address.
    owned = Right.objects.filter(_mine(subject, "owner_ref", "owner_email"))
    yield Emptying(
        _("papers that show a right"),
        RightEvidence.objects.filter(right__in=owned),
        watch=letting_go(RightEvidence, "stored_id"),
    )
    yield Emptying(_("owner of a right"), owned, {"owner_name": "", "owner_email": ""})
    managed = Right.objects.filter(_mine(subject, "agent_ref", "agent_email"))
    yield Emptying(_("agent of an owner"), managed, {"agent_name": "", "agent_email": ""})
    sent = ClaimBatch.objects.filter(_mine(subject, "sender_ref", "sender_email"))
    emptied = {"sender_name": "", "sender_email": "", "reason": ERASED, "evidence": []}
    yield Emptying(_("places that a notice named"), ClaimLine.objects.filter(batch__in=sent), {"location": ERASED})
    yield Emptying(_("notices on a right"), sent, emptied)


def _addresses(subject: Subject) -> Iterable[str]:
    if subject.kind != SubjectKind.RIGHTS_OWNER or not subject.ref:
        return []
    owners = Right.objects.filter(owner_ref=subject.ref).values_list("owner_email", flat=True)
    agents = Right.objects.filter(agent_ref=subject.ref).values_list("agent_email", flat=True)
    senders = ClaimBatch.objects.filter(sender_ref=subject.ref).values_list("sender_email", flat=True)
    return {one.lower() for one in (*owners, *agents, *senders) if one}


declare(
    Part(
        package="rights",
        columns=said(
            personal={
                "rights_right": "owner_name owner_email agent_name agent_email",
                "rights_batch": "sender_name sender_email reason evidence",
                "rights_line": "location",
                "rights_counter": "text answer",
            },
            reference={
                "rights_right": "owner_ref agent_ref source",
                "rights_batch": "sender_ref source filed_by reference",
                "rights_claim": "seller_ref",
                "rights_counter": "seller_ref source",
            },
            plain={
                "rights_right": "number number_key title office territories classes categories language",
                "rights_batch": "language right_stated policy_code digest",
                "rights_claim": "warnings",
                "rights_line": "problem",
                "rights_counter": "language",
            },
        ),
        of=_of,
        addresses=_addresses,
    )
)
