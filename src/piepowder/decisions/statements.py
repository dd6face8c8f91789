"""The statement of reasons in words (DSA Art. 17(3)): template and reasons in, subject and text out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from piepowder.decisions.reasons import Reason, Reasons, Restriction, countries, in_eea
from piepowder.decisions.references import cited_in
from piepowder.decisions.wording import FIELD, PLACEHOLDER, Wording
from piepowder.policy.dsa import EEA_MARKETS

SUBJECT_LIMIT = 300


@dataclass(frozen=True, slots=True)
class Rendered:
    """What the recipient reads, as plain text."""

    subject: str
    text: str


def render(wording: Wording, reasons: Reasons) -> Rendered:
    """Write the statement. Nothing in it names who reported the item.

    Values are put in once and never looked through again, so that facts or titles with braces stay what they are.
    """
    words = _Words(wording, reasons)
    values = {
        "marketplace": reasons.marketplace,
        "date": words.day(reasons.decided_on),
        "reference": reasons.puid,
        "item": words.item(),
        "restrictions": "\n".join(f"- {words.restriction(one)}" for one in reasons.restrictions),
        "facts": reasons.facts.strip(),
        "source": words.phrase(f"source.{reasons.source}"),
        "detection": words.phrase(f"detection.{_how(reasons.automated_detection)}"),
        "decision": words.phrase(f"decision.{_how(reasons.automated_decision)}"),
        "grounds": "\n".join(f"- {words.ground(one)}" for one in reasons.policies),
        "complaint": words.phrase(
            "complaint",
            until=words.day(reasons.complaint_until),
            marketplace=reasons.marketplace,
            reference=reasons.puid,
        ),
        "out_of_court": words.phrase(f"out_of_court.{'eea' if in_eea(reasons.market) else 'elsewhere'}"),
        "court": words.phrase("court"),
    }
    subject = _filled(PLACEHOLDER, wording.subject, values)
    return Rendered(subject[:SUBJECT_LIMIT], _filled(PLACEHOLDER, wording.body, values))


@dataclass(frozen=True, slots=True)
class Parts:
    """What a statement says, part by part, for a page that lays them out itself."""

    item: str
    restrictions: tuple[str, ...]
    source: str
    detection: str
    decision: str
    out_of_court: str
    court: str


def in_parts(wording: Wording, reasons: Reasons) -> Parts:
    """The sentences of a statement in the words of ``wording``, which may be another language than it was sent in."""
    words = _Words(wording, reasons)
    return Parts(
        item=words.item(),
        restrictions=tuple(words.restriction(one) for one in reasons.restrictions),
        source=words.phrase(f"source.{reasons.source}"),
        detection=words.phrase(f"detection.{_how(reasons.automated_detection)}"),
        decision=words.phrase(f"decision.{_how(reasons.automated_decision)}"),
        out_of_court=words.phrase(f"out_of_court.{'eea' if in_eea(reasons.market) else 'elsewhere'}"),
        court=words.phrase("court"),
    )


def _how(automated: bool) -> str:
    return "automated" if automated else "not_automated"


def _filled(pattern: re.Pattern[str], text: str, values: Mapping[str, str]) -> str:
    return pattern.sub(lambda found: values[found[1]], text)


@dataclass(frozen=True, slots=True)
class _Words:
    """The phrases of one template, filled from one set of reasons."""

    wording: Wording
    reasons: Reasons

    def phrase(self, name: str, **values: str) -> str:
        return _filled(FIELD, self.wording.phrases[name], values)

    def day(self, day: date) -> str:
        """A date as the language writes it, so that nobody takes the day for the month."""
        return self.phrase("day", day=str(day.day), month=self.wording.months[day.month - 1], year=str(day.year))

    def item(self) -> str:
        kind, title = self.phrase(f"kind.{self.reasons.kind}"), self.reasons.title.strip()
        if not title:
            return self.phrase("item_untitled", kind=kind, id=self.reasons.external_id)
        return self.phrase("item", kind=kind, title=title, id=self.reasons.external_id)

    def restriction(self, one: Restriction) -> str:
        measure = self.phrase(f"measure.{one.family}.{one.measure}", description=one.description)
        return self.phrase("restriction", measure=measure, where=self._where(one), how_long=self._how_long(one))

    def _where(self, one: Restriction) -> str:
        named = countries(one.territories)
        if not named:
            return self.phrase("where.everywhere", marketplace=self.reasons.marketplace)
        if set(named) == set(EEA_MARKETS):
            return self.phrase("where.eea")
        names = sorted(self.wording.countries.get(code, code) for code in named)
        return self.phrase("where.countries", countries="、".join(names) if self._chinese() else ", ".join(names))

    def _how_long(self, one: Restriction) -> str:
        if one.ends_on is None:
            return self.phrase("how_long.open", start=self.day(one.starts_on))
        start, end = self.day(one.starts_on), self.day(one.ends_on)
        if one.between is not None:
            start, end = (f"{day}, {time} UTC" for day, time in zip((start, end), one.between, strict=True))
        return self.phrase("how_long.until", start=start, end=end)

    def ground(self, one: Reason) -> str:
        reference = cited_in(self.wording.language, one.reference)
        said = self.phrase(f"ground.{self.reasons.ground}", title=one.title, reference=reference, why=one.why)
        return said.strip()

    def _chinese(self) -> bool:
        return self.wording.language.startswith("zh")
