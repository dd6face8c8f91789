"""Reading the ledger: search, the head, and the proof that nothing was changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Exists, Min, OuterRef

from piepowder.ledger.models import Block, Fact, Seal, Unsealed
from piepowder.ledger.operations import GENESIS, block_hash, content_digest


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain: publish it where the database's owner cannot reach it."""

    block: int
    position: int
    hash: str


@dataclass(slots=True)
class Verdict:
    """What ``verify`` found; ``problems`` is empty when the record is whole."""

    facts: int = 0
    blocks: int = 0
    head: Head = Head(0, 0, GENESIS)
    unsealed: int = 0
    problems: list[str] = field(default_factory=list)


def head() -> Head:
    """The last sealed block, or the genesis when nothing is sealed yet."""
    last = Block.objects.order_by("-number").values_list("number", "last_position", "hash").first()
    return Head(*last) if last else Head(0, 0, GENESIS)


def oldest_unsealed_at() -> datetime | None:
    """When the oldest fact that no block holds yet was recorded."""
    oldest = Unsealed.objects.aggregate(first=Min("fact_id"))["first"]
    return Fact.objects.filter(id=oldest).values_list("at", flat=True).first() if oldest else None


def verify(
    *,
    now: datetime,
    published: list[Head] | None = None,
    unsealed_limit: timedelta = timedelta(minutes=1),
    progress: Callable[[int], None] = lambda _: None,
) -> Verdict:
    """Recompute every digest and every block, and compare the chain with the heads that were published outside.

    Finds an edited, deleted, inserted or reordered fact, a gap in positions, a seal that no block covers, a broken chain,
    a cut tail (a published head that the chain no longer reaches), facts that vanished before they were sealed and facts
    that stayed unsealed for longer than ``unsealed_limit``. Facts may go on being appended and sealed meanwhile.
    ``progress`` is called with the number of facts checked so far.
    """
    verdict = Verdict()
    previous, expected_number, expected_position = GENESIS, 1, 1
    hashes: dict[int, str] = {}
    for block in Block.objects.order_by("number").iterator():
        if block.number != expected_number:
            verdict.problems.append(f"block {expected_number} is missing: block {block.number} follows")
        if block.first_position != expected_position:
            verdict.problems.append(f"block {block.number} starts at {block.first_position}, not {expected_position}")
        if block.previous_hash != previous:
            verdict.problems.append(f"block {block.number} does not follow the block before it")
        digests, positions = [], []
        for position, digest, problem in _sealed(block):
            digests.append(digest)
            positions.append(position)
            if problem:
                verdict.problems.append(problem)
        if positions != list(range(block.first_position, block.last_position + 1)):
            verdict.problems.append(f"block {block.number} lost, gained or moved a position")
        if block_hash(block.previous_hash, block.number, block.first_position, block.sealed_at, digests) != block.hash:
            verdict.problems.append(f"block {block.number} does not hash to what was sealed")
        hashes[block.number] = block.hash
        previous, expected_number, expected_position = block.hash, block.number + 1, block.last_position + 1
        verdict.facts += len(digests)
        verdict.blocks += 1
        verdict.head = Head(block.number, block.last_position, block.hash)
        progress(verdict.facts)
    _check_outside(verdict, hashes, published or [])
    _check_unsealed(verdict, now, unsealed_limit)
    return verdict


def _sealed(block: Block) -> Iterator[tuple[int, str, str]]:
    """Position, recomputed digest and problem of each fact in ``block``."""
    rows = Seal.objects.filter(position__gte=block.first_position, position__lte=block.last_position)
    for seal in rows.select_related("fact").order_by("position").iterator(chunk_size=2_000):
        fact = seal.fact
        digest = content_digest(
            fact.at,
            fact.verb,
            fact.actor_kind,
            fact.actor_ref,
            fact.subject_kind,
            fact.subject_id,
            fact.vendor,
            fact.body,
        )
        edited = digest != fact.digest
        yield seal.position, digest, f"fact {fact.id} at position {seal.position} was edited" if edited else ""


def _check_outside(verdict: Verdict, hashes: dict[int, str], published: list[Head]) -> None:
    for known in published:
        if known.block and known.block not in hashes:
            verdict.problems.append(f"the tail was cut: block {known.block} was published and is gone")
        elif known.block and hashes[known.block] != known.hash:
            verdict.problems.append(f"block {known.block} is not the one that was published")


def _check_unsealed(verdict: Verdict, now: datetime, limit: timedelta) -> None:
    # Each question is one statement, so that a fact which is sealed between two of them is not missed by both.
    around = Block.objects.filter(
        number=OuterRef("block_id"), first_position__lte=OuterRef("position"), last_position__gte=OuterRef("position")
    )
    if stray := Seal.objects.filter(~Exists(around)).count():
        verdict.problems.append(f"{stray} seals lie outside every block")
    sealed, marked = Seal.objects.filter(fact=OuterRef("pk")), Unsealed.objects.filter(fact_id=OuterRef("pk"))
    if unmarked := Fact.objects.filter(~Exists(sealed), ~Exists(marked)).count():
        verdict.problems.append(f"{unmarked} facts are neither sealed nor waiting to be sealed")
    if gone := Unsealed.objects.filter(~Exists(Fact.objects.filter(pk=OuterRef("fact_id")))).count():
        verdict.problems.append(f"{gone} facts that waited to be sealed are gone")
    verdict.unsealed = Unsealed.objects.count()
    oldest = oldest_unsealed_at()
    if oldest is not None and now - oldest > limit:
        verdict.problems.append(f"facts wait unsealed since {oldest.isoformat()}: is a worker running?")
