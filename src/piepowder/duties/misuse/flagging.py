"""Calling something manifest. A machine or a moderator can propose it; it counts once a person confirmed it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.access.visibility import NotPermitted, require, require_whole
from piepowder.appeals.events import AppealConcluded
from piepowder.appeals.models import Appeal
from piepowder.decisions.models import Decision
from piepowder.decisions.states import DecisionState, Outcome
from piepowder.duties.models import ManifestFlag
from piepowder.duties.states import FLAG_FLOW, FlagState, MisuseSide
from piepowder.intake.models import Report
from piepowder.kernel.actor import Actor, ActorKind, Place
from piepowder.kernel.errors import Conflict, NotFound, Refused
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record
from piepowder.policy.states import Ground


class NotManifest(Refused):
    """Nothing that could be manifest: no illegal content that stands, no unfounded notice, no unfounded complaint."""

    code = "not_manifest"


class NoSuchFlag(NotFound):
    code = "no_such_flag"


class AlreadyFlagged(Conflict):
    code = "already_flagged"


@transaction.atomic
def propose_flag(*, actor: Actor, side: str, about_id: UUID, at: datetime) -> ManifestFlag:
    """Propose that a decision's content is manifestly illegal, or that a notice or complaint is manifestly unfounded.

    Raises ``NotManifest`` when it cannot be, ``AlreadyFlagged`` when it was proposed before.
    """
    flag = _about(side, about_id)
    market, language = flag_place(flag)
    if not actor.may(Permission.MISUSE_EDIT):
        require(actor, Permission.CASE_DECIDE, Place(market=market, language=language))
    if ManifestFlag.objects.filter(side=side, about_id=about_id).exists():
        raise AlreadyFlagged(_("this was proposed before"))
    flag.proposed_at, flag.proposed_by = at, actor.ref
    flag.save(force_insert=True)
    _fact(actor, at, "flag.propose", flag)
    return flag


@transaction.atomic
def settle_flag(*, actor: Actor, flag_id: UUID, confirmed: bool, at: datetime) -> ManifestFlag:
    """Confirm that it is manifest, or say that it is not; a person does."""
    require_whole(actor, Permission.MISUSE_EDIT)
    if actor.kind is not ActorKind.PERSON:
        raise NotPermitted(_("a person confirms what is manifest, not a machine"))
    flag = ManifestFlag.objects.select_for_update().filter(pk=flag_id).first()
    if flag is None:
        raise NoSuchFlag(_("there is no such flag"))
    return _move(flag, "confirm" if confirmed else "reject", actor, at)


def on_decision_undone(decision_id: UUID, actor: Actor, at: datetime) -> None:
    """What a decision found does not stand any more, so nothing of it is manifest."""
    rows = ManifestFlag.objects.select_for_update().filter(
        side=MisuseSide.CONTENT, about_id=decision_id, state__in=FLAG_FLOW.sources("lift")
    )
    for flag in rows:
        _move(flag, "lift", actor, at)


def on_appeal_concluded(event: AppealConcluded) -> None:
    """The hearer, a person, called the complaint manifestly unfounded: that is its confirmation."""
    if not Appeal.objects.filter(pk=event.appeal_id, unfounded=True).exists():
        return
    if ManifestFlag.objects.filter(side=MisuseSide.COMPLAINT, about_id=event.appeal_id).exists():
        return
    flag = _about(MisuseSide.COMPLAINT, event.appeal_id)
    flag.proposed_at, flag.proposed_by = event.at, event.actor.ref
    flag.save(force_insert=True)
    _move(flag, "confirm", event.actor, event.at)


def flag_place(flag: ManifestFlag) -> tuple[str, str]:
    """Market and language of what a flag is about, empty when it is gone."""
    items = {
        MisuseSide.CONTENT: Decision.objects.filter(pk=flag.about_id).values_list("market", "language"),
        MisuseSide.NOTICE: Report.objects.filter(pk=flag.about_id).values_list("item__market", "item__language"),
        MisuseSide.COMPLAINT: Appeal.objects.filter(pk=flag.about_id).values_list(
            "decision__market", "decision__language"
        ),
    }
    return items[MisuseSide(flag.side)].first() or ("", "")


def _about(side: str, about_id: UUID) -> ManifestFlag:
    """The flag, not stored yet; raises ``NotManifest``."""
    if side == MisuseSide.CONTENT:
        decision = Decision.objects.select_related("item").filter(pk=about_id).first()
        if (
            decision is not None
            and decision.state == DecisionState.ISSUED
            and (decision.outcome, decision.ground) == (Outcome.VIOLATION, Ground.ILLEGAL)
            and decision.item.seller_ref
        ):
            return ManifestFlag(
                side=side, about_id=about_id, seller_ref=decision.item.seller_ref, happened_at=decision.decided_at
            )
        raise NotManifest(_("only content that was found illegal, and has a seller, can be manifestly illegal"))
    if side == MisuseSide.NOTICE:
        report = Report.objects.filter(pk=about_id).first()
        if report is not None and report.founded is False:
            return ManifestFlag(
                side=side, about_id=about_id, reporter_id=report.reporter_id, happened_at=report.received_at
            )
        raise NotManifest(_("only a notice that was found to be unfounded can be manifestly unfounded"))
    appeal = Appeal.objects.select_related("report", "decision__item").filter(pk=about_id).first()
    if side == MisuseSide.COMPLAINT and appeal is not None and appeal.outcome in ("upheld", "omitted"):
        report = appeal.report
        seller_ref = "" if report is not None else appeal.complainant_ref
        return ManifestFlag(
            side=side,
            about_id=about_id,
            seller_ref=seller_ref,
            reporter_id=report.reporter_id if report is not None else None,
            happened_at=appeal.filed_at,
        )
    raise NotManifest(_("only a complaint that did not succeed can be manifestly unfounded"))


def _move(flag: ManifestFlag, verb: str, actor: Actor, at: datetime) -> ManifestFlag:
    flag.state = FLAG_FLOW.step(verb, FlagState(flag.state))
    flag.settled_at, flag.settled_by = at, actor.ref
    flag.save(update_fields=["state", "settled_at", "settled_by"])
    _fact(actor, at, f"flag.{verb}", flag)
    return flag


def _fact(actor: Actor, at: datetime, verb: str, flag: ManifestFlag) -> None:
    record(
        actor=actor, at=at, verb=verb, subject_kind="manifest_flag", subject_id=flag.pk, side=flag.side,
        about=str(flag.about_id), reporter=str(flag.reporter_id) if flag.reporter_id else None,
    )  # fmt: skip
