"""Real processes on a real database: several workers, cancelling against sending, and a worker that is killed."""

from __future__ import annotations

import subprocess
from collections import defaultdict
from typing import Any

import pytest

from tests.conftest import Database
from tests.outbox.receiver import Orders, Receiver, accepted_once, read, receiving

WORK = ("-m", "tests.outbox.work")


def run(database: Database, *command: str) -> list[str]:
    done = database.run(*WORK, *command)
    assert done.returncode == 0, done.stderr
    return done.stdout.split("\n")[:-1]


def start(database: Database, *command: str) -> subprocess.Popen[str]:
    options: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return database.start(*WORK, *command, **options)


def let_run(processes: list[subprocess.Popen[str]]) -> None:
    """Wait until all have started, then let them go together."""
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()


def connect(database: Database, receiver: Receiver, timeout_s: int = 10) -> None:
    receiver.secrets += run(database, "endpoint", receiver.url, str(timeout_s))


def test_two_workers_send_each_message_once_and_in_order(fresh_database: Database) -> None:
    with receiving() as receiver:
        connect(fresh_database, receiver)
        run(fresh_database, "post_groups", "25")
        run(fresh_database, "post", "item-0", "10")
        workers = [start(fresh_database, "work") for _ in range(2)]
        let_run(workers)
        for worker in workers:
            _, errors = worker.communicate(timeout=120)
            assert (worker.returncode, errors) == (0, "")
    assert len(receiver.event_ids) == len(set(receiver.event_ids)) == 60
    sequences = defaultdict(list)
    for request in receiver.received:
        assert request.signed_by == [0]
        sequences[request.order_key].append(request.sequence)
    assert sequences.pop("item-0") == list(range(1, 13))
    assert list(sequences.values()) == [[1, 2]] * 24


def test_a_decision_is_either_taken_back_whole_or_sent_whole(fresh_database: Database) -> None:
    groups = 40
    with receiving() as receiver:
        connect(fresh_database, receiver)
        run(fresh_database, "post_groups", str(groups))
        worker, canceller = start(fresh_database, "work"), start(fresh_database, "cancel", str(groups))
        let_run([worker, canceller])
        cancelled = set(canceller.communicate(timeout=120)[0].split())
        _, errors = worker.communicate(timeout=120)
        assert (worker.returncode, errors) == (0, "")
    fates = defaultdict(set)
    for line in run(fresh_database, "states"):
        group, _, _, state, _, _ = line.split()
        fates[group.removeprefix("decision-")].add(state)
    assert len(fates) == groups
    assert {number for number, states in fates.items() if states == {"cancelled"}} == cancelled
    assert all(states == {"delivered"} for number, states in fates.items() if number not in cancelled)
    assert len(receiver.event_ids) == 2 * (groups - len(cancelled))


@pytest.mark.crash
def test_a_webhook_whose_sender_was_killed_comes_again_under_the_same_id(
    fresh_database: Database, tmp_path: Any
) -> None:
    with receiving(file=tmp_path / "received.ndjson") as receiver:
        connect(fresh_database, receiver, timeout_s=5)
        first, second = run(fresh_database, "post", "item-1", "2")
        receiver.orders = Orders(hang_s=60)
        worker = start(fresh_database, "work")
        let_run([worker])
        receiver.wait_for(1)
        worker.kill()
        worker.communicate()
        receiver.orders = Orders()
        receiver.let_go()
        # Five seconds of time-out, thirty of lease, and the waits after it.
        after = start(fresh_database, "work", "60")
        let_run([after])
        _, errors = after.communicate(timeout=60)
        assert (after.returncode, errors) == (0, "")
    assert receiver.event_ids == [first, first, second]
    assert [request.attempt for request in receiver.received] == [1, 2, 1]
    assert list(accepted_once(read(tmp_path / "received.ndjson"))) == [first, second]
    lost, *answered = run(fresh_database, "problems")
    assert lost == "1 False no answer was recorded: the worker that sent it stopped"
    assert sorted(answered) == ["1 True ", "2 True "]


def test_the_receiver_runs_as_a_process_of_its_own(fresh_database: Database, tmp_path: Any) -> None:
    file = tmp_path / "received.ndjson"
    options: Any = {"stdout": subprocess.PIPE}
    receiver = fresh_database.start(
        "-m", "tests.outbox.receiver", "--port", "0", "--file", str(file), "--fail", "1", **options
    )
    try:
        assert receiver.stdout is not None
        run(fresh_database, "endpoint", receiver.stdout.readline().strip())
        (event_id,) = run(fresh_database, "post", "item-1", "1")
        worker = start(fresh_database, "work")
        let_run([worker])
        assert worker.communicate(timeout=60)[1] == ""
    finally:
        receiver.terminate()
        receiver.communicate()
    assert [(request.event_id, request.status) for request in read(file)] == [(event_id, 503), (event_id, 200)]
    assert list(accepted_once(read(file))) == [event_id]
