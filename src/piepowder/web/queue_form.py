"""The form of one queue with its promises."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from piepowder.review.models import Queue
from piepowder.review.states import Reopening
from piepowder.web.forms import Codes, PlainForm

SEVERITIES = (0, 1, 2, 3)


class QueueForm(PlainForm):
    code = forms.CharField(label=_("Code"), max_length=40, help_text=_("Never changes: rules and rights name it."))
    name = forms.CharField(label=_("Name"), max_length=100)
    purpose = forms.CharField(label=_("Purpose"), max_length=300, required=False)
    position = forms.IntegerField(label=_("Position on the board"), min_value=0, max_value=10_000, initial=0)
    hours_0 = forms.FloatField(label=_("SEV0 decided within hours"), required=False, min_value=0.01)
    hours_1 = forms.FloatField(label=_("SEV1 decided within hours"), required=False, min_value=0.01)
    hours_2 = forms.FloatField(label=_("SEV2 decided within hours"), required=False, min_value=0.01)
    hours_3 = forms.FloatField(label=_("SEV3 decided within hours"), required=False, min_value=0.01)
    escalates_to = forms.ChoiceField(label=_("Escalates to"), required=False)
    skill = forms.CharField(
        label=_("Skill"),
        max_length=40,
        required=False,
        help_text=_("Only people eligible for it get cases; empty asks for none."),
    )
    vendors = Codes(label=_("Vendors"), help_text=_("Empty means all."))
    lease_s = forms.IntegerField(label=_("Lease, seconds"), min_value=30, initial=300)
    grace_s = forms.IntegerField(label=_("Time to undo, seconds"), min_value=0, initial=10)
    reopening = forms.ChoiceField(label=_("When a case reopens, its clock"), choices=Reopening.choices)
    opinions = forms.IntegerField(
        label=_("People who judge each case"),
        min_value=1,
        max_value=9,
        initial=1,
        help_text=_("Above 1 they judge independently and do not see each other's opinions."),
    )
    agreeing = forms.IntegerField(label=_("How many of them must agree"), min_value=1, max_value=9, initial=1)
    adjudicates_to = forms.ChoiceField(
        label=_("Without agreement it goes to"), required=False, help_text=_("There one person adjudicates.")
    )
    shows_enforcement = forms.BooleanField(
        label=_("Shows the enforcement"),
        required=False,
        initial=True,
        help_text=_("Off: people judge the policy alone, and the enforcement follows from it unseen."),
    )
    preempts = forms.BooleanField(
        label=_("Urgent: announces SEV0 cases at once"),
        required=False,
        help_text=_("People with a milder case in hand are told, and can take the urgent one with a key."),
    )
    active = forms.BooleanField(label=_("Takes new cases"), required=False, initial=True)

    def __init__(self, *args: Any, queues: Iterable[Queue], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = [("", "–")] + [(queue.code, queue.name) for queue in queues]
        for name in ("escalates_to", "adjudicates_to"):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = others


def queue_initial(queue: Queue | None) -> dict[str, Any]:
    """What the form shows of a queue, empty for a new one."""
    if queue is None:
        return {}
    hours = {f"hours_{target.severity}": round(target.target_s / 3600, 2) for target in queue.targets.all()}
    return {
        "code": queue.code,
        "name": queue.name,
        "purpose": queue.purpose,
        "position": queue.position,
        "skill": queue.skill,
        "vendors": queue.vendors,
        "lease_s": queue.lease_s,
        "grace_s": queue.grace_s,
        "reopening": queue.reopening,
        "escalates_to": queue.escalates_to.code if queue.escalates_to else "",
        "active": queue.active,
        "opinions": queue.opinions,
        "agreeing": queue.agreeing,
        "adjudicates_to": queue.adjudicates_to.code if queue.adjudicates_to else "",
        "shows_enforcement": queue.shows_enforcement,
        "preempts": queue.preempts,
        **hours,
    }
