"""A whole file of people: refused with one sentence, or read line by line, each compared with those before it."""

import hashlib
from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from datetime import date
from difflib import SequenceMatcher
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

from lms.core.tables import Row, Table, TableRejected, looks_like_data, read
from lms.enrolment.reading.cleaning import is_social_security_number, text_of, without_numbers
from lms.enrolment.reading.columns import is_social_security
from lms.enrolment.reading.faults import (
    ColumnsMissing,
    Fault,
    NobodyInside,
    NotOfPeople,
    SocialSecurityColumn,
    shortened,
    whole,
)
from lms.enrolment.reading.lines import Judge, Line, plain_name
from lms.enrolment.reading.recognition import Columns, Remembered, recognise

_PEEK: Final = 500  #: rows looked at before the first is taken, in search of forbidden columns
_SHOWN: Final = 3  #: rows that are shown to whoever says what the columns are
_ALIKE: Final = 0.7  #: how alike two first names are that one person may have: EUGENE, EUGENIE


@dataclass(frozen=True, slots=True)
class _Before:
    """Where an identifier stood first, and whose it was."""

    line: int
    last: str
    first: str
    shown: str


class PeopleFile:
    """A file whose columns are known. ``lines()`` reads it once, from the top."""

    def __init__(
        self, table: Table, columns: Columns, rows: Iterator[Row], today: date, sight: dict[str, list[Any]]
    ) -> None:
        self.table, self.columns, self.sight = table, columns, sight
        self._rows, self._judge = rows, Judge(columns, today)
        self._lines: dict[int, int] = {}
        self._stays: dict[int, int] = {}
        self._owners: dict[str, _Before] = {}
        #: Name and birth date -> line, and line -> what tells the person; as hashes, which take a third of the room.
        self._births: dict[int, int] = {}
        self._keys: dict[int, int] = {}
        self._print = _Fingerprints(columns)
        #: Fingerprint -> number, of the lines that were left unlooked at.
        self.unchanged: dict[int, int] = {}

    def lines(self, known: Container[int] = ()) -> Iterator[Line]:
        """Each line with what is wrong with it, alone or beside the lines before; those ``known`` are not looked at."""
        for row in self._rows:
            if row.fault is not None:
                yield self._judge.line(row)
                continue
            own = hash(tuple(row.cells))
            if own in self._lines:
                about = {"other": self._lines[own]}
                who = text_of(row.cells[self.columns.at["last_name"]])
                yield Line(
                    row.line,
                    None,
                    (Fault(row.line, "", whole(row.cells), "same_line_twice", about, who),),
                    who,
                )
                continue
            self._lines[own] = row.line
            mark = self._print.of(row)
            if mark in known:
                self.unchanged[mark] = row.line
                yield Line(row.line, None, (), fingerprint=mark, is_unchanged=True)
            else:
                yield self._beside_others(row, self._judge.line(row, mark))

    def _beside_others(self, row: Row, line: Line) -> Line:
        values = line.values
        if values is None or not (values["last_name"] and values["first_name"]):
            return line
        found = [*self._shared_numbers(row, line)]
        if all(fault.is_warning for fault in found):
            stay = f"{values['session_number'] or ''}|{values['action_number'] or ''}"
            first = self._stays.setdefault(hash((values["person_key"], stay)), row.line)
            if first != row.line:
                found.append(Fault(row.line, "", line.who, "same_person_twice", {"other": first}, line.who))
            found += self._possible_duplicates(row, line)
        return replace(line, faults=(*line.faults, *found)) if found else line

    def _possible_duplicates(self, row: Row, line: Line) -> Iterator[Fault]:
        """The same name and date of birth under another number: hardly ever two people."""
        values = line.values or {}
        if not values["birth_date"]:
            return
        born, key = hash((values["birth_date"], values["sort_name"])), hash(values["person_key"])
        other = self._births.setdefault(born, row.line)
        if self._keys.setdefault(other, key) != key:
            cell = row.cells[self.columns.at["birth_date"]]
            yield self._judge.fault(
                row.line, "birth_date", cell, "possible_duplicate_in_file", line.who, other=other
            )

    def _shared_numbers(self, row: Row, line: Line) -> Iterator[Fault]:
        """The same number on an earlier line: another person is an error, another first name only a warning."""
        values = line.values or {}
        numbers = [field for field in ("agency_identifier", "hr_number") if values[field]]
        if not numbers:
            return
        last, first = plain_name(values["last_name"]), plain_name(values["first_name"])
        for field in numbers:
            key = f"{field} {values[field]}"
            before = self._owners.setdefault(key, _Before(row.line, last, first, line.who))
            if before.line == row.line or (before.last, before.first) == (last, first):
                continue
            cell = row.cells[self.columns.at[field]]
            code = (
                "other_first_name_in_file"
                if before.last == last and alike(before.first, first)
                else "two_people"
            )
            yield self._judge.fault(
                row.line, field, cell, code, line.who, other=before.line, name=before.shown
            )


