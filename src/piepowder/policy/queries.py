"""Reading policies: what is in force, the tree, one policy in full, and search as somebody types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db.models import Prefetch, Q, QuerySet

from piepowder.access.visibility import require
from piepowder.database.prepared import Prepared
from piepowder.kernel.actor import Actor, Place
from piepowder.kernel.errors import NotFound
from piepowder.kernel.permissions import Permission
from piepowder.policy.logic import best_language, day_of, in_force, readable
from piepowder.policy.models import Policy, PolicyText, PolicyVersion
from piepowder.policy.search import Match, Searchable, rank


class NoSuchPolicy(NotFound):
    code = "unknown_policy"


@dataclass(frozen=True, slots=True)
class Line:
    """A policy in a list: a row of the tree (``depth`` below its family) or a hit of a search (``match``)."""

    code: str
    parent: str
    is_leaf: bool
    title: str
    kinds: tuple[str, ...]
    version_id: int
    number: int
    effective_from: date
    severity: int
    ground: str
    sensitive_media: bool
    depth: int = 0
    match: Match | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One policy in force with all its words, in the language that was found."""

    line: Line
    language: str
    rule: str
    examples_good: tuple[str, ...]
    examples_bad: tuple[str, ...]
    reviewer_note: str
    recipient_text: str
    markets: tuple[str, ...]
    legal_reference: str
    terms_clause: str
    category: str
    keywords: tuple[str, ...]
    default_enforcement: tuple[Mapping[str, Any], ...]


def version_in_force(code: str, market: str, at: datetime) -> PolicyVersion | None:
    """The version of ``code`` that applies in ``market`` at a moment; ``None`` when there is none or it is retired."""
    return versions_in_force([code], market, at).get(code)


def versions_in_force(codes: Iterable[str], market: str, at: datetime) -> dict[str, PolicyVersion]:
    """The versions that apply, by code, with their policies loaded; two queries.

    Codes without one are left out, and so are families: only a leaf can be cited.
    """
    wanted = list(codes)
    if not wanted:
        return {}
    if len(wanted) == 1:
        return _one_in_force(wanted[0], market, at)
    policies = _standing(at).filter(code__in=wanted, is_leaf=True).prefetch_related(_begun(at))
    return {policy.code: version for policy in policies if (version := _chosen(policy, market, at)) is not None}


def _one_in_force(code: str, market: str, at: datetime) -> dict[str, PolicyVersion]:
    policy = _leaf.first(code, at)
    version = in_force(_versions(policy.pk, day_of(at)), market=market, on=day_of(at)) if policy else None
    if policy is None or version is None:
        return {}
    version.policy = policy
    return {code: version}


_leaf = Prepared(
    lambda code, at: Policy.objects.filter(Q(retired_at__isnull=True) | Q(retired_at__gt=at), code=code, is_leaf=True),
    Policy.code,
    Policy.retired_at,
)
_versions = Prepared(
    lambda policy, on: PolicyVersion.objects.filter(policy_id=policy, effective_from__lte=on).order_by("number"),
    PolicyVersion.policy,
    PolicyVersion.effective_from,
)
_texts = Prepared(lambda version: PolicyText.objects.filter(version_id=version).order_by("id"), PolicyText.version)


def all_texts(versions: Iterable[PolicyVersion]) -> list[PolicyText]:
    """The words of the versions in every language, in the order in which they were written. One query."""
    wanted = [version.pk for version in versions]
    if not wanted:
        return []
    if len(wanted) == 1:
        return _texts(wanted[0])
    return list(PolicyText.objects.filter(version_id__in=wanted).order_by("id"))


def texts_in(versions: Iterable[PolicyVersion], language: str) -> dict[int, PolicyText]:
    """What recipients are told of each version, in ``language`` or the nearest there is, by version id. One query.

    Such a text may lack its rule; who has to apply the policy reads ``readings_in``.
    """
    return {
        version_id: texts[best_language(texts, language) or ""] for version_id, texts in _texts_of(versions).items()
    }


def readings_in(versions: Iterable[PolicyVersion], language: str) -> dict[int, PolicyText]:
    """The words of each version for those who apply it: only languages in which it can be read in full. One query."""
    found: dict[int, PolicyText] = {}
    for version_id, texts in _texts_of(versions).items():
        languages = readable({one: text.rule for one, text in texts.items()})
        found[version_id] = texts[best_language(languages, language) or ""]
    return found


def _texts_of(versions: Iterable[PolicyVersion]) -> dict[int, dict[str, PolicyText]]:
    found: dict[int, dict[str, PolicyText]] = {}
    for text in all_texts(versions):
        found.setdefault(text.version_id, {})[text.language] = text
    return found


def policy_tree(actor: Actor, language: str, market: str | None, at: datetime) -> list[Line]:
    """The whole tree in reading order (parents first, ``depth`` from 0), without what is retired or not in force.

    ``market=None`` shows every policy, in its general version where it has one. Three queries.
    """
    require(actor, Permission.POLICY_VIEW, Place(market=market or ""))
    policies = list(_standing(at).select_related("parent").prefetch_related(_begun(at, whole=False)))
    chosen = {policy.pk: version for policy in policies if (version := _chosen(policy, market, at)) is not None}
    texts = readings_in(chosen.values(), language)
    below: dict[int | None, list[Policy]] = {}
    for policy in policies:
        if policy.pk in chosen:
            below.setdefault(policy.parent_id, []).append(policy)
    lines: list[Line] = []
    waiting = [(policy, 0) for policy in reversed(below.get(None, []))]
    while waiting:
        policy, depth = waiting.pop()
        version = chosen[policy.pk]
        lines.append(_line(policy, version, texts[version.pk].title, depth=depth))
        waiting += [(child, depth + 1) for child in reversed(below.get(policy.pk, []))]
    return lines


