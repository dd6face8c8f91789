"""Appeals of sellers and of somebody who reported, in every state, and a dispute before a body out of court."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from piepowder.appeals import operations as appeals
from piepowder.appeals.appealing import appealable
from piepowder.appeals.models import Appeal
from piepowder.appeals.operations import BodyFields, Complainant
from piepowder.appeals.states import AppealOutcome, ComplainantKind, Omission
from piepowder.decisions.models import Decision
from piepowder.decisions.ruling import EnforcementOrder, Ruling
from piepowder.decisions.states import Outcome
from piepowder.intake.models import Report
from piepowder.simulate.redress.bench import OUTSIDER, Bench
from piepowder.simulate.redress.sayings import ANSWERS, PLEAS, QUESTION, said


@dataclass(frozen=True, slots=True)
class Course:
    """How one appeal goes: filed so many days before the end, and then what."""

    ends: str
    filed: float
    taken: float = 0.0
    ended: float = 0.0


COURSES = (
    Course(AppealOutcome.OVERTURNED, 3.6, 3.1, 2.8),
    Course(AppealOutcome.OVERTURNED, 3.4, 2.4, 1.9),
    Course(AppealOutcome.OVERTURNED, 2.9, 1.2, 0.9),
    Course(AppealOutcome.UPHELD, 3.5, 2.7, 2.2),
    Course(AppealOutcome.UPHELD, 3.2, 1.6, 1.1),
    Course(AppealOutcome.UPHELD, 2.6, 1.0, 0.4),
    Course(AppealOutcome.MODIFIED, 3.3, 2.0, 1.4),
    Course(AppealOutcome.OMITTED, 2.2, 1.3, 0.8),
    Course("withdrawn", 2.1, ended=1.0),
    Course("in_hand", 1.9, 0.2),
    Course("asked", 1.7, 0.5),
    Course("waits", 1.5),
    Course("waits", 1.1),
    Course("waits", 0.7),
    Course("waits", 0.2),
)


def appeal(bench: Bench) -> None:
    """Sellers appeal, somebody who reported complains, and specialists answer."""
    found = bench.decisions("appeals", item__seller_ref__startswith="S-")
    for number, course in enumerate(COURSES):
        filed = _file(found, bench.ago(course.filed), number)
        if course.ends != "waits":
            _goes(bench, course, filed)
    _by_a_reporter(bench)
    _out_of_court(bench)


def _file(found: Iterator[Decision], at: datetime, number: int) -> Appeal:
    """An appeal of the next seller who may."""
    for decision in found:
        complainant = Complainant(ComplainantKind.RECIPIENT.value, decision.item.seller_ref)
        if appealable(decision, complainant, at).allowed:
            text, language = said(PLEAS, decision.language, number)
            return appeals.file(
                actor=OUTSIDER, decision_id=decision.pk, complainant=complainant, text=text, language=language, at=at
            )
    raise LookupError("the history is too short: nobody is left who may appeal")


def _goes(bench: Bench, course: Course, filed: Appeal) -> None:
    if course.ends == "withdrawn":
        appeals.withdraw_appeal(actor=OUTSIDER, appeal_id=filed.pk, at=bench.ago(course.ended))
        return
    hearer = bench.person("appeals_specialist")
    appeals.take(actor=hearer, appeal_id=filed.pk, at=bench.ago(course.taken))
    if course.ends == "asked":
        appeals.ask(actor=hearer, appeal_id=filed.pk, text=QUESTION, at=bench.ago(course.taken - 0.1))
    elif course.ends in AppealOutcome.values:
        appeals.conclude(
            actor=hearer,
            appeal_id=filed.pk,
            outcome=course.ends,
            reasons=ANSWERS[course.ends],
            replacement=_milder(filed.decision) if course.ends == AppealOutcome.MODIFIED else None,
            omission=Omission.NO_REASONS if course.ends == AppealOutcome.OMITTED else "",
            at=bench.ago(course.ended),
        )


def _milder(decision: Decision) -> Ruling:
    """The same finding with less following from it."""
    cited = decision.citations.select_related("version__policy").order_by("-primary", "pk")
    return Ruling(
        outcome=Outcome.VIOLATION,
        snapshot_id=decision.snapshot_id,
        policy_codes=tuple(one.version.policy.code for one in cited),
        ground=decision.ground,
        facts=decision.facts,
        enforcements=(EnforcementOrder("visibility", "content_demoted", days=14),),
        confirm_older_snapshot=True,
    )


def _by_a_reporter(bench: Bench) -> None:
    """Somebody whose report led to nothing complains."""
    for decision in bench.decisions("complaint", Outcome.NO_VIOLATION, item__reports__reporter__kind="user"):
        mine = Report.objects.filter(item=decision.item_id, reporter__kind="user").select_related("reporter")
        report = mine.order_by("received_at", "reference")[0]
        complainant = Complainant(ComplainantKind.REPORTER.value, report.reporter.external_ref, report.pk)
        if not appealable(decision, complainant, bench.ago(1.3)).allowed:
            continue
        text = "Picture 2 shows exactly what I wrote to you about. Please look at it again."
        appeals.file(
            actor=OUTSIDER,
            decision_id=decision.pk,
            complainant=complainant,
            text=text,
            language="en",
            at=bench.ago(1.3),
        )
        return


def _out_of_court(bench: Bench) -> None:
    """A body, and what somebody brought before it after we had upheld our decision."""
    lead = bench.person("operations_lead")
    body = appeals.save_body(
        actor=lead,
        fields=BodyFields(
            name="Settlement House Dublin",
            member_state="IE",
            languages=("en", "de", "fr"),
            subjects="Online marketplaces",
            url="https://settlement.example",
            email="cases@settlement.example",
            certified_until=(bench.now + timedelta(days=900)).date(),
        ),
        at=bench.ago(4),
    )
    upheld = Appeal.objects.filter(outcome=AppealOutcome.UPHELD).order_by("ended_at").first()
    assert upheld is not None
    appeals.open_case(
        actor=lead,
        body_id=body.pk,
        reference=f"SH-{bench.now:%Y}-0117",
        decision_id=upheld.decision_id,
        complainant_kind=ComplainantKind.RECIPIENT,
        received_on=bench.ago(1).date(),
        appeal_id=upheld.pk,
        at=bench.ago(0.9),
    )
