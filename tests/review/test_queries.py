"""What is seen of the work: the board, lists, exports, the desk, and never another vendor's."""

from __future__ import annotations

import tracemalloc
from datetime import timedelta
from typing import Any

import pytest

from piepowder.access.visibility import NotPermitted
from piepowder.kernel.actor import Actor, Scope
from piepowder.kernel.permissions import Permission
from piepowder.review import operations as review
from piepowder.review.jobs import mark_breaches
from piepowder.review.models import Case
from piepowder.review.queries import (
    BadCursor,
    CaseFilters,
    cases_of,
    console_case,
    my_day,
    one_case,
    open_leases,
    own_presence,
    people_online,
    search_cases,
    stream_cases,
    timeline,
    waiting_board,
)
from tests.review.conftest import LEAD, Court


def ids(actor: Actor, **filters: Any) -> set[Any]:
    return {row.case_id for row in search_cases(actor, CaseFilters(**filters)).rows}


def test_the_board_counts_what_waits_is_worked_on_held_at_risk_and_late(court: Court) -> None:
    court.queue("general", target_s=3600)
    court.queue("empty", position=1)
    oldest = court.case(market="FR")
    court.pass_time(minutes=50)
    lead = court.person(permissions=LEAD, vendor="acme")
    late = court.case()
    court.case(language="de")
    held = court.claim(lead)
    until = court.now + timedelta(hours=1)
    review.hold(actor=lead, lease_id=held.lease_id, at=court.now, until=until, reason="waits")
    court.claim(lead)
    board = waiting_board(court.person(permissions=LEAD), court.now)
    general, empty = board.queues
    assert held.case.pk == oldest.pk
    assert (general.code, empty.code, empty.tally.open) == ("general", "empty", 0)
    tally = general.tally
    assert (tally.waiting, tally.in_progress, tally.held, tally.at_risk, tally.late) == (1, 1, 1, 0, 0)
    assert (tally.oldest_at, tally.ages) == (court.now, [1, 0, 0, 0, 0])
    assert tally.people == {int(lead.ref)}
    assert {code: part.open for code, part in general.by_market} == {"DE": 2, "FR": 1}
    assert {code: part.open for code, part in general.by_language} == {"en": 2, "de": 1}
    assert {code: part.open for code, part in general.by_vendor} == {"acme": 2}
    assert board.people == {"available": 2}
    court.pass_time(minutes=50)
    later = waiting_board(court.person(permissions=LEAD), court.now).total
    assert (later.at_risk, later.late, later.ages) == (2, 0, [0, 1, 0, 0, 0])
    court.pass_time(minutes=10)
    mark_breaches(now=court.now)
    assert waiting_board(court.person(permissions=LEAD), court.now).total.late == 2
    assert Case.objects.get(pk=late.pk).due_at == court.now


def test_a_vendor_sees_waiting_work_of_its_queues_and_its_own_but_nobody_elses(court: Court) -> None:
    court.queue("shared")
    court.queue("ours", vendors=["zenith"], position=1)
    court.route_all({"name": "docs", "when": {"kind": ["document"]}, "then": {"queue": "ours"}})
    taken, waiting, private = court.case(), court.case(), court.case(kind="document")
    rival = court.person("CANARY Rival", vendor="zenith")
    court.claim(rival, queues=["shared"])
    lead = court.person("Ada", permissions=LEAD, vendor="acme")
    assert ids(lead) == {waiting.pk}
    assert ids(rival) == {taken.pk, waiting.pk, private.pk}
    assert ids(court.person(permissions=LEAD)) == {taken.pk, waiting.pk, private.pk}
    board = waiting_board(lead, court.now)
    assert [line.code for line in board.queues] == ["shared"]
    assert (board.total.in_progress, board.by_vendor) == (0, ())
    assert board.online == 1
    assert [person.name for person in people_online(lead, court.now)] == ["Ada"]
    with pytest.raises(review.NoSuchCase):
        one_case(lead, taken.pk)
    with pytest.raises(review.NoSuchCase):
        timeline(lead, taken.pk)
    assert list(stream_cases(lead, CaseFilters())) == list(search_cases(lead, CaseFilters()).rows)


def test_what_another_vendors_people_did_shows_without_who_and_why(court: Court) -> None:
    court.queue()
    case = court.case()
    rival = court.person("CANARY Rival", vendor="zenith")
    review.skip(actor=rival, lease_id=court.claim(rival).lease_id, at=court.now, reason="CANARY reason")
    lead = court.person(permissions=LEAD, vendor="acme")
    lines = timeline(lead, case.pk)
    assert [line.kind for line in lines] == ["opened", "offered", "claimed", "skipped"]
    assert "CANARY" not in str(lines)
    assert "zenith" not in str(lines)
    assert all(line.body == {} for line in lines[1:])
    shown = timeline(court.person(permissions=LEAD), case.pk)
    assert (shown[-1].who, shown[-1].reason) == ("CANARY Rival", "CANARY reason")


