"""What a version of a policy says otherwise than the one it replaces, and how both read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from piepowder.decisions.reasons import Reason, Restriction
from piepowder.decisions.specimen import example, reference, wording_for
from piepowder.decisions.statements import Rendered, render
from piepowder.decisions.states import Family
from piepowder.policy.drafts import Draft
from piepowder.policy.dsa import MEASURES
from piepowder.policy.states import Ground
from piepowder.web.differences import Change, compared
from piepowder.web.policy_form import told
from piepowder.web.words import MEASURE_NAMES


@dataclass(frozen=True, slots=True)
class TextChanges:
    """What changed in one language."""

    language: str
    changes: tuple[Change, ...]


def field_changes(before: Mapping[str, Any], after: Mapping[str, Any], *, is_leaf: bool) -> list[Change]:
    """The fields that differ; all that are filled when there is nothing before."""
    names = _fields(is_leaf)
    return _changes(
        {label: _spoken(name, before) if before else "" for name, label in names.items()},
        {label: _spoken(name, after) for name, label in names.items()},
    )


def text_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[TextChanges]:
    """The texts that differ, word by word, in each language of either side."""
    old, new = before.get("texts", {}), after["texts"]
    found = []
    for language in dict.fromkeys([*new, *old]):
        changes = _changes(_parts(old.get(language, {})), _parts(new.get(language, {})))
        if changes:
            found.append(TextChanges(language, tuple(changes)))
    return found


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[Change]:
    return [Change(label, *compared(before[label], text)) for label, text in after.items() if before[label] != text]


def _parts(words: Mapping[str, Any]) -> dict[str, str]:
    return {
        _("Title"): words.get("title", ""),
        _("Rule"): words.get("rule", ""),
        _("Allowed"): "\n".join(words.get("examples_good", ())),
        _("Breaks it"): "\n".join(words.get("examples_bad", ())),
        _("Note for reviewers"): words.get("reviewer_note", ""),
        _("What the seller is told"): words.get("recipient_text", ""),
    }


def _fields(is_leaf: bool) -> dict[str, str]:
    always = {"effective_from": _("In force from"), "markets": _("Markets")}
    return always | (
        {
            "severity": _("Severity"),
            "ground": _("Ground"),
            "legal_reference": _("Law"),
            "terms_clause": _("Terms"),
            "category": _("DSA category"),
            "keywords": _("DSA keywords"),
            "default_enforcement": _("Enforcement"),
            "sensitive_media": _("Media may be hard to look at"),
        }
        if is_leaf
        else {}
    )


def _spoken(name: str, content: Mapping[str, Any]) -> str:
    value = content[name]
    match name:
        case "effective_from":
            return _day(value)
        case "markets":
            return ", ".join(value) or _("all")
        case "severity":
            return "–" if value is None else f"SEV{value}"
        case "ground":
            return str(Ground(value).label) if value in Ground.values else value
        case "category":
            return told(value)
        case "keywords":
            return ", ".join(told(one) for one in value)
        case "default_enforcement":
            return "\n".join(_measure(one) for one in value)
        case "sensitive_media":
            return _("yes") if value else _("no")
    return str(value)


def _day(text: str) -> str:
    try:
        return date_format(date.fromisoformat(text), "DATE_FORMAT")
    except ValueError:
        return text


def _measure(one: Mapping[str, Any]) -> str:
    name, days = str(MEASURE_NAMES.get(one["measure"], one["measure"])), one["duration_days"]
    if not isinstance(days, int):
        return name
    return f"{name} ({ngettext('%(days)s day', '%(days)s days', days) % {'days': days}})"


def as_recipients_read_it(code: str, draft: Draft, language: str, on: date) -> Rendered:
    """A whole statement of reasons about a made-up item that rests on ``draft`` alone, with what it proposes to do."""
    words = draft.texts[language]
    ground = Ground(draft.ground) if draft.ground in Ground.values else Ground.TERMS
    cited = Reason(
        code=code,
        title=words.title,
        why=words.recipient_text,
        reference=reference(ground, draft.legal_reference, draft.terms_clause),
        category=draft.category,
        keywords=draft.keywords,
    )
    reasons = example(on, [cited], ground)
    restrictions = tuple(
        Restriction(Family(one.family), one.measure, on)
        for one in draft.default_enforcement
        if one.measure in MEASURES.get(one.family, ()) and one.measure != "other"
    )
    return render(wording_for(language), replace(reasons, restrictions=restrictions or reasons.restrictions))
