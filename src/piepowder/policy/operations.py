"""The only writers of the policy tree. A version, once published, is superseded by the next, never edited."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from piepowder.access.visibility import NotPermitted
from piepowder.kernel.actor import Actor, Scope
from piepowder.kernel.canonical import digest
from piepowder.kernel.errors import Conflict, FieldProblem, Malformed, NotFound, Refused
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import Entry, record, record_many
from piepowder.policy.drafts import Draft, Wording, code_problems, draft_problems
from piepowder.policy.library import Node, shipped_tree
from piepowder.policy.logic import day_of, expand_markets
from piepowder.policy.models import Policy, PolicyText, PolicyVersion
from piepowder.policy.pack_choices import BadPack as BadPack
from piepowder.policy.pack_choices import UnknownPack as UnknownPack
from piepowder.policy.pack_choices import switch_pack as switch_pack

_STEP = 10


class BadPolicy(Malformed):
    code = "bad_policy"


class UnknownPolicy(NotFound):
    code = "unknown_policy"


class CodeTaken(Conflict):
    """The code names a policy already, perhaps a retired one: codes are never used again."""

    code = "code_taken"


class AlreadyRetired(Conflict):
    code = "policy_retired"


class StillHasPolicies(Conflict):
    code = "policy_has_children"


class LeafHasNoChildren(Refused):
    code = "parent_is_leaf"


class Backdated(Refused):
    """Nobody can have followed a rule before it was published."""

    code = "version_backdated"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading a tree did: codes that are new, and codes that were there and stay as they are."""

    created: tuple[str, ...]
    kept: tuple[str, ...]


@transaction.atomic
def create_policy(
    *,
    actor: Actor,
    code: str,
    parent: str = "",
    kinds: Sequence[str] = (),
    is_leaf: bool = True,
    first: Draft,
    at: datetime,
    needs: Permission = Permission.POLICY_EDIT,
) -> Policy:
    """Add a node as the last child of ``parent``, with its first version.

    Whoever approves what another wrote ``needs`` that right instead of the one to edit.
    Raises ``BadPolicy``, ``CodeTaken``, ``UnknownPolicy`` for the parent, ``LeafHasNoChildren`` or ``AlreadyRetired``.
    """
    require_over(actor, needs, ())
    _refuse(code_problems(code, kinds))
    above = place_for(code, parent)
    last = Policy.objects.aggregate(last=Max("position"))["last"] or 0
    policy = Policy.objects.create(code=code, parent=above, kinds=list(kinds), is_leaf=is_leaf, position=last + _STEP)
    record(
        actor=actor,
        at=at,
        verb="policy.create",
        subject_kind="policy",
        subject_id=code,
        parent=parent,
        is_leaf=is_leaf,
        kinds=list(kinds),
    )
    publish_version(actor=actor, code=code, draft=first, at=at, needs=needs)
    return policy


def place_for(code: str, parent: str) -> Policy | None:
    """The family under which a new ``code`` would stand, ``None`` at the top.

    Raises ``CodeTaken``, ``UnknownPolicy`` for the parent, ``LeafHasNoChildren`` or ``AlreadyRetired``.
    """
    above = open_policy(parent) if parent else None
    if above is not None and above.is_leaf:
        raise LeafHasNoChildren(f"{parent} is a policy that decisions cite; it cannot become a family")
    if Policy.objects.filter(code=code).exists():
        raise CodeTaken(f"the code {code} was given before and is never used again")
    return above


@transaction.atomic
def publish_version(
    *, actor: Actor, code: str, draft: Draft, at: datetime, needs: Permission = Permission.POLICY_EDIT
) -> PolicyVersion:
    """Publish the next version of a policy; it applies from its effective date on, in its markets.

    An actor whose right is limited to some markets may publish for those only, never a general version. Whoever approves
    what another wrote ``needs`` that right instead of the one to edit.
    Raises ``BadPolicy`` with a pointer to each bad field, ``UnknownPolicy``, ``AlreadyRetired`` or ``Backdated``.
    """
    require_over(actor, needs, draft.markets)
    policy = open_policy(code)
    _refuse(draft_problems(draft, is_leaf=policy.is_leaf))
    if draft.effective_from < day_of(at):
        raise Backdated(f"a version cannot take effect before the day it is published ({day_of(at).isoformat()})")
    last = policy.versions.aggregate(last=Max("number"))["last"] or 0
    version = _version_row(policy, last + 1, draft, actor, at)
    version.save(force_insert=True)
    PolicyText.objects.bulk_create(_text_rows(version, draft))
    record_many(actor=actor, at=at, entries=[_published(code, version, draft)])
    return version