@pytest.mark.parametrize(
    ("scope", "seen"),
    [
        (Scope(queues=frozenset({"beta"})), {"b"}),
        (Scope(markets=frozenset({"FR"})), {"f"}),
        (Scope(languages=frozenset({"de"})), {"g"}),
        (Scope(), {"b", "f", "g"}),
    ],
)
def test_lists_and_boards_stay_within_queue_market_and_language(court: Court, scope: Scope, seen: set[str]) -> None:
    court.queue("alpha")
    court.queue("beta", position=1)
    court.route_all({"name": "docs", "when": {"kind": ["document"]}, "then": {"queue": "beta"}})
    court.case(kind="document", external_id="b")
    court.case(market="FR", external_id="f")
    court.case(language="de", external_id="g")
    lead = court.person(permissions=LEAD, scope=scope)
    assert {row.external_id for row in search_cases(lead, CaseFilters()).rows} == seen
    assert waiting_board(lead, court.now).total.waiting == len(seen)


def test_cases_are_found_by_everything_they_are_known_by(court: Court) -> None:
    court.queue("general")
    court.queue("fakes", position=1)
    court.policy("IP-1.2", 1)
    court.route_all({"name": "fakes", "when": {"policy": ["IP"]}, "then": {"queue": "fakes"}})
    start = court.now
    plain = court.case(seller_ref="s-7", title="A red LAMP", external_id="L1", language="de", market="AT")
    court.pass_time(hours=1)
    fake = court.case(detections=(("logo", "IP-1.2", 0.9),), kind="short_video", title="Bag")
    person = court.person(vendor="acme")
    claim = court.claim(person)
    lead = court.person(permissions=LEAD)
    assert claim.case.pk == fake.pk
    assert ids(lead, item="L1") == {plain.pk}
    assert ids(lead, seller="s-7") == {plain.pk}
    assert ids(lead, policy="IP") == ids(lead, policy="IP-1.2") == ids(lead, queue="fakes") == {fake.pk}
    assert ids(lead, policy="I") == ids(lead, queue="nowhere") == ids(lead, item="L") == set()
    assert ids(lead, person_id=int(person.ref)) == ids(lead, vendor="acme") == {fake.pk}
    assert ids(lead, state="open") == ids(lead, text="lamp") == ids(lead, language="de") == ids(lead, market="AT")
    assert ids(lead, state="active") == {plain.pk, fake.pk}
    assert ids(lead, kind="short_video") == ids(lead, severity=1) == {fake.pk}
    assert ids(lead, until=start + timedelta(minutes=1)) == {plain.pk}
    assert ids(lead, since=start + timedelta(minutes=1)) == {fake.pk}
    assert ids(lead, late_at=start + timedelta(hours=1)) == {plain.pk}
    review.close_for_decision(actor=person, case_id=fake.pk, lease_id=claim.lease_id, at=court.now)
    assert ids(lead, state="decided", person_id=int(person.ref)) == {fake.pk}


def test_pages_join_without_gap_or_overlap_while_cases_arrive(court: Court) -> None:
    court.queue()
    expected = [court.case().pk for _ in range(5)]
    court.pass_time(seconds=1)
    expected += [court.case().pk for _ in range(4)]
    lead = court.person(permissions=LEAD)
    seen, cursor = [], ""
    while True:
        page = search_cases(lead, CaseFilters(), cursor=cursor, limit=2)
        seen += [row.case_id for row in page.rows]
        court.pass_time(seconds=1)
        court.case()
        cursor = page.next
        if not cursor:
            break
    assert len(seen) == len(set(seen))
    assert sorted(seen) == sorted(expected)
    with pytest.raises(BadCursor):
        search_cases(lead, CaseFilters(), cursor="yesterday~42")


def test_an_export_is_whole_and_its_memory_flat(court: Court) -> None:
    court.queue()
    court.arrive(*[court.arrival(court.item()) for _ in range(300)])
    lead = court.person(permissions=LEAD)
    assert len({row.case_id for row in stream_cases(lead, CaseFilters(), chunk=70)}) == 300
    with pytest.raises(NotPermitted):
        next(stream_cases(court.person(), CaseFilters()))

    def peak(chunk: int) -> int:
        tracemalloc.start()
        for _ in stream_cases(lead, CaseFilters(), chunk=chunk):
            pass
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(20)
    assert peak(20) < peak(300) / 2


