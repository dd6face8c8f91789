"""Forms in the look of the screens. They read what was typed; what it means is the operation's business."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from piepowder.access.models import Role, User, Vendor
from piepowder.access.states import Theme
from piepowder.kernel.actor import Scope
from piepowder.kernel.errors import PiepowderError
from piepowder.kernel.permissions import Permission

_CSS = (
    (forms.CheckboxInput, "form-check-input"),
    (forms.CheckboxSelectMultiple, "form-check-input"),
    (forms.Select, "form-select"),
)


class PlainForm(forms.Form):
    """A form whose widgets carry Tabler's classes, and which can show an operation's complaints beside its fields."""

    required_css_class = "required"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            css = next((css for widget, css in _CSS if isinstance(field.widget, widget)), "form-control")
            field.widget.attrs.setdefault("class", css)

    def complain(self, error: PiepowderError) -> None:
        """Put what an operation refused beside the field it names, or at the top."""
        for problem in error.problems:
            name = problem.pointer.strip("/").split("/")[0]
            self.add_error(name if name in self.fields else None, problem.detail)
        if not error.problems:
            self.add_error(None, error.detail)


class Codes(forms.CharField):
    """Several codes in one line, parted by commas or spaces."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        return sorted({part for part in str(value or "").replace(",", " ").split() if part})

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list | tuple | set | frozenset) else value


def zones() -> list[tuple[str, str]]:
    return [(name, name) for name in sorted(zoneinfo.available_timezones()) if "/" in name or name == "UTC"]


class SettingsForm(PlainForm):
    interface_language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    theme = forms.ChoiceField(label=_("Theme"), choices=Theme.choices)
    timezone = forms.ChoiceField(label=_("Time zone"), choices=zones)


class PasswordForm(PlainForm):
    current = forms.CharField(
        label=_("Current password"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )
    password = forms.CharField(
        label=_("New password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least ten characters. A few words in a row are easier to remember than signs."),
    )


class PersonForm(PlainForm):
    email = forms.EmailField(label=_("E-mail address"))
    name = forms.CharField(label=_("Name"), max_length=200)
    vendor = forms.ChoiceField(label=_("Vendor"))
    site = forms.ChoiceField(label=_("Site"), required=False)
    team = forms.ChoiceField(label=_("Team"), required=False)
    manager = forms.EmailField(
        label=_("Reports to"),
        required=False,
        help_text=_("E-mail address of the manager. Whoever decides is never heard on appeal by their own managers."),
    )
    languages = Codes(
        label=_("Languages"), help_text=_("Codes of the languages the person may judge in, such as: en, de, zh-Hans")
    )
    interface_language = forms.ChoiceField(label=_("Language of the screens"), choices=settings.LANGUAGES)
    timezone = forms.ChoiceField(label=_("Time zone"), choices=zones)

    def __init__(self, *args: Any, vendors: Iterable[Vendor], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        vendors = list(vendors)
        sites = [site for vendor in vendors for site in vendor.sites.all()]
        teams = [team for site in sites for team in site.teams.all()]
        nothing = [("", "–")]
        self._choose("vendor", [(vendor.code, vendor.name) for vendor in vendors])
        self._choose("site", nothing + [(site.code, site.name) for site in sites])
        self._choose("team", nothing + [(team.code, team.name) for team in teams])

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices


def person_initial(person: User) -> dict[str, Any]:
    return {
        "email": person.email,
        "name": person.name,
        "vendor": person.vendor.code,
        "site": person.site.code if person.site else "",
        "team": person.team.code if person.team else "",
        "manager": person.manager.email if person.manager else "",
        "languages": person.languages,
        "interface_language": person.interface_language,
        "timezone": person.timezone,
    }


class ScopeFields(forms.Form):
    vendors = Codes(label=_("Vendors"), help_text=_("Empty means all."))
    queues = Codes(label=_("Queues"), help_text=_("Empty means all."))
    markets = Codes(label=_("Markets"), help_text=_("Empty means all."))
    languages = Codes(label=_("Languages"), help_text=_("Empty means all."))

    def scope(self) -> Scope:
        typed = self.cleaned_data
        return Scope(
            frozenset(typed["vendors"]),
            frozenset(typed["queues"]),
            frozenset(typed["markets"]),
            frozenset(typed["languages"]),
        )


class GrantForm(ScopeFields, PlainForm):
    role = forms.ChoiceField(label=_("Role"))
    expires_at = forms.DateTimeField(
        label=_("Ends"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    field_order = ("role", "vendors", "queues", "markets", "languages", "expires_at")

    def __init__(self, *args: Any, roles: Iterable[Role], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(role.code, role.name) for role in roles]


_PERMISSIONS = [(permission.value, permission.value) for permission in Permission]


class RoleForm(PlainForm):
    code = forms.SlugField(label=_("Code"), max_length=40)
    name = forms.CharField(label=_("Name"), max_length=100)
    permissions = forms.MultipleChoiceField(
        label=_("Permissions"), choices=_PERMISSIONS, required=False, widget=forms.CheckboxSelectMultiple
    )


class KeyForm(ScopeFields, PlainForm):
    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("What will use it, such as: listing service."))
    permissions = forms.MultipleChoiceField(
        label=_("Permissions"), choices=_PERMISSIONS, widget=forms.CheckboxSelectMultiple
    )
    days = forms.IntegerField(label=_("Works for how many days"), min_value=1, max_value=3650, initial=365)
    rate_per_minute = forms.IntegerField(
        label=_("Requests per minute"), min_value=1, max_value=1_000_000, initial=60_000
    )
    field_order = ("name", "permissions", "days", "rate_per_minute", "vendors", "queues", "markets", "languages")


class EligibilityForm(PlainForm):
    skill = forms.SlugField(label=_("Skill"), max_length=40)
    ends = forms.DateTimeField(
        label=_("Ends"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
