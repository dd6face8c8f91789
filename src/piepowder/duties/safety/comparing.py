"""Holding what is on offer against the lists of dangerous products: lists as they come, new offers, random draws."""

from __future__ import annotations

import hashlib
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from piepowder.access.options import chosen
from piepowder.access.visibility import require_whole
from piepowder.database.fitting import refuse_unfit
from piepowder.duties.models import RandomCheck, Recall, RecallList, RecallMatch
from piepowder.duties.products import Product, live_products, products_of
from piepowder.duties.safety.lists import RecallKey, key_of, read_list, same_product
from piepowder.duties.safety.options import DANGEROUS, SAMPLE
from piepowder.duties.states import RECALL_MATCH_FLOW, RecallMatchState
from piepowder.intake.models import Item
from piepowder.intake.operations import receive
from piepowder.intake.schemas.values import DetectionGiven, Submitted
from piepowder.kernel.actor import SYSTEM, Actor
from piepowder.kernel.errors import FieldProblem, Malformed, NotFound
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record

AT_ONCE = 2_000
DETECTOR = "recall list"


class BadRecallList(Malformed):
    code = "bad_recall_list"


class NoSuchMatch(NotFound):
    code = "no_such_recall_match"


@dataclass(frozen=True, slots=True)
class Lists:
    """Every recall there is, so that a product is looked up and not compared with each."""

    keys: Mapping[int, tuple[UUID, RecallKey]]
    by_gtin: Mapping[str, Sequence[int]]
    by_brand: Mapping[str, Sequence[int]]

    @classmethod
    def of(cls, rows: QuerySet[Recall]) -> Lists:
        keys: dict[int, tuple[UUID, RecallKey]] = {}
        by_gtin: defaultdict[str, list[int]] = defaultdict(list)
        by_brand: defaultdict[str, list[int]] = defaultdict(list)
        columns = rows.order_by("pk").values_list("pk", "gtins", "brand", "model")
        for place, (pk, gtins, brand, model) in enumerate(columns.iterator(chunk_size=AT_ONCE)):
            key = key_of(gtins, brand, model)
            keys[place] = (pk, key)
            for gtin in key.gtins:
                by_gtin[gtin].append(place)
            if key.brand and key.model:
                by_brand[key.brand].append(place)
        return cls(keys, by_gtin, by_brand)

    def found_in(self, products: Iterable[Product]) -> list[tuple[UUID, Product, list[str]]]:
        """Recall, product, and on what they are the same."""
        found = []
        for product in products:
            places = {*self.by_gtin.get(product.gtin, ()), *self.by_brand.get(product.brand, ())}
            for place in sorted(places):
                recall_id, key = self.keys[place]
                if on := same_product(key, product):
                    found.append((recall_id, product, on))
        return found


@transaction.atomic
def import_recalls(*, actor: Actor, source: str, text: str, file_name: str = "", at: datetime) -> RecallList:
    """Take in a list of dangerous products. What was known by its number is written anew; a job compares it with all that
    is on offer. Raises ``BadRecallList`` with a problem for each row that cannot be read; then nothing is taken in."""
    require_whole(actor, Permission.ORDER_EDIT)
    source = source.strip().lower()
    if not source or len(source) > 40:
        raise BadRecallList(_("name the list"), problems=[FieldProblem("/source", "required", _("name the list"))])
    rows, problems = read_list(text)
    if problems or not rows:
        problems = problems or [FieldProblem("/rows", "empty", _("there is no row"))]
        raise BadRecallList(_("the list cannot be taken in as it is"), problems=problems[:100])
    digest = hashlib.sha256(text.encode()).hexdigest()
    known = dict(Recall.objects.filter(source=source).values_list("number", "pk"))
    taken = RecallList(
        source=source, file_name=file_name[:200], digest=digest, rows=len(rows),
        fresh=sum(row.number not in known for row in rows), imported_at=at, imported_by=actor.ref,
    )  # fmt: skip
    refuse_unfit(taken)
    taken.save(force_insert=True)
    fields = ("taken_from", "product", "brand", "brand_key", "model", "model_key", "gtins", "batch", "risk", "country")
    made = []
    for row in rows:
        key = key_of(row.gtins, row.brand, row.model)
        recall = Recall(
            source=source, number=row.number, taken_from=taken, product=row.product, brand=row.brand, brand_key=key.brand,
            model=row.model, model_key=key.model, gtins=list(row.gtins), batch=row.batch, risk=row.risk,
            country=row.country, published_on=row.published_on, url=row.url,
        )  # fmt: skip
        if row.number in known:
            recall.pk = known[row.number]
        made.append(recall)
    Recall.objects.bulk_create([one for one in made if one.number not in known], batch_size=500)
    Recall.objects.bulk_update(
        [one for one in made if one.number in known], [*fields, "published_on", "url"], batch_size=200
    )
    record(
        actor=actor, at=at, verb="recalls.import", subject_kind="recall_list", subject_id=taken.pk, source=source,
        digest=digest, rows=taken.rows, fresh=taken.fresh,
    )  # fmt: skip
    return taken


def compare_lists(*, at: datetime) -> int:
    """Hold everything on offer against the lists that were taken in since; returns how many matches are new."""
    waiting = list(RecallList.objects.filter(compared_at=None).order_by("imported_at", "id"))
    if not waiting:
        return 0
    lists = Lists.of(Recall.objects.filter(taken_from__in=waiting))
    looked_at = total = 0
    for products in live_products(AT_ONCE):
        looked_at += len(products)
        total += len(_keep(lists.found_in(products), at))
    with transaction.atomic():
        for one in waiting:
            one.compared_at, one.looked_at, one.found = at, looked_at, one.recalls.filter(matches__isnull=False).count()
            one.save(update_fields=["compared_at", "looked_at", "found"])
            record(
                actor=SYSTEM, at=at, verb="recalls.compare", subject_kind="recall_list", subject_id=one.pk,
                looked_at=looked_at, found=one.found,
            )  # fmt: skip
    return total


