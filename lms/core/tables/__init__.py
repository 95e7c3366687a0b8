"""Tables in and out: CSV and XLSX. The one door to files of rows; nobody else imports openpyxl, calamine or csv."""

from lms.core.tables.faults import (
    CELL_LIMIT,
    RowFault,
    TableRejected,
    has_control_characters,
    sentence,
    too_long,
)
from lms.core.tables.reading import Cell, Row, Table, looks_like_data, read

__all__ = [
    "CELL_LIMIT",
    "Cell",
    "Row",
    "RowFault",
    "Table",
    "TableRejected",
    "has_control_characters",
    "looks_like_data",
    "read",
    "sentence",
    "too_long",
]
