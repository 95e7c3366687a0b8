"""A table from outside: CSV or XLSX, told apart by what the file holds, never by its name."""

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO

from lms.core.tables.faults import RowFault, TableRejected

#: What a cell can be. CSV has texts only; an empty cell is None in both kinds.
Cell = str | int | float | date | datetime | bool | None

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEAD = 64 * 1024
_SIGNATURES = (
    *(
        b"%PDF-",
        b"\x89PNG",
        b"\xff\xd8\xff",
        b"GIF8",
        b"\x1f\x8b",
        b"7z\xbc\xaf\x27\x1c",
        b"Rar!",
        b"BZh",
        b"\xfd7zXZ",
    ),
    *(b"\x7fELF", b"MZ\x90", b"{\\rtf", b"SQLite format 3\0", b"PK\x05\x06", b"PK\x07\x08"),
)
_DATA = re.compile(
    r"""[^\s@]+@[^\s@]+\.[^\s@]+            # an e-mail address
      | \d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}     # a date
      | (?:\+?\d[\s.-]?){8,}                # a phone, a SIRET, an identifier
      | \d{5}""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Row:
    """One row. ``cells`` has as many as the header unless ``fault`` says that it is broken; a line that can't be cut is one cell."""

    line: int
    cells: list[Cell]
    fault: RowFault | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A file opened for reading. ``rows`` can be gone through once; rows without any content are left out.

    ``kind`` is ``csv`` or ``xlsx``; ``encoding`` and ``delimiter`` belong to the first, ``sheet`` to the second.
    """

    header: list[str]
    header_line: int
    rows: Iterator[Row]
    kind: str
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""


def read(source: Path | bytes, name: str) -> Table:
    """Open a CSV file or the first filled sheet of an XLSX workbook; ``name`` is what its sender called it.

    Raises ``TableRejected``, here or, for a line of abnormal length, while its rows are gone through.
    """
    from lms.core.tables import csv_in, xlsx_in

    with opened(source) as file:
        head = file.read(_HEAD)
    if not head.strip(b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise TableRejected("empty")
    if head.startswith(_ZIP):
        return xlsx_in.read(source)
    if head.startswith(_OLE):
        raise TableRejected("protected" if _is_encrypted(source) else "old_xls")
    if is_binary(head):
        raise TableRejected("binary")
    if name.lower().endswith((".xlsx", ".xlsm")):
        raise TableRejected("text_named_xlsx")
    return csv_in.read(source)


def opened(source: Path | bytes) -> BinaryIO:
    """The bytes of a source, from the start."""
    return io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")


def is_binary(head: bytes) -> bool:
    """Whether the first bytes of a file are no text in any encoding. UTF-16 is text, with or without its mark."""
    if head.startswith(_SIGNATURES):
        return True
    if head.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")) or looks_like_utf16(head):
        return False
    controls = sum(head.count(byte) for byte in (*range(9), 11, *range(14, 32), 127))
    return controls >= 8 and controls * 20 > len(head)  # a few are a row's fault, not the file's


def looks_like_utf16(head: bytes) -> bool:
    """Whether every other byte is (nearly always) NUL: Latin text in UTF-16, its mark lost."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    return half > 0 and max(even, odd) > 0.7 * half and min(even, odd) < 0.1 * half


def looks_like_data(cells: Sequence[Cell]) -> bool:
    """Whether a first line is somebody's data rather than the names of columns: an address, a date, a long number."""
    return any(
        isinstance(cell, date | float) or (isinstance(cell, int) and not isinstance(cell, bool))
        if not isinstance(cell, str)
        else bool(_DATA.fullmatch(cell.strip()))
        for cell in cells
    )


def _is_encrypted(source: Path | bytes) -> bool:
    """Whether an OLE file wraps an encrypted .xlsx: its folder then names this stream, in UTF-16."""
    wanted = "EncryptedPackage".encode("utf-16-le")
    with opened(source) as file:
        before = b""
        while chunk := file.read(1024 * 1024):
            if wanted in before + chunk:
                return True
            before = chunk[-len(wanted) :]
    return False
