"""People at the same instant: of two last opinions one decides, of two who settle a proposal one does."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.conftest import Database

COUNT = 6
OUTCOME = """
import django; django.setup()
from django.db.models import Count
from piepowder.decisions.models import Decision, Opinion, Panel, Proposal
print(Panel.objects.filter(state="agreed").count(), Opinion.objects.count())
print(Decision.objects.filter(panel__isnull=False).count(), Decision.objects.filter(proposal__isnull=False).count())
approved, back = Proposal.objects.filter(state="approved").count(), Proposal.objects.filter(state="sent_back").count()
print(approved, back)
double = Decision.objects.values("case").annotate(n=Count("id")).filter(n__gt=1)
print(double.count())
"""


def test_however_people_race_each_case_and_each_proposal_is_settled_once(
    fresh_database: Database, tmp_path: Path
) -> None:
    assert fresh_database.run("-m", "tests.decisions.race_of_people", "set_up", str(COUNT)).stderr == ""
    go = tmp_path / "go"
    sides = [
        fresh_database.start(
            *("-m", "tests.decisions.race_of_people", str(number), str(go)),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for number in (1, 2, 3)
    ]
    for side in sides:
        assert side.stdout is not None
        assert side.stdout.readline() == "ready\n"
    os.close(os.open(go, os.O_CREAT))
    answers = [side.communicate(timeout=120) for side in sides]
    assert [error for _, error in answers] == ["", "", ""]
    assert sum(int(told) for told, _ in answers) == COUNT
    panels, by_kind, proposals, double = fresh_database.run("-c", OUTCOME).stdout.splitlines()
    approved, back = (int(number) for number in proposals.split())
    # What was sent back is kept for who proposed it, so the panels judged the other cases.
    assert approved + back == COUNT
    assert (panels, by_kind, double) == (f"{COUNT} {2 * COUNT}", f"{COUNT} {approved}", "0")
