"""CSV as people's programs write it: any of four encodings and four separators, of any size, in little memory."""

import codecs
import io
import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from lms.core.tables.faults import CELL_LIMIT, RowFault, TableRejected
from lms.core.tables.reading import Cell, Row, Table, looks_like_utf16, opened

DELIMITERS = ";,\t|"
_CHUNK = 1024 * 1024
#: Characters of one physical line; characters and lines of one row that quotation marks spread over several.
_LINE_LIMIT = 1024 * 1024
_SPAN_LIMIT = 64 * 1024
_SPAN_LINES = 200
#: Letters that other encodings (Mac Roman, DOS) turn into when read as cp1252, where no word has them.
_MISREAD = re.compile(r"[a-zß-öø-ÿ][ŠŒŽŸ]|[A-Za-zÀ-ÖØ-öø-ÿ][ƒ‚„†‡ˆ˜‹]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
#: The apostrophe that ``write_csv`` puts before what a spreadsheet would run; reading takes it off again.
_GUARD = re.compile(r"'[=+\-@\t\r\n]")
#: A line that Excel writes for itself, above the header.
_SEPARATOR = re.compile(r"sep=([;,\t|])", re.IGNORECASE)


def read(source: Path | bytes) -> Table:
    """The table in a text file. Raises ``TableRejected``."""
    encoding = encoding_of(source)
    delimiter = _delimiter_in(source, encoding)
    records = _records(source, encoding, delimiter)
    first = next((record for record in records if not _SEPARATOR.fullmatch(record.text)), None)
    if first is None:
        raise TableRejected("empty")
    if first.is_open or first.is_broken:
        raise TableRejected("header_quote", line=first.line)
    header = [(cell or "").strip() for cell in first.cells]
    while header and not header[-1]:
        header.pop()
    return Table(
        header=header,
        header_line=first.line,
        rows=_rows(records, len(header)),
        kind="csv",
        encoding=encoding,
        delimiter=delimiter,
    )


def encoding_of(source: Path | bytes) -> str:
    """``utf-8-sig``, ``utf-16``, ``utf-8`` or ``cp1252``: the first that fits the whole file.

    Raises ``TableRejected`` when none does, rather than guess and spoil names.
    """
    with opened(source) as file:
        head = file.read(4096)
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        candidates = []
    elif head.startswith(codecs.BOM_UTF8):
        candidates = ["utf-8-sig"]
    elif head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    else:
        candidates = [] if looks_like_utf16(head) else ["utf-8", "cp1252"]
    for encoding in candidates:
        if _fits(source, encoding):
            return encoding
    raise TableRejected("encoding")


def delimiter_of(line: str) -> str:
    """The separator of a header line: the one that cuts it into most cells along its quotes; else ``;``."""

    def cells(delimiter: str) -> tuple[bool, int]:
        record = _Record(0, line, delimiter)
        return not record.is_broken, len(record.cells)

    return max(DELIMITERS, key=cells)


def _fits(source: Path | bytes, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    before = ""
    with opened(source) as file:
        try:
            while chunk := file.read(_CHUNK):
                text = decoder.decode(chunk)
                if encoding == "cp1252" and (_CONTROL.search(text) or _MISREAD.search(before + text)):
                    return False
                before = text[-1:]
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _delimiter_in(source: Path | bytes, encoding: str) -> str:
    with opened(source) as binary, io.TextIOWrapper(binary, encoding=encoding, newline=None) as file:
        lines = _Lines(file)
        while (line := lines.next()) is not None:
            if said := _SEPARATOR.fullmatch(line[1]):
                return said.group(1)
            if line[1].strip(DELIMITERS + '" '):
                return delimiter_of(line[1])
    raise TableRejected("empty")


class _Record:
    """One row being cut into cells; an open quotation mark asks for another line."""

    def __init__(self, line: int, text: str, delimiter: str) -> None:
        self.line = line
        self.text = text
        self.cells: list[str] = []
        self.is_open = False
        #: Something stands between a closing quotation mark and the separator.
        self.is_broken = False
        self._delimiter = delimiter
        self._parts: list[str] = []
        if '"' in text:
            self.feed(text)
        else:
            self.cells = text.split(delimiter)

    def feed(self, text: str) -> None:
        """Cut one more line."""
        at = self._quoted(text, 0) if self.is_open else 0
        while at >= 0:
            if text.startswith('"', at):
                self.is_open = True
                at = self._quoted(text, at + 1)
            else:
                end = text.find(self._delimiter, at)
                self.cells.append(text[at:] if end < 0 else text[at:end])
                at = end + 1 if end >= 0 else -1

    def _quoted(self, text: str, at: int) -> int:
        """Read on inside quotation marks; where the next cell starts, or -1 when the line is at its end."""
        while (end := text.find('"', at)) >= 0:
            if text.startswith('""', end):
                self._parts.append(text[at : end + 1])
                at = end + 2
                continue
            stop = text.find(self._delimiter, end + 1)
            rest = text[end + 1 :] if stop < 0 else text[end + 1 : stop]
            self.is_broken = self.is_broken or bool(rest.strip())
            self.cells.append("".join((*self._parts, text[at:end], rest.rstrip())))
            self._parts, self.is_open = [], False
            return stop + 1 if stop >= 0 else -1
        self._parts.append(text[at:] + "\n")
        return -1


class _Lines:
    """The lines of a text, numbered from 1; some can be given back."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._back: deque[tuple[int, str]] = deque()
        self._number = 0

    def next(self) -> tuple[int, str] | None:
        """The next line without its end, or None at the end of the file."""
        if self._back:
            return self._back.popleft()
        text = self._file.readline(_LINE_LIMIT)
        if not text:
            return None
        self._number += 1
        if len(text) >= _LINE_LIMIT:
            raise TableRejected("line_too_long", line=self._number)
        return self._number, text.removesuffix("\n")

    def give_back(self, lines: list[tuple[int, str]]) -> None:
        """These lines come again, in this order."""
        self._back.extendleft(reversed(lines))


def _records(source: Path | bytes, encoding: str, delimiter: str) -> Iterator[_Record]:
    """The rows that hold anything. One whose quotation mark is never closed stays open; the next line is read anew."""
    with opened(source) as binary, io.TextIOWrapper(binary, encoding=encoding, newline=None) as file:
        lines = _Lines(file)
        while (start := lines.next()) is not None:
            record = _Record(*start, delimiter)
            if record.is_open:
                record = _spanned(record, lines, delimiter)
            if record.is_open or any(not _is_blank(cell) for cell in record.cells):
                yield record


def _spanned(first: _Record, lines: _Lines, delimiter: str) -> _Record:
    """The record with the lines its open cell spans; alone, and still open, if that cell never ends well."""
    record = _Record(first.line, first.text, delimiter)
    taken: list[tuple[int, str]] = []
    size = len(first.text)
    while record.is_open and len(taken) < _SPAN_LINES and size < _SPAN_LIMIT:
        line = lines.next()
        if line is None:
            break
        taken.append(line)
        size += len(line[1])
        record.feed(line[1])
    if record.is_open or record.is_broken:
        lines.give_back(taken)
        return first
    return record


def _unguarded(cell: str) -> str:
    return cell[1:] if _GUARD.match(cell) else cell


def _is_blank(cell: str) -> bool:
    return not cell or cell.isspace() or not _unguarded(cell).strip()


def _rows(records: Iterator[_Record], width: int) -> Iterator[Row]:
    for record in records:
        if record.is_open:  # it can't be cut: what can be read of it is the line itself
            yield Row(record.line, [record.text[:CELL_LIMIT]], _fault(record, 1, width))
            continue
        cells: list[Cell] = [_unguarded(cell) or None for cell in record.cells]
        while len(cells) > width and cells[-1] is None:
            cells.pop()
        yield Row(record.line, cells, _fault(record, len(cells), width))


def _fault(record: _Record, found: int, width: int) -> RowFault | None:
    if record.is_open or (record.is_broken and found != width):
        return RowFault(record.line, "unclosed_quote")
    if found == width:
        return None
    code = "too_many_cells" if found > width else "too_few_cells"
    return RowFault(record.line, code, {"found": found, "expected": width})
