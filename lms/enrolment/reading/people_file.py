"""A whole file of people: refused with one sentence, or read line by line, each compared with those before it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from difflib import SequenceMatcher
from itertools import chain, islice
from pathlib import Path
from typing import Final

from lms.core.tables import Row, Table, TableRejected, looks_like_data, read
from lms.enrolment.reading.cleaning import is_social_security_number, text_of
from lms.enrolment.reading.columns import Columns, is_social_security, recognise
from lms.enrolment.reading.faults import ColumnsMissing, Fault, NobodyInside, SocialSecurityColumn, whole
from lms.enrolment.reading.lines import Judge, Line, plain_name

_PEEK: Final = 500  #: rows looked at before the first is taken, in search of forbidden columns
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

    def __init__(self, table: Table, columns: Columns, rows: Iterator[Row], today: date) -> None:
        self.table, self.columns = table, columns
        self._rows, self._judge = rows, Judge(columns, today)
        self._lines: dict[int, int] = {}
        self._stays: dict[tuple[str, str], int] = {}
        self._owners: dict[str, _Before] = {}

    def lines(self) -> Iterator[Line]:
        """Each line with what is wrong with it, alone or beside the lines before."""
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
            yield self._beside_others(row, self._judge.line(row))

    def _beside_others(self, row: Row, line: Line) -> Line:
        values = line.values
        if values is None or not (values["last_name"] and values["first_name"]):
            return line
        found = [*self._shared_numbers(row, line)]
        if all(fault.is_warning for fault in found):
            stay = f"{values['session_number'] or ''}|{values['action_number'] or ''}"
            first = self._stays.setdefault((values["person_key"], stay), row.line)
            if first != row.line:
                found.append(Fault(row.line, "", line.who, "same_person_twice", {"other": first}, line.who))
        return replace(line, faults=(*line.faults, *found)) if found else line

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


def alike(one: str, other: str) -> bool:
    """Whether two first names may be one person's: nearly the same letters, or one begins the other."""
    if one.startswith(other) or other.startswith(one):
        return True
    return SequenceMatcher(None, one, other).ratio() >= _ALIKE


def read_people(source: Path | bytes, name: str, today: date) -> PeopleFile:
    """Open a file of people; ``name`` is what its sender called it. Raises ``TableRejected`` or ``PeopleFileRefused``."""
    table = read(source, name)
    for header in table.header:
        if is_social_security(header):
            raise SocialSecurityColumn(header)
    columns = recognise(table.header)
    if not columns.at and looks_like_data(table.header):
        raise TableRejected("no_header")
    if missing := columns.missing():
        raise ColumnsMissing(missing, table.header)
    first = list(islice(table.rows, _PEEK))
    if not first:
        raise NobodyInside
    _refuse_hidden_numbers(table.header, first)
    return PeopleFile(table, columns, chain(first, table.rows), today)


def _refuse_hidden_numbers(header: list[str], rows: list[Row]) -> None:
    """A column most of whose cells are social-security numbers is one, whatever it is called."""
    for at, name in enumerate(header):
        texts = [text_of(row.cells[at]) for row in rows if row.fault is None]
        filled = [text for text in texts if text]
        found = sum(1 for text in filled if len(text) > 14 and is_social_security_number(text))
        if found > 1 and found * 2 > len(filled):
            raise SocialSecurityColumn(name)
