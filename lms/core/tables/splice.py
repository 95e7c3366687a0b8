"""The quick way into a sheet: its rows as XML, streamed between the head and the tail that openpyxl made.

This is the only file that touches the inside of openpyxl 3.1.5 (``ExcelWriter``, ``_writer``).
"""

import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from html import escape
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from openpyxl.writer.excel import ExcelWriter

from lms.core.tables.columns import Kind, Marked, Sheet, TextSheet, stored
from lms.core.tables.xlsx_out import Book, Rows, letters, lines_below

_END = b"</sheetData>"
_TYPES: dict[Kind, tuple[type, ...]] = {
    Kind.TEXT: (str,), Kind.INTEGER: (int, float), Kind.NUMBER: (int, float), Kind.PERCENT: (int, float), Kind.DATE: (date,),
}  # fmt: skip
_KEPT = 5_000  #: values of a column that are remembered
_BLOCK = 500  #: rows that are encoded and compressed together
_LEVEL = 5  #: of compression: a third quicker than the usual 6, and files a hundredth larger


def save(book: Book, sheets: Iterable[Sheet | TextSheet], target: Path | BinaryIO) -> int:
    """Write the workbook sheet by sheet; returns how many rows of data it holds."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
        _Writer(book, sheets, archive).write_data()
    return book.count


def abandon(book: Book) -> None:
    """Close what was begun, and take away the temporary files that openpyxl would keep until the process ends."""
    sheets: list[Any] = list(book.workbook.worksheets)
    for made in sheets:
        writer = made._writer
        if writer is not None and not made.closed:
            made.close()
        if writer is not None and Path(writer.out).exists():
            writer.cleanup()


class _Writer(ExcelWriter):
    """Makes each sheet when its turn comes, and lets it go again."""

    def __init__(self, book: Book, sheets: Iterable[Sheet | TextSheet], archive: zipfile.ZipFile) -> None:
        super().__init__(book.workbook, archive)
        self._book = book
        self._sheets = sheets
        self._zip = archive

    def _write_worksheets(self) -> None:
        for sheet in self._sheets:
            if isinstance(sheet, TextSheet):
                made = self._book.add_text(sheet)
                self._number(made)
                self.write_worksheet(made)
            else:
                self._write_rows(sheet)

    def _number(self, made: Any) -> None:
        made._id = len(self.workbook.worksheets)

    def _write_rows(self, sheet: Sheet) -> None:
        rows = Rows(sheet.rows)
        while True:
            made, styles = self._book.open(sheet)
            self._number(made)
            render = renderer(sheet, styles, self._book.wrong)
            try:
                self._splice(made, sheet, rows, render)
            finally:
                made._writer.cleanup()
            self.manifest.append(made)
            if not rows.has_more():
                return

    def _splice(
        self,
        made: Any,
        sheet: Sheet,
        rows: Rows,
        render: Callable[[int, Sequence[object]], str],
    ) -> None:
        narrow = self._book.set_filter(made, sheet, 0)
        made.close()
        head, tail = Path(made._writer.out).read_bytes().split(_END)
        count = 0
        with self._zip.open(made.path[1:], "w", force_zip64=True) as out:
            out.write(head)
            for block in _blocks(rows.take()):
                xml = [render(number, row) for number, row in enumerate(block, count + 2)]
                out.write("".join(xml).encode())
                count += len(block)
            if sheet.notes and not rows.has_more():
                notes = enumerate(lines_below(sheet), count + 2)
                out.write("".join(_line(number, note) for number, note in notes).encode())
            wide = self._book.set_filter(made, sheet, count)
            out.write(_END + tail.replace(f'ref="{narrow}"'.encode(), f'ref="{wide}"'.encode()))
        self._book.count += count


def renderer(sheet: Sheet, styles: Sequence[int], wrong: int) -> Callable[[int, Sequence[object]], str]:
    """What turns the number of a row and its values into XML; ``wrong``: the style of marked cells."""
    cells = [
        _Cells(Kind(column.kind), style, wrong) for column, style in zip(sheet.columns, styles, strict=True)
    ]
    columns = [(f'<c r="{letters(n)}', one.types, one.known, one) for n, one in enumerate(cells, 1)]

    def render(number: int, row: Sequence[object]) -> str:
        out = [f'<row r="{number}">']
        for (place, types, known, column), value in zip(columns, row, strict=True):
            if value is None:
                continue
            rest = known.get(value) if type(value) in types else None
            if rest is None:
                rest = column.written(value)
            if rest:
                out.append(f"{place}{number}{rest}")
        out.append("</row>")
        return "".join(out)

    return render


class _Cells:
    """The cells of one column without their place. Most values of a report come again, row after row."""

    def __init__(self, kind: Kind, style: int, wrong: int) -> None:
        self.known: dict[Any, str] = {}
        self.types = _TYPES.get(kind, ())  #: of these, equal values are written alike
        self._kind, self._opening = kind, f'" s="{style}"><v>'
        self._wrong = wrong

    def written(self, value: object) -> str:
        """The rest of the cell, kept for the next time; empty when there is nothing to write."""
        if isinstance(value, Marked):
            return f'" s="{self._wrong}{_text(str(stored(Kind.TEXT, value.value) or ""))}'
        held = stored(self._kind, value)
        if type(held) is str:
            rest = _text(held)
        else:
            rest = "" if held is None else f"{self._opening}{held}</v></c>"
        if type(value) in self.types:
            if len(self.known) >= _KEPT:
                self.known.clear()  # neighbours are alike: those of this value are still to come
            self.known[value] = rest
        return rest


def _text(text: str) -> str:
    """The rest of a cell that holds a text."""
    if "&" in text or "<" in text or ">" in text:
        text = escape(text, quote=False)
    if text[:1].isspace() or text[-1:].isspace():
        return f'" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
    return f'" t="inlineStr"><is><t>{text}</t></is></c>'


def _line(number: int, text: str) -> str:
    return f'<row r="{number}"><c r="A{number}{_text(text)}</row>' if text else ""


def _blocks(rows: Iterator[Sequence[object]]) -> Iterator[list[Sequence[object]]]:
    while block := list(islice(rows, _BLOCK)):
        yield block