@transaction.atomic
def retire(*, actor: Actor, code: str, at: datetime) -> None:
    """Stop a policy from being cited from ``at`` on; decisions that cite it keep their version.

    Raises ``UnknownPolicy``, ``AlreadyRetired``, or ``StillHasPolicies`` for a family that has any left.
    """
    require_over(actor, Permission.POLICY_EDIT, ())
    policy = open_policy(code)
    if policy.children.filter(retired_at__isnull=True).exists():
        raise StillHasPolicies(f"retire the policies under {code} first")
    if not Policy.objects.filter(pk=policy.pk, retired_at__isnull=True).update(retired_at=at):
        raise AlreadyRetired(f"{code} is retired")
    record(actor=actor, at=at, verb="policy.retire", subject_kind="policy", subject_id=code)


@transaction.atomic
def load_shipped(*, actor: Actor, at: datetime) -> Loaded:
    """Add the policies that come with Piepowder and are not there yet; whatever is there stays as it is.

    Loading twice adds nothing, and a house's own versions of a shipped policy are never touched. Being the first
    versions, they keep the dates they were written with, also past ones. Shipped versions, old and new, get the words
    for recipients in the languages they lack.
    """
    require_over(actor, Permission.POLICY_EDIT, ())
    known = {policy.code: policy for policy in Policy.objects.all()}
    fresh = [node for node in shipped_tree() if node.code not in known]
    start = max((policy.position for policy in known.values()), default=0)
    entries: list[Entry] = []
    for depth_nodes in _by_depth(fresh):
        rows = [
            Policy(
                code=node.code,
                parent=known.get(node.parent),
                kinds=list(node.kinds),
                is_leaf=node.is_leaf,
                position=start + _STEP * (fresh.index(node) + 1),
            )
            for node in depth_nodes
        ]
        known |= {policy.code: policy for policy in Policy.objects.bulk_create(rows)}
    drafts = [(node, number, draft) for node in fresh for number, draft in enumerate(node.versions, start=1)]
    versions = PolicyVersion.objects.bulk_create(
        [_version_row(known[node.code], number, draft, actor, at) for node, number, draft in drafts]
    )
    pairs = list(zip(versions, drafts, strict=True))
    PolicyText.objects.bulk_create([row for version, (_, _, draft) in pairs for row in _text_rows(version, draft)])
    for node in fresh:
        body = {"parent": node.parent, "is_leaf": node.is_leaf, "kinds": list(node.kinds)}
        entries.append(Entry("policy.create", "policy", node.code, body))
    entries += [_published(node.code, version, draft) for version, (node, _, draft) in pairs]
    entries += _add_recipient_words()
    if entries:
        record_many(actor=actor, at=at, entries=entries)
    created = tuple(node.code for node in fresh)
    return Loaded(created=created, kept=tuple(node.code for node in shipped_tree() if node.code not in created))


def _add_recipient_words() -> list[Entry]:
    """Store the shipped words for recipients that are missing, and say so.

    A version counts as shipped while its English words for recipients are the shipped ones: then a translation of those
    says the same. A number alone would not tell, for a house may have made the code its own.
    """
    stored: dict[tuple[str, int], dict[str, tuple[int, str]]] = {}
    rows = PolicyText.objects.filter(version__policy__is_leaf=True)
    for code, number, language, version_id, told in rows.values_list(
        "version__policy__code", "version__number", "language", "version_id", "recipient_text"
    ):
        stored.setdefault((code, number), {})[language] = (version_id, told)
    missing: list[PolicyText] = []
    entries = []
    for node in shipped_tree():
        for number, words in enumerate(node.recipient_words, start=1):
            there = stored.get((node.code, number), {})
            version_id, told = there.get("en", (0, ""))
            fresh = {language: wording for language, wording in words.items() if language not in there}
            if fresh and told == node.versions[number - 1].texts["en"].recipient_text:
                missing += [
                    PolicyText(version_id=version_id, language=language, **wording.as_json())
                    for language, wording in sorted(fresh.items())
                ]
                entries.append(_translated(node.code, number, fresh))
    PolicyText.objects.bulk_create(missing)
    return entries


