"""CSV out, as French spreadsheets open it: UTF-8 with its mark, semicolons, and nothing that they would run."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import BinaryIO

from lms.core.tables.columns import Column, Kind, clean, clock

_RUN = ("=", "+", "-", "@", "\t", "\r", "\n")


def write_csv(
    file: BinaryIO, columns: Sequence[Column], rows: Iterable[Sequence[object]], *, decimal: str = ","
) -> int:
    """Write a header and rows; returns how many rows. The file stays open.

    A text that a spreadsheet would run gets an apostrophe before it, which ``read`` takes off again. Numbers are
    written as numbers: decimals with ``decimal``, shares as the figure of their percentage, seconds of hours as
    ``h:mm``, days as ``2026-11-24``.
    """
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow([_guarded(column.label) for column in columns])
    count = 0
    for row in rows:
        cells = zip(columns, row, strict=True)
        writer.writerow([_cell(column.kind, value, decimal) for column, value in cells])
        count += 1
    text.flush()
    text.detach()  # the file is the caller's
    return count


def _cell(kind: Kind | str, value: object, decimal: str) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool) and kind != Kind.TEXT:
        return _number(kind, value, decimal)
    return _guarded(str(value))


def _number(kind: Kind | str, value: int | float | Decimal, decimal: str) -> str:
    if value != value or abs(value) == float("inf"):
        return ""
    if kind == Kind.HOURS:
        return clock(value)
    if kind == Kind.PERCENT:
        value = round(float(value) * 100, 2)
    if isinstance(value, float | Decimal) and value == int(value):
        value = int(value)
    return str(value).replace(".", decimal)


def _guarded(text: str) -> str:
    text = clean(text)
    return f"'{text}" if text.startswith(_RUN) else text
