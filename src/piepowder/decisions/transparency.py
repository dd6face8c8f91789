"""Checking a statement for the DSA Transparency Database here, more strictly than the database does.

The database loses or tolerates things that the transparency report later needs: an unknown product id is dropped in
silence, an end before the beginning is accepted. What is wrong is found before the statement is stored, because a stored
one can never be corrected there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from stdnum import ean

from piepowder.decisions.states import MEASURES, Family
from piepowder.kernel.errors import FieldProblem
from piepowder.policy.dsa import CATEGORY_KEYWORDS, CATEGORY_PREFIX, EEA_MARKETS, KEYWORD_PREFIX

_LANGUAGES: Final = """
    AA AB AE AF AK AM AN AR AS AV AY AZ BA BE BG BH BI BM BN BO BR BS CA CE CH CO CR CS CU CV CY DA DE DV DZ EE EL
    EN EO ES ET EU FA FF FI FJ FO FR FY GA GD GL GN GU GV HA HE HI HO HR HT HU HY HZ IA ID IE IG II IK IO IS IT IU
    JA JV KA KG KI KJ KK KL KM KN KO KR KS KU KV KW KY LA LB LG LI LN LO LT LU LV MG MH MI MK ML MN MR MS MT MY NA
    NB ND NE NG NL NN NO NR NV NY OC OJ OM OR OS PA PI PL PS PT QU RM RN RO RU RW SA SC SD SE SG SI SK SL SM SN SO
    SQ SR SS ST SU SV SW TA TE TG TH TI TK TL TN TO TR TS TT TW TY UG UK UR UZ VE VI VO WA WO XH YI YO ZA ZH ZU