def hold_against_recalls(products: Sequence[Product], at: datetime) -> int:
    """Hold new or changed offers against every list; returns how many matches are new."""
    if not products or not Recall.objects.exists():
        return 0
    return len(_keep(Lists.of(Recall.objects.all()).found_in(products), at))


@transaction.atomic
def random_check(*, actor: Actor, at: datetime, seed: int, size: int | None = None) -> RandomCheck:
    """Draw offers at random, hold them against every list, and keep the draw with its seed (DSA Art. 31(3))."""
    require_whole(actor, Permission.ORDER_EDIT)
    size = size or int(chosen(SAMPLE))
    drawn, population = _draw(size, seed)
    recalls = Recall.objects.all()
    hits = Lists.of(recalls).found_in(products_of(drawn))
    check = RandomCheck.objects.create(
        at=at, seed=seed, population=population, looked_at=len(drawn), found=len({one.item_id for _, one, _ in hits}),
        items=[str(one) for one in drawn], recalls=recalls.count(),
    )  # fmt: skip
    _keep(hits, at, check)
    record(
        actor=actor, at=at, verb="offers.check", subject_kind="random_check", subject_id=check.pk, seed=seed,
        population=population, looked_at=check.looked_at, found=check.found,
    )  # fmt: skip
    return check


@transaction.atomic
def send_to_review(*, actor: Actor, match_id: UUID, at: datetime) -> RecallMatch:
    """Have people look at an offer that looks like a recalled product: it comes to review as detected by the list."""
    require_whole(actor, Permission.ORDER_EDIT)
    match = _locked(match_id)
    match.state = RECALL_MATCH_FLOW.step("report", RecallMatchState(match.state))
    item, snapshot, recall = match.item, match.item.snapshot, match.recall
    assert snapshot is not None
    detection = DetectionGiven(DETECTOR, recall.source, recall.number[:100], str(chosen(DANGEROUS)), 1.0, ())
    submitted = Submitted(
        kind=item.kind, external_id=item.external_id, market=item.market, language=item.language, submission="updated",
        seller_ref=item.seller_ref, title=item.title, schema_version=snapshot.schema_version, content=snapshot.content,
        digest=snapshot.digest, media=(), relations=(), detections=(detection,), occurred_at=None,
    )  # fmt: skip
    # The law asks for it, whoever acts: nobody needs the right to submit items for it.
    (outcome,) = receive(actor=SYSTEM, submissions=[submitted], at=at)
    if outcome.problems:
        raise BadRecallList(_("it cannot be sent to review"), problems=outcome.problems)
    return _settled(match, actor, at, "")


@transaction.atomic
def dismiss_match(*, actor: Actor, match_id: UUID, why: str, at: datetime) -> RecallMatch:
    """Say why an offer is not the recalled product."""
    require_whole(actor, Permission.ORDER_EDIT)
    match = _locked(match_id)
    if not why.strip():
        told = _("say why it is not the product")
        raise BadRecallList(told, problems=[FieldProblem("/why", "required", told)])
    match.state = RECALL_MATCH_FLOW.step("dismiss", RecallMatchState(match.state))
    return _settled(match, actor, at, why.strip()[:500])


def _settled(match: RecallMatch, actor: Actor, at: datetime, why: str) -> RecallMatch:
    match.settled_at, match.settled_by, match.why = at, actor.ref, why
    match.save(update_fields=["state", "settled_at", "settled_by", "why"])
    record(
        actor=actor, at=at, verb="recall_match.settle", subject_kind="recall_match", subject_id=match.pk,
        state=match.state, item=str(match.item_id), recall=str(match.recall_id),
    )  # fmt: skip
    return match


def _locked(match_id: UUID) -> RecallMatch:
    rows = RecallMatch.objects.select_for_update(of=("self",)).select_related("item__snapshot", "recall")
    match = rows.filter(pk=match_id).first()
    if match is None:
        raise NoSuchMatch(_("there is no such match"))
    return match


def _keep(
    hits: Sequence[tuple[UUID, Product, list[str]]], at: datetime, check: RandomCheck | None = None
) -> list[RecallMatch]:
    items = {product.item_id for _, product, _ in hits}
    known = set(RecallMatch.objects.filter(item_id__in=items).values_list("recall_id", "item_id"))
    fresh = [
        RecallMatch(recall_id=recall_id, item_id=product.item_id, matched_on=on, found_at=at, check_run=check)
        for recall_id, product, on in hits
        if (recall_id, product.item_id) not in known
    ]
    return RecallMatch.objects.bulk_create(fresh, ignore_conflicts=True)


def _draw(size: int, seed: int) -> tuple[list[UUID], int]:
    """``size`` live offers, each set of them equally likely, and how many there are: one pass, little memory.

    The pass is in the order of ids, so that the same offers and the same seed give the same draw.
    """
    chance = random.Random(seed)
    drawn: list[UUID] = []
    seen = 0
    live = Item.objects.filter(kind__in=("listing", "livestream"), state="live", snapshot__isnull=False)
    for pk in live.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=AT_ONCE):
        seen += 1
        if len(drawn) < size:
            drawn.append(pk)
        elif (place := chance.randrange(seen)) < size:
            drawn[place] = pk
    return drawn, seen
