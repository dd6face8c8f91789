"""The form of one routing rule: from JSON to fields and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from piepowder.intake.states import Kind, ReporterKind
from piepowder.kernel.errors import FieldProblem
from piepowder.review.models import Queue
from piepowder.web.forms import Codes, PlainForm

WITHOUT_REVIEW = "-"
_SEVERITIES = [("", _("any")), *((str(value), f"SEV{value}") for value in range(4))]
# Where a problem of a rule's JSON is shown in the form.
_FIELDS = {
    "when/kind": "kinds",
    "when/market": "markets",
    "when/language": "languages",
    "when/policy": "policies",
    "when/reporter": "reporters",
    "when/severity_at_most": "severity_at_most",
    "when/label": "label",
    "when/min_score": "min_score",
    "when/seller_violations_at_least": "violations",
    "when/reported": "reported",
    "then/queue": "queue",
    "then/severity": "severity",
    "then/policy": "policy",
}


class RuleForm(PlainForm):
    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("People see it as the reason for a case."))
    kinds = forms.MultipleChoiceField(
        label=_("Kind"), choices=Kind.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    markets = Codes(label=_("Market"), help_text=_("Codes, such as: DE, AT. Empty means all."))
    languages = Codes(label=_("Language"), help_text=_("Codes, such as: en, zh-Hans. Empty means all."))
    policies = Codes(
        label=_("Suspected policy"), help_text=_("Codes or families, such as: P-1, C. Empty asks for none.")
    )
    severity_at_most = forms.ChoiceField(
        label=_("Severity of the suspected policy, or graver"), choices=_SEVERITIES, required=False
    )
    label = forms.CharField(label=_("Detected label"), max_length=100, required=False)
    min_score = forms.FloatField(label=_("With a score of at least"), required=False, min_value=0, max_value=1)
    reported = forms.ChoiceField(
        label=_("Reported"),
        choices=(("", _("does not matter")), ("yes", _("somebody reported it")), ("no", _("nobody reported it"))),
        required=False,
    )
    reporters = forms.MultipleChoiceField(
        label=_("Reported by"), choices=ReporterKind.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    violations = forms.IntegerField(
        label=_("Violations by the seller in 90 days, at least"), required=False, min_value=1, max_value=1_000_000
    )
    queue = forms.ChoiceField(label=_("Goes to"))
    severity = forms.ChoiceField(
        label=_("Severity, at least"), choices=[("", _("as the policy says")), *_SEVERITIES[1:]], required=False
    )
    policy = forms.CharField(
        label=_("As a case of policy"), max_length=40, required=False, help_text=_("Empty keeps what is suspected.")
    )

    WHEN = (
        "kinds", "markets", "languages", "policies", "severity_at_most", "label", "min_score", "reported", "reporters",
        "violations",
    )  # fmt: skip

    def __init__(self, *args: Any, queues: Iterable[Queue], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["min_score"].widget.attrs["step"] = "0.01"
        field = self.fields["queue"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            *((queue.code, queue.name) for queue in queues),
            (WITHOUT_REVIEW, _("kept without review")),
        ]

    def when_fields(self) -> list[Any]:
        return [self[name] for name in self.WHEN]

    def then_fields(self) -> list[Any]:
        return [self[name] for name in ("queue", "severity", "policy")]

    def rule(self) -> dict[str, Any]:
        """The rule as typed; only of a form that can be read."""
        typed = self.cleaned_data
        when: dict[str, Any] = {
            "kind": typed["kinds"],
            "market": typed["markets"],
            "language": typed["languages"],
            "policy": typed["policies"],
            "severity_at_most": int(typed["severity_at_most"]) if typed["severity_at_most"] else None,
            "label": typed["label"].strip(),
            "min_score": typed["min_score"],
            "reported": {"yes": True, "no": False}.get(typed["reported"]),
            "reporter": typed["reporters"],
            "seller_violations_at_least": typed["violations"],
        }
        then: dict[str, Any] = {"queue": None if typed["queue"] == WITHOUT_REVIEW else typed["queue"]}
        if typed["severity"]:
            then["severity"] = int(typed["severity"])
        if typed["policy"].strip():
            then["policy"] = typed["policy"].strip()
        asked = {key: value for key, value in when.items() if value not in ([], None, "")}
        return {"name": typed["name"].strip(), "when": asked, "then": then}

    def complain_about(self, problems: Iterable[FieldProblem]) -> None:
        """Put what is wrong with the rule beside the field it is about."""
        for problem in problems:
            parts = problem.pointer.strip("/").split("/")[1:3]
            name = _FIELDS.get("/".join(parts), parts[0] if parts else "")
            self.add_error(name if name in self.fields else None, problem.detail)


def rule_initial(rule: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the form shows of a rule, empty for a new one."""
    if rule is None:
        return {}
    when, then = rule.get("when", {}), rule["then"]
    return {
        "name": rule["name"],
        "kinds": when.get("kind", []),
        "markets": when.get("market", []),
        "languages": when.get("language", []),
        "policies": when.get("policy", []),
        "severity_at_most": _as_choice(when.get("severity_at_most")),
        "label": when.get("label", ""),
        "min_score": when.get("min_score"),
        "reported": {True: "yes", False: "no"}.get(when.get("reported"), ""),
        "reporters": when.get("reporter", []),
        "violations": when.get("seller_violations_at_least"),
        "queue": WITHOUT_REVIEW if then["queue"] is None else then["queue"],
        "severity": _as_choice(then.get("severity")),
        "policy": then.get("policy") or "",
    }


def _as_choice(value: int | None) -> str:
    return "" if value is None else str(value)