class _Fingerprints:
    """Eight bytes that tell a line from any other, alike in every process; the columns it stands under belong to it."""

    def __init__(self, columns: Columns) -> None:
        said = [*columns.header, *columns.fields()]
        self._under = hashlib.blake2b("\x1f".join(said).encode(), digest_size=8)

    def of(self, row: Row) -> int:
        """The fingerprint of a row, as a signed number."""
        own = self._under.copy()
        own.update(
            "\x1f".join([cell if isinstance(cell, str) else repr(cell) for cell in row.cells]).encode()
        )
        return int.from_bytes(own.digest(), "big", signed=True)


def alike(one: str, other: str) -> bool:
    """Whether two first names may be one person's: nearly the same letters, or one begins the other."""
    if one.startswith(other) or other.startswith(one):
        return True
    return SequenceMatcher(None, one, other).ratio() >= _ALIKE


def read_people(
    source: Path | bytes, name: str, today: date, remembered: Remembered | None = None
) -> PeopleFile:
    """Open a file of people; ``name`` is what its sender called it. Raises ``TableRejected`` or ``PeopleFileRefused``."""
    table = read(source, name)
    columns = recognise(table.header, remembered)
    if columns.layout is not None and columns.layout.refusal is not None:
        raise NotOfPeople(*columns.layout.refusal)
    first = list(islice(table.rows, _PEEK))
    _refuse_numbers_by_name(table.header, first)
    if not columns.at and looks_like_data(table.header):
        raise TableRejected("no_header")
    _refuse_hidden_numbers(table.header, first)
    sight = _sight(columns, first)
    if missing := columns.missing():
        raise ColumnsMissing(missing, table.header, sight)
    if not first:
        raise NobodyInside
    return PeopleFile(table, columns, chain(first, table.rows), today, sight)


def _sight(columns: Columns, rows: list[Row]) -> dict[str, list[Any]]:
    """The columns with their first cells: what somebody looks at who says what they are."""
    shown = [row.cells for row in rows if row.fault is None][:_SHOWN]
    samples = [
        [shortened(without_numbers(text_of(cells[at]))) for cells in shown]
        for at in range(len(columns.header))
    ]
    return {"header": columns.header, "fields": columns.fields(), "samples": samples}


def _refuse_numbers_by_name(header: list[str], rows: list[Row]) -> None:
    """A column for social-security numbers may stand there only if it is empty, as some systems export it."""
    for at, name in enumerate(header):
        if is_social_security(name) and (
            not rows or any(text_of(row.cells[at]) for row in rows if row.fault is None)
        ):
            raise SocialSecurityColumn(name)


def _refuse_hidden_numbers(header: list[str], rows: list[Row]) -> None:
    """A column most of whose cells are social-security numbers is one, whatever it is called."""
    for at, name in enumerate(header):
        texts = [text_of(row.cells[at]) for row in rows if row.fault is None]
        filled = [text for text in texts if text]
        found = sum(1 for text in filled if len(text) > 14 and is_social_security_number(text))
        if found > 1 and found * 2 > len(filled):
            raise SocialSecurityColumn(name)
