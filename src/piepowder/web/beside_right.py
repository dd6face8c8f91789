"""The registered rights that are claimed against an item, beside what the item says: in the console and on its page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from piepowder.intake.queries import ItemCard, ReportLine
from piepowder.intake.states import Kind, ReporterKind
from piepowder.kernel.actor import Actor
from piepowder.rights.models import Claim
from piepowder.rights.queries import claims_about, right_by_number
from piepowder.rights.states import RightState, SenderKind, Warned
from piepowder.web.item_words import label
from piepowder.web.papers import Papers, Row, Sheet, alike_row, named_in, papers_for

_MOST_TERRITORIES = 12


def papers_beside(actor: Actor, item: ItemCard, reports: Sequence[ReportLine], *, today: date) -> Papers | None:
    """What is laid beside an item: its papers, for a claim also the registry, else the rights that are claimed on it."""
    papers = papers_for(actor, item, today=today)
    if papers is None:
        return rights_beside(actor, item, reports, today=today)
    return _with_registry(papers, item, today) if item.kind == Kind.IP_CLAIM else papers


def _with_registry(papers: Papers, claim: ItemCard, today: date) -> Papers:
    """Whether the right that a claim names is in the registry, and how it stands there. One query, none without a number."""
    number = str(claim.content.get("right_number") or "")
    if not number:
        return papers
    right = right_by_number(str(claim.content.get("right_type", "")), number)
    if right is None:
        rows = [Row(label("right_number"), number, "", "wrong", _("not in the registry"))]
    else:
        known = right.state == RightState.VERIFIED
        owner = str(claim.content.get("owner", ""))
        rows = [
            Row(
                label("right_number"), number, right.number, "same" if known else "late", str(right.get_state_display())
            ),
            Row(_("What is protected"), "", right.title),
            alike_row(label("owner"), owner, right.owner_name),
        ]
        if right.expires_on:
            over = ("late", _("the right has expired")) if today > right.expires_on else ("", "")
            rows.append(Row(label("expires_on"), "", date_format(right.expires_on, "SHORT_DATE_FORMAT"), *over))
    return replace(papers, sheets=(*papers.sheets, Sheet(_("In the registry of rights"), tuple(rows))))


def rights_beside(actor: Actor, item: ItemCard, reports: Sequence[ReportLine], *, today: date) -> Papers | None:
    """Each claimed right against the item; ``None`` without any. One query, none where no owner has reported."""
    if not any(one.reporter_kind == ReporterKind.RIGHTS_HOLDER for one in reports):
        return None
    claims = claims_about(actor, item.id, market=item.market, language=item.language)
    if not claims:
        return None
    sheets = tuple(Sheet(one.right.title, tuple(_rows(one, item, today))) for one in claims)
    return Papers(_("The right"), _("The claimed item"), sheets)


def _rows(claim: Claim, item: ItemCard, today: date) -> Iterator[Row]:
    right, warned = claim.right, set(claim.warnings)
    kind = f"{right.get_type_display()} {right.number}".strip()
    state = "" if right.state == RightState.VERIFIED else "late"
    yield Row(label("right_type"), kind, right.office, state, "" if not state else str(right.get_state_display()))
    yield Row(label("owner"), right.owner_name or right.owner_ref, *_sent_by(claim, warned))
    yield from named_in(right.title, item.content)
    places = " ".join(right.places[:_MOST_TERRITORIES]) or _("everywhere")
    places += " …" if len(right.places) > _MOST_TERRITORIES else ""
    yield Row(_("Market"), places, item.market, *_verdict(Warned.MARKET, warned))
    category = item.content.get("category")
    if right.categories or category:
        shown = ", ".join(right.categories) or _("all")
        yield Row(label("category"), shown, str(category or ""), *_verdict(Warned.CLASS, warned))
    if right.expires_on:
        over = ("late", _("the right has expired")) if today > right.expires_on else ("", "")
        yield Row(label("expires_on"), date_format(right.expires_on, "SHORT_DATE_FORMAT"), "", *over)
    yield Row(_("Seller"), "", item.seller_ref, *_about_seller(warned))


def _sent_by(claim: Claim, warned: set[str]) -> tuple[str, str, str]:
    said = _("sent by the agent") if claim.batch.sender_kind == SenderKind.AGENT else ""
    for one in (Warned.SENDER, Warned.AUTHORISATION_OVER):
        if one in warned:
            return said, "wrong", str(one.label)
    return said, "", ""


def _about_seller(warned: set[str]) -> tuple[str, str]:
    for one in (Warned.OWN_ITEM, Warned.SELLER_AUTHORISED):
        if one in warned:
            return "differs", str(one.label)
    return "", ""


def _verdict(one: Warned, warned: set[str]) -> tuple[str, str]:
    return ("differs", str(one.label)) if one in warned else ("", "")
