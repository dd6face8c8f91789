"""The forms of those who report. They read what was typed and keep it; what it means is the operation's business."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from piepowder.intake.locations import items_at
from piepowder.intake.schemas.codes import COUNTRIES
from piepowder.kernel.errors import PiepowderError
from piepowder.policy.dsa import MARKET_GROUPS
from piepowder.portal.reporters.topics import IP, Topic
from piepowder.rights.states import CounterGround, RightType

MOST_REASON = 20_000
MOST_PLACES = 200
TRAP = "fax_number"
"""A field that no person sees; what fills it in is no person."""


class PlainForm(forms.Form):
    """A form that shows an operation's complaints beside its fields. ``beside`` maps pointers to fields."""

    beside: dict[str, str] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            # The server says what is missing, in the reader's language and beside every field at once.
            field.widget.use_required_attribute = lambda initial: False

    def complain(self, error: PiepowderError) -> None:
        """Put what an operation refused beside the field it names, or at the top."""
        for problem in error.problems:
            name = self._field(problem.pointer)
            self.add_error(name, problem.detail)
        if not error.problems:
            self.add_error(None, error.detail)

    def _field(self, pointer: str) -> str | None:
        parts = pointer.strip("/").split("/")
        for length in (len(parts), 1):
            path = "/".join(parts[:length])
            name = self.beside.get(path, path)
            if name in self.fields:
                return name
        return None


class Trapped(forms.Form):
    """Fields of every form that anybody may fill in: the one for no person, and the mark that makes it count once."""

    fax_number = forms.CharField(required=False, max_length=200)
    once = forms.RegexField(r"^[0-9a-f]{32}$", required=False, widget=forms.HiddenInput)


def _texts(rows: int, **attrs: str) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, **attrs})


