"""The forms of a receiver of webhooks."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from piepowder.outbox.models import Endpoint
from piepowder.web.forms import Codes, PlainForm


class ReceiverForm(PlainForm):
    code = forms.CharField(
        label=_("Code"), max_length=40, help_text=_("Small letters, digits and hyphens; it never changes.")
    )
    name = forms.CharField(label=_("Name"), max_length=200)
    url = forms.CharField(
        label=_("Address"),
        max_length=2000,
        help_text=_("Where events are posted to, such as https://shop.example/hook"),
    )
    topics = Codes(
        label=_("Topics"),
        help_text=_("Such as: enforcement.applied, statement.issued. Empty means all but ledger.head."),
    )
    timeout_s = forms.IntegerField(label=_("Time-out in seconds"), initial=10)
    concurrency = forms.IntegerField(label=_("Attempts under way at once"), initial=8)
    allow_private = forms.BooleanField(
        label=_("The address may be a private one"),
        required=False,
        help_text=_("Only for a receiver inside your own network."),
    )
    active = forms.BooleanField(label=_("Switched on"), required=False, initial=True)


class SecretForm(PlainForm):
    overlap_h = forms.IntegerField(
        label=_("Hours for which the old secret signs too"),
        initial=24,
        min_value=0,
        max_value=720,
        help_text=_("0 cuts it off at once: for a secret that has leaked."),
    )


def receiver_initial(receiver: Endpoint) -> dict[str, Any]:
    names = ("code", "name", "url", "topics", "timeout_s", "concurrency", "allow_private", "active")
    return {name: getattr(receiver, name) for name in names}