def read_policy(actor: Actor, code: str, language: str, market: str | None, at: datetime) -> Reading:
    """One policy in force in full; raises ``NoSuchPolicy``. Three queries."""
    require(actor, Permission.POLICY_VIEW, Place(market=market or ""))
    policy = _standing(at).filter(code=code).select_related("parent").prefetch_related(_begun(at)).first()
    version = _chosen(policy, market, at) if policy is not None else None
    if policy is None or version is None:
        raise NoSuchPolicy(f"no policy with the code {code} is in force here")
    return _reading(policy, version, readings_in([version], language)[version.pk])


def history(actor: Actor, code: str, language: str) -> list[Reading]:
    """Every version of one policy, newest first, also those still to come and those of a retired policy. Three queries."""
    require(actor, Permission.POLICY_VIEW)
    policy = Policy.objects.filter(code=code).select_related("parent").first()
    if policy is None:
        raise NoSuchPolicy(f"there is no policy with the code {code}")
    versions = list(policy.versions.order_by("-number"))
    texts = readings_in(versions, language)
    return [_reading(policy, version, texts[version.pk]) for version in versions]


def search(
    actor: Actor, text: str, language: str, market: str | None, at: datetime, *, kind: str = "", limit: int = 20
) -> list[Line]:
    """The policies a decision could cite that match what was typed, best first; all of them when nothing was typed.

    Codes, titles and rules are searched in all languages a policy can be read in, titles are shown in ``language``.
    ``kind`` keeps the policies that apply to that kind of item. Ties stay in the order of position, then code. Three
    queries, whatever the size of the tree.
    """
    require(actor, Permission.POLICY_VIEW, Place(market=market or ""))
    leaves = _standing(at).filter(is_leaf=True).select_related("parent")
    policies = leaves.prefetch_related(_begun(at, whole=False))
    chosen: dict[str, tuple[Policy, PolicyVersion]] = {}
    for policy in policies:
        version = _chosen(policy, market, at)
        if version is not None and (not kind or not policy.kinds or kind in policy.kinds):
            chosen[policy.code] = (policy, version)
    words = _words(version.pk for _, version in chosen.values())
    entries = [
        Searchable(
            code,
            [one.title for one in words[version.pk].values()],
            [one.rule for one in words[version.pk].values()],
            [text for one in words[version.pk].values() for text in one.examples],
        )
        for code, (_, version) in chosen.items()
    ]
    lines = []
    for entry, match in rank(entries, text)[:limit]:
        policy, version = chosen[entry.code]
        texts = words[version.pk]
        title = texts[best_language(texts, language) or ""].title
        lines.append(_line(policy, version, title, match=match))
    return lines


def _standing(at: datetime) -> QuerySet[Policy]:
    return Policy.objects.filter(Q(retired_at__isnull=True) | Q(retired_at__gt=at)).order_by("position", "code")


def _begun(at: datetime, *, whole: bool = True) -> Prefetch[str]:
    begun = PolicyVersion.objects.filter(effective_from__lte=day_of(at)).order_by("number")
    if not whole:
        begun = begun.defer("keywords", "default_enforcement", "legal_reference", "terms_clause", "category")
    return Prefetch("versions", queryset=begun, to_attr="begun")


def _chosen(policy: Policy, market: str | None, at: datetime) -> PolicyVersion | None:
    begun: list[PolicyVersion] = policy.begun  # type: ignore[attr-defined]
    return in_force(begun, market=market, on=day_of(at))


class _Words(NamedTuple):
    title: str
    rule: str
    examples: tuple[str, ...]
    """Good and bad ones, and the note for reviewers."""


def _words(version_ids: Iterable[int]) -> dict[int, dict[str, _Words]]:
    """What is searched, by version and language it can be read in, without building a model for each."""
    rows = PolicyText.objects.filter(version_id__in=list(version_ids)).order_by("version_id", "language")
    words: dict[int, dict[str, _Words]] = {}
    for version_id, language, title, rule, good, bad, note in rows.values_list(
        "version_id", "language", "title", "rule", "examples_good", "examples_bad", "reviewer_note"
    ):
        words.setdefault(version_id, {})[language] = _Words(title, rule, (*good, *bad, note))
    return {
        version_id: {one: texts[one] for one in readable({one: text.rule for one, text in texts.items()})}
        for version_id, texts in words.items()
    }


def _line(policy: Policy, version: PolicyVersion, title: str, *, depth: int = 0, match: Match | None = None) -> Line:
    return Line(
        code=policy.code,
        parent=policy.parent.code if policy.parent else "",
        is_leaf=policy.is_leaf,
        title=title,
        kinds=tuple(policy.kinds),
        version_id=version.pk,
        number=version.number,
        effective_from=version.effective_from,
        severity=version.severity,
        ground=version.ground,
        sensitive_media=version.sensitive_media,
        depth=depth,
        match=match,
    )


def _reading(policy: Policy, version: PolicyVersion, text: PolicyText) -> Reading:
    return Reading(
        line=_line(policy, version, text.title),
        language=text.language,
        rule=text.rule,
        examples_good=tuple(text.examples_good),
        examples_bad=tuple(text.examples_bad),
        reviewer_note=text.reviewer_note,
        recipient_text=text.recipient_text,
        markets=tuple(version.markets),
        legal_reference=version.legal_reference,
        terms_clause=version.terms_clause,
        category=version.category,
        keywords=tuple(version.keywords),
        default_enforcement=tuple(version.default_enforcement),
    )
