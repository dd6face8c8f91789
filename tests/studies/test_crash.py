"""A few kills of the crash study, so that it cannot rot; the whole of it is ``make crash-study``."""

from __future__ import annotations

from pathlib import Path

import pytest
from studies.crash.__main__ import study

from tests.conftest import Database


@pytest.mark.crash
def test_nothing_is_lost_or_doubled_when_processes_are_killed(fresh_database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "study"
    folder.mkdir()
    result = study(kills=2, seed=7, folder=folder, database=fresh_database.url)
    assert result["wrong"] == []
    counts, kills = result["counts"], result["kills"]
    assert counts["items accepted"] > 0
    assert counts["decisions"] > 0
    assert counts["events sent"] > 0
    assert kills.keys() >= {
        "web after_intake",
        "web mid_bulk",
        "reviewer after_claim",
        "reviewer after_decide",
        "worker",
    }
