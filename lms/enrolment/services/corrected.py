"""The file handed back: its own columns and lines, wrong cells in red, what to do in front. Correct it and send it again."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

from lms.core.i18n import gettext as _
from lms.core.tables import Column, Marked, Properties, Row, Sheet, TextSheet, read, write_xlsx
from lms.enrolment.reading.cleaning import is_social_security_number, masked, text_of, without_numbers
from lms.enrolment.reading.faults import WARNINGS, worded
from lms.enrolment.reading.people_file import read_people
from lms.enrolment.reading.recognition import HANDED_BACK, Remembered, ours

_Told = dict[int, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Given:
    """What the workbook of a file is made from, read before the file is: nothing is held while it is written."""

    name: str
    today: date
    remembered: Remembered
    #: What the report keeps of faults and changes.
    faults: list[dict[str, Any]]
    changes: dict[str, list[dict[str, Any]]]


def hand_back(given: Given, source: Path | bytes, target: BinaryIO, *, only_wrong: bool = False) -> int:
    """Write the workbook of a file that was checked: with all that is wrong with it, however much."""
    faults = every_fault(source, given)
    changes = {} if only_wrong else given.changes
    return write(source, given.name, faults, target, changes=changes, only_wrong=only_wrong)


def write(
    source: Path | bytes,
    name: str,
    faults: Iterable[Mapping[str, Any]],
    target: Path | BinaryIO,
    *,
    changes: Mapping[str, list[dict[str, Any]]] | None = None,
    only_wrong: bool = False,
) -> int:
    """Write the workbook to ``target``; says how many rows it holds. Social-security numbers are not handed back.

    ``changes``: what the file will change (``foresight.changes``), on a sheet of its own. ``only_wrong``: the lines that
    hold an error and no others, to be corrected and sent alone.
    """
    told: _Told = {}
    for kept in faults:
        more = {"is_error": kept["code"] not in WARNINGS, "is_whole": not kept["column"]}
        told.setdefault(kept["line"], []).append(worded(kept) | more)
    table = read(source, name)
    before = ours(table.header)  # a file handed back twice has our columns once
    header = table.header[before:]
    columns = [
        Column("line", str(HANDED_BACK[0]), "integer", 10),
        Column("wrong", str(HANDED_BACK[1]), width=48),
        Column("remedy", str(HANDED_BACK[2]), width=48),
        *(Column(f"c{n}", label or f"({n + 1})") for n, label in enumerate(header)),
    ]
    rows = (
        _row(row, told.get(row.line, []), header, before)
        for row in table.rows
        if not only_wrong or any(one["is_error"] for one in told.get(row.line, []))
    )
    sheets: list[Sheet | TextSheet] = [Sheet(_("Data"), columns, rows)]
    sheets += [*_will_change(changes or {}), _notes(only_wrong)]
    return write_xlsx(target, sheets, Properties(_("File to correct")))


def every_fault(source: Path | bytes, given: Given) -> list[Mapping[str, Any]]:
    """All that is wrong with the lines: a report keeps the first of each kind, the file itself tells the rest."""
    found: dict[tuple[int, str, str], Mapping[str, Any]] = {_key(fault): fault for fault in given.faults}
    for line in read_people(source, given.name, given.today, given.remembered).lines():
        for fault in line.faults:
            told = fault.kept()
            found.setdefault(_key(told), told)
    return list(found.values())


def _key(fault: Mapping[str, Any]) -> tuple[int, str, str]:
    return fault["line"], fault["column"], fault["code"]


def _row(row: Row, told: list[dict[str, Any]], header: list[str], before: int) -> list[object]:
    errors = [fault for fault in told if fault["is_error"]]
    wrong = {fault["column"] for fault in errors}
    is_whole = any(fault["is_whole"] for fault in errors)
    cells: list[object] = [None] * len(header)
    for at, text in zip(range(len(header)), _texts(row, before), strict=False):
        cells[at] = Marked(text) if is_whole or header[at] in wrong else text
    said = "\n".join(f"{fault['column']}\u00a0: {fault['message']}" for fault in told)
    return [row.line, said or None, "\n".join(fault["remedy"] for fault in told) or None, *cells]


def _texts(row: Row, before: int) -> Iterator[str]:
    """Everything as text, so that no zero is lost on the way back."""
    for cell in row.cells[before:]:
        text = cell if isinstance(cell, str) else text_of(cell)
        if is_social_security_number(text):
            yield masked(text)
        else:
            yield without_numbers(text) if row.fault else text


def _will_change(changes: Mapping[str, list[dict[str, Any]]]) -> list[Sheet]:
    """Who joins, what changes cell by cell, who leaves: one row each."""
    joining, changing, leaving = (changes.get(name, []) for name in ("joining", "changing", "leaving"))
    if not (joining or changing or leaving):
        return []
    words = _("joins"), _("changes"), _("leaves")
    columns = [
        Column("line", str(HANDED_BACK[0]), "integer", 10), Column("what", _("What"), width=14),
        Column("who", _("Person"), width=32), Column("column", _("Column"), width=24),
        Column("old", _("Before"), width=28), Column("new", _("After"), width=28),
    ]  # fmt: skip
    rows: list[list[object]] = [[one["line"], words[0], one["who"], None, None, None] for one in joining]
    rows += [
        [one["line"], words[1], one["who"], one["column"], one["old"] or None, one["new"] or None]
        for one in changing
    ]
    rows += [[None, words[2], one["who"], None, None, None] for one in leaving]
    return [Sheet(_("What will change"), columns, rows)]


def _notes(only_wrong: bool) -> TextSheet:
    what = (
        _("The lines of your file that hold an error, and no others.")
        if only_wrong
        else _("Your file, with what is wrong with each line in front of it.")
    )
    return TextSheet(
        _("Read me"),
        [
            (_("What this is"), what),
            (_("What to do"), _("Correct the red cells: the column “To correct” says why they are red. Save, and send this file again.")),
            (_("Lines that are good"), _("They may stay or go: a line that was written is not written twice.")),
            (_("The first three columns"), _("They are not read: you may leave them there.")),
        ],
    )  # fmt: skip
