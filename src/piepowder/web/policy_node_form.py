"""The form with which a policy or family begins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from piepowder.web.forms import PlainForm


class NewPolicyForm(PlainForm):
    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        help_text=_("Such as P-4.2: what decisions cite. It never changes and is never used again."),
    )
    sort = forms.ChoiceField(
        label=_("What it is"),
        choices=[("policy", _("a policy that decisions cite")), ("family", _("a family that holds policies"))],
        widget=forms.RadioSelect,
    )
    parent = forms.ChoiceField(label=_("Under"), required=False)
    kinds = forms.MultipleChoiceField(
        label=_("Kinds of item"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None means all kinds."),
    )

    def __init__(self, *args: Any, families: Sequence[str], kinds: Sequence[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parent"].choices = [("", _("the top")), *((code, code) for code in families)]  # type: ignore[attr-defined]
        self.fields["kinds"].choices = list(kinds)  # type: ignore[attr-defined]
        for name in ("sort", "kinds"):
            self.fields[name].widget.attrs["class"] = "form-check-input"
