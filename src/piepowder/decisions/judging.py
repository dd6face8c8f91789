"""Whether a ruling may stand: everything that is wrong with it at once, each with a pointer to its field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from piepowder.decisions.filling import left_to_fill
from piepowder.decisions.logic import FACTS_AT_LEAST, FACTS_AT_MOST, facts_problem
from piepowder.decisions.ruling import EnforcementOrder, Ruling
from piepowder.decisions.states import MEASURES, Exclusion, Family, Outcome
from piepowder.kernel.errors import FieldProblem
from piepowder.policy.dsa import FOR_GOOD, MARKET_GROUPS
from piepowder.policy.models import PolicyVersion
from piepowder.policy.states import Ground

LONGEST_DAYS: Final = 3_650
LONGEST_MINUTES: Final = 7 * 24 * 60
"""What is longer is ordered in days."""
DESCRIPTION_LIMIT: Final = 500


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the ruling is held against: the item, the policies in force for it, their words, and who reported it."""

    kind: str
    seller_ref: str
    versions: Mapping[str, PolicyVersion]
    policy_words: tuple[str, ...] = ()
    ordered_by_authority: bool = False


def unwritable(ruling: Ruling) -> Iterator[FieldProblem]:
    """Texts that only one of the databases could keep, or even look for."""
    texts = {"/facts": ruling.facts, "/note": ruling.note, "/ground": ruling.ground, "/exclusion": ruling.exclusion}
    texts |= {f"/policy_codes/{index}": code for index, code in enumerate(ruling.policy_codes)}
    texts |= {f"/enforcements/{index}/description": one.description for index, one in enumerate(ruling.enforcements)}
    for pointer, text in texts.items():
        if "\x00" in text:
            yield FieldProblem(pointer, "bad_text", _("must not hold a NUL character"))


def problems(ruling: Ruling, found: Circumstances) -> list[FieldProblem]:
    """What is wrong with ``ruling``; empty when it may stand."""
    if ruling.outcome == Outcome.NO_VIOLATION:
        return list(_nothing_restricted(ruling))
    if ruling.outcome != Outcome.VIOLATION:
        return [FieldProblem("/outcome", "unknown_value", _("must be 'violation' or 'no_violation'"))]
    return [
        *_policies(ruling, found),
        *_ground(ruling, found),
        *_facts(ruling, found),
        *_enforcements(ruling.enforcements, found),
        *_exclusion(ruling, found),
    ]


def _nothing_restricted(ruling: Ruling) -> Iterator[FieldProblem]:
    for field in ("policy_codes", "ground", "enforcements", "exclusion"):
        if getattr(ruling, field):
            yield FieldProblem(f"/{field}", "not_a_violation", _("goes with a violation only"))
    if len(ruling.facts) > FACTS_AT_MOST:
        yield _too_long()


def _policies(ruling: Ruling, found: Circumstances) -> Iterator[FieldProblem]:
    if not ruling.policy_codes:
        yield FieldProblem("/policy_codes", "missing_policy", _("a violation cites at least one policy"))
    for index, code in enumerate(ruling.policy_codes):
        pointer = f"/policy_codes/{index}"
        version = found.versions.get(code)
        if code in ruling.policy_codes[:index]:
            yield FieldProblem(pointer, "repeated", _("is cited already"))
        elif version is None or not version.policy.is_leaf:
            yield FieldProblem(
                pointer, "unknown_policy", _("no policy with this code is in force for the item's market")
            )
        elif version.policy.kinds and found.kind not in version.policy.kinds:
            yield FieldProblem(pointer, "wrong_kind", _("this policy is not made for this kind of item"))


def _ground(ruling: Ruling, found: Circumstances) -> Iterator[FieldProblem]:
    if ruling.ground not in Ground.values:
        yield FieldProblem("/ground", "unknown_value", _("must be 'illegal' or 'terms'"))
        return
    primary = found.versions.get(ruling.policy_codes[0]) if ruling.policy_codes else None
    if primary is None:
        return
    if ruling.ground == Ground.ILLEGAL and not primary.legal_reference:
        yield FieldProblem("/ground", "no_legal_reference", _("the policy names no law that the item could break"))
    if ruling.ground == Ground.TERMS and not primary.terms_clause:
        yield FieldProblem("/ground", "no_terms_clause", _("the policy names no clause of the terms"))