"""
CONTENT_LANGUAGES: Final = frozenset(_LANGUAGES.split())

_CATEGORIES: Final = frozenset(CATEGORY_PREFIX + name for name in CATEGORY_KEYWORDS)
# Stalking has a keyword in the database and no line in the report, so no category lists it.
_KEYWORDS: Final = frozenset(KEYWORD_PREFIX + name for names in CATEGORY_KEYWORDS.values() for name in names) | {
    f"{KEYWORD_PREFIX}STALKING"
}
_CONTENT_TYPES: Final = frozenset(
    f"CONTENT_TYPE_{name}" for name in ("APP", "AUDIO", "IMAGE", "PRODUCT", "SYNTHETIC_MEDIA", "TEXT", "VIDEO", "OTHER")
)
_DECISIONS: Final = {
    f"decision_{family}": frozenset(f"DECISION_{family.upper()}_{measure.upper()}" for measure in measures)
    for family, measures in MEASURES.items()
}
_ONE_OF: Final[Mapping[str, frozenset[str]]] = {
    "decision_ground": frozenset({"DECISION_GROUND_ILLEGAL_CONTENT", "DECISION_GROUND_INCOMPATIBLE_CONTENT"}),
    "category": _CATEGORIES,
    "source_type": frozenset(
        {"SOURCE_ARTICLE_16", "SOURCE_TRUSTED_FLAGGER", "SOURCE_TYPE_OTHER_NOTIFICATION", "SOURCE_VOLUNTARY"}
    ),
    "automated_detection": frozenset({"Yes", "No"}),
    "automated_decision": frozenset(
        {"AUTOMATED_DECISION_FULLY", "AUTOMATED_DECISION_PARTIALLY", "AUTOMATED_DECISION_NOT_AUTOMATED"}
    ),
}
_ONE_OF_OR_ABSENT: Final[Mapping[str, frozenset[str]]] = {
    **{name: values for name, values in _DECISIONS.items() if name != "decision_visibility"},
    "account_type": frozenset({"ACCOUNT_TYPE_BUSINESS", "ACCOUNT_TYPE_PRIVATE"}),
    "incompatible_content_illegal": frozenset({"Yes", "No"}),
    "content_language": CONTENT_LANGUAGES,
}
_LISTS: Final[Mapping[str, frozenset[str]]] = {
    "decision_visibility": _DECISIONS["decision_visibility"],
    "category_addition": _CATEGORIES,
    "category_specification": _KEYWORDS,
    "content_type": _CONTENT_TYPES,
    "territorial_scope": frozenset(EEA_MARKETS),
}
_NEVER_NULL: Final = frozenset({"category_addition", "incompatible_content_illegal"})
_LIMITS: Final = {
    "decision_visibility_other": 500,
    "decision_monetary_other": 500,
    "decision_ground_reference_url": 500,
    "illegal_content_legal_ground": 500,
    "illegal_content_explanation": 2_000,
    "incompatible_content_ground": 500,
    "incompatible_content_explanation": 2_000,
    "category_specification_other": 500,
    "content_type_other": 500,
    "decision_facts": 5_000,
    "source_identity": 500,
}
_END_OF: Final = {
    "end_date_visibility_restriction": Family.VISIBILITY,
    "end_date_monetary_restriction": Family.MONETARY,
    "end_date_service_restriction": Family.PROVISION,
    "end_date_account_restriction": Family.ACCOUNT,
}
_PUID = re.compile(r"[a-zA-Z0-9_-]{1,500}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_LATEST = date(2038, 1, 1)


@dataclass(frozen=True, slots=True)
class Check:
    """``problems`` forbid sending; ``warnings`` are names of fields that somebody should look at."""

    problems: tuple[FieldProblem, ...]
    warnings: tuple[FieldProblem, ...]


def check(payload: Mapping[str, Any], *, today: date) -> Check:
    """Whether the payload of one statement may be sent on ``today``."""
    problems = [
        *_puid(payload),
        *_choices(payload),
        *_lengths(payload),
        *_decisions(payload),
        *_grounds(payload),
        *_other_texts(payload),
        *_content_id(payload),
        *_dates(payload, today),
    ]
    return Check(tuple(problems), tuple(_warnings(payload)))


def _problem(field: str, code: str, detail: str) -> FieldProblem:
    return FieldProblem(f"/{field}", code, detail)


def _blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip()) or value == []


def _puid(payload: Mapping[str, Any]) -> Iterator[FieldProblem]:
    puid = payload.get("puid")
    if not isinstance(puid, str) or not _PUID.fullmatch(puid):
        yield _problem(
            "puid", "not_canonical", _("1 to 500 letters, digits, hyphens and underscores, exactly as stored")
        )


def _choices(payload: Mapping[str, Any]) -> Iterator[FieldProblem]:
    for field, allowed in _ONE_OF.items():
        if _blank(payload.get(field)):
            yield _problem(field, "required", _("must be given"))
        elif payload[field] not in allowed:
            yield _problem(
                field, "unknown_value", _("%(value)r is not one of the database's values") % {"value": payload[field]}
            )
    for field, allowed in _ONE_OF_OR_ABSENT.items():
        value = payload.get(field)
        if field in payload and value is None and field in _NEVER_NULL:
            yield _problem(field, "null", _("leave the field out instead of sending null"))
        elif value is not None and (not isinstance(value, str) or value not in allowed):
            yield _problem(
                field, "unknown_value", _("%(value)r is not one of the database's values") % {"value": value}
            )
    for field, allowed in _LISTS.items():
        value = payload.get(field)
        if field in payload and value is None and field in _NEVER_NULL:
            yield _problem(field, "null", _("leave the field out instead of sending null"))
        elif value is not None and not isinstance(value, list):
            yield _problem(field, "not_a_list", _("must be a list"))
        elif value is not None and not set(value) <= allowed:
            unknown = ", ".join(sorted(str(one) for one in set(value) - allowed))
            yield _problem(field, "unknown_value", _("not among the database's values: %(names)s") % {"names": unknown})
    for field in ("content_type", "territorial_scope"):
        if _blank(payload.get(field)):
            yield _problem(field, "required", _("needs at least one value"))


def _lengths(payload: Mapping[str, Any]) -> Iterator[FieldProblem]:
    illegal = payload.get("decision_ground") == "DECISION_GROUND_ILLEGAL_CONTENT"
    for field, limit in _LIMITS.items():
        if illegal and field.startswith("incompatible_content"):
            continue
        value = payload.get(field)
        if value is not None and not isinstance(value, str):
            yield _problem(field, "not_text", _("must be text"))
        elif isinstance(value, str) and len(value) > limit:
            yield _problem(field, "too_long", _("at most %(count)d characters") % {"count": limit})
    if _blank(payload.get("decision_facts")):
        yield _problem("decision_facts", "required", _("must be given"))
    url = payload.get("decision_ground_reference_url")
    if isinstance(url, str) and (urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).netloc):
        yield _problem("decision_ground_reference_url", "not_a_url", _("must be a web address"))


def _decisions(payload: Mapping[str, Any]) -> Iterator[FieldProblem]:
    if all(_blank(payload.get(field)) for field in _DECISIONS):
        for field in _DECISIONS:
            yield _problem(field, "required", _("at least one of the four restrictions must be given"))
    for field, family in _END_OF.items():
        if not _blank(payload.get(field)) and _blank(payload.get(f"decision_{family}")):
            yield _problem(field, "no_such_restriction", _("ends a restriction that was not imposed"))


def _grounds(payload: Mapping[str, Any]) -> Iterator[FieldProblem]:
    needed = {
        "DECISION_GROUND_ILLEGAL_CONTENT": ("illegal_content_legal_ground", "illegal_content_explanation"),
        "DECISION_GROUND_INCOMPATIBLE_CONTENT": ("incompatible_content_ground", "incompatible_content_explanation"),
    }.get(str(payload.get("decision_ground")), ())
    for field in needed:
        if _blank(payload.get(field)):
            yield _problem(field, "required", _("the ground needs its reference and its explanation"))


def _other_texts(payload: Mapping[str, Any]) -> Iterator[FieldProblem]:
    for field, other in (
        ("decision_visibility", "DECISION_VISIBILITY_OTHER"),
        ("decision_monetary", "DECISION_MONETARY_OTHER"),
        ("content_type", "CONTENT_TYPE_OTHER"),
        ("category_specification", f"{KEYWORD_PREFIX}OTHER"),
    ):
        value = payload.get(field)
        chosen = other in value if isinstance(value, list) else value == other
        text = payload.get(f"{field}_other")
        if chosen and _blank(text):
            yield _problem(f"{field}_other", "required", _("'other' needs to say what"))
        if not chosen and not _blank(text) and field == "category_specification":
            yield _problem(f"{field}_other", "not_kept", _("is lost without the keyword for other"))


def _content_id(payload: Mapping[str, Any]) -> Iterator[FieldProblem]:
    if "content_id_ean" in payload:
        yield _problem("content_id_ean", "not_kept", _("is lost when several statements are sent; use content_id"))
    content_id = payload.get("content_id")
    if content_id is None:
        return
    if not isinstance(content_id, dict):
        yield _problem("content_id", "not_an_object", _("must be an object"))
        return
    if set(content_id) - {"EAN-13"}:
        yield _problem("content_id", "not_kept", _("only EAN-13 is known; anything else is lost"))
    code = content_id.get("EAN-13")
    if code is not None and not (isinstance(code, str) and len(code) == 13 and ean.is_valid(code)):
        yield _problem("content_id/EAN-13", "not_an_ean", _("must be 13 digits with the right check digit"))


def _dates(payload: Mapping[str, Any], today: date) -> Iterator[FieldProblem]:
    days: dict[str, date] = {}
    for field in ("content_date", "application_date", *_END_OF):
        value = payload.get(field)
        if _blank(value):
            if field not in _END_OF:
                yield _problem(field, "required", _("must be given"))
            continue
        day = _day(value)
        if day is None:
            yield _problem(field, "not_a_date", _("must be a date such as 2026-03-04"))
            continue
        days[field] = day
        earliest = date(2000, 1, 1) if field == "content_date" else date(2020, 1, 1)
        if not earliest <= day <= _LATEST:
            yield _problem(
                field,
                "out_of_range",
                _("must lie between %(first)s and %(last)s") % {"first": earliest, "last": _LATEST},
            )
    begins = days.get("application_date")
    for field, day in days.items():
        if field in _END_OF and begins is not None and day < begins:
            yield _problem(field, "ends_before_start", _("ends before the restriction is applied"))
        if field not in _END_OF and day > today:
            yield _problem(field, "in_the_future", _("lies in the future"))
    if begins is not None and days.get("content_date", begins) > begins:
        yield _problem("content_date", "after_restriction", _("the content cannot be younger than its restriction"))


def _day(value: Any) -> date | None:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _warnings(payload: Mapping[str, Any]) -> Iterator[FieldProblem]:
    category = str(payload.get("category")).removeprefix(CATEGORY_PREFIX)
    keywords = payload.get("category_specification") or []
    known = {KEYWORD_PREFIX + name for name in CATEGORY_KEYWORDS.get(category, ())}
    for addition in payload.get("category_addition") or []:
        known |= {
            KEYWORD_PREFIX + name for name in CATEGORY_KEYWORDS.get(str(addition).removeprefix(CATEGORY_PREFIX), ())
        }
    if isinstance(keywords, list) and set(keywords) & _KEYWORDS - known:
        yield _problem("category_specification", "foreign_keyword", _("a keyword belongs to another category"))
    if category == "NOT_SPECIFIED_NOTICE":
        yield _problem("category", "unspecified", _("only for notices whose illegality cannot be told"))
