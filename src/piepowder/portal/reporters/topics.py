"""What somebody can report, and by which policy it is looked at first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from piepowder.policy.models import Policy, PolicyVersion
from piepowder.policy.queries import versions_in_force

IP, SAFETY, MINORS, ILLEGAL, TERMS = "ip", "safety", "minors", "illegal", "terms"

# The offences of Arts 3 to 7 of this directive may be reported without a name (DSA Art. 16(2)(c)).
_NAMELESS = "2011/93"


@dataclass(frozen=True, slots=True)
class Topic:
    """``basis`` is what the notice says it breaks; ``ask`` is what the reason is asked with."""

    code: str
    title: str | Promise
    hint: str | Promise
    ask: str | Promise
    basis: str = "illegal"
    nameless: bool = False


TOPICS: dict[str, Topic] = {
    one.code: one
    for one in (
        Topic(
            IP,
            _("It uses a right of mine without permission"),
            _("Trade mark, copyright, design, patent, geographical indication or trade secret"),
            _("Why does it infringe the right?"),
        ),
        Topic(
            SAFETY,
            _("A product is dangerous"),
            _("It can hurt somebody, was recalled, or lacks safety marks or warnings"),
            _("What is dangerous about it?"),
        ),
        Topic(
            MINORS,
            _("Sexual abuse or exploitation of children"),
            _("You need not tell us who you are"),
            _("What did you see?"),
            nameless=True,
        ),
        Topic(
            ILLEGAL,
            _("Something else that is illegal"),
            _("Forbidden goods, fraud, hate, threats, private data …"),
            _("Why is it illegal?"),
        ),
        Topic(
            TERMS,
            _("It breaks the rules of the marketplace"),
            _("Misleading offers, spam, fake reviews, bad behaviour …"),
            _("What is wrong with it?"),
            basis="terms",
        ),
    )
}


def policy_of(topic: str, market: str, at: datetime) -> str:
    """The leaf that a notice on this topic is looked at by in a market; empty when the house has none of that sort."""
    looked = _LOOKED.get(topic)
    if looked is None:
        return ""
    leaves = Policy.objects.filter(is_leaf=True, retired_at__isnull=True).order_by("position", "code")
    codes = list(leaves.values_list("code", flat=True))
    versions = versions_in_force(codes, market, at)
    return next((code for code in codes if code in versions and looked(versions[code])), "")


def _is_unsafe(version: PolicyVersion) -> bool:
    return any(one.removeprefix("KEYWORD_") == "UNSAFE_PRODUCTS" for one in version.keywords)


def _is_about_minors(version: PolicyVersion) -> bool:
    return _NAMELESS in version.legal_reference


_LOOKED: dict[str, Callable[[PolicyVersion], bool]] = {SAFETY: _is_unsafe, MINORS: _is_about_minors}
