"""The published rules on misuse (DSA Art. 23(4)): what counts, with examples, and how long a suspension lasts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from piepowder.kernel.clocks.periods import Period
from piepowder.policy.logic import best_language
from piepowder.policy.packs import period_of

_TEXTS: Final = {
    "en": (
        "We suspend, after a warning and for a time, accounts that frequently offer manifestly illegal content, and we stop"
        " looking at notices and complaints of those who frequently send manifestly unfounded ones.\n\n"
        "Manifest is what anybody sees without looking closely. Manifestly illegal: a listing that says it is a copy of a"
        " brand; a weapon that nobody may own; a product of a public recall. Manifestly unfounded: a notice about an offer"
        " that is not there; the same notice again after it was answered, with nothing new; a complaint that names another"
        " decision.\n\n"
        "A person confirms each case. We weigh how many there were in the last {count}, their share of all that was"
        " offered or sent in that time, how grave they and their consequences were and, if it can be told, whether they were"
        " meant. First comes a warning. If it goes on, a suspension of {suspension} follows; when it comes to that again it"
        " can be longer. Whoever is suspended can complain to us, turn to a certified out-of-court body, or go to court."
    ),
    "zh-Hans": (
        "对多次提供明显违法内容的账户，我们在警告后暂停一段时间；对多次提交明显无根据的举报或投诉的人，我们在警告后一段时间内不再处理。\n\n"
        "“明显”是指任何人不必仔细查看就能看出。明显违法的例子：商品自称是某品牌的仿品；任何人不得持有的武器；已公开召回的产品。"
        "明显无根据的例子：举报并不存在的商品；已获答复后无新理由再次提交相同举报；投诉所指的是另一项决定。\n\n"
        "每一项均由人工确认。我们会考虑最近 {count} 内的次数、占同期所提供或提交总数的比例、行为及其后果的严重程度，"
        "以及在能够判断时是否故意。"
        "首先发出警告；如继续发生，暂停 {suspension}；再次发生的，可以更长。"
        "被暂停者可以向我们投诉，向经认证的庭外争议解决机构申请，或诉诸法院。"
    ),
}
_UNITS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "en": {
        "hours": ("hour", "hours"),
        "days": ("day", "days"),
        "working_days": ("working day", "working days"),
        "weeks": ("week", "weeks"),
        "months": ("month", "months"),
        "years": ("year", "years"),
    },
    "zh-Hans": {
        "hours": ("小时",),
        "days": ("天",),
        "working_days": ("个工作日",),
        "weeks": ("周",),
        "months": ("个月",),
        "years": ("年",),
    },
}
LANGUAGES: Final = tuple(_TEXTS)


def policy_text(language: str, at: datetime) -> str:
    """The rules in the language, else in English, with the periods in force."""
    chosen = best_language(_TEXTS, language) or "en"
    count = period_of("eu_dsa", "misuse_count", at.date())
    suspension = period_of("eu_dsa", "misuse_suspension", at.date())
    assert count is not None
    assert suspension is not None
    return _TEXTS[chosen].format(count=_said(count, chosen), suspension=_said(suspension, chosen))


def _said(period: Period, language: str) -> str:
    names = _UNITS[language][period.unit]
    return f"{period.n} {names[0] if period.n == 1 else names[-1]}"
