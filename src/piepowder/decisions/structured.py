"""The reasons as the fields of the DSA Transparency Database (schema in force since 1 July 2025)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from stdnum import ean

from piepowder.decisions.reasons import Reasons, Restriction, eea_reach
from piepowder.decisions.states import Family, Source
from piepowder.decisions.transparency import CONTENT_LANGUAGES
from piepowder.policy.dsa import CATEGORY_PREFIX, KEYWORD_PREFIX
from piepowder.policy.states import Ground

_CONTENT_TYPE: Final = {
    "listing": "PRODUCT",
    "short_video": "VIDEO",
    "livestream": "VIDEO",
    "text": "TEXT",
}
_OTHER_CONTENT: Final = {
    "seller": "Seller account",
    "document": "Document submitted by a seller",
    "ip_claim": "Intellectual property claim",
}
_SOURCE: Final = {
    Source.OWN_INITIATIVE: "SOURCE_VOLUNTARY",
    Source.NOTICE: "SOURCE_ARTICLE_16",
    Source.TRUSTED_FLAGGER: "SOURCE_TRUSTED_FLAGGER",
    Source.AUTHORITY: "SOURCE_TYPE_OTHER_NOTIFICATION",
}
_END_DATE: Final = {
    Family.VISIBILITY: "end_date_visibility_restriction",
    Family.MONETARY: "end_date_monetary_restriction",
    Family.PROVISION: "end_date_service_restriction",
    Family.ACCOUNT: "end_date_account_restriction",
}
_EXPLANATION_LIMIT: Final = 2_000
_TEXT_LIMIT: Final = 500


def structured(reasons: Reasons) -> dict[str, Any]:
    """The payload of one statement; fields that do not apply are left out, since the database refuses some nulls.

    ``territorial_scope`` is empty when no EEA country is reached: such a statement is not for the database. The
    notifier is never named (``source_identity`` is left out).
    """
    scope = sorted({code for one in reasons.restrictions for code in eea_reach(reasons.market, one.territories)})
    return {
        "puid": reasons.puid,
        **_restrictions(reasons.restrictions),
        **_ground(reasons),
        **_classification(reasons),
        **_content(reasons),
        "territorial_scope": scope,
        "content_date": reasons.content_on.isoformat(),
        "application_date": min(one.starts_on for one in reasons.restrictions).isoformat(),
        "decision_facts": reasons.facts,
        "source_type": _SOURCE[reasons.source],
        "automated_detection": "Yes" if reasons.automated_detection else "No",
        "automated_decision": f"AUTOMATED_DECISION_{'FULLY' if reasons.automated_decision else 'NOT_AUTOMATED'}",
    }


def _restrictions(restrictions: Iterable[Restriction]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for family in Family:
        taken = [one for one in restrictions if one.family == family]
        if not taken:
            continue
        names = sorted({f"DECISION_{family.upper()}_{one.measure.upper()}" for one in taken})
        fields[f"decision_{family}"] = names if family is Family.VISIBILITY else names[0]
        described = " ".join(one.description for one in taken if one.measure == "other")
        if described:
            fields[f"decision_{family}_other"] = described[:_TEXT_LIMIT]
        ends = _last_end([one.ends_on for one in taken])
        if ends is not None:
            fields[_END_DATE[family]] = ends.isoformat()
    return fields


def _last_end(ends: list[date | None]) -> date | None:
    known = [end for end in ends if end is not None]
    return max(known) if len(known) == len(ends) else None


def _ground(reasons: Reasons) -> dict[str, Any]:
    reference = "; ".join(dict.fromkeys(one.reference for one in reasons.policies if one.reference))
    why = " ".join(dict.fromkeys(one.why or one.title for one in reasons.policies))
    if reasons.ground is Ground.ILLEGAL:
        name, decision_ground = "illegal_content", "DECISION_GROUND_ILLEGAL_CONTENT"
        fields = {"illegal_content_legal_ground": reference[:_TEXT_LIMIT]}
    else:
        name, decision_ground = "incompatible_content", "DECISION_GROUND_INCOMPATIBLE_CONTENT"
        fields = {"incompatible_content_ground": reference[:_TEXT_LIMIT]}
    return {"decision_ground": decision_ground, **fields, f"{name}_explanation": why[:_EXPLANATION_LIMIT]}


def _classification(reasons: Reasons) -> dict[str, Any]:
    categories = list(
        dict.fromkeys(_prefixed(CATEGORY_PREFIX, one.category) for one in reasons.policies if one.category)
    )
    keywords = sorted({_prefixed(KEYWORD_PREFIX, keyword) for one in reasons.policies for keyword in one.keywords})
    fields: dict[str, Any] = {"category": categories[0]} if categories else {}
    if categories[1:]:
        fields["category_addition"] = sorted(categories[1:])
    if keywords:
        fields["category_specification"] = keywords
    if f"{KEYWORD_PREFIX}OTHER" in keywords:
        described = [one.title for one in reasons.policies if "OTHER" in {_bare(keyword) for keyword in one.keywords}]
        fields["category_specification_other"] = "; ".join(described)[:_TEXT_LIMIT]
    return fields


def _prefixed(prefix: str, name: str) -> str:
    return name if name.startswith(prefix) else prefix + name


def _bare(keyword: str) -> str:
    return keyword.removeprefix(KEYWORD_PREFIX)


def _content(reasons: Reasons) -> dict[str, Any]:
    known = _CONTENT_TYPE.get(reasons.kind)
    fields: dict[str, Any] = {"content_type": [f"CONTENT_TYPE_{known or 'OTHER'}"]}
    if known is None:
        fields["content_type_other"] = _OTHER_CONTENT.get(reasons.kind, reasons.kind)
    if len(reasons.gtin) == 13 and ean.is_valid(reasons.gtin):
        fields["content_id"] = {"EAN-13": reasons.gtin}
    language = reasons.content_language[:2].upper()
    if language in CONTENT_LANGUAGES:
        fields["content_language"] = language
    return fields