class ReportForm(PlainForm, Trapped):
    beside = {
        "items": "where",
        "locations": "where",
        "reporter/name": "name",
        "reporter/email": "email",
        "sender/name": "name",
        "sender/email": "email",
        "sender": "email",
        "number": "right_number",
        "title": "right_title",
        "type": "right_type",
        "territories": "right_territories",
    }

    where = forms.CharField(
        label=_("Where is it?"),
        max_length=200_000,
        widget=_texts(3),
        help_text=_("The address of the page, as it stands in your browser. If there are several, one on each line."),
    )
    right_type = forms.ChoiceField(label=_("Sort of right"), choices=RightType.choices)
    right_number = forms.CharField(
        label=_("Number in the register"),
        required=False,
        max_length=100,
        help_text=_("For copyright and trade secrets there is none."),
    )
    right_title = forms.CharField(
        label=_("What is protected?"),
        max_length=300,
        help_text=_("The sign, the work, the product, as the register or you call it."),
    )
    right_territories = forms.CharField(
        label=_("Where does it hold?"),
        required=False,
        max_length=1_000,
        help_text=_("Countries as two letters, or EU. Empty means everywhere."),
    )
    right_owner = forms.CharField(label=_("Whose right is it?"), max_length=200)
    role = forms.ChoiceField(
        label=_("You are"),
        choices=[("owner", _("the owner")), ("agent", _("allowed by the owner to act"))],
        widget=forms.RadioSelect,
        initial="owner",
    )
    reason = forms.CharField(label="", max_length=MOST_REASON, widget=_texts(6))
    name = forms.CharField(label=_("Your name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(
        label=_("Your e-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=_("We write to you there what we decide. The seller does not learn it."),
    )
    good_faith = forms.BooleanField(
        label=_("I believe in good faith that what I say here is accurate and complete."),
        error_messages={"required": _("Without this statement we cannot take the report in.")},
    )

    def __init__(self, *args: Any, topic: Topic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = str(topic.ask)
        if topic.code != IP:
            for name in [name for name in self.fields if name.startswith("right_") or name == "role"]:
                del self.fields[name]
        if topic.nameless:
            self.fields["name"].required = self.fields["email"].required = False

    @property
    def places(self) -> list[str]:
        return lines_in(self.cleaned_data["where"])

    def clean_where(self) -> str:
        typed = str(self.cleaned_data["where"])
        if len(lines_in(typed)) > MOST_PLACES:
            said = _("At most %(most)d in one report; send the others in a second one.")
            raise forms.ValidationError(said % {"most": MOST_PLACES})
        places = lines_in(typed)
        unknown = [place for place, item in zip(places, items_at(places), strict=True) if item is None]
        if unknown:
            said = _("We do not find this here: %(places)s. Copy the address from the page of the item.")
            raise forms.ValidationError(said % {"places": ", ".join(one[:200] for one in unknown[:5])})
        return typed

    def clean_right_territories(self) -> list[str]:
        return territories_in(str(self.cleaned_data["right_territories"]))


class RightForm(PlainForm):
    """An owner enters a right of theirs."""

    beside = {"number": "number", "title": "title", "territories": "territories", "type": "type"}

    type = forms.ChoiceField(label=_("Sort of right"), choices=RightType.choices)
    title = forms.CharField(label=_("What is protected?"), max_length=300)
    number = forms.CharField(label=_("Number in the register"), required=False, max_length=100)
    office = forms.CharField(label=_("Register"), required=False, max_length=100, help_text=_("Such as EUIPO or WIPO."))
    territories = forms.CharField(
        label=_("Where does it hold?"),
        required=False,
        max_length=1_000,
        help_text=_("Countries as two letters, or EU. Empty means everywhere."),
    )
    expires_on = forms.DateField(
        label=_("Last day of protection"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    owner_name = forms.CharField(label=_("Whose right is it?"), max_length=200)
    owner_email = forms.EmailField(label=_("E-mail address of the owner"), max_length=254)

    def clean_territories(self) -> list[str]:
        return territories_in(str(self.cleaned_data["territories"]))


class ClaimsForm(PlainForm):
    """Many items on one right."""

    beside = {"locations": "where", "sender": "email", "sender/name": "name", "sender/email": "email"}

    where = forms.CharField(
        label=_("Which items?"),
        required=False,
        max_length=5_000_000,
        widget=_texts(6),
        help_text=_("Addresses or ids, one on each line; up to 5,000. Or choose a file with them in its first column."),
    )
    reason = forms.CharField(label=_("Why do they infringe the right?"), max_length=MOST_REASON, widget=_texts(6))
    name = forms.CharField(label=_("Your name"), max_length=200)
    email = forms.EmailField(label=_("Your e-mail address"), max_length=254)
    good_faith = forms.BooleanField(
        label=_("I believe in good faith that what I say here is accurate and complete."),
        error_messages={"required": _("Without this statement we cannot take the report in.")},
    )


class CounterForm(PlainForm):
    ground = forms.ChoiceField(
        label=_("Why may you offer it?"), choices=CounterGround.choices, widget=forms.RadioSelect
    )
    text = forms.CharField(
        label=_("Tell us more"),
        max_length=20_000,
        widget=_texts(7),
        help_text=_("From whom do you have the goods or the permission, since when, for where?"),
    )


class ComplaintForm(PlainForm):
    text = forms.CharField(
        label=_("What did we get wrong?"),
        max_length=20_000,
        widget=_texts(7),
        help_text=_("Say what we have overlooked. A person who did not take the decision will read it."),
    )


def lines_in(typed: str) -> list[str]:
    """What stands on each line, each once."""
    return list(dict.fromkeys(line.strip() for line in typed.splitlines() if line.strip()))


def territories_in(typed: str) -> list[str]:
    codes = sorted({part.upper() for part in typed.replace(",", " ").replace(";", " ").split()})
    unknown = [code for code in codes if code not in COUNTRIES and code not in MARKET_GROUPS]
    if unknown:
        raise forms.ValidationError(_("Not known: %(codes)s") % {"codes": ", ".join(one[:20] for one in unknown[:10])})
    return codes
