"""What a paper says beside what the seller says, and a claimed right beside the listings it is claimed against."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from stdnum import iban
from stdnum.eu import vat
from stdnum.exceptions import InvalidComponent, ValidationError

from piepowder.intake.models import Item
from piepowder.intake.queries import ItemCard, seen_items
from piepowder.intake.states import Kind
from piepowder.kernel.actor import Actor
from piepowder.web.item_words import label, spoken

EXPIRES_SOON = timedelta(days=30)
_FORMS = {
    "gmbh", "mbh", "ag", "ug", "kg", "ohg", "ltd", "limited", "llc", "inc", "sa", "sas", "sarl", "srl", "spa", "bv", "nv",
    "sl", "ab", "oy", "aps", "as", "co", "company", "holding", "plc",
}  # fmt: skip
_HOLDERS = ("holder", "name", "company", "account_holder", "owner")
_NUMBERS = {"vat_id": "vat", "vat": "vat", "iban": "iban", "account": "iban", "bank_account": "iban"}


@dataclass(frozen=True, slots=True)
class Row:
    """One statement on both sides. ``verdict`` is ``same``, ``differs``, ``late``, ``soon``, ``wrong``, ``hit`` (for a claim:
    what it speaks of is there) or empty; ``why`` puts it into words."""

    label: str
    here: str
    there: str
    verdict: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows that belong together; ``title`` is the paper or listing they are about."""

    title: str
    rows: tuple[Row, ...]

    @property
    def troubles(self) -> int:
        return sum(row.verdict in ("differs", "late", "wrong") for row in self.rows)


@dataclass(frozen=True, slots=True)
class Papers:
    """``here`` and ``there`` head the two columns."""

    here: str
    there: str
    sheets: tuple[Sheet, ...]


def papers_for(actor: Actor, item: ItemCard, *, today: date) -> Papers | None:
    """The comparison for a document, a seller or a claim; ``None`` for other kinds. One query, two for claims."""
    if item.kind == Kind.DOCUMENT:
        return _document(item.content, _content_of_seller(actor, item.seller_ref), today)
    if item.kind == Kind.SELLER:
        filed = seen_items(actor).filter(kind=Kind.DOCUMENT, seller_ref=item.external_id).select_related("snapshot")
        contents = [one.snapshot.content for one in filed.order_by("-updated_at", "id")[:20] if one.snapshot]
        return _seller(item.content, contents, today)
    if item.kind == Kind.IP_CLAIM:
        return _claim(item.content, _claimed(actor, item.content))
    return None


def _content_of_seller(actor: Actor, ref: str) -> Mapping[str, Any]:
    found = seen_items(actor).filter(kind=Kind.SELLER, external_id=ref).select_related("snapshot").first()
    return found.snapshot.content if found is not None and found.snapshot is not None else {}


def _document(paper: Mapping[str, Any], seller: Mapping[str, Any], today: date) -> Papers:
    rows = _paper_rows(paper, seller, today)
    known = [name for name in ("legal_name", "name", "vat_id", "registration", "address") if seller.get(name)]
    there = {row.label for row in rows}
    rest = (Row(label(name), "", spoken(name, seller[name]), *_number_verdict(name, seller[name])) for name in known)
    return Papers(
        _("The document"), _("The seller's file"), (Sheet("", (*rows, *(r for r in rest if r.label not in there))),)
    )


def _seller(seller: Mapping[str, Any], filed: Iterable[Mapping[str, Any]], today: date) -> Papers:
    own = [name for name in ("legal_name", "name", "vat_id", "registration", "address") if seller.get(name)]
    about = tuple(
        Row(label(name), "", spoken(name, seller[name]), *_number_verdict(name, seller[name])) for name in own
    )
    papers = [*_mappings(seller.get("documents")), *filed]
    sheets = [Sheet(str(one.get("doc_type", "")), _paper_rows(one, seller, today)) for one in papers]
    return Papers(_("The documents"), _("The seller's file"), (Sheet("", about), *sheets))


def _paper_rows(paper: Mapping[str, Any], seller: Mapping[str, Any], today: date) -> tuple[Row, ...]:
    """The statements of one paper, each held against the seller's file where that says the same thing."""
    attributes = paper.get("attributes")
    more = attributes if isinstance(attributes, Mapping) else {}
    listed = next(
        (one for one in _mappings(seller.get("documents")) if one.get("doc_type") == paper.get("doc_type")), {}
    )
    if listed is paper:
        listed = {}
    rows: list[Row] = []
    holder = next((str(more[name]) for name in _HOLDERS if isinstance(more.get(name), str)), "")
    names = [str(seller[name]) for name in ("legal_name", "name") if seller.get(name)]
    if holder:
        rows.append(_against(_("Holder"), holder, names, _alike))
    if paper.get("number"):
        rows.append(_against(label("number"), str(paper["number"]), _numbers_like(paper, listed, seller), _same_number))
    if paper.get("issuer"):
        rows.append(_against(label("issuer"), str(paper["issuer"]), _texts(listed.get("issuer")), _alike))
    rows += _dates(paper, listed, today)
    for name, value in more.items():
        if name not in _HOLDERS and isinstance(value, str | int) and not isinstance(value, bool):
            there = _texts(seller.get(name)) if name in _NUMBERS else []
            row = _against(label(name), str(value), there, _same_number)
            verdict, why = _number_verdict(name, value)
            rows.append(
                Row(row.label, row.here, row.there, verdict, why) if verdict == "wrong" or not row.verdict else row
            )
    return tuple(rows)


