"""The one way in for items: one or ten thousand, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import DatabaseError, transaction

from piepowder.access.visibility import require
from piepowder.database.bulk import gathered
from piepowder.intake.custom_schemas import custom_fields
from piepowder.intake.events import Arrival, ItemsReceived
from piepowder.intake.outcomes import Outcome, Result, refused
from piepowder.intake.rows import (
    Batch,
    Key,
    Standing,
    known_detections,
    known_items,
    last_contents,
    stored_digests,
)
from piepowder.intake.schemas import Submitted
from piepowder.intake.schemas.custom import attribute_problems
from piepowder.intake.states import STATE_AFTER
from piepowder.kernel.actor import Actor, Place
from piepowder.kernel.errors import FieldProblem
from piepowder.kernel.events import publish
from piepowder.kernel.ids import new_id
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import Entry, append_rows, fact_row
from piepowder.policy.models import Policy

# Somebody else brought the same new item at the same moment, or two calls waited for each other: PostgreSQL's codes for
# unique_violation, serialization_failure and deadlock_detected. The second look finds the item.
_AGAIN = frozenset({"23505", "40001", "40P01"})
_TRIES = 5


def receive(*, actor: Actor, submissions: Sequence[Submitted], at: datetime, to_review: bool = True) -> list[Outcome]:
    """Store what was submitted and tell the packages above; the outcomes are in the order of ``submissions``.

    What says nothing new about an item (same content, market, language, seller, relations and state) leaves no snapshot. A
    submission that cannot be stored is ``refused`` with its problems and takes no other with it. An item that comes several
    times is handled in that order. Everything is committed together, or nothing when this raises: ``NotPermitted`` when the
    actor may submit nothing at all, or whatever a listener raises. Not ``to_review`` is what holds nothing to look at: only
    that somebody exists.
    """
    require(actor, Permission.ITEM_SUBMIT)
    if not submissions:
        return []
    tries = _TRIES
    while True:
        tries -= 1
        try:
            with transaction.atomic():
                return _Reception(actor, at, to_review=to_review).store(submissions)
        except DatabaseError as error:
            if not tries or getattr(error.__cause__, "sqlstate", "") not in _AGAIN:
                raise


class _Reception:
    """One attempt at one call."""

    def __init__(self, actor: Actor, at: datetime, *, to_review: bool = True) -> None:
        self.actor, self.at, self.to_review = actor, at, to_review
        self.source = f"{actor.kind.value}:{actor.ref}"[:80]
        self.batch = Batch()
        self.standings: dict[Key, Standing] = {}
        self.facts: list[Entry] = []
        self.may: dict[tuple[str, str], bool] = {}

    def store(self, submissions: Sequence[Submitted]) -> list[Outcome]:
        self.standings = known_items({(one.kind, one.external_id) for one in submissions})
        self._read_ahead(submissions)
        outcomes = [self._one(given) for given in submissions]
        with gathered():
            self.batch.write(self.standings.values(), self.at)
            append_rows([fact_row(actor=self.actor, at=self.at, entry=fact) for fact in self.facts])
        arrivals = tuple(_arrival(one) for one in self.standings.values() if one.changed or one.found)
        if arrivals and self.to_review:
            publish(ItemsReceived(arrivals, self.at, self.actor))
        return outcomes

    def _read_ahead(self, submissions: Sequence[Submitted]) -> None:
        """Everything else that must be known, each with at most one query for the whole call."""
        bare: list[Standing] = []
        detected: list[Standing] = []
        digests: set[str] = set()
        suspects: set[str] = set()
        for given in submissions:
            digests.update(media.digest for media in given.media if media.digest)
            suspects.update(found.policy_code for found in given.detections if found.policy_code)
            if (one := self.standings.get((given.kind, given.external_id))) is not None:
                if given.content is None:
                    bare.append(one)
                if given.detections:
                    detected.append(one)
        self.stored = stored_digests(digests) if digests else frozenset()
        self.policies = leaf_codes(suspects) if suspects else frozenset()
        if detected:
            self.batch.found = known_detections(one.snapshot_id for one in detected)
        if bare:
            contents = last_contents(one.snapshot_id for one in bare)
            for one in bare:
                one.content, one.schema_version = contents[one.snapshot_id]

    def _one(self, given: Submitted) -> Outcome:
        key = (given.kind, given.external_id)
        one = self.standings.get(key)
        if problem := self._problem(given, one):
            return refused(problem)
        if given.content is not None and (problems := attribute_problems(custom_fields(given.kind), given.content)):
            return refused(*problems)
        if one is None:
            one = self.standings[key] = Standing(
                new_id(), given.kind, given.external_id, "", "", "", "", "", new_id(), is_new=True
            )
        elif (given.content is None or given.digest == one.digest) and one.state == STATE_AFTER[given.submission]:
            return self._again(one, given)
        self._add_snapshot(one, given)
        result = Result.CREATED if one.number == 1 else Result.UPDATED
        return Outcome(result, one.id, one.snapshot_id, one.number)

    def _problem(self, given: Submitted, one: Standing | None) -> FieldProblem | None:
        if not self._may(given.market, given.language) or (one and not self._may(one.market, one.language)):
            detail = f"this needs the permission item:submit for market {given.market}, language {given.language}"
            return FieldProblem("/market", "not_permitted", detail)
        if one is None and given.content is None:
            detail = f"no {given.kind} with the id '{given.external_id}' has come before; send its content with it"
            return FieldProblem("/id", "unknown_item", detail)
        for media in given.media:
            if media.digest and media.digest not in self.stored:
                detail = f"nothing was uploaded with the digest {media.digest}"
                return FieldProblem("/content", "unknown_upload", detail)
        for index, found in enumerate(given.detections):
            if found.policy_code and found.policy_code not in self.policies:
                detail = f"'detections.{index}.policy' names {found.policy_code}, which is no policy"
                return FieldProblem(f"/detections/{index}/policy", "unknown_policy", detail)
        return None

    def _may(self, market: str, language: str) -> bool:
        place = (market, language)
        if place not in self.may:
            self.may[place] = self.actor.may(Permission.ITEM_SUBMIT, Place(market=market, language=language))
        return self.may[place]

    def _again(self, one: Standing, given: Submitted) -> Outcome:
        """The same once more: only what was newly detected in it is added."""
        added = self.batch.add_detections(one, given, self.at)
        one.submission = one.submission or given.submission
        if added:
            self.facts.append(_fact("item.detect", one, found=added))
        result = Result.UPDATED if added else Result.UNCHANGED
        return Outcome(result, one.id, one.snapshot_id, one.number)

    def _add_snapshot(self, one: Standing, given: Submitted) -> None:
        before = one.snapshot_id
        if one.number:
            one.snapshot_id = new_id()
        one.number += 1
        one.changed, one.submission, one.state = True, given.submission, STATE_AFTER[given.submission]
        one.market, one.language = given.market, given.language
        if given.content is None:
            self.batch.repeat_media(before, one.snapshot_id)
        else:
            one.content, one.schema_version, one.digest = given.content, given.schema_version, given.digest
            one.seller_ref, one.title, one.relations = given.seller_ref, given.title, given.relations
            self.batch.add_media(one.snapshot_id, given.media, self.at)
        self.batch.add_snapshot(one, given, self.at, self.source)
        self.batch.add_detections(one, given, self.at)
        self.facts.append(_fact("item.receive", one, submission=given.submission, number=one.number, digest=one.digest))


def leaf_codes(codes: Iterable[str]) -> frozenset[str]:
    """Those of ``codes`` that are policies which can be cited."""
    return frozenset(Policy.objects.filter(code__in=list(codes), is_leaf=True).values_list("code", flat=True))


def _fact(verb: str, one: Standing, **body: object) -> Entry:
    return Entry(verb, "item", str(one.id), {"kind": one.kind, "snapshot": str(one.snapshot_id), **body})


def _arrival(one: Standing) -> Arrival:
    return Arrival(
        item_id=one.id,
        snapshot_id=one.snapshot_id,
        snapshot_number=one.number,
        kind=one.kind,
        external_id=one.external_id,
        market=one.market,
        language=one.language,
        seller_ref=one.seller_ref,
        submission=one.submission,
        is_new_item=one.is_new,
        content_changed=one.changed,
        detections=tuple(one.found),
        title=one.title,
    )
