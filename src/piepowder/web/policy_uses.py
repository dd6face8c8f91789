"""What still leans on a policy, for whoever is about to retire it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from piepowder.decisions.models import FactsTemplate
from piepowder.intake.models import Reporter
from piepowder.policy.models import Policy, Proposed
from piepowder.policy.proposing import OPEN
from piepowder.review.models import Case, RoutingVersion
from piepowder.review.states import CaseState

_WAITING = (CaseState.OPEN, CaseState.CLAIMED, CaseState.HELD, CaseState.PROPOSED)


@dataclass(frozen=True, slots=True)
class Uses:
    """Names and counts: routing rules in force that name it, cases that wait with it, and what is made for it."""

    rules: tuple[str, ...]
    cases: int
    below: tuple[str, ...]
    facts_templates: int
    flaggers: int
    drafts: int

    def __bool__(self) -> bool:
        return bool(self.rules or self.cases or self.below or self.facts_templates or self.flaggers or self.drafts)


def uses_of(code: str) -> Uses:
    newest = RoutingVersion.objects.order_by("-number").first()
    rules = newest.rules if newest else []
    # The areas of trusted flaggers are a list in a column of few rows; no database-specific way to look into it is needed.
    areas = Reporter.objects.exclude(areas=[]).values_list("areas", flat=True)
    return Uses(
        rules=tuple(str(rule.get("name", "")) for rule in rules if _names(rule, code)),
        cases=Case.objects.filter(policy_code=code, state__in=_WAITING).count(),
        below=tuple(
            Policy.objects.filter(parent__code=code, retired_at=None)
            .order_by("position")
            .values_list("code", flat=True)
        ),
        facts_templates=FactsTemplate.objects.filter(policy_code=code).count(),
        flaggers=sum(code in named for named in areas),
        drafts=Proposed.objects.filter(policy_code=code, state__in=OPEN).count(),
    )


def _names(rule: dict[str, Any], code: str) -> bool:
    asked = rule.get("when", {}).get("policy", ())
    return code in ([asked] if isinstance(asked, str) else asked) or rule.get("then", {}).get("policy") == code
