"""The quick way into a sheet: its rows as XML, streamed between the head and the tail that openpyxl made.

This is the only file that touches the inside of openpyxl 3.1.5 (``ExcelWriter``, ``_writer``).
"""

import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from openpyxl.writer.excel import ExcelWriter

from lms.core.tables.columns import Sheet, TextSheet, clean, stored
from lms.core.tables.xlsx_out import Book, Rows, letters, lines_below

_END = b"</sheetData>"
_BLOCK = 500  #: rows that are encoded and compressed together


def save(book: Book, sheets: Iterable[Sheet | TextSheet], target: Path | BinaryIO) -> int:
    """Write the workbook sheet by sheet; returns how many rows of data it holds."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
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
            render = renderer(sheet, styles)
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


def renderer(sheet: Sheet, styles: Sequence[int]) -> Callable[[int, Sequence[object]], str]:
    """What turns the number of a row and its values into XML."""
    cells = [
        (letters(number), column.kind, f'" s="{style}"><v>')
        for number, (column, style) in enumerate(zip(sheet.columns, styles, strict=True), 1)
    ]

    def render(number: int, row: Sequence[object]) -> str:
        out = [f'<row r="{number}">']
        for (place, kind, opening), value in zip(cells, row, strict=True):
            if value is None:
                continue
            held = clean(value) if type(value) is str else stored(kind, value)
            if type(held) is str:
                if held:
                    out.append(f'<c r="{place}{number}{_text(held)}')
            elif held is not None:
                out.append(f'<c r="{place}{number}{opening}{held}</v></c>')
        out.append("</row>")
        return "".join(out)

    return render


def _text(text: str) -> str:
    """The rest of a cell that holds a text."""
    if "&" in text or "<" in text or ">" in text:
        text = escape(text, quote=False)
    if text[0].isspace() or text[-1].isspace():
        return f'" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
    return f'" t="inlineStr"><is><t>{text}</t></is></c>'


def _line(number: int, text: str) -> str:
    return f'<row r="{number}"><c r="A{number}{_text(text)}</row>' if text else ""


def _blocks(rows: Iterator[Sequence[object]]) -> Iterator[list[Sequence[object]]]:
    while block := list(islice(rows, _BLOCK)):
        yield block
