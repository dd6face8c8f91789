"""Undo and sender at the same instant: each decision goes one way or the other, whole."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.conftest import Database

COUNT = 16
OUTCOME = """
import django; django.setup()
from piepowder.decisions.models import Decision
from piepowder.outbox.models import Delivery
for decision in Decision.objects.order_by("id"):
    deliveries = Delivery.objects.filter(message__group_ref=str(decision.pk))
    states = ",".join(sorted(set(deliveries.values_list("state", flat=True))))
    print(decision.pk, decision.state, decision.enforcements.get().state, states, decision.case.state)
"""


def test_a_decision_is_either_undone_or_in_force_whoever_wins(fresh_database: Database, tmp_path: Path) -> None:
    assert fresh_database.run("-m", "tests.decisions.race", "set_up", str(COUNT)).stderr == ""
    go = tmp_path / "go"
    sides = [
        fresh_database.start(
            "-m", "tests.decisions.race", side, str(go), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for side in ("undo", "send")
    ]
    for side in sides:
        assert side.stdout is not None
        assert side.stdout.readline() == "ready\n"
    os.close(os.open(go, os.O_CREAT))
    answers = [side.communicate(timeout=120) for side in sides]
    assert [error for _, error in answers] == ["", ""]
    told = {line.split()[1]: line.split()[0] for line in answers[0][0].splitlines()}
    assert len(told) == COUNT
    for line in fresh_database.run("-c", OUTCOME).stdout.splitlines():
        ref, *outcome = line.split()
        if told[ref] == "withdrawn":
            assert outcome == ["withdrawn", "cancelled", "cancelled", "claimed"]
        else:
            assert outcome == ["issued", "dispatched", "delivered", "decided"]
