"""The payload of a statement as it is sent, and whose names must not stand in it."""

from __future__ import annotations

from typing import Any

from piepowder.decisions.models import Statement
from piepowder.intake.models import Item, Reporter
from piepowder.intake.states import Kind, ReporterKind
from piepowder.interop.lint import Finding, findings
from piepowder.kernel.canonical import digest

_NO_PERSON = frozenset({"company", "charity", "public_body"})
_BODIES = (ReporterKind.TRUSTED_FLAGGER, ReporterKind.AUTHORITY)


def payload_of(statement: Statement) -> dict[str, Any]:
    """The statement's fields as they are sent; fields without a value are left out, since some nulls are refused."""
    return {name: value for name, value in statement.structured.items() if value is not None}


def hash_of(payload: dict[str, Any]) -> str:
    """The digest by which it can be shown later what was sent."""
    return digest(payload)


def personal_data_in(statement: Statement, payload: dict[str, Any]) -> tuple[Finding, ...]:
    """What in the payload looks like personal data, with the names of the statement's own seller looked for by name."""
    organisations: list[str] = []
    if payload.get("source_identity"):
        organisations = list(Reporter.objects.filter(kind__in=_BODIES).exclude(name="").values_list("name", flat=True))
    return findings(payload, names=names_of(statement), organisations=organisations)


def names_of(statement: Statement) -> tuple[str, ...]:
    """The seller's legal name; of one that is, or may be, a natural person also the name under which they sell."""
    ref = statement.recipient_ref
    if not ref:
        return ()
    seller = Item.objects.filter(kind=Kind.SELLER, external_id=ref).select_related("snapshot").first()
    content = seller.snapshot.content if seller is not None and seller.snapshot is not None else {}
    told = [content.get("legal_name")]
    if content.get("business_type") not in _NO_PERSON:
        told.append(content.get("name"))
    return tuple(sorted({str(name).strip() for name in told if name and str(name).strip()}))
