"""The forms of the IP desk."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from piepowder.rights.models import Right
from piepowder.rights.registering import RightFields
from piepowder.rights.states import RightType
from piepowder.web.forms import Codes, PlainForm

_TEXTS = ("type", "title", "number", "office", "owner_ref", "owner_name", "owner_email")
_AGENT = ("agent_ref", "agent_name", "agent_email", "agent_until")


def _day(label: Any, hint: Any = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, widget=widget, help_text=hint)


class RightForm(PlainForm):
    type = forms.ChoiceField(label=_("Sort of right"), choices=RightType.choices)
    title = forms.CharField(
        label=_("What is protected"), max_length=300, help_text=_("The sign, the work, the product.")
    )
    number = forms.CharField(label=_("Number in the register"), required=False, max_length=100)
    office = forms.CharField(label=_("Register"), required=False, max_length=100, help_text=_("Such as EUIPO or WIPO."))
    territories = Codes(
        label=_("Holds in"), help_text=_("Countries as two letters, EU or EEA. Empty means everywhere.")
    )
    classes = Codes(label=_("Classes of the register"), help_text=_("Such as 18, 25. For the reader."))
    categories = forms.CharField(
        label=_("Categories it covers"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Beginnings of our categories, one on each line. Empty means all."),
    )
    expires_on = _day(_("Last day of protection"))
    owner_ref = forms.CharField(
        label=_("Owner's id"), max_length=200, help_text=_("By which the marketplace knows the owner.")
    )
    owner_name = forms.CharField(label=_("Owner"), required=False, max_length=200)
    owner_email = forms.EmailField(label=_("Owner's e-mail address"), required=False)
    agent_ref = forms.CharField(label=_("Agent's id"), required=False, max_length=200)
    agent_name = forms.CharField(label=_("Agent"), required=False, max_length=200)
    agent_email = forms.EmailField(label=_("Agent's e-mail address"), required=False)
    agent_until = _day(_("Authorised until"))
    language = forms.CharField(
        label=_("Language"), max_length=10, initial="en", help_text=_("In which the owner is written to.")
    )

    def fields_typed(self) -> RightFields:
        typed = self.cleaned_data
        plain = {name: typed[name] for name in (*_TEXTS, *_AGENT, "expires_on", "language")}
        lines = [line.strip() for line in typed["categories"].splitlines() if line.strip()]
        upper = tuple(code.upper() for code in typed["territories"])
        return RightFields(**plain, territories=upper, classes=tuple(typed["classes"]), categories=tuple(lines))


def right_initial(right: Right) -> dict[str, Any]:
    plain = {name: getattr(right, name) for name in (*_TEXTS, *_AGENT, "expires_on", "language")}
    return {
        **plain,
        "territories": right.places,
        "classes": right.classes,
        "categories": "\n".join(right.categories),
    }


class ClaimsForm(PlainForm):
    sender = forms.ChoiceField(
        label=_("Sent by"), choices=[("owner", _("the owner")), ("agent", _("the owner's agent"))], initial="owner"
    )
    locations = forms.CharField(
        label=_("Items"),
        required=False,
        max_length=5_000_000,
        widget=forms.Textarea(attrs={"rows": 8, "class": "form-control mono"}),
        help_text=_("Addresses or ids, one on each line; up to 5,000."),
    )
    list = forms.FileField(
        label=_("Or a file"), required=False, help_text=_("CSV or text with the items in its first column.")
    )
    reason = forms.CharField(
        label=_("Why they infringe the right"), max_length=50_000, widget=forms.Textarea(attrs={"rows": 5})
    )
    reference = forms.CharField(
        label=_("Reference"), required=False, max_length=200, help_text=_("The sender's own; good for one notice.")
    )
    good_faith = forms.BooleanField(label=_("The sender states in good faith that this is accurate and complete"))


class AnswerForm(PlainForm):
    answer = forms.CharField(
        label=_("Reasons"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Both sides are told these words. Name nobody."),
    )
