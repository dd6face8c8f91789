"""What a batch would do, case by case, before anything is decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from piepowder.decisions.agreement import part
from piepowder.decisions.approvals import asked_of
from piepowder.decisions.batches import lines_of
from piepowder.decisions.circumstances import words_of
from piepowder.decisions.judging import Circumstances, problems
from piepowder.decisions.logic import propose_enforcement
from piepowder.decisions.models import Batch, BatchLine, Opinion, Panel
from piepowder.decisions.ruling import EnforcementOrder, Ruling, from_json
from piepowder.decisions.states import LineState, Outcome, PanelState
from piepowder.intake.models import Item, ItemMedia
from piepowder.intake.states import Kind, MediaState
from piepowder.kernel.actor import Actor
from piepowder.policy.models import PolicyVersion
from piepowder.policy.queries import versions_in_force
from piepowder.review.models import Case
from piepowder.review.opening import violations_of
from piepowder.review.states import CaseState


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """One case of a batch. ``comes_to`` is ``decided``, ``opined``, ``proposed`` or ``skipped``; ``problems`` say why, or
    what to know, in words."""

    line: BatchLine
    case: Case
    item: Item
    picture: str
    comes_to: str
    problems: tuple[str, ...]


def preview(actor: Actor, batch: Batch, *, at: datetime) -> list[PreviewLine]:
    """Every case of the batch in its order. Fewer than twenty queries, however many cases."""
    lines = list(lines_of(batch))
    ruling = from_json(batch.ruling) if batch.ruling else None
    books = _Books(ruling, lines, at)
    pictures = _pictures([line.snapshot_id for line in lines])
    asked = asked_of(actor)
    panels = {
        panel.case_id: panel
        for panel in Panel.objects.filter(
            case_id__in=[line.case_id for line in lines], state__in=[PanelState.OPEN, PanelState.SPLIT]
        )
    }
    heard = set(
        Opinion.objects.filter(
            panel__in=list(panels.values()), user_id=int(actor.ref), withdrawn_at__isnull=True
        ).values_list("case_id", flat=True)
    )
    found = []
    for line in lines:
        case, item = line.case, line.case.item
        if line.state != LineState.PLANNED:
            found.append(
                PreviewLine(
                    line,
                    case,
                    item,
                    pictures.get(line.snapshot_id, ""),
                    line.state,
                    (line.detail,) if line.detail else (),
                )
            )
            continue
        stops = [*_stops(actor, line, heard), *(books.faults(line) if ruling else ())]
        comes_to = LineState.SKIPPED.value
        notes: list[str] = []
        if line.left_out:
            stops = [_("left out")]
        elif not stops:
            comes_to, notes = _comes_to(ruling, books, line, asked, panels.get(case.pk))
        found.append(PreviewLine(line, case, item, pictures.get(line.snapshot_id, ""), comes_to, tuple(stops or notes)))
    return found


def _stops(actor: Actor, line: BatchLine, heard: set[UUID]) -> list[str]:
    """What stands in the way whatever is ruled."""
    case, stops = line.case, []
    if case.state == CaseState.CLAIMED:
        holder = case.holder.name if case.holder is not None and case.vendor == actor.vendor else _("somebody")
        stops.append(_("%(who)s has it in hand") % {"who": holder})
    elif case.state != CaseState.OPEN:
        stops.append(str(CaseState(case.state).label))
    if case.item.snapshot_id != line.snapshot_id:
        stops.append(_("a newer version has arrived"))
    if case.pk in heard:
        stops.append(_("you have given your opinion on it"))
    return stops


def _comes_to(
    ruling: Ruling | None, books: _Books, line: BatchLine, asked: frozenset[str], panel: Panel | None
) -> tuple[str, list[str]]:
    if ruling is None:
        return LineState.PLANNED.value, []
    case = line.case
    by_queue = case.queue.opinions > 1 and case.queue.agreeing > 1
    if (panel is None and by_queue) or (panel is not None and panel.state == PanelState.OPEN):
        return LineState.OPINED.value, [_("counts as one opinion")]
    orders = ruling.enforcements
    notes: list[str] = []
    if panel is not None:
        notes.append(_("the opinions on it differ; this adjudicates"))
    if not case.queue.shows_enforcement:
        orders = books.by_policy(line)
        notes.append(_("the enforcement follows from the policy"))
    severities = [case.severity, *(version.severity for version in books.versions(case.market).values())]
    parting = part(orders, asked, urgent=case.kind == Kind.LIVESTREAM or min(severities) == 0)
    if parting.waiting and not parting.now:
        return LineState.PROPOSED.value, [_("waits for approval")]
    if parting.asking:
        notes.append(_("takes effect at once, shown for approval afterwards"))
    return LineState.DECIDED.value, notes


class _Books:
    """The policies of the ruling as they are in force in each market, looked up once."""

    def __init__(self, ruling: Ruling | None, lines: Sequence[BatchLine], at: datetime) -> None:
        self._ruling, self._at = ruling, at
        self._versions: dict[str, dict[str, PolicyVersion]] = {}
        self._words: dict[str, tuple[str, ...]] = {}
        sellers = {line.case.seller_ref for line in lines}
        self._violations = violations_of(sellers, at) if ruling is not None else {}

    def versions(self, market: str) -> dict[str, PolicyVersion]:
        if market not in self._versions:
            codes = self._ruling.policy_codes if self._ruling else ()
            self._versions[market] = dict(versions_in_force(codes, market, self._at))
            self._words[market] = words_of(self._versions[market].values())
        return self._versions[market]

    def faults(self, line: BatchLine) -> list[str]:
        """Why the ruling could not stand for this case."""
        assert self._ruling is not None
        item = line.case.item
        versions = self.versions(item.market)
        found = problems(
            replace(self._ruling, facts=line.facts, snapshot_id=line.snapshot_id),
            Circumstances(
                kind=item.kind,
                seller_ref=item.seller_ref,
                versions=versions,
                policy_words=self._words[item.market],
                ordered_by_authority=True,
            ),
        )
        return list(dict.fromkeys(problem.detail for problem in found))

    def by_policy(self, line: BatchLine) -> tuple[EnforcementOrder, ...]:
        assert self._ruling is not None
        main = self.versions(line.case.market).get(self._ruling.policy_codes[0]) if self._ruling.policy_codes else None
        if self._ruling.outcome != Outcome.VIOLATION or main is None:
            return ()
        return propose_enforcement(main, self._violations.get(line.case.seller_ref, 0), line.case.kind).enforcements


def _pictures(snapshots: Sequence[UUID]) -> dict[UUID, str]:
    rows = ItemMedia.objects.filter(
        snapshot_id__in=snapshots, state=MediaState.STORED, stored__content_type__startswith="image/"
    )
    return {media.snapshot_id: media.stored_id or "" for media in rows.order_by("-position")}