def test_an_exports_scope_is_that_of_exporting(court: Court) -> None:
    court.queue()
    court.case()
    reader = court.person(permissions=frozenset({Permission.BOARD_EXPORT}), scope=Scope(markets=frozenset({"FR"})))
    assert list(stream_cases(reader, CaseFilters())) == []


def test_the_console_case_is_its_holders_and_carries_the_draft(court: Court) -> None:
    court.queue(lease_s=60)
    case = court.case(title="Lamp")
    person = court.person()
    claim = court.claim(person)
    review.save_draft(actor=person, lease_id=claim.lease_id, content={"facts": "so far"}, at=court.now)
    shown = console_case(person, claim.lease_id, now=court.now)
    assert (shown.case_id, shown.title, shown.draft) == (case.pk, "Lamp", {"facts": "so far"})
    with pytest.raises(review.LeaseLost):
        console_case(court.person(), claim.lease_id, now=court.now)
    with pytest.raises(review.LeaseLost):
        console_case(person, claim.lease_id, now=court.now + timedelta(seconds=60))


def test_open_leases_are_the_persons_own_and_live(court: Court) -> None:
    court.queue(lease_s=60)
    for _ in range(3):
        court.case()
    person = court.person()
    first = court.claim(person)
    court.claim(court.person())
    court.pass_time(seconds=30)
    second = court.claim(person)
    assert [lease.lease_id for lease in open_leases(person, court.now)] == [first.lease_id, second.lease_id]
    assert [lease.lease_id for lease in open_leases(person, court.pass_time(seconds=30))] == [second.lease_id]


def test_a_lead_sees_who_is_there_and_who_left_with_cases_in_hand(court: Court) -> None:
    court.queue()
    court.case()
    worker = court.person("Worker")
    court.person("Away", available=False)
    court.claim(worker)
    court.pass_time(seconds=10)
    review.set_availability(actor=worker, state="offline", at=court.now, source="logout")
    lead = court.person("Lead", permissions=LEAD)
    lines = people_online(lead, court.now)
    assert [(line.name, line.state, line.in_hand) for line in lines] == [
        ("Lead", "available", 0),
        ("Worker", "offline", 1),
    ]
    with pytest.raises(NotPermitted):
        people_online(worker, court.now)


def test_my_day_counts_decisions_handling_time_and_availability(court: Court) -> None:
    court.queue()
    for _ in range(4):
        court.case()
    person = court.person()
    for seconds in (20, 40):
        claim = court.claim(person)
        court.pass_time(seconds=seconds)
        review.close_for_decision(actor=person, case_id=claim.case.pk, lease_id=claim.lease_id, at=court.now)
    review.skip(actor=person, lease_id=court.claim(person).lease_id, at=court.now, reason="cousin")
    court.claim(person)
    review.set_availability(actor=person, state="break", at=court.now)
    court.pass_time(seconds=90)
    day = my_day(person, court.now)
    assert (day.decided, day.aht_s, day.in_hand, day.held, day.skipped) == (2, 30, 1, 0, 1)
    assert day.seconds == {"available": 60, "break": 90}
    presence = own_presence(person)
    assert presence is not None
    assert presence.state == "break"
    assert my_day(person, court.now + timedelta(days=1)).decided == 0


def test_the_cases_of_an_item_are_listed_newest_first(court: Court) -> None:
    court.queue()
    case = court.case()
    person = court.person()
    review.close_for_decision(
        actor=person, case_id=case.pk, lease_id=court.claim(person).lease_id, at=court.pass_time(seconds=9)
    )
    court.newer(case.item)
    assert [row.state for row in cases_of(person, case.item_id)] == ["open", "decided"]


def test_lists_take_the_same_number_of_queries_however_long(
    court: Court, django_assert_num_queries: Any, settled: Any
) -> None:
    court.queue()
    cases = [court.case() for _ in range(12)]
    people = [court.person() for _ in range(6)]
    leases = [court.claim(person).lease_id for person in people]
    lead = court.person(permissions=LEAD)
    settled()
    waiting_board(lead, court.now)
    for queries, read in (
        (2, lambda: waiting_board(lead, court.now)),
        (1, lambda: people_online(lead, court.now)),
        (1, lambda: search_cases(lead, CaseFilters(text="thing"))),
        (2, lambda: search_cases(lead, CaseFilters(item="x1"))),
        (1, lambda: list(stream_cases(lead, CaseFilters(), chunk=4))),
        (1, lambda: cases_of(lead, cases[0].item_id)),
        (4, lambda: timeline(lead, cases[0].pk)),
        (2, lambda: console_case(people[0], leases[0], now=court.now)),
        (1, lambda: open_leases(people[0], court.now)),
        (7, lambda: my_day(people[0], court.now)),
    ):
        with django_assert_num_queries(queries):
            read()
