"""The script of three weeks: in order, repeatable, true to the known error rates, and alive at its end."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import sqrt

import pytest

from piepowder.review.case_clocks import cycles
from piepowder.review.states import ClockState
from piepowder.simulate import steps
from piepowder.simulate.chance import Chance
from piepowder.simulate.gallery import Gallery
from piepowder.simulate.history import History
from piepowder.simulate.house import shipped_house
from piepowder.simulate.judgement import Looked, judge
from piepowder.simulate.marketplace import WAVE
from piepowder.simulate.plan import BAD_VENDOR, people
from piepowder.simulate.reviewers import reviewer
from piepowder.simulate.steps import ItemKey
from tests.simulate.conftest import pixel

UNTIL = datetime(2026, 3, 4, 10, tzinfo=UTC)
Make = Callable[..., History]


@pytest.fixture(scope="module")
def played() -> tuple[History, list[steps.Step]]:
    """A whole small marketplace."""
    history = History(7, 3_000, UNTIL, Gallery(draw=pixel, films=False))
    return history, list(history.steps())


def test_equal_seeds_tell_equal_stories(make_history: Make) -> None:
    first, second, other = make_history(seed=3), make_history(seed=3), make_history(seed=4)

    told = list(first.steps())

    assert told == list(second.steps())
    assert first.truths == second.truths
    assert told != list(other.steps())


def test_steps_come_in_the_order_of_time_and_none_after_the_end(played: tuple[History, list[steps.Step]]) -> None:
    history, told = played
    times = [step.at for step in told]

    assert times == sorted(times)
    assert history.since <= times[0]
    assert times[-1] <= UNTIL


def errors(told: list[steps.Step], history: History) -> dict[tuple[ItemKey, datetime], tuple[str, bool]]:
    """Who ruled, and whether wrongly about there being a violation, for each ruling of a person that stood."""
    found: dict[tuple[ItemKey, datetime], tuple[str, bool]] = {}
    for step in told:
        if isinstance(step, steps.Decide):
            wrong = bool(history.subjects[step.item].code) != (step.ruling.outcome == "violation")
            found[step.item, step.at] = (step.person, wrong)
    return {key: found[key] for key in history.rates}


def within(count: int, chances: list[float]) -> bool:
    """Whether ``count`` errors fit these chances: four standard deviations, which a right sum misses once in 15,000."""
    return abs(count - sum(chances)) <= 4 * sqrt(sum(p * (1 - p) for p in chances))


def test_reviewers_err_as_often_as_they_truly_do(played: tuple[History, list[steps.Step]]) -> None:
    history, told = played
    ruled = errors(told, history)

    for wrong_item in (True, False):
        keys = [key for key in ruled if bool(history.subjects[key[0]].code) == wrong_item]
        assert len(keys) > 300
        assert within(sum(ruled[key][1] for key in keys), [history.rates[key] for key in keys])


def test_the_planted_vendor_is_clearly_worse(played: tuple[History, list[steps.Step]]) -> None:
    history, told = played
    vendors = {person.key: person.vendor for person in history.people}
    seen: dict[str, Counter[bool]] = defaultdict(Counter)
    for person, wrong in errors(told, history).values():
        seen[vendors[person]][wrong] += 1
    share = {vendor: counts[True] / counts.total() for vendor, counts in seen.items()}

    assert set(share) == {"house", "brightwater", BAD_VENDOR}
    assert share[BAD_VENDOR] > 1.8 * max(share["house"], share["brightwater"])


def test_one_reviewer_misses_at_their_own_rate() -> None:
    person = next(one for one in people(Chance(1, "people")) if one.role == "moderator")
    who, house = reviewer(person, Chance(1, person.key)), shipped_house(("FR",), UNTIL)
    looked = Looked("listing", "FR", "fr", "C-1.1", "", "", "On y lit : « qualité miroir, 1:1 »")
    chance, rate = Chance(5, "draws"), who.miss("C", "fr", hours=6.0, week=2.0)

    missed = sum(
        judge(looked, who, house, chance=chance, hours=6.0, week=2.0).outcome == "no_violation" for _ in range(4_000)
    )

    assert within(missed, [rate] * 4_000)
    assert rate > who.miss("C", person.languages[0], hours=6.0, week=2.0), "a second language is harder"
    assert rate > who.miss("C", "fr", hours=0.0, week=2.0), "and so is the end of a shift"


def test_the_wave_comes_in_the_third_week_and_is_known_as_such(played: tuple[History, list[steps.Step]]) -> None:
    history, told = played
    arrived = {
        (raw["kind"], raw["id"]): step.at for step in told if isinstance(step, steps.Receive) for raw in step.raws
    }
    wave = [truth.item for truth in history.truths if truth.wave == WAVE]

    assert len(wave) > 80
    assert min(arrived[item] for item in wave) > history.since + timedelta(days=14)
    assert {truth.code for truth in history.truths if truth.wave == WAVE} == {"", "F-1", "F-2", "O-1"}


def test_at_the_end_work_waits_everywhere_and_people_are_at_it(played: tuple[History, list[steps.Step]]) -> None:
    history, _ = played
    active = [subject.case for subject in history.subjects.values() if subject.case is not None]
    calendars = history.house.known.calendars
    clocks = Counter(cycles(case.clock, calendars=calendars, now=UNTIL)[-1].state for case in active)

    assert len(active) > 100
    assert len({case.queue.code for case in active}) >= 6
    assert {case.subject.language for case in active} == {"en", "de", "fr", "es", "it", "zh-Hans"}
    assert any(case.held for case in active)
    assert any(case.holder and not case.held for case in active)
    assert clocks[ClockState.RUNNING] > 50
    assert clocks[ClockState.BREACHED] > 5
    assert sum(worker.available for worker in history.workers.values()) > 4


def test_most_work_is_done_in_time_to_be_useful(played: tuple[History, list[steps.Step]]) -> None:
    history, told = played
    kinds = Counter(type(step).__name__ for step in told)

    assert kinds["Decide"] > 0.8 * history.floor.opened
    assert {"Withdraw", "Hold", "Skip", "Transfer", "Escalate", "ExpireLeases", "MachineDecides"} <= kinds.keys()
    assert len({step.person for step in told if isinstance(step, steps.Decide)}) > 40
