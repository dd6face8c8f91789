"""The form of one beginning for facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from piepowder.web.forms import PlainForm
from piepowder.web.languages import language_name

LANGUAGES = ("en", "zh-Hans", "de", "fr", "es", "it", "pl")


class FactsTemplateForm(PlainForm):
    policy_code = forms.ChoiceField(label=_("Policy"))
    language = forms.ChoiceField(label=_("Language"))
    title = forms.CharField(
        label=_("Title"), max_length=100, help_text=_("What the button at the bench says: two or three words.")
    )
    text = forms.CharField(
        label=_("Text"),
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_(
            "{title}, {price}, {seller} and {words} are filled from the item."
            " […] and […&nbsp;what to say] are left to the person, who cannot decide before it is filled in."
        ),
    )
    position = forms.IntegerField(label=_("Position"), min_value=0, max_value=999, initial=0)
    active = forms.BooleanField(label=_("Offered at the bench"), required=False)

    def __init__(self, *args: Any, titles: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = [("", ""), *((code, f"{code} {title}") for code, title in titles.items())]
        known = dict(chosen)
        kept = [(c, c) for c in [str(self.initial.get("policy_code", ""))] if c and c not in known]
        self.fields["policy_code"].choices = [*chosen, *kept]  # type: ignore[attr-defined]
        languages = dict.fromkeys([*LANGUAGES, str(self.initial.get("language") or "en")])
        self.fields["language"].choices = [(code, language_name(code)) for code in languages]  # type: ignore[attr-defined]
