"""Reviewers with known error rates: how likely each one misses a violation or sees one where there is none.

The rates are the product of what the person is like, the policy family, the language, the site, the hours already worked
in the shift, and a drift over the weeks. Estimators are tested against these numbers; nothing else reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from piepowder.simulate.chance import Chance
from piepowder.simulate.plan import SITES, PersonPlan

MISS = 0.055
FALSE_ALARM = 0.022
WRONG_POLICY = 0.05
"""Of an average person of an average site, in their best language, at the start of a shift."""

FAMILIES = ("P", "R", "C", "M", "F", "U", "A", "H", "Y", "O", "L", "V")
_HARDER = {"C": 1.5, "M": 1.6, "U": 1.2, "V": 1.2, "Y": 0.6, "P": 0.7, "H": 1.1}
_MISS_AT_MOST, _FALSE_ALARM_AT_MOST = 0.60, 0.35
SECOND_LANGUAGE = 1.5
"""Errors in a language that is not the person's first."""


@dataclass(frozen=True, slots=True)
class Reviewer:
    """How one person really errs.

    ``care`` multiplies all errors; ``families`` multiplies by policy family; ``first_language`` is where they are best.
    ``fatigue`` is the growth of errors over eight hours, ``drift`` their growth per week (below zero: they learn).
    """

    person: str
    care: float
    families: Mapping[str, float]
    first_language: str
    site: float
    fatigue: float
    drift: float

    def miss(self, family: str, language: str, *, hours: float, week: float) -> float:
        """Probability of finding no violation where there is one."""
        return min(_MISS_AT_MOST, MISS * self._factor(family, language, hours, week))

    def false_alarm(self, language: str, *, hours: float, week: float) -> float:
        """Probability of finding a violation where there is none."""
        return min(_FALSE_ALARM_AT_MOST, FALSE_ALARM * self._factor("", language, hours, week))

    def wrong_policy(self, family: str, language: str, *, hours: float, week: float) -> float:
        """Probability of citing another policy for a violation that was found."""
        return min(_MISS_AT_MOST, WRONG_POLICY * self._factor(family, language, hours, week))

    def as_json(self) -> dict[str, Any]:
        """The profile as the truth table keeps it."""
        return {**asdict(self), "miss": MISS, "false_alarm": FALSE_ALARM, "wrong_policy": WRONG_POLICY,
                "second_language": SECOND_LANGUAGE}  # fmt: skip

    def _factor(self, family: str, language: str, hours: float, week: float) -> float:
        return (
            self.care
            * self.families.get(family, 1.0)
            * (1.0 if language == self.first_language else SECOND_LANGUAGE)
            * self.site
            * (1 + self.fatigue * min(hours, 10.0) / 8)
            * max(0.3, 1 + self.drift * week)
        )


def reviewer(person: PersonPlan, chance: Chance) -> Reviewer:
    """The true profile of one person."""
    site = next(one for one in SITES if one.code == person.site)
    # On-call sees the hard cases and errs less; a drift that is not small is planted in one person of six.
    senior = 0.6 if person.role in ("moc_specialist", "team_lead") else 1.0
    return Reviewer(
        person=person.email,
        care=round(senior * chance.lognormal(1.0, 0.28), 4),
        families={one: round(_HARDER.get(one, 1.0) * chance.lognormal(1.0, 0.2), 4) for one in FAMILIES},
        first_language=person.languages[0],
        site=site.errs,
        fatigue=round(chance.between(0.1, 0.7), 4),
        drift=round(chance.weighted((chance.between(-0.08, 0.06), 0.45), (5, 1)), 4),
    )
