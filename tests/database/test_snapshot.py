"""Reading one moment of the database while it changes."""

from __future__ import annotations

import json

from tests.conftest import Database


def test_a_long_reading_sees_one_moment_ends_with_its_reader_and_hands_errors_on(fresh_database: Database) -> None:
    done = fresh_database.run("-m", "tests.database.reading_apart")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"total": 6_000, "whole": True, "ended": True, "told": ["the disk is gone"]}
