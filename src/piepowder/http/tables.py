"""Rows of text as a CSV that is sent while it is read."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence

from django.http import StreamingHttpResponse

_ROWS_AT_ONCE = 200


class _Echo:
    """Gives back what the csv module writes."""

    def write(self, value: str) -> str:
        return value


def csv_response(rows: Iterable[Sequence[str]], filename: str) -> StreamingHttpResponse:
    """``rows``, the first of which names the columns, as a file to save; UTF-8 with the mark that Excel wants."""
    response = StreamingHttpResponse(_lines(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    response["Cache-Control"] = "no-store"
    return response


def _lines(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    waiting = ["\ufeff"]
    for row in rows:
        waiting.append(writer.writerow(row))
        if len(waiting) > _ROWS_AT_ONCE:
            yield "".join(waiting)
            waiting = []
    yield "".join(waiting)
