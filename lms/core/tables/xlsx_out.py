"""XLSX out: openpyxl makes the workbook, styles and headers; rows are spliced into its sheets as XML, streamed.

Writing each cell through openpyxl costs several times the processor time. The splice leans on the inside of openpyxl
3.1.5, which is pinned; ``spliced=False`` writes through its public door, and a test holds both files equal.
No cell is ever a formula: texts are inline strings in both ways.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO, Final

from lms.core.i18n import gettext as _
from lms.core.tables.columns import (
    FORMATS,
    Column,
    Kind,
    Marked,
    Properties,
    Sheet,
    TextSheet,
    clean,
    sheet_title,
    stored,
)

#: Rows of data on one sheet: a sheet's 1,048,576 less the header.
ROWS_PER_SHEET: Final = 1_048_575
_Row = Sequence[object]
_Page = Any  # a write-only sheet and its cells: openpyxl's types know little of them
_Written = Any


def write_xlsx(
    target: Path | BinaryIO,
    sheets: Iterable[Sheet | TextSheet],
    properties: Properties,
    *,
    spliced: bool = True,
) -> int:
    """Write a workbook and return how many rows of data it holds.

    A sheet of more than 1,048,575 rows goes on in further sheets. Rows are taken one by one: memory stays flat.
    """
    from lms.core.tables import splice

    book = Book(properties)
    try:
        if spliced:
            return splice.save(book, sheets, target)
        for sheet in sheets:
            book.add(sheet)
        book.workbook.save(target)
    except BaseException:
        splice.abandon(book)
        raise
    return book.count


def template_xlsx(
    columns: Sequence[Column], examples: Sequence[_Row], notes: Sequence[tuple[str, str]]
) -> bytes:
    """An empty table to fill in, with examples and explanations on sheets of their own so that nobody imports them."""
    out = io.BytesIO()
    texts = [Column(column.key, column.label, Kind.TEXT, column.width) for column in columns]
    book = Book(Properties(_("Template")))
    book.add(Sheet(_("Data"), texts, ()), as_text=True)
    book.add(Sheet(_("Examples"), texts, examples))
    book.add(TextSheet(_("Read me"), notes))
    book.workbook.save(out)
    return out.getvalue()


class Book:
    """A workbook being written: its styles and its sheets."""

    def __init__(self, properties: Properties) -> None:
        from openpyxl import Workbook
        from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side

        self.workbook = Workbook(write_only=True)
        self.count = 0
        self.wrong = 0  #: the number of the style of marked cells, once a sheet was opened
        self._titles: set[str] = set()
        about = self.workbook.properties
        about.title, about.creator, about.subject = map(
            clean, (properties.title, properties.author, properties.subject)
        )
        about.keywords, about.language = clean(properties.keywords), properties.language
        about.created = about.modified = properties.created_utc()
        header = NamedStyle("header", font=Font(bold=True), fill=PatternFill("solid", fgColor="E7EDEB"))
        header.alignment = Alignment(wrap_text=True, vertical="top")
        header.border = Border(bottom=Side("thin", color="55706A"))
        label = NamedStyle("label", font=Font(bold=True), alignment=Alignment(wrap_text=True, vertical="top"))
        value = NamedStyle("value", alignment=Alignment(wrap_text=True, vertical="top"))
        wrong = NamedStyle("wrong", font=Font(color="9C0006"), fill=PatternFill("solid", fgColor="FFC7CE"))
        for style in (header, label, value, wrong):
            self.workbook.add_named_style(style)

    def add(self, sheet: Sheet | TextSheet, *, as_text: bool = False) -> None:
        """Write a sheet through openpyxl."""
        if isinstance(sheet, TextSheet):
            self.add_text(sheet)
            return
        rows = Rows(sheet.rows)
        while True:
            target, _styles = self.open(sheet, as_text=as_text)
            written = 0
            for row in rows.take():
                target.append([self._typed(target, c, v) for c, v in zip(sheet.columns, row, strict=True)])
                written += 1
            self.count += written
            self.set_filter(target, sheet, written)
            if not rows.has_more():
                break
        for note in lines_below(sheet):
            target.append([self._cell(target, note) if note else None])

    def add_text(self, sheet: TextSheet) -> _Page:
        """Labels in bold, values beside them."""
        target = self._new(sheet.title)
        _set_width(target, 1, 34)
        _set_width(target, 2, 90)
        _set_page(target, landscape=False)
        for label, value in sheet.rows:
            kind = Kind.TEXT if isinstance(value, str) else Kind.NUMBER
            held = stored(kind, value)
            beside = None if held is None else self._cell(target, held, "value")
            target.append([self._cell(target, clean(label), "label"), beside])
        return target

    def open(self, sheet: Sheet, *, as_text: bool = False) -> tuple[_Page, list[int]]:
        """A new sheet with its header, ready for rows, and the number of the style of each of its columns."""
        target = self._new(sheet.title)
        for number, column in enumerate(sheet.columns, 1):
            _set_width(target, number, column.width)
            if as_text:  # what is typed there keeps its leading zeros
                target.column_dimensions[letters(number)].number_format = "@"
        target.freeze_panes = "A2"
        target.print_title_rows = "1:1"
        _set_page(target, landscape=True)
        target.append([self._cell(target, clean(column.label), "header") for column in sheet.columns])
        shown = (FORMATS[Kind(column.kind)] for column in sheet.columns)
        self.wrong = int(self._cell(target, 0, "wrong").style_id)
        return target, [self._cell(target, 0, number_format=form).style_id for form in shown]

    def set_filter(self, target: _Page, sheet: Sheet, written: int) -> str:
        """Let the filter span the header and so many rows; returns that range."""
        target.auto_filter.ref = f"A1:{letters(len(sheet.columns))}{written + 1}"
        return str(target.auto_filter.ref)

    def _new(self, title: str) -> _Page:
        return self.workbook.create_sheet(sheet_title(title, self._titles))

    def _typed(self, target: _Page, column: Column, value: object) -> _Written | None:
        if isinstance(value, Marked):
            return self._cell(target, stored(Kind.TEXT, value.value) or "", "wrong")
        held = stored(column.kind, value)
        if held is None:
            return None
        if isinstance(held, str):
            return self._cell(target, held)
        return self._cell(target, held, number_format=FORMATS[Kind(column.kind)])

    def _cell(self, target: _Page, held: str | float, style: str = "", number_format: str = "") -> _Written:
        from openpyxl.cell import WriteOnlyCell

        cell = WriteOnlyCell(target, value=held)
        if isinstance(held, str):
            cell.data_type = "s"  # openpyxl would make "=1+1" a formula and "#N/A" an error
        if style:
            cell.style = style
        if number_format:
            cell.number_format = number_format
        return cell


def lines_below(sheet: Sheet) -> list[str]:
    """What stands below the rows: an empty line, then the notes."""
    return ["", *map(clean, sheet.notes)] if sheet.notes else []


class Rows:
    """Rows that are taken a sheet at a time."""

    def __init__(self, rows: Iterable[_Row]) -> None:
        self._rows = iter(rows)

    def take(self) -> Iterator[_Row]:
        """The rows of the next sheet; to be gone through before anything else is asked."""
        return islice(self._rows, ROWS_PER_SHEET)

    def has_more(self) -> bool:
        """Whether another sheet is needed."""
        for row in self._rows:
            self._rows = chain([row], self._rows)
            return True
        return False


def letters(number: int) -> str:
    """The name of a column; 1 is A."""
    from openpyxl.utils import get_column_letter

    return get_column_letter(number)


def _set_width(target: _Page, number: int, width: float) -> None:
    target.column_dimensions[letters(number)].width = width


def _set_page(target: _Page, *, landscape: bool) -> None:
    """A4, as wide as the paper, numbered."""
    target.page_setup.orientation = "landscape" if landscape else "portrait"
    target.page_setup.paperSize = 9
    target.page_setup.fitToWidth, target.page_setup.fitToHeight = 1, 0
    target.sheet_properties.pageSetUpPr.fitToPage = True
    target.oddFooter.center.text = "&P / &N"