def _facts(ruling: Ruling, found: Circumstances) -> Iterator[FieldProblem]:
    if left := left_to_fill(ruling.facts):
        detail = _("fill in %(part)s, or take it out") % {"part": left[0]}
        yield FieldProblem("/facts", "unfilled", detail)
    code = facts_problem(ruling.facts, found.policy_words)
    if code == "too_short":
        detail = _("say in at least %(count)d characters what is wrong with this item") % {"count": FACTS_AT_LEAST}
        yield FieldProblem("/facts", code, detail)
    elif code == "too_long":
        yield _too_long()
    elif code:
        yield FieldProblem("/facts", code, _("say what is wrong with this item, not what the policy says"))


def _too_long() -> FieldProblem:
    return FieldProblem("/facts", "too_long", _("at most %(count)d characters") % {"count": FACTS_AT_MOST})


def _enforcements(orders: Iterable[EnforcementOrder], found: Circumstances) -> Iterator[FieldProblem]:
    seen: Counter[tuple[str, str]] = Counter()
    families: Counter[str] = Counter()
    for index, order in enumerate(orders):
        pointer = f"/enforcements/{index}"
        if order.family not in Family.values:
            yield FieldProblem(f"{pointer}/family", "unknown_value", _("there is no such family of restrictions"))
            continue
        if order.measure not in MEASURES[Family(order.family)]:
            yield FieldProblem(f"{pointer}/measure", "unknown_value", _("there is no such measure in this family"))
            continue
        seen[order.family, order.measure] += 1
        families[order.family] += 1
        if seen[order.family, order.measure] > 1:
            yield FieldProblem(pointer, "repeated", _("is ordered already"))
        elif families[order.family] > 1 and order.family != Family.VISIBILITY:
            yield FieldProblem(pointer, "one_per_family", _("only one measure of this family can be ordered"))
        yield from _reach(pointer, order)
        if order.family == Family.ACCOUNT and not found.seller_ref:
            yield FieldProblem(pointer, "no_seller", _("the item has no seller whose account could be restricted"))


def _reach(pointer: str, order: EnforcementOrder) -> Iterator[FieldProblem]:
    if order.days is not None and order.minutes is not None:
        yield FieldProblem(f"{pointer}/minutes", "repeated", _("a restriction lasts for days or for minutes, not both"))
    if order.minutes is not None and not 1 <= order.minutes <= LONGEST_MINUTES:
        detail = _("a whole number of minutes from 1 to %(count)d") % {"count": LONGEST_MINUTES}
        yield FieldProblem(f"{pointer}/minutes", "out_of_range", detail)
    if order.lasts() is not None and order.measure in FOR_GOOD:
        yield FieldProblem(f"{pointer}/days", "for_good", _("this measure has no end"))
    elif order.days is not None and not 1 <= order.days <= LONGEST_DAYS:
        detail = _("a whole number of days from 1 to %(count)d") % {"count": LONGEST_DAYS}
        yield FieldProblem(f"{pointer}/days", "out_of_range", detail)
    if order.measure == "other" and not order.description.strip():
        yield FieldProblem(f"{pointer}/description", "required", _("'other' needs to say what"))
    if len(order.description) > DESCRIPTION_LIMIT:
        detail = _("at most %(count)d characters") % {"count": DESCRIPTION_LIMIT}
        yield FieldProblem(f"{pointer}/description", "too_long", detail)
    for index, code in enumerate(order.territories):
        if code not in MARKET_GROUPS and not (len(code) == 2 and code.isascii() and code.isupper()):
            detail = _("a country is two capital letters such as DE")
            yield FieldProblem(f"{pointer}/territories/{index}", "unknown_country", detail)


def _exclusion(ruling: Ruling, found: Circumstances) -> Iterator[FieldProblem]:
    if not ruling.exclusion:
        return
    if ruling.exclusion not in Exclusion.values:
        yield FieldProblem("/exclusion", "unknown_value", _("there is no such exclusion"))
    elif not ruling.enforcements:
        yield FieldProblem("/exclusion", "nothing_restricted", _("without a restriction no statement is due anyway"))
    elif ruling.exclusion == Exclusion.AUTHORITY_ORDER and not found.ordered_by_authority:
        yield FieldProblem("/exclusion", "no_order", _("no authority has sent anything about this item"))
