"""The form in which a seller corrects an item: made from the item's own schema, filled with what it says now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from piepowder.intake.schemas.codes import CURRENCIES
from piepowder.kernel.errors import FieldProblem
from piepowder.kernel.money import minor_digits
from piepowder.portal.item_fields import ItemField, fields_of, key, written

_LONGEST_NOTE = 2_000
_EXACT = 2**53


class ItemForm(forms.Form):
    """The fields of ``kind``, filled from ``content``; ``corrected`` is the content that the form asks for."""

    note = forms.CharField(max_length=_LONGEST_NOTE, required=False, widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(
        self, kind: str, content: Mapping[str, Any], data: MultiValueDict[str, Any] | None = None, **options: Any
    ) -> None:
        self.shape = fields_of(kind)
        self.content = dict(content)
        initial: dict[str, Any] = {}
        for one in self.shape:
            initial |= written(one, content)
        super().__init__(data, initial=initial, **options)
        note = self.fields.pop("note")
        for one in self.shape:
            self.fields |= _inputs(one, content)
        note.label, note.help_text = _("What did you correct?"), _("Whoever looks at it again reads this first.")
        self.fields["note"] = note

    def corrected(self, uploaded: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        """The content with what was changed; ``uploaded`` are the digests of new files by field."""
        content = dict(self.content)
        attributes = dict(content.get("attributes") or {})
        for one in self.shape:
            target = attributes if one.own else content
            value = self._value(one, uploaded.get(one.name, ()))
            if value in (None, "", []):
                target.pop(one.name, None)
            else:
                target[one.name] = value
        content.pop("attributes", None)
        return {**content, "attributes": attributes} if attributes else content

    def place_problems(self, problems: Sequence[FieldProblem]) -> None:
        """Say each of ``problems``, whose pointers are into the submitted item, at its input."""
        for problem in problems:
            steps = problem.pointer.strip("/").split("/")
            name = steps[2] if steps[:2] == ["content", "attributes"] and len(steps) > 2 else ""
            own = next((key(one) for one in self.shape if one.own and one.name == name), "")
            plain = next((one for one in self.shape if not one.own and steps[1:2] == [one.name]), None)
            self.add_error(own or (_first_input(plain) if plain else None), problem.detail)

    def _value(self, one: ItemField, uploaded: Sequence[str]) -> Any:
        if one.sort == "money":
            return self._money(one)
        if one.sort in ("files", "file"):
            return self._media(one, uploaded)
        value = self.cleaned_data.get(key(one))
        if one.sort == "list":
            return [line.strip() for line in str(value or "").splitlines() if line.strip()]
        if one.sort == "day":
            return value.isoformat() if value else None
        if one.sort == "number" and value is not None:
            # What is whole is written so, as far as every reader of JSON can keep it.
            return int(value) if value.is_integer() and abs(value) < _EXACT else value
        return value

    def _money(self, one: ItemField) -> dict[str, Any] | None:
        amount = self.cleaned_data.get(f"{key(one)}__amount")
        currency = self.cleaned_data.get(f"{key(one)}__currency")
        if amount is None or not currency:
            return None
        return {"amount": int((amount * 10 ** minor_digits(currency)).to_integral_value()), "currency": currency}

    def _media(self, one: ItemField, uploaded: Sequence[str]) -> Any:
        before = self.content.get(one.name)
        listed = before if isinstance(before, list) else [before] if before else []
        kept = {int(place) for place in self.cleaned_data.get(f"{key(one)}__keep") or ()}
        found = [address for place, address in enumerate(listed) if place in kept]
        found += [f"sha256:{digest}" for digest in uploaded]
        return found if one.sort == "files" else (found[-1] if found else None)


class _Amount(forms.DecimalField):
    """A price as people of any country type it: the last sign that is no digit parts the cents."""

    def to_python(self, value: Any) -> Any:
        text = str(value or "").replace("\u00a0", "").replace(" ", "").replace("'", "")
        if "," in text and "." in text:
            text = text.replace("," if text.rfind(",") < text.rfind(".") else ".", "")
        try:
            return super().to_python(text.replace(",", ".")) if text else None
        except InvalidOperation:
            raise forms.ValidationError(_("Enter a number.")) from None


def _inputs(one: ItemField, content: Mapping[str, Any]) -> dict[str, forms.Field]:
    told: dict[str, Any] = {"label": one.label, "required": one.required, "help_text": one.hint}
    name = key(one)
    if one.sort == "money":
        currencies = [("", "–"), *((code, code) for code in sorted(CURRENCIES))]
        return {
            f"{name}__amount": _Amount(**told, min_value=Decimal(0), max_value=Decimal(10**12), localize=False),
            f"{name}__currency": forms.ChoiceField(label=_("Currency"), required=one.required, choices=currencies),
        }
    if one.sort in ("files", "file"):
        before = content.get(one.name)
        listed = before if isinstance(before, list) else [before] if before else []
        choices = [(str(place), _called(address, place)) for place, address in enumerate(listed)]
        keep = forms.MultipleChoiceField(
            label=_("%(what)s that stay") % {"what": one.label},
            required=False,
            choices=choices,
            widget=forms.CheckboxSelectMultiple,
        )
        return {f"{name}__keep": keep} if choices else {}
    return {name: _input(one, told)}


def _input(one: ItemField, told: dict[str, Any]) -> forms.Field:
    if one.sort == "choice":
        return forms.ChoiceField(**told, choices=[("", "–"), *one.choices])
    if one.sort == "whole":
        return forms.IntegerField(**told, min_value=one.least, max_value=one.most)
    if one.sort == "number":
        return forms.FloatField(**told)
    if one.sort == "yes_no":
        return forms.BooleanField(label=one.label, required=False, help_text=one.hint)
    if one.sort == "day":
        return forms.DateField(**told, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    if one.sort in ("text", "list"):
        return forms.CharField(**told, max_length=one.longest, widget=forms.Textarea(attrs={"rows": 8}))
    return forms.CharField(**told, max_length=one.longest)


def _called(address: Any, place: int) -> str:
    """A file by the end of its address; what was uploaded has none, and is counted."""
    last = urlsplit(str(address)).path.rsplit("/", 1)[-1]
    named = last if str(address).startswith("http") and last else ""
    return named[:80] or _("File %(number)s") % {"number": place + 1}


def _first_input(one: ItemField) -> str:
    return f"{key(one)}__amount" if one.sort == "money" else key(one)