def _numbers_like(paper: Mapping[str, Any], listed: Mapping[str, Any], seller: Mapping[str, Any]) -> list[str]:
    """The numbers in the seller's file that the paper's own could be."""
    kind = str(paper.get("doc_type", "")).lower()
    if "vat" in kind or "tax" in kind:
        return _texts(listed.get("number") or seller.get("vat_id"))
    registration = seller.get("registration")
    if "regist" in kind and isinstance(registration, Mapping):
        return _texts(registration.get("number"))
    return _texts(listed.get("number"))


def _dates(paper: Mapping[str, Any], listed: Mapping[str, Any], today: date) -> Iterator[Row]:
    for name in ("issued_on", "expires_on"):
        if not paper.get(name):
            continue
        here, there = spoken(name, paper[name]), spoken(name, listed[name]) if listed.get(name) else ""
        verdict, why = _day_verdict(name, str(paper[name]), today)
        if not verdict and there:
            verdict = "same" if paper[name] == listed[name] else "differs"
            why = _("the same") if verdict == "same" else _("not the same")
        yield Row(label(name), here, there, verdict, why)


def _day_verdict(name: str, said: str, today: date) -> tuple[str, str]:
    try:
        day = date.fromisoformat(said)
    except ValueError:
        return "wrong", _("no date")
    if name == "issued_on":
        return ("wrong", _("lies in the future")) if day > today else ("", "")
    if day < today:
        count = (today - day).days
        said = ngettext("expired %(days)d day ago", "expired %(days)d days ago", count)
        return "late", said % {"days": count}
    if day - today <= EXPIRES_SOON:
        count = (day - today).days
        return "soon", ngettext("expires in %(days)d day", "expires in %(days)d days", count) % {"days": count}
    return "", ""


def _number_verdict(name: str, value: Any) -> tuple[str, str]:
    """What a number's own check digits say; nothing where it has none that we know."""
    kind = _NUMBERS.get(name)
    if kind is None or not isinstance(value, str):
        return "", ""
    try:
        (iban if kind == "iban" else vat).validate(value)
    except InvalidComponent:
        # Of a country whose numbers we cannot check.
        return "", ""
    except ValidationError:
        return "wrong", _("check digit is wrong")
    return "same", _("check digit is right")


def _claim(claim: Mapping[str, Any], claimed: Iterable[Item]) -> Papers:
    owner = str(claim.get("owner", ""))
    right = [name for name in ("right_type", "right_number", "owner") if claim.get(name)]
    head = Sheet("", tuple(Row(label(name), spoken(name, claim[name]), "") for name in right))
    sheets = [head]
    for one in claimed:
        content = one.snapshot.content if one.snapshot else {}
        rows = [Row(label("title"), "", one.title or one.external_id), *named_in(owner, content)]
        rows += [
            Row(label(name), "", spoken(name, content[name])) for name in ("price", "category") if content.get(name)
        ]
        rows.append(Row(_("Seller"), "", one.seller_ref))
        sheets.append(Sheet(one.title or one.external_id, tuple(rows)))
    missing = len(list(_mappings(claim.get("claimed_items")))) - (len(sheets) - 1)
    if missing > 0:
        said = ngettext(
            "%(count)d claimed item has not arrived, or is not yours to see",
            "%(count)d claimed items have not arrived, or are not yours to see",
            missing,
        ) % {"count": missing}
        sheets.append(Sheet(said, ()))
    return Papers(_("The right"), _("The claimed listing"), tuple(sheets))


def named_in(owner: str, content: Mapping[str, Any]) -> Iterator[Row]:
    """Where an item bears the name of ``owner``, or of what is protected."""
    brand, words = str(content.get("brand", "")), _words(owner)
    text = _words(" ".join(str(content.get(name, "")) for name in ("title", "description", "brand")))
    if brand:
        same = bool(words & _words(brand))
        yield Row(
            label("brand"),
            owner,
            brand,
            "hit" if same else "",
            _("sold under the owner's name") if same else _("another name"),
        )
    elif words & text:
        yield Row(_("Named in it"), owner, " ".join(sorted(words & text)), "hit", _("uses the owner's name"))


def _claimed(actor: Actor, claim: Mapping[str, Any]) -> list[Item]:
    ids = [str(one.get("id")) for one in _mappings(claim.get("claimed_items"))][:20]
    rows = seen_items(actor).filter(kind=Kind.LISTING, external_id__in=ids).select_related("snapshot")
    return list(rows.order_by("external_id"))


def _against(name: str, here: str, there: list[str], alike: Callable[[str, str], bool]) -> Row:
    if not there:
        return Row(name, here, "")
    same = next((one for one in there if alike(here, one)), None)
    if same is not None:
        return Row(name, here, same, "same", _("the same"))
    return Row(name, here, there[0], "differs", _("not the same"))


def alike_row(name: str, here: str, there: str) -> Row:
    """Two names of which one should be the other, but for case, accents, signs and the legal form."""
    return _against(name, here, [there] if there else [], _alike)


def _alike(one: str, other: str) -> bool:
    """Equal but for case, accents, signs and the legal form."""
    return bool(_words(one)) and _words(one) == _words(other)


def _words(text: str) -> frozenset[str]:
    plain = "".join(
        letter for letter in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(letter)
    )
    return frozenset(re.findall(r"\w+", plain.replace(".", ""))) - _FORMS


def _same_number(one: str, other: str) -> bool:
    return re.sub(r"\W", "", one).casefold() == re.sub(r"\W", "", other).casefold()


def _texts(value: Any) -> list[str]:
    return [value] if isinstance(value, str) and value else []


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
