"""From a form to a report: the items are found, a right is found or entered, and the notice is received once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.intake.locations import items_at
from piepowder.intake.models import Item, Report
from piepowder.intake.notices import NoticeRefused, ReferenceReused
from piepowder.intake.operations import report
from piepowder.intake.reporters import ref_of
from piepowder.intake.schemas import Notice, ReporterGiven
from piepowder.intake.states import ReporterKind
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import FieldProblem
from piepowder.kernel.ids import new_id
from piepowder.portal.links import LONGEST, Subject, SubjectKind, mint
from piepowder.portal.reporters.forms import ReportForm
from piepowder.portal.reporters.topics import IP, Topic, policy_of
from piepowder.portal.reporters.uploads import Files
from piepowder.portal.visits import outsider
from piepowder.rights.models import ClaimBatch, Right
from piepowder.rights.operations import ClaimReferenceReused, RightFields, Sender, file_claims, register_right
from piepowder.rights.queries import right_by_number
from piepowder.rights.senders import ANYBODY
from piepowder.rights.states import NUMBERED, LineState, RightState

FOLLOWED_FOR: Final = LONGEST - timedelta(days=1)
"""How long the link to follow a report works: longer than there is to complain about what is decided."""


@dataclass(frozen=True, slots=True)
class Sent:
    """``report`` is one of the notice's reports, by which all of them are found; ``repeated`` when it had come before."""

    report: Report
    repeated: bool

    def link(self, language: str, at: datetime) -> str:
        """The token of the signed link to follow it."""
        subject = Subject(SubjectKind.REPORTER, str(self.report.reporter_id), language, str(self.report.pk))
        return mint(subject, at, FOLLOWED_FOR)


def sender_actor() -> Actor:
    """Whoever fills in a form without a link."""
    return outsider(ANYBODY)


def send_report(*, form: ReportForm, topic: Topic, files: Files, language: str, at: datetime) -> Sent:
    """Receive what was typed; raises ``NoticeRefused``, ``BadClaims`` or ``BadRight`` with a problem for each field."""
    items = _items(form.places)
    typed, once = form.cleaned_data, form.cleaned_data["once"] or new_id().hex
    for reference in (f"form:{once}", f"form:{new_id().hex}"):
        try:
            with transaction.atomic():
                if topic.code == IP:
                    return _claim(form, files, reference, language, at)
                return _report(topic, typed, form.places, items, files, reference, language, at)
        except (ReferenceReused, ClaimReferenceReused):
            # Somebody went back, changed what they had sent and sent it again: that is another report.
            continue
    raise AssertionError("unreachable")


def _items(places: list[str]) -> list[Item]:
    """The items, each once; the form has seen to it that all of them are known."""
    return list({item.pk: item for item in items_at(places) if item is not None}.values())


def _report(
    topic: Topic,
    typed: dict[str, str],
    places: list[str],
    items: list[Item],
    files: Files,
    reference: str,
    language: str,
    at: datetime,
) -> Sent:
    named = bool(typed["email"] or typed["name"])
    kind = ReporterKind.USER if named else ReporterKind.ANONYMOUS
    notice = Notice(
        reporter=ReporterGiven(kind.value, "", typed["name"], typed["email"]),
        items=tuple((item.kind, item.external_id) for item in items),
        basis=topic.basis,
        reason=typed["reason"],
        good_faith=True,
        reference=reference,
        policy_code=policy_of(topic.code, items[0].market, at),
        locations=tuple(places),
        evidence=files.evidence,
        language=language,
    )
    receipt = report(actor=sender_actor(), notice=notice, at=at)
    return Sent(Report.objects.get(pk=receipt.reports[0]), receipt.duplicate)


def _claim(form: ReportForm, files: Files, reference: str, language: str, at: datetime) -> Sent:
    typed = form.cleaned_data
    reporter = ReporterGiven(ReporterKind.RIGHTS_HOLDER.value, "", typed["name"], typed["email"])
    right = _right(typed, ref_of(reporter), language, at)
    filed = file_claims(
        actor=sender_actor(),
        right_id=right.pk,
        sender=Sender("", typed["name"], typed["email"]),
        locations=form.places,
        reason=typed["reason"],
        good_faith=True,
        at=at,
        evidence=files.evidence,
        language=language,
        reference=reference,
    )
    return Sent(_first(filed.batch), filed.repeated)


def _first(batch: ClaimBatch) -> Report:
    line = batch.lines.filter(claim__isnull=False).select_related("claim__report").order_by("position").first()
    if line is None or line.claim is None:
        # Every place was known a moment ago; what the report itself was refused for stands in the first line.
        refused = batch.lines.filter(state=LineState.REFUSED).order_by("position").first()
        code = refused.problem if refused else "unknown_item"
        detail = _("We could not take this in.")
        raise NoticeRefused(detail, problems=[FieldProblem("/items", code, detail)])
    return line.claim.report


def _right(typed: dict[str, str], sender_ref: str, language: str, at: datetime) -> Right:
    """The registered right of that number; else one that the notice enters, to be verified by a person.

    Whose it is, and whether the sender may speak for them, is told to nobody here: it stands beside the claim for us.
    """
    numbered = right_by_number(typed["right_type"], typed["right_number"])
    if numbered is not None:
        return numbered
    if typed["right_type"] not in NUMBERED:
        known = Right.objects.filter(type=typed["right_type"], owner_ref=sender_ref, title=typed["right_title"])
        same = known.exclude(state=RightState.RETIRED).order_by("id").first()
        if same is not None:
            return same
    as_agent = typed["role"] == "agent"
    fields = RightFields(
        type=typed["right_type"],
        number=typed["right_number"],
        title=typed["right_title"],
        territories=tuple(typed["right_territories"]),
        owner_ref=f"owner:{new_id().hex}" if as_agent else sender_ref,
        owner_name=typed["right_owner"],
        owner_email="" if as_agent else typed["email"],
        agent_ref=sender_ref if as_agent else "",
        agent_name=typed["name"] if as_agent else "",
        agent_email=typed["email"] if as_agent else "",
        language=language,
    )
    return register_right(actor=sender_actor(), fields=fields, at=at)


def follow_address(token: str) -> str:
    """The whole address of the link to follow a report."""
    return f"{settings.PUBLIC_URL}/portal/open/{token}"
