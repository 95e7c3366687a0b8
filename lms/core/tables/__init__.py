"""Tables in and out: CSV and XLSX. The one door to files of rows; nobody else imports openpyxl, calamine or csv."""

from lms.core.tables.columns import Column, Kind, Marked, Properties, Sheet, TextSheet
from lms.core.tables.csv_out import write_csv
from lms.core.tables.faults import (
    CELL_LIMIT,
    RowFault,
    TableRejected,
    has_control_characters,
    sentence,
    too_long,
)
from lms.core.tables.reading import Cell, Row, Table, looks_like_data, read
from lms.core.tables.xlsx_out import template_xlsx, write_xlsx

__all__ = [
    "CELL_LIMIT",
    "Cell",
    "Column",
    "Kind",
    "Marked",
    "Properties",
    "Row",
    "RowFault",
    "Sheet",
    "Table",
    "TableRejected",
    "TextSheet",
    "has_control_characters",
    "looks_like_data",
    "read",
    "sentence",
    "template_xlsx",
    "too_long",
    "write_csv",
    "write_xlsx",
]
