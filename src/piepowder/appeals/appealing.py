"""Whether somebody may appeal against a decision, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from piepowder.access.options import chosen
from piepowder.appeals.models import Appeal
from piepowder.appeals.options import DAYS_ELSEWHERE, MONTHS, SECOND_STAGE_DAYS
from piepowder.appeals.states import AppealOutcome, Basis, ComplainantKind
from piepowder.appeals.windows import Chosen, Window, first_window, is_over, second_window
from piepowder.decisions.models import Decision
from piepowder.decisions.states import DecisionState, Family, Outcome
from piepowder.intake.models import Report
from piepowder.intake.states import ReporterKind


@dataclass(frozen=True, slots=True)
class Complainant:
    """Who complains: the seller by the marketplace's id, or the reporter by theirs, with the report if it is known."""

    kind: str
    ref: str
    report_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class May:
    """Whether an appeal can be filed. ``problem`` is empty when it can, else the code of the error that filing raises."""

    until: date | None = None
    stage: int = 1
    problem: str = ""
    rule: str = ""
    report_id: UUID | None = None

    @property
    def allowed(self) -> bool:
        return not self.problem


def appealable(decision: Decision, complainant: Complainant, at: datetime) -> May:
    """Until when ``complainant`` may appeal against ``decision``, at which stage, and what stands against it."""
    report = None
    if complainant.kind == ComplainantKind.REPORTER:
        report = _report_of(decision, complainant)
        if report is None:
            return May(problem="not_complainant")
    elif not complainant.ref or complainant.ref != decision.item.seller_ref:
        return May(problem="not_complainant")
    if not _concerns(decision, complainant) or decision.state != DecisionState.ISSUED or at < decision.final_at:
        return May(problem="not_appealable")
    ref = report.reporter.external_ref if report else complainant.ref
    return _at_its_stage(decision, complainant.kind, ref, at, report)


def options_chosen() -> Chosen:
    return Chosen(
        months=chosen(MONTHS), days_elsewhere=chosen(DAYS_ELSEWHERE), second_stage_days=chosen(SECOND_STAGE_DAYS)
    )


def second_until(appeal: Appeal) -> date | None:
    """Until when the complainant can complain once more after ``appeal`` ended."""
    again = appeal.stage == 1 and appeal.outcome == AppealOutcome.UPHELD and appeal.ended_at is not None
    window = second_window(appeal.ended_at, options_chosen()) if again and appeal.ended_at else None
    return window.until if window else None


def basis_of(decision: Decision, report: Report | None) -> Basis:
    """What kind of decision is complained about, from what it restricts."""
    if decision.outcome == Outcome.NO_VIOLATION:
        flagger = report is not None and report.reporter.kind == ReporterKind.TRUSTED_FLAGGER
        return Basis.NO_ACTION_FLAGGER if flagger else Basis.NO_ACTION
    families = set(decision.enforcements.values_list("family", flat=True))
    return next((basis for family, basis in _BY_FAMILY if family in families), Basis.OTHER)


_BY_FAMILY: Final = (
    (Family.ACCOUNT, Basis.ACCOUNT),
    (Family.PROVISION, Basis.PROVISION),
    (Family.VISIBILITY, Basis.VISIBILITY),
    (Family.MONETARY, Basis.MONETARY),
)


def _concerns(decision: Decision, complainant: Complainant) -> bool:
    return complainant.kind == ComplainantKind.REPORTER or decision.outcome == Outcome.VIOLATION


def _report_of(decision: Decision, complainant: Complainant) -> Report | None:
    """The complainant's report that the decision answers: about its item, and from before it."""
    rows = Report.objects.select_related("reporter").filter(
        item_id=decision.item_id, received_at__lte=decision.decided_at, reporter__external_ref=complainant.ref
    )
    if complainant.report_id is not None:
        rows = rows.filter(pk=complainant.report_id)
    return rows.order_by("-received_at", "-id").first() if complainant.ref else None


def _at_its_stage(decision: Decision, kind: str, ref: str, at: datetime, report: Report | None) -> May:
    filed = Appeal.objects.filter(decision=decision, complainant_kind=kind, complainant_ref=ref)
    last = filed.order_by("-stage").first()
    report_id = report.pk if report else None
    if last is None:
        statement = getattr(decision, "statement", None)
        promised = statement.complaint_until if statement and kind == ComplainantKind.RECIPIENT else None
        window: Window | None = first_window(decision.final_at, decision.market, options_chosen(), promised=promised)
        stage = 1
    else:
        again = last.stage == 1 and last.outcome == AppealOutcome.UPHELD and last.ended_at is not None
        window = second_window(last.ended_at, options_chosen()) if again and last.ended_at else None
        stage = 2
    if window is None:
        return May(problem="already_appealed", stage=last.stage if last else 1, report_id=report_id)
    problem = "too_late_to_appeal" if is_over(window.until, at) else ""
    return May(window.until, stage, problem, window.rule, report_id)
