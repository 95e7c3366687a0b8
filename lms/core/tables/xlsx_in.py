"""XLSX: the zip and its sheets are measured before anything is opened, then read by calamine."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, time, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lms.core.i18n import number_
from lms.core.tables.faults import RowFault, TableRejected
from lms.core.tables.reading import Cell, Row, Table

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

ENTRIES: Final = 2_000
UNPACKED: Final = 256 * 1024 * 1024
RATIO: Final = 150
#: Below this many unpacked bytes the ratio says nothing.
RATIO_FROM: Final = 10 * 1024 * 1024
CELLS: Final = 2_000_000

_CHUNK = 1024 * 1024
_TAG = 4 * _CHUNK  #: no tag with the text behind it is longer
_ROWS, _COLUMNS = 1_048_576, 16_384
#: The place of a cell that holds something; a cell with attributes only (a style) is not kept in memory.
_PLACE = re.compile(rb"""(?<![\w:.-])r\s*=\s*["']([A-Za-z]+)([0-9]+)["'](?!(?:\s+\w+="\w*")*\s*/>)""")
_CELL = re.compile(rb"<(?:[\w.-]+:)?c[\s/>]")
_STYLE_ONLY = re.compile(rb"""<(?:[\w.-]+:)?c(?:\s+\w+="\w*")*\s*/>""")
_NO_CELL = re.compile(rb"<c\w")
_ROW_OR_CELL = re.compile(rb"""<(?:[\w.-]+:)?(row|c)(?=[\s/>])((?:[^<>"']|"[^"]*"|'[^']*')*)>""")
_ROW_NUMBER = re.compile(rb"""(?<![\w:.-])r\s*=\s*["']([0-9]+)["']""")
#: How every usual program writes a cell; looked for first, since the patterns above cost five times as much.
_USUAL = re.compile(rb'<c r="([A-Z]{1,3})([0-9]{1,7})"')
#: What a broken zip makes ``zipfile`` raise: six kinds were met in 800 mutated files.
_BROKEN = (
    zipfile.BadZipFile, zlib.error, ValueError, KeyError, EOFError, NotImplementedError, RuntimeError, OverflowError,
    OSError, IndexError,
)  # fmt: skip


def read(source: Path | bytes) -> Table:
    """The first visible sheet that holds anything. Raises ``TableRejected``."""
    _measure(source)
    with _in_calamine():
        sheet = _first_sheet(source)
        rows = enumerate(sheet.iter_rows(), 1)
    for line, cells in rows:
        header = _header(cells)
        if header:
            return Table(header, line, _rows(rows, len(header)), kind="xlsx", sheet=sheet.name)
    raise TableRejected("empty")


def _measure(source: Path | bytes) -> None:
    """Refuse what would not fit, first by the directory of the zip, then by unpacking it piece by piece, kept nowhere."""
    try:
        with zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source) as archive:
            entries = archive.infolist()
            _check_directory(entries)
            for entry in entries:
                with archive.open(entry) as content:
                    _check_part(iter(partial(content.read, _CHUNK), b""))
    except _BROKEN as error:
        raise TableRejected("not_xlsx") from error


def _check_directory(entries: list[zipfile.ZipInfo]) -> None:
    packed = sum(entry.compress_size for entry in entries)
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > ENTRIES or unpacked > UNPACKED:
        raise TableRejected("bomb")
    if unpacked > RATIO_FROM and unpacked > RATIO * packed:
        raise TableRejected("bomb")
    names = {entry.filename.lower() for entry in entries}
    if "[content_types].xml" not in names or "xl/workbook.xml" not in names:
        raise TableRejected("not_xlsx")


