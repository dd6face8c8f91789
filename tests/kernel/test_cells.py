"""Cells of tables that leave."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from piepowder.kernel.cells import cell


@pytest.mark.parametrize("sign", list("=+-@＝＋－＠\t\r\n"))
def test_no_cell_begins_like_a_formula(sign: str) -> None:
    assert cell(f'{sign}HYPERLINK("https://example.org")') == f'\'{sign}HYPERLINK("https://example.org")'


def test_values_read_the_same_everywhere() -> None:
    noon_in_berlin = datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    values = [None, True, False, 7, "", "a=b", noon_in_berlin]
    assert [cell(value) for value in values] == ["", "yes", "no", "7", "", "a=b", "2026-07-01T10:00:00+00:00"]
