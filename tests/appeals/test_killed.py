"""Whoever dies in the middle of an appeal leaves nothing half done."""

from __future__ import annotations

import pytest

from tests.conftest import Database


@pytest.mark.crash
def test_filing_taking_and_overturning_are_whole_or_not_at_all_whenever_they_are_killed(
    fresh_database: Database,
) -> None:
    done = fresh_database.run("-m", "tests.appeals.killed")
    assert done.returncode == 0, done.stderr[-3_000:]
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["file", "take", "conclude"]