class _Extent:
    """How far the cells of one part of the workbook reach, whatever it declares.

    calamine keeps a rectangle in memory: two cells at opposite corners of a sheet would fill any machine.
    """

    def __init__(self) -> None:
        self.cells = self.texts = 0
        self.rows = self.columns = 0
        self._row = self._column = 0

    def add(self, piece: bytes) -> None:
        """Count the cells of a piece that ends between two tags."""
        self.texts += piece.count(b"<si") + piece.count(b":si")
        usual = _USUAL.findall(piece)
        other = piece.count(b"<c") - len(_NO_CELL.findall(piece)) - len(usual)
        if other == 0 and b":c" not in piece and self._reach(usual):
            self.cells += len(usual)
        else:
            self._add_exactly(piece)

    def _reach(self, places: list[tuple[bytes, bytes]]) -> bool:
        """Reach out to these places; False, and nothing is changed, when that would be too far."""
        rows = max([self.rows, *map(int, {row for _, row in places})])
        columns = max([self.columns, *map(_column, {letters for letters, _ in places})])
        if rows * columns > CELLS:
            return False
        self.rows, self.columns = rows, columns
        return True

    def _add_exactly(self, piece: bytes) -> None:
        cells = len(_CELL.findall(piece)) - len(_STYLE_ONLY.findall(piece))
        self.cells += cells
        places = _PLACE.findall(piece)
        if places:
            self.rows = max(self.rows, *(_number(row) for row in {row for _, row in places}))
            self.columns = max(self.columns, *map(_column, {letters for letters, _ in places}))
        if cells > len(places):
            self._count(piece)

    def _count(self, piece: bytes) -> None:
        """Cells without a place stand after the one before them."""
        for tag, attributes in _ROW_OR_CELL.findall(piece):
            if tag == b"row":
                said = _ROW_NUMBER.search(attributes)
                self._row = _number(said[1]) if said else max(self._row, self.rows) + 1
                self._column = 0
                continue
            place = _PLACE.search(attributes)
            self._column = _column(place[1]) if place else self._column + 1
            if not attributes.endswith(b"/"):
                self.rows, self.columns = max(self.rows, self._row), max(self.columns, self._column)

    @property
    def is_too_large(self) -> bool:
        return (
            self.rows > _ROWS
            or self.columns > _COLUMNS
            or self.rows * self.columns > CELLS
            or max(self.cells, self.texts) > CELLS
        )


def _check_part(chunks: Iterator[bytes]) -> None:
    extent = _Extent()
    kept = b""
    for chunk in chunks:
        piece = kept + chunk
        cut = piece.rfind(b"<")
        if cut < 0:
            cut = len(piece)  # no tag is open here
        kept = piece[cut:]
        if len(kept) > _TAG:
            raise TableRejected("unreadable")
        extent.add(piece[:cut])
        _refuse(extent)
    extent.add(kept)
    _refuse(extent)


def _refuse(extent: _Extent) -> None:
    if extent.is_too_large:
        raise TableRejected("too_large", limit=number_(CELLS))


def _number(digits: bytes) -> int:
    return int(digits.lstrip(b"0")[:9] or b"0")


def _column(letters: bytes) -> int:
    """Column A is 1."""
    number = 0
    for letter in letters.upper()[:5]:
        number = number * 26 + letter - 64
    return number


def _first_sheet(source: Path | bytes) -> "CalamineSheet":
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    workbook = CalamineWorkbook.from_object(io.BytesIO(source) if isinstance(source, bytes) else source)
    for about in workbook.sheets_metadata:
        if about.typ == SheetTypeEnum.WorkSheet and about.visible == SheetVisibleEnum.Visible:
            sheet = workbook.get_sheet_by_name(about.name)
            if sheet.height:
                return sheet
    raise TableRejected("empty")


@contextmanager
def _in_calamine() -> Iterator[None]:
    """Whatever goes wrong in there is one refusal; a panic of its Rust side is no ``Exception``."""
    from python_calamine import PasswordError

    try:
        yield
    except (TableRejected, MemoryError, KeyboardInterrupt, SystemExit):
        raise
    except PasswordError as error:
        raise TableRejected("protected") from error
    except BaseException as error:
        raise TableRejected("unreadable") from error


def _header(cells: Sequence[object]) -> list[str]:
    header = ["" if cell is None else str(_cell(cell)).strip() if cell != "" else "" for cell in cells]
    while header and not header[-1]:
        header.pop()
    return header


def _rows(rows: Iterator[tuple[int, Sequence[object]]], width: int) -> Iterator[Row]:
    for line, values in rows:
        cells = [_cell(value) for value in values]
        while len(cells) > width and cells[-1] is None:
            cells.pop()
        if all(cell is None or (isinstance(cell, str) and cell.isspace()) for cell in cells):
            continue
        fault = None
        if len(cells) > width:
            fault = RowFault(line, "too_many_cells", {"found": len(cells), "expected": width})
        yield Row(line, cells, fault)


def _cell(value: object) -> Cell:
    """calamine says 3.0 for 3 and an empty text for nothing."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    if isinstance(value, time):
        return value.isoformat("minutes")
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, str | int | float | date):
        return value if value != "" else None
    return None
