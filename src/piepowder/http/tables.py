"""Tables as files to save: CSV sent while it is read, XLSX written to disk first and then sent.

How many rows there are is known before the first is sent: it stands in the header ``X-Row-Count`` and in the name of the
file. A CSV that could not be finished says so in its last line; an XLSX that could not be finished is never sent.
"""

from __future__ import annotations

import csv
import logging
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import IO
from uuid import UUID

import xlsxwriter
from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from piepowder.kernel.cells import cell
from piepowder.kernel.table import Table

logger = logging.getLogger("piepowder.http")

SHEET_ROWS = 1_048_576
_ROWS_AT_ONCE = 200
_CELL_AT_MOST = 32_767
_PIECE = 256 * 1024
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Told = Callable[[int], None]
"""Called with the number of rows so far, now and then; may raise ``Cancelled``."""


class Cancelled(Exception):
    """Somebody no longer wants the table."""


def _nobody(rows: int) -> None:
    return None


def csv_response(table: Table, told: Told = _nobody) -> StreamingHttpResponse:
    """The table as CSV; UTF-8 with the mark that Excel wants."""
    return _response(table, _csv(table, told), "csv", "text/csv; charset=utf-8")


def xlsx_response(table: Table, told: Told = _nobody) -> StreamingHttpResponse:
    """The table as a workbook, with further sheets where one is full."""
    return _response(table, _xlsx(table, told), "xlsx", XLSX)


def _response(table: Table, content: Iterator[bytes] | Iterator[str], ending: str, kind: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(content, content_type=kind)
    stamp = f"{timezone.now():%Y%m%dT%H%M}"
    name = f"{table.name}-{stamp}-{table.total}-rows.{ending}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Row-Count"] = str(table.total)
    response["Cache-Control"] = "no-store"
    # A proxy that waits for the whole answer would need the memory that we do not take.
    response["X-Accel-Buffering"] = "no"
    return response


class _Echo:
    """Gives back what the csv module writes."""

    def write(self, value: str) -> str:
        return value


def _csv(table: Table, told: Told) -> Iterator[str]:
    writer = csv.writer(_Echo())
    waiting, sent = ["\ufeff", writer.writerow(table.columns)], 0
    try:
        for row in table.rows:
            waiting.append(writer.writerow([cell(value) for value in row]))
            sent += 1
            if len(waiting) > _ROWS_AT_ONCE:
                told(sent)
                yield "".join(waiting)
                waiting = []
        told(sent)
    except Exception as error:
        if not isinstance(error, Cancelled):
            logger.exception("an export broke off")
        waiting.append(writer.writerow([broken_off(sent, table.total)]))
    finally:
        _end(table)
    yield "".join(waiting)


def broken_off(sent: int, total: int) -> str:
    """The last line of a table that could not be finished."""
    return "# " + _("INCOMPLETE: broken off after %(sent)d of %(total)d rows") % {"sent": sent, "total": total}


def _xlsx(table: Table, told: Told) -> Iterator[bytes]:
    with tempfile.TemporaryFile() as file:
        try:
            write_workbook(table, file, told)
        except Cancelled:
            return
        finally:
            _end(table)
        file.seek(0)
        while piece := file.read(_PIECE):
            yield piece


def write_workbook(table: Table, file: IO[bytes], told: Told = _nobody, sheet_rows: int = SHEET_ROWS) -> None:
    """Write ``table`` into ``file`` with the same memory however long it is. Text stays text: nothing is a formula."""
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "default_date_format": "yyyy-mm-dd hh:mm:ss"})
    book.use_zip64()
    bold = book.add_format({"bold": True})
    sheet, line = None, sheet_rows
    sent = 0
    try:
        for row in table.rows:
            if line == sheet_rows:
                sheet, line = _sheet(book, table.columns, bold), 1
            assert sheet is not None
            for column, value in enumerate(row):
                _write(sheet, line, column, value)
            line += 1
            sent += 1
            if sent % _ROWS_AT_ONCE == 0:
                told(sent)
        if sheet is None:
            _sheet(book, table.columns, bold)
        told(sent)
    finally:
        book.close()


def _sheet(book: xlsxwriter.Workbook, columns: tuple[str, ...], bold: object) -> xlsxwriter.worksheet.Worksheet:
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    for column, name in enumerate(columns):
        sheet.write_string(0, column, name, bold)
    return sheet


def _write(sheet: xlsxwriter.worksheet.Worksheet, line: int, column: int, value: object) -> None:
    if value is None or value == "":
        return
    if isinstance(value, bool):
        sheet.write_string(line, column, "yes" if value else "no")
    elif isinstance(value, int | float) and abs(value) < 2**53:
        sheet.write_number(line, column, value)
    elif isinstance(value, datetime):
        # A workbook knows no time zones: everything in it is UTC, as in the CSV.
        sheet.write_datetime(line, column, value.astimezone(UTC).replace(tzinfo=None))
    else:
        text = str(value) if isinstance(value, UUID) else f"{value}"
        sheet.write_string(line, column, text if len(text) <= _CELL_AT_MOST else f"{text[: _CELL_AT_MOST - 1]}…")


def _end(table: Table) -> None:
    close = getattr(table.rows, "close", None)
    if close is not None:
        close()
