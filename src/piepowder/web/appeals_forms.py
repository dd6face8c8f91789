"""The forms of the appeal desk and of the register of out-of-court bodies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from piepowder.appeals.models import Appeal, OutOfCourtBody
from piepowder.appeals.out_of_court import BodyFields
from piepowder.appeals.states import AppealOutcome, CaseOutcome, ComplainantKind, Omission
from piepowder.decisions.operations import EnforcementOrder, Ruling
from piepowder.decisions.states import MEASURES, Outcome
from piepowder.policy.states import Ground
from piepowder.web.forms import Codes, PlainForm
from piepowder.web.templatetags.piepowder import measure_name

T = TypeVar("T")
_NONE = [("", "–")]


def _measures() -> list[tuple[str, str]]:
    return [(f"{family}:{measure}", measure_name(measure)) for family, names in MEASURES.items() for measure in names]


class ConcludeForm(PlainForm):
    """How an appeal ends. What is decided instead is read only where something is."""

    outcome = forms.ChoiceField(
        label=pgettext_lazy("of an appeal", "Outcome"),
        choices=[
            (AppealOutcome.UPHELD, _("Uphold: the decision stands")),
            (AppealOutcome.OVERTURNED, _("Overturn: the decision is undone")),
            (AppealOutcome.MODIFIED, _("Modify: another decision takes its place")),
            (AppealOutcome.OMITTED, _("Do not decide")),
        ],
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
    )
    reasons = forms.CharField(
        label=_("Reasons"),
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("The complainant reads them as they stand. Say what you looked at and why it ends like this."),
    )
    omission = forms.ChoiceField(label=_("Why it is not decided"), choices=[*_NONE, *Omission.choices], required=False)
    unfounded = forms.BooleanField(
        label=_("The complaint is manifestly unfounded"),
        required=False,
    )
    policy_codes = Codes(label=_("Policies"), help_text=_("Of the decision that takes its place; the main one first."))
    ground = forms.ChoiceField(label=_("Ground"), choices=[*_NONE, *Ground.choices], required=False)
    facts = forms.CharField(label=_("Facts relied on"), widget=forms.Textarea(attrs={"rows": 4}), required=False)
    measures = forms.MultipleChoiceField(
        label=_("Measures"), choices=_measures, widget=forms.CheckboxSelectMultiple, required=False
    )
    days = forms.IntegerField(
        label=_("Days"), required=False, min_value=1, max_value=3_650, help_text=_("Empty means without end.")
    )
    territories = Codes(label=_("Where"), help_text=_("Countries as two letters; empty means everywhere."))

    instead = ("policy_codes", "ground", "facts", "measures", "days", "territories")

    def complain(self, error: Any) -> None:
        """A problem of the decision that takes its place stands beside its own field."""
        for problem in error.problems:
            parts = problem.pointer.strip("/").split("/")
            name = {"enforcements": "measures"}.get(parts[0], parts[0])
            name = "outcome" if name == "replacement" else name
            self.add_error(name if name in self.fields else None, problem.detail)
        if not error.problems:
            self.add_error(None, error.detail)

    def replacement(self, appeal: Appeal) -> Ruling | None:
        """What is decided instead, about the snapshot that was judged; ``None`` where nothing is."""
        typed = self.cleaned_data
        no_action = appeal.decision.outcome == Outcome.NO_VIOLATION
        instead = typed["outcome"] == AppealOutcome.MODIFIED or (
            typed["outcome"] == AppealOutcome.OVERTURNED and no_action
        )
        if not instead:
            return None
        where = tuple(typed["territories"])
        orders = tuple(
            EnforcementOrder(family, measure, where, typed["days"])
            for family, _colon, measure in (key.partition(":") for key in typed["measures"])
        )
        return Ruling(
            outcome=Outcome.VIOLATION,
            snapshot_id=appeal.decision.snapshot_id,
            policy_codes=tuple(typed["policy_codes"]),
            ground=typed["ground"],
            facts=typed["facts"],
            enforcements=orders,
            confirm_older_snapshot=True,
        )


def conclude_initial(appeal: Appeal) -> Mapping[str, Any]:
    """The decision as it was, to begin with; for no action, what the report names."""
    decision = appeal.decision
    cited = sorted(decision.citations.all(), key=lambda one: (not one.primary, one.pk))
    if decision.outcome == Outcome.NO_VIOLATION:
        report = appeal.report
        return {
            "policy_codes": [report.policy_code] if report and report.policy_code else [],
            "ground": report.basis if report else "",
        }
    rows = list(decision.enforcements.all())
    return {
        "policy_codes": [one.version.policy.code for one in cited],
        "ground": decision.ground,
        "facts": decision.facts,
        "measures": [f"{row.family}:{row.measure}" for row in rows],
        "days": shared([(row.ends_at - row.starts_at).days if row.ends_at else None for row in rows]),
        "territories": shared([list(row.territories) for row in rows]) or [],
    }


def shared(values: Sequence[T]) -> T | None:
    """What all of them are; the form has one field for all measures."""
    return values[0] if values and all(one == values[0] for one in values) else None


class RefuseForm(PlainForm):
    why = forms.ChoiceField(label=_("Why it is not decided"), choices=Omission.choices)
    reasons = forms.CharField(
        label=_("Reasons"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The complainant reads them as they stand."),
    )
    unfounded = forms.BooleanField(label=_("The complaint is manifestly unfounded"), required=False)


class BodyForm(PlainForm):
    name = forms.CharField(label=_("Name"), max_length=200)
    member_state = forms.CharField(
        label=_("Member state"), max_length=2, help_text=_("Two capital letters, such as IE.")
    )
    languages = Codes(label=_("Languages"))
    subjects = forms.CharField(label=_("Certified for"), max_length=300, required=False)
    url = forms.URLField(label=_("Website"), required=False, max_length=500, assume_scheme="https")
    email = forms.EmailField(label=_("E-mail address"), required=False)
    certified_until = forms.DateField(
        label=_("Certified until"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    active = forms.BooleanField(label=_("Offered to complainants"), required=False, initial=True)

    def fields_typed(self) -> BodyFields:
        return BodyFields(**{**self.cleaned_data, "member_state": self.cleaned_data["member_state"].upper()})


def body_initial(body: OutOfCourtBody) -> Mapping[str, Any]:
    names = ("name", "member_state", "languages", "subjects", "url", "email", "certified_until", "active")
    return {name: getattr(body, name) for name in names}


class CaseForm(PlainForm):
    body = forms.ChoiceField(label=pgettext_lazy("out of court", "Body"))
    reference = forms.CharField(label=_("The body's number"), max_length=100)
    complainant_kind = forms.ChoiceField(label=_("Who complains"), choices=ComplainantKind.choices)
    received_on = forms.DateField(
        label=_("Received by the body on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("From that day on the body has 90 days."),
    )
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, bodies: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["body"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = bodies


class CaseOutcomeForm(PlainForm):
    outcome = forms.ChoiceField(label=_("What the body decided"), choices=CaseOutcome.choices)
    decided_on = forms.DateField(
        label=_("Decided on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    fees = forms.DecimalField(label=_("What it cost us"), required=False, min_value=0, max_digits=12, decimal_places=2)
    currency = forms.CharField(label=_("Currency"), required=False, max_length=3, initial="EUR")
