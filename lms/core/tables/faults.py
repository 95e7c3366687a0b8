"""What can be wrong with a table file, and how it is said: one sentence each, and what to do."""

import re
from dataclasses import dataclass, field
from typing import Final

from lms.core.errors import Refused
from lms.core.i18n import Lazy, lazy

_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
#: The longest text a cell may hold, in characters.
CELL_LIMIT: Final = 5_000

_FILES: dict[str, tuple[Lazy, Lazy]] = {
    "empty": (
        lazy("This file is empty."),
        lazy("Check that you chose the right file, and that it was saved with its rows."),
    ),
    "binary": (
        lazy("This file is neither a CSV file nor an Excel workbook (.xlsx)."),
        lazy("Open it in the program it comes from and save it as CSV or .xlsx."),
    ),
    "encoding": (
        lazy("The encoding of this text file can’t be told, so accented letters would be wrong."),
        lazy("Save the file again as “CSV UTF-8”, or as an Excel workbook (.xlsx)."),
    ),
    "not_xlsx": (
        lazy("This file is not a readable Excel workbook: it is damaged, or it is another kind of file."),
        lazy("Open it in your spreadsheet and save it again as .xlsx."),
    ),
    "text_named_xlsx": (
        lazy("This file is named .xlsx, but it holds plain text."),
        lazy("Give it a name that ends in .csv, or save it as .xlsx from your spreadsheet."),
    ),
    "bomb": (
        lazy("This workbook unpacks to an abnormal size. It was not opened."),
        lazy("Copy the rows you need into a new workbook and send that one."),
    ),
    "too_large": (
        lazy("This sheet is too large: at most %(limit)s cells are read."),
        lazy("Take away empty rows and columns, or split the file."),
    ),
    "line_too_long": (
        lazy("Line %(line)s is abnormally long: the rows of this file are not on lines of their own."),
        lazy("Export the file again with one row per line."),
    ),
    "header_quote": (
        lazy("A quotation mark is opened among the names of the columns (line %(line)s) and never closed."),
        lazy("Close it, or take it away, and send the file again."),
    ),
    "no_header": (
        lazy("The first line of this file does not hold the names of the columns."),
        lazy("Add a first line with the name of each column, as in the template."),
    ),
    "unreadable": (
        lazy("This workbook can’t be read."),
        lazy("Copy its rows into a new workbook, save it as .xlsx and try again."),
    ),
    "old_xls": (
        lazy("This is a workbook in the old .xls format."),
        lazy("Open it in your spreadsheet and choose “Save as”, then .xlsx."),
    ),
    "protected": (
        lazy("This workbook is protected by a password."),
        lazy("Take the password away in your spreadsheet, save it and send it again."),
    ),
}
_ROWS: dict[str, tuple[Lazy, Lazy]] = {
    "too_many_cells": (
        lazy("This row has %(found)s cells, but there are %(expected)s columns."),
        lazy("Look for a separator too many, or put quotation marks around a text that holds one."),
    ),
    "too_few_cells": (
        lazy("This row has only %(found)s cells for %(expected)s columns."),
        lazy("Look for a row that was cut, or add the separators that are missing."),
    ),
    "unclosed_quote": (
        lazy("A quotation mark is opened on this row and never closed."),
        lazy("Close it, or take it away."),
    ),
}
#: The stable names of what can be wrong with a file, and with a row.
FILE_CODES: Final = frozenset(_FILES)
ROW_CODES: Final = frozenset(_ROWS)


class TableRejected(Refused):
    """A file that is not read at all. ``code`` is stable; ``reason`` and ``remedy`` speak to the reader of the moment."""

    status = 422

    def __init__(self, code: str, **details: object) -> None:
        self.code = code
        self.details = details
        super().__init__(*_said(_FILES[code], details))


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with a row as a whole. ``line`` counts from 1 in the file, as a spreadsheet does."""

    line: int
    code: str
    details: dict[str, object] = field(default_factory=dict, hash=False)


def sentence(error: TableRejected | RowFault) -> tuple[str, str]:
    """What is wrong and what to do, in the reader's language."""
    said = _FILES if isinstance(error, TableRejected) else _ROWS
    return _said(said[error.code], error.details)


def too_long(cell: object) -> bool:
    """Whether a cell holds more text than the product keeps."""
    return isinstance(cell, str) and len(cell) > CELL_LIMIT


def has_control_characters(cell: object) -> bool:
    """Whether a text holds characters that nobody types: NUL, escape, and the like. Line breaks and tabs are fine."""
    return isinstance(cell, str) and _CONTROL.search(cell) is not None


def _said(pair: tuple[Lazy, Lazy], details: dict[str, object]) -> tuple[str, str]:
    message, remedy = pair
    return (message % details if details else str(message)), str(remedy)
