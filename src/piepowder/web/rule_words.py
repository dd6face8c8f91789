"""Routing rules and their conditions as sentences that people can check at a glance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from piepowder.intake.states import Kind, ReporterKind
from piepowder.review.explain import Condition

Rule = Mapping[str, Any]


def when_words(when: Mapping[str, Any]) -> list[str]:
    """Each condition of a rule as half a sentence, such as ``the market is DE or AT``; none for a rule that always holds."""
    asked = {key: value for key, value in when.items() if value not in ([], None, "")}
    detection = (asked.get("label"), asked.get("min_score"))
    pairs: list[tuple[str, Any]] = [
        ("seller_violations" if key == "seller_violations_at_least" else key, asked[key])
        for key in _ORDER
        if key in asked
    ]
    if detection != (None, None):
        pairs.append(("detection", detection))
    return [asked_words(name, value) for name, value in pairs]


_ORDER = (
    "kind", "market", "language", "policy", "reported", "reporter", "severity_at_most", "seller_violations_at_least",
)  # fmt: skip


def asked_words(name: str, asked: Any) -> str:
    """What one condition asks."""
    if name == "kind":
        return _("the kind is %(kinds)s") % {"kinds": either(_label(Kind, one) for one in asked)}
    if name == "market":
        return _("the market is %(markets)s") % {"markets": either(asked)}
    if name == "language":
        return _("the language is %(languages)s") % {"languages": either(asked)}
    if name == "policy":
        return _("a policy under %(policies)s is suspected") % {"policies": either(asked)}
    if name == "reported":
        return _("somebody reported it") if asked else _("nobody reported it")
    if name == "reporter":
        return _("it was reported by: %(kinds)s") % {"kinds": either(_label(ReporterKind, one) for one in asked)}
    if name == "severity_at_most":
        return _("the suspected policy is SEV%(severity)s or graver") % {"severity": asked}
    if name == "seller_violations":
        said = ngettext(
            "the seller had at least %(count)s violation in 90 days",
            "the seller had at least %(count)s violations in 90 days",
            asked,
        )
        return said % {"count": asked}
    return _detection_words(*asked)


def _detection_words(label: str | None, least: float | None) -> str:
    if label and least is not None:
        return _("“%(label)s” was detected with at least %(score)s") % {"label": label, "score": number_format(least)}
    if label:
        return _("“%(label)s” was detected") % {"label": label}
    return _("something was detected with at least %(score)s") % {"score": number_format(least or 0)}


def value_words(condition: Condition) -> str:
    """What there was instead, or what met the condition."""
    value = condition.value
    if condition.name == "reported":
        return _("reported") if value else _("not reported")
    if condition.name == "detection":
        found = [f"{label} {number_format(round(score, 3))}" for label, score in value]
        return ", ".join(found) or _("nothing detected")
    if condition.name == "kind":
        return _label(Kind, value)
    if condition.name == "reporter":
        return _label(ReporterKind, value) if value else _("nobody reported it")
    if condition.name == "severity_at_most":
        return _("no severity known") if value is None else f"SEV{value}"
    return str(value) if value not in ("", None) else _("none")


def then_words(then: Mapping[str, Any], queue_names: Mapping[str, str]) -> str:
    """Where a rule sends things and what it sets, such as ``queue Listings, at least SEV1``."""
    code = then.get("queue")
    parts = [_("no review") if code is None else _("queue %(queue)s") % {"queue": queue_names.get(code, code)}]
    if then.get("severity") is not None:
        parts.append(_("at least SEV%(severity)s") % {"severity": then["severity"]})
    if then.get("policy"):
        parts.append(_("as a case of %(policy)s") % {"policy": then["policy"]})
    return ", ".join(parts)


def rule_sentence(rule: Rule, queue_names: Mapping[str, str]) -> str:
    """The whole rule."""
    return f"{condition_sentence(rule)} → {then_words(rule.get('then', {}), queue_names)}"


def condition_sentence(rule: Rule) -> str:
    """All conditions of a rule together."""
    conditions = when_words(rule.get("when", {}))
    if not conditions:
        return _("Always")
    return _("If %(conditions)s") % {"conditions": _(" and ").join(conditions)}


def either(values: Iterable[Any]) -> str:
    """``a, b or c``."""
    words: Sequence[str] = [str(value) for value in values]
    if len(words) < 2:
        return "".join(words)
    return _("%(most)s or %(last)s") % {"most": ", ".join(words[:-1]), "last": words[-1]}


def _label(choices: Any, value: str) -> str:
    return str(choices(value).label) if value in choices.values else value
