"""The values that the database knows, schema in force since 1 July 2025, with their prefixes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from piepowder.policy.dsa import CATEGORY_KEYWORDS, CATEGORY_PREFIX, EEA_MARKETS, KEYWORD_PREFIX, MEASURES

SCHEMA_VERSION: Final = "2025-07-01"

_LANGUAGES: Final = """
    AA AB AE AF AK AM AN AR AS AV AY AZ BA BE BG BH BI BM BN BO BR BS CA CE CH CO CR CS CU CV CY DA DE DV DZ EE EL
    EN EO ES ET EU FA FF FI FJ FO FR FY GA GD GL GN GU GV HA HE HI HO HR HT HU HY HZ IA ID IE IG II IK IO IS IT IU
    JA JV KA KG KI KJ KK KL KM KN KO KR KS KU KV KW KY LA LB LG LI LN LO LT LU LV MG MH MI MK ML MN MR MS MT MY NA
    NB ND NE NG NL NN NO NR NV NY OC OJ OM OR OS PA PI PL PS PT QU RM RN RO RU RW SA SC SD SE SG SI SK SL SM SN SO
    SQ SR SS ST SU SV SW TA TE TG TH TI TK TL TN TO TR TS TT TW TY UG UK UR UZ VE VI VO WA WO XH YI YO ZA ZH ZU
"""
CONTENT_LANGUAGES: Final = frozenset(_LANGUAGES.split())
"""ISO 639-1 in capitals; ``UK`` is Ukrainian, ``EL`` Greek."""

CATEGORIES: Final = frozenset(CATEGORY_PREFIX + name for name in CATEGORY_KEYWORDS)
KEYWORDS_OF: Final[Mapping[str, frozenset[str]]] = {
    CATEGORY_PREFIX + category: frozenset(KEYWORD_PREFIX + name for name in names)
    for category, names in CATEGORY_KEYWORDS.items()
}
# Stalking has a keyword in the database and no line in the report, so no category lists it.
KEYWORDS: Final = frozenset().union(*KEYWORDS_OF.values()) | {f"{KEYWORD_PREFIX}STALKING"}
KEYWORD_OTHER: Final = f"{KEYWORD_PREFIX}OTHER"
NOTICE_ONLY: Final = f"{CATEGORY_PREFIX}NOT_SPECIFIED_NOTICE"


def _prefixed(prefix: str, names: Iterable[str]) -> frozenset[str]:
    return frozenset(f"{prefix}_{name.upper()}" for name in names)


VISIBILITIES: Final = _prefixed("DECISION_VISIBILITY", MEASURES["visibility"])
MONETARIES: Final = _prefixed("DECISION_MONETARY", MEASURES["monetary"])
PROVISIONS: Final = _prefixed("DECISION_PROVISION", MEASURES["provision"])
ACCOUNTS: Final = _prefixed("DECISION_ACCOUNT", MEASURES["account"])
VISIBILITY_OTHER: Final = "DECISION_VISIBILITY_OTHER"
MONETARY_OTHER: Final = "DECISION_MONETARY_OTHER"

ACCOUNT_TYPES: Final = _prefixed("ACCOUNT_TYPE", ("business", "private"))
ILLEGAL: Final = "DECISION_GROUND_ILLEGAL_CONTENT"
INCOMPATIBLE: Final = "DECISION_GROUND_INCOMPATIBLE_CONTENT"
GROUNDS: Final = frozenset({ILLEGAL, INCOMPATIBLE})
CONTENT_TYPES: Final = _prefixed(
    "CONTENT_TYPE", ("app", "audio", "image", "product", "synthetic_media", "text", "video", "other")
)
CONTENT_TYPE_OTHER: Final = "CONTENT_TYPE_OTHER"
VOLUNTARY: Final = "SOURCE_VOLUNTARY"
SOURCES: Final = frozenset({"SOURCE_ARTICLE_16", "SOURCE_TRUSTED_FLAGGER", "SOURCE_TYPE_OTHER_NOTIFICATION", VOLUNTARY})
YES_NO: Final = frozenset({"Yes", "No"})
AUTOMATED_DECISIONS: Final = _prefixed("AUTOMATED_DECISION", ("fully", "partially", "not_automated"))
COUNTRIES: Final = frozenset(EEA_MARKETS)
