"""Reading a ladder from the plain values in which it is kept and edited; everything wrong with it is told at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from piepowder.kernel.errors import FieldProblem, Malformed
from piepowder.policy.dsa import FOR_GOOD, MEASURES
from piepowder.policy.logic import expand_markets
from piepowder.standing.fields import Fields
from piepowder.standing.shape import (
    POINTS,
    Checked,
    Counter,
    CreditRule,
    Direction,
    Earned,
    Expiry,
    Ladder,
    Measure,
    Repeats,
    Reset,
    Rule,
    Threshold,
)

LONGEST_DAYS = 3_650
MOST_POINTS = 100_000


class BadLadder(Malformed):
    code = "bad_ladder"


def read_ladder(code: str, content: Any, number: int = 0) -> Ladder:
    """The ladder in ``content``; raises ``BadLadder`` with a pointer to each field that cannot stand."""
    problems: list[FieldProblem] = []
    ladder = _ladder(code, content, number, problems)
    if problems:
        raise BadLadder(_("this ladder cannot stand as it is"), problems=_once(problems))
    return ladder


def _once(problems: list[FieldProblem]) -> list[FieldProblem]:
    """A variant repeats what is wrong with the ladder itself."""
    return list({(one.pointer, one.code): one for one in problems}.values())


def _ladder(code: str, content: Any, number: int, problems: list[FieldProblem]) -> Ladder:
    fields = Fields(content, "", problems)
    fields.only({"title", "note", "markets", "timezone", "policy", "points", "strikes", "overrides"})
    ladder = Ladder(
        code=code,
        title=fields.words("title"),
        note=fields.words("note", needed=False),
        markets=tuple(expand_markets(fields.texts("markets"))),
        timezone=fields.zone("timezone"),
        policy=fields.text("policy", needed=False) or "S-1",
        counters=tuple(_counters(fields)),
        number=number,
    )
    if not ladder.counters:
        fields.wrong("points", "missing", _("a ladder counts points, strikes or both"))
    _unlike(fields, "strikes", [counter.code for counter in ladder.counters])
    variants: dict[str, Ladder] = {}
    for override in fields.each("overrides"):
        override.only({"markets", "points", "strikes"})
        markets = expand_markets(override.texts("markets"))
        if not markets:
            override.wrong("markets", "missing", _("name the markets that it is for"))
        merged = _merged(content, override.raw)
        found: list[FieldProblem] = []
        variant = replace(ladder, counters=tuple(_counters(Fields(merged, "", found))))
        seen = {(one.pointer, one.code) for one in problems}
        problems += [
            FieldProblem(override.pointer + one.pointer, one.code, one.detail)
            for one in found
            if (one.pointer, one.code) not in seen
        ]
        for market in markets:
            if market in variants:
                override.wrong("markets", "repeated", _("%(market)s stands in two places") % {"market": market})
            variants[market] = variant
    return replace(ladder, variants=variants)


def _merged(content: Any, override: Mapping[str, Any]) -> dict[str, Any]:
    """The ladder with what the override says in place of it: field by field, rules and thresholds by their code."""
    base = dict(content) if isinstance(content, dict) else {}
    if isinstance(override.get("points"), dict):
        base["points"] = _counter_merged(base.get("points"), override["points"])
    if isinstance(override.get("strikes"), list):
        strikes = [dict(one) for one in base.get("strikes") or () if isinstance(one, dict)]
        for change in override["strikes"]:
            if not isinstance(change, dict):
                continue
            known = next((one for one in strikes if one.get("code") == change.get("code")), None)
            if known is None:
                strikes.append(change)
            else:
                known.update(_counter_merged(known, change))
        base["strikes"] = strikes
    return base


def _counter_merged(base: Any, change: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base) if isinstance(base, dict) else {}
    for name, value in change.items():
        both = isinstance(value, list) and isinstance(merged.get(name), list)
        merged[name] = _listed(merged[name], value) if both and name in ("rules", "thresholds") else value
    return merged


def _listed(base: list[Any], change: list[Any]) -> list[Any]:
    """One list with those of ``change`` in the place of their namesakes; new ones come first."""
    by_code = {one.get("code"): one for one in change if isinstance(one, dict)}
    kept = [by_code.pop(one.get("code"), one) if isinstance(one, dict) else one for one in base]
    return [*by_code.values(), *kept]


def _counters(fields: Fields) -> Iterator[Counter]:
    points = fields.part("points")
    if points is not None:
        yield _counter(points, POINTS)
    for strike in fields.each("strikes"):
        yield _counter(strike, strike.code("code"))


_COUNTER = {
    "expires", "severity", "repeats", "once_hours", "batch_as_one", "per_day", "checked", "rules", "thresholds",
    "pending_days",
}  # fmt: skip


def _counter(fields: Fields, code: str) -> Counter:
    is_points = code == POINTS
    fields.only(_COUNTER | ({"direction", "start", "least", "most", "credits"} if is_points else {"code", "title"}))
    direction = fields.choice("direction", Direction, Direction.ADDING) if is_points else Direction.ADDING
    counter = Counter(
        code=code,
        title={} if is_points else fields.words("title"),
        direction=direction,
        start=fields.whole("start", 0, most=MOST_POINTS) or 0,
        least=fields.whole("least", 0, most=MOST_POINTS) or 0,
        most=fields.whole("most", None, most=MOST_POINTS),
        pending_days=fields.whole("pending_days", 0, most=LONGEST_DAYS) or 0,
        expires=_expiry(fields) or Expiry(),
        severity=_factors(fields),
        repeats=_repeats(fields),
        once_hours=fields.whole("once_hours", 0, most=LONGEST_DAYS * 24) or 0,
        batch_as_one=fields.yes("batch_as_one"),
        per_day=fields.whole("per_day", None, least=1, most=MOST_POINTS),
        checked=fields.choice("checked", Checked, Checked.ALWAYS),
        rules=tuple(_rule(rule, strike=not is_points) for rule in fields.each("rules")),
        credits=tuple(_credit(credit) for credit in fields.each("credits")),
        thresholds=tuple(_threshold(threshold) for threshold in fields.each("thresholds")),
    )
    _sound(fields, counter)
    return counter


def _sound(fields: Fields, counter: Counter) -> None:
    """What no field is wrong in by itself."""
    if not counter.rules:
        fields.wrong("rules", "missing", _("at least one rule says what costs something"))
    if counter.most is not None and not counter.least <= counter.start <= counter.most:
        fields.wrong("start", "out_of_range", _("the start lies between the least and the most"))
    if counter.direction is Direction.FALLING and counter.start <= counter.least:
        fields.wrong("start", "out_of_range", _("a score that falls starts above its least"))
    for name, codes in (
        ("rules", [one.code for one in counter.rules]),
        ("thresholds", [one.code for one in counter.thresholds]),
        ("credits", [one.kind.value for one in counter.credits]),
    ):
        _unlike(fields, name, codes)
    for index, threshold in enumerate(counter.thresholds):
        where = f"thresholds/{index}/at"
        if counter.burden_of(threshold.at) <= 0:
            told = (
                _("a score that adds up reaches a threshold above its start")
                if counter.direction is Direction.ADDING
                else _("a score that falls reaches a threshold below its start")
            )
            fields.wrong(where, "not_reached", told)
        elif counter.score_of(counter.burden_of(threshold.at)) != threshold.at:
            fields.wrong(where, "not_reached", _("the score never gets there"))


def _unlike(fields: Fields, name: str, codes: list[str]) -> None:
    for index, code in enumerate(codes):
        if code and code in codes[:index]:
            fields.wrong(f"{name}/{index}/code", "repeated", _("%(code)s stands here twice") % {"code": code})


def _expiry(fields: Fields) -> Expiry | None:
    """``never``, ``{days: n}`` or ``{reset: quarter}``."""
    raw = fields.raw.get("expires")
    if raw is None or raw == "never":
        return None if raw is None else Expiry()
    inner = fields.part("expires")
    if inner is None:
        return Expiry()
    inner.only({"days", "reset"})
    if "reset" in inner.raw:
        return Expiry(reset=inner.choice("reset", Reset, Reset.QUARTER))
    return Expiry(days=inner.whole("days", 1, least=1, most=LONGEST_DAYS, needed=True))


def _factors(fields: Fields) -> dict[int, Fraction]:
    inner = fields.part("severity")
    if inner is None:
        return {}
    inner.only({"0", "1", "2", "3"})
    return {int(name): inner.factor(name) for name in inner.raw if name in ("0", "1", "2", "3")}


def _repeats(fields: Fields) -> Repeats | None:
    inner = fields.part("repeats")
    if inner is None:
        return None
    inner.only({"days", "factors", "any_rule"})
    factors = inner.factors("factors")
    if factors != tuple(sorted(factors)):
        inner.wrong("factors", "falling", _("a repetition never weighs less than the one before"))
    return Repeats(
        days=inner.whole("days", 1, least=1, most=LONGEST_DAYS, needed=True) or 1,
        factors=factors or (Fraction(1),),
        any_rule=inner.yes("any_rule"),
    )


def _rule(fields: Fields, *, strike: bool) -> Rule:
    fields.only({"code", "title", "reasons", "points", "by_severity", "range", "expires", "per_day"})
    reasons = fields.texts("reasons")
    if not reasons:
        fields.wrong("reasons", "missing", _("name the policies, or * for all others"))
    by_severity = fields.part("by_severity")
    amounts = {}
    if by_severity is not None:
        by_severity.only({"0", "1", "2", "3"})
        amounts = {int(name): by_severity.whole(name, 0, most=MOST_POINTS) or 0 for name in by_severity.raw}
    span = fields.span("range")
    points = fields.whole("points", None, most=MOST_POINTS)
    given = [points is not None, by_severity is not None, "range" in fields.raw]
    if strike and not any(given):
        points = 1
    elif sum(given) != 1:
        fields.wrong("points", "missing", _("either points, by_severity or a range"))
    return Rule(
        code=fields.code("code"),
        title=fields.words("title", needed=False),
        reasons=tuple(reasons),
        points=points,
        by_severity=amounts,
        span=span,
        expires=_expiry(fields),
        per_day=fields.whole("per_day", None, least=1, most=MOST_POINTS),
    )


def _credit(fields: Fields) -> CreditRule:
    fields.only({"kind", "points", "per", "cap", "cap_days", "days"})
    return CreditRule(
        kind=fields.choice("kind", Earned, Earned.TRAINING),
        points=fields.whole("points", 1, least=1, most=MOST_POINTS, needed=True) or 1,
        per=fields.whole("per", 1, least=1, most=1_000_000) or 1,
        cap=fields.whole("cap", None, least=1, most=MOST_POINTS),
        cap_days=fields.whole("cap_days", None, least=1, most=LONGEST_DAYS),
        days=fields.whole("days", None, least=1, most=LONGEST_DAYS),
    )


def _threshold(fields: Fields) -> Threshold:
    fields.only({"code", "title", "at", "warning", "measures", "hysteresis", "warn_days"})
    threshold = Threshold(
        code=fields.code("code"),
        title=fields.words("title"),
        at=fields.whole("at", 0, most=MOST_POINTS, needed=True) or 0,
        warning=fields.yes("warning"),
        measures=tuple(_measure(measure) for measure in fields.each("measures")),
        hysteresis=fields.whole("hysteresis", 0, most=MOST_POINTS) or 0,
        warn_days=fields.whole("warn_days", 0, most=90) or 0,
    )
    families = [one.family for one in threshold.automatic if one.family != "visibility"]
    if len(families) != len(set(families)):
        fields.wrong("measures", "one_per_family", _("only one measure of a family can be ordered at a time"))
    return threshold


def _measure(fields: Fields) -> Measure:
    fields.only({"family", "measure", "days", "permanent", "description"})
    family, measure = fields.text("family"), fields.text("measure")
    if family not in MEASURES:
        fields.wrong("family", "unknown_value", _("one of %(values)s") % {"values": ", ".join(MEASURES)})
    elif measure not in MEASURES[family]:
        fields.wrong("measure", "unknown_value", _("one of %(values)s") % {"values": ", ".join(MEASURES[family])})
    days = fields.whole("days", None, least=1, most=LONGEST_DAYS)
    permanent = fields.yes("permanent")
    if measure in FOR_GOOD and not permanent:
        told = _("this ends something for good: set permanent to true, and a person will decide")
        fields.wrong("permanent", "for_good", told)
    if permanent and days is not None:
        fields.wrong("days", "for_good", _("what is for good has no days"))
    if measure == "other" and not fields.text("description", needed=False):
        fields.wrong("description", "missing", _("say what is meant by it"))
    return Measure(family, measure, days, permanent, fields.text("description", needed=False))
