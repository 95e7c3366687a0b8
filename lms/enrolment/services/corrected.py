"""The file handed back: the same columns and lines, with what is wrong with each in front. Correct it and send it again."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from lms.core.i18n import gettext as _
from lms.core.tables import Column, Properties, Row, Sheet, TextSheet, read, write_xlsx
from lms.enrolment.reading.cleaning import is_social_security_number, masked, text_of, without_numbers
from lms.enrolment.reading.faults import worded


def write(
    source: Path | bytes, name: str, faults: Iterable[Mapping[str, Any]], target: Path | BinaryIO
) -> int:
    """Write the workbook to ``target``; says how many lines it holds. Social-security numbers are not handed back."""
    told: dict[int, list[dict[str, Any]]] = {}
    for kept in faults:
        told.setdefault(kept["line"], []).append(worded(kept))
    table = read(source, name)
    columns = [
        Column("line", _("Line in your file"), "integer", 10),
        Column("wrong", _("To correct"), width=48),
        Column("remedy", _("What to do"), width=48),
        *(Column(f"c{n}", label or f"({n + 1})") for n, label in enumerate(table.header)),
    ]
    rows = (_row(row, told.get(row.line, []), len(table.header)) for row in table.rows)
    notes = TextSheet(
        _("Read me"),
        [
            (_("What this is"), _("Your file, with what is wrong with each line in front of it.")),
            (_("What to do"), _("Correct the cells that the column “To correct” speaks of, save, and send this file again.")),
            (_("The first three columns"), _("They are not read: you may leave them there.")),
        ],
    )  # fmt: skip
    return write_xlsx(target, [Sheet(_("Data"), columns, rows), notes], Properties(_("File to correct")))


def _row(row: Row, told: list[dict[str, Any]], width: int) -> list[object]:
    cells: list[object] = [None] * width
    for at, text in zip(range(width), _texts(row), strict=False):
        cells[at] = text
    wrong = "\n".join(f"{fault['column']}\u00a0: {fault['message']}" for fault in told)
    return [row.line, wrong or None, "\n".join(fault["remedy"] for fault in told) or None, *cells]


def _texts(row: Row) -> Iterator[str]:
    """Everything as text, so that no zero is lost on the way back."""
    for cell in row.cells:
        text = cell if isinstance(cell, str) else text_of(cell)
        if is_social_security_number(text):
            yield masked(text)
        else:
            yield without_numbers(text) if row.fault else text