def _translated(code: str, number: int, words: Mapping[str, Wording]) -> Entry:
    texts = {language: wording.as_json() for language, wording in words.items()}
    body = {"version": number, "languages": sorted(texts), "texts_digest": digest(texts)}
    return Entry("policy.translate", "policy", code, body)


def require_over(actor: Actor, permission: Permission, markets: Iterable[str]) -> None:
    """Policies bind everybody, so the right to write them must not be limited to a vendor, queue or language; a limit to
    markets is fine for a version made for those markets alone."""
    if not covers(actor, permission, markets):
        wanted = expand_markets(markets)
        told = f" for {', '.join(wanted)}" if wanted else " for all markets"
        raise NotPermitted(f"this needs the permission {permission.value}{told}")


def covers(actor: Actor, permission: Permission, markets: Iterable[str]) -> bool:
    """Whether ``permission`` reaches every one of ``markets``; none means all there are."""
    wanted = set(expand_markets(markets))
    return any(_covers(scope, wanted) for scope in actor.scopes(permission))


def _covers(scope: Scope, markets: set[str]) -> bool:
    if scope.vendors or scope.queues or scope.languages:
        return False
    return not scope.markets or bool(markets and markets <= scope.markets)


def _refuse(problems: Sequence[FieldProblem]) -> None:
    if problems:
        first = problems[0]
        raise BadPolicy(f"the policy is not complete: {first.pointer} {first.detail}", problems=problems)


def open_policy(code: str) -> Policy:
    """The policy, locked until the transaction ends so that two versions never get one number."""
    policy = Policy.objects.select_for_update().filter(code=code).first()
    if policy is None:
        raise UnknownPolicy(f"there is no policy with the code {code}")
    if policy.retired_at is not None:
        raise AlreadyRetired(f"{code} is retired")
    return policy


def _version_row(policy: Policy, number: int, draft: Draft, actor: Actor, at: datetime) -> PolicyVersion:
    return PolicyVersion(
        policy=policy,
        number=number,
        effective_from=draft.effective_from,
        markets=expand_markets(draft.markets),
        severity=draft.severity,
        ground=draft.ground,
        legal_reference=draft.legal_reference,
        terms_clause=draft.terms_clause,
        category=draft.category,
        keywords=list(draft.keywords),
        default_enforcement=[measure.as_json() for measure in draft.default_enforcement],
        sensitive_media=draft.sensitive_media,
        published_at=at,
        published_by=actor.ref,
    )


def _text_rows(version: PolicyVersion, draft: Draft) -> list[PolicyText]:
    return [
        PolicyText(version=version, language=language, **wording.as_json())
        for language, wording in sorted(draft.texts.items())
    ]


def _published(code: str, version: PolicyVersion, draft: Draft) -> Entry:
    texts = {language: wording.as_json() for language, wording in draft.texts.items()}
    body: dict[str, Any] = {
        "version": version.number,
        "effective_from": version.effective_from.isoformat(),
        "markets": version.markets,
        "severity": version.severity,
        "ground": version.ground,
        "languages": sorted(texts),
        # The words themselves are long; their digest is enough to prove what was published.
        "texts_digest": digest(texts),
    }
    return Entry("policy.publish", "policy", code, body)


def _by_depth(nodes: Sequence[Node]) -> Iterable[list[Node]]:
    """``nodes`` in batches in which every parent is in an earlier batch or already stored."""
    depth: dict[str, int] = {}
    for node in nodes:
        depth[node.code] = depth.get(node.parent, -1) + 1
    for level in sorted(set(depth.values())):
        yield [node for node in nodes if depth[node.code] == level]
