"""Forms about vendors, sites, teams and invitations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from piepowder.access.models import Role, Vendor
from piepowder.access.states import VendorKind
from piepowder.web.forms import Codes, PlainForm, ScopeFields, zones


class CodedForm(PlainForm):
    """A form about something with a code, which is given once and stays."""

    code = forms.SlugField(
        label=_("Code"), max_length=40, help_text=_("Short, and for ever: filters and exports use it.")
    )
    name = forms.CharField(label=_("Name"), max_length=200)

    def __init__(self, *args: Any, known: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].disabled = known


class VendorForm(CodedForm):
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=VendorKind.choices,
        help_text=_("People of a BPO never see beyond their own vendor, whatever they are given."),
    )


class SiteForm(CodedForm):
    country = forms.CharField(label=_("Country"), min_length=2, max_length=2, help_text=_("Two letters, such as: DE"))
    region = forms.CharField(
        label=_("Region"), max_length=10, required=False, help_text=_("For its holidays, such as: BY")
    )
    timezone = forms.ChoiceField(label=_("Time zone"), choices=zones)

    def clean_country(self) -> str:
        return str(self.cleaned_data["country"]).upper()


class TeamForm(CodedForm):
    pass


class InvitationForm(ScopeFields, PlainForm):
    email = forms.EmailField(label=_("E-mail address"))
    name = forms.CharField(label=_("Name"), max_length=200)
    place = forms.ChoiceField(label=_("Where"))
    role = forms.ChoiceField(label=_("Role"))
    speaks = Codes(label=_("Judges in"), help_text=_("Codes of languages, such as: en, de, zh-Hans"))
    interface_language = forms.ChoiceField(label=_("Language of the screens"), choices=settings.LANGUAGES)
    expires_at = forms.DateTimeField(
        label=_("The role ends"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    field_order = ("email", "name", "place", "role", "speaks", "interface_language")

    def __init__(self, *args: Any, vendors: Iterable[Vendor], roles: Iterable[Role], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = [
            (f"{vendor.code}/{site}/{team}", " · ".join(filter(None, (vendor.name, *names))))
            for vendor in vendors
            for site, team, names in _places(vendor)
        ]
        self._choose("place", places)
        self._choose("role", [(role.code, role.name) for role in roles])

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices


def _places(vendor: Vendor) -> Iterable[tuple[str, str, tuple[str, ...]]]:
    yield "", "", ()
    for site in vendor.sites.all():
        yield site.code, "", (site.name,)
        for team in site.teams.all():
            yield site.code, team.code, (site.name, team.name)
