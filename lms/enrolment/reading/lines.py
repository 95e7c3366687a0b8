"""One line of a file: its cells cleaned, everything that is wrong with it said at once."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final

from lms.core.i18n import sort_key
from lms.core.tables import CELL_LIMIT, Cell, Row, has_control_characters, too_long
from lms.enrolment.reading import cleaning
from lms.enrolment.reading.cleaning import Wrong, is_social_security_number, text_of
from lms.enrolment.reading.columns import is_social_security
from lms.enrolment.reading.faults import Fault, of_row, shortened
from lms.enrolment.reading.recognition import Columns

#: Field -> how its text is cleaned. Dates, names and the SIRET need more than their text.
_BY_TEXT: Final[dict[str, Callable[[str], str]]] = {
    "last_name": cleaning.name,
    "first_name": cleaning.name,
    "email": cleaning.email,
    "phone": cleaning.phone,
    "postcode": cleaning.postcode,
    "agency_identifier": cleaning.identifier,
    "hr_number": cleaning.number,
    "situation": cleaning.situation,
    "session_number": cleaning.number,
    "action_number": cleaning.number,
    "funder": cleaning.words,
    "scheme": cleaning.words,
    "agency": cleaning.words,
    "adviser": cleaning.words,
}
_DATES: Final = ("birth_date", "enters_on", "leaves_on")
#: A quick look before the key of a social-security number is reckoned.
_MAYBE_NIR: Final = re.compile(r"^\s*[123478](?:[\s.\-\u00a0]*[\dABab]){14}", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Line:
    """A line that was read. ``values`` are the columns of a staged row; None where it was not looked at, or has no shape."""

    number: int
    values: dict[str, Any] | None
    faults: tuple[Fault, ...]
    who: str = ""
    #: What tells this line from others, whatever it says.
    fingerprint: int = 0
    #: Whether the last file had this very line: it was good then, and is not looked at again.
    is_unchanged: bool = False

    @property
    def is_good(self) -> bool:
        """Whether no error keeps the line out."""
        if self.is_unchanged:
            return True
        return self.values is not None and all(fault.is_warning for fault in self.faults)


class Judge:
    """Reads the lines of one file, each by itself; ``today`` is the date in the organisation's zone."""

    def __init__(self, columns: Columns, today: date) -> None:
        self.columns, self.today = columns, today
        self._names = [columns.at[field] for field in ("last_name", "first_name")]
        self._has_told_long = False
        self._forbidden = [n for n, name in enumerate(columns.header) if is_social_security(name)]

    def line(self, row: Row, fingerprint: int = 0) -> Line:
        """The line, cleaned, and all that is wrong with it."""
        if row.fault is not None:
            return Line(row.line, None, (of_row(row.fault, list(row.cells)),))
        who = shortened(self._who(row))
        faults = [] if self._is_plain(row) else list(self._spoilt(row, who))
        spoilt = {fault.column for fault in faults}
        values: dict[str, Any] = {}
        for field in (*_BY_TEXT, *_DATES):
            at = self.columns.at.get(field)
            if at is None or self.columns.header[at] in spoilt:
                values[field] = None
                continue
            try:
                values[field] = self._clean(field, row.cells[at]) or None
            except Wrong as wrong:
                values[field] = None
                faults.append(self.fault(row.line, field, row.cells[at], wrong.code, who, **wrong.about))
        faults += self._together(row, values, who, spoilt)
        return Line(row.line, values, tuple(faults), who, fingerprint)

    def _who(self, row: Row) -> str:
        return " ".join(filter(None, (text_of(row.cells[at]) for at in self._names)))

    def fault(self, line: int, field: str, cell: Cell, code: str, who: str = "", **about: Any) -> Fault:
        """A fault of one cell, under the name that the file gives its column."""
        shown = text_of(cell) if not isinstance(cell, str) else cell.strip()
        return Fault(line, self.columns.label(field), shortened(shown), code, about, who)

    def _clean(self, field: str, cell: Cell) -> Any:
        text = text_of(cell)
        if not text:
            return None
        if field == "birth_date":
            return cleaning.birth(cell, text, self.today)
        if field in _DATES:
            return cleaning.day(cell, text)
        if field == "postcode" and isinstance(cell, int | float):
            text = text.zfill(5)  # a spreadsheet takes 01000 for a number
        return _BY_TEXT[field](text)

    def _is_plain(self, row: Row) -> bool:
        """Whether one look at the whole row shows nothing that no cell may hold: so it is for nearly all."""
        if any(text_of(row.cells[at]) for at in self._forbidden):
            return False
        text = "\n".join([cell if isinstance(cell, str) else text_of(cell) for cell in row.cells if cell])
        return (
            len(text) <= CELL_LIMIT and not has_control_characters(text) and _MAYBE_NIR.search(text) is None
        )

    def _spoilt(self, row: Row, who: str) -> Iterator[Fault]:
        """What no cell may hold, be its column read or not."""
        yield from self._forbidden_cells(row, who)
        for name, cell in zip(self.columns.header, row.cells, strict=False):
            if not isinstance(cell, str | int | float) or isinstance(cell, bool):
                continue
            if isinstance(cell, str):
                if too_long(cell):
                    yield Fault(
                        row.line,
                        name,
                        shortened(cell),
                        "too_long",
                        {"found": len(cell), "most": CELL_LIMIT},
                        who,
                    )
                    continue
                if has_control_characters(cell):
                    yield Fault(row.line, name, shortened(cell), "control_characters", {}, who)
                    continue
            text = cell if isinstance(cell, str) else text_of(cell)
            if _MAYBE_NIR.match(text) and is_social_security_number(text):
                yield Fault(row.line, name, cleaning.masked(text), "social_security_number", {}, who)

    def _forbidden_cells(self, row: Row, who: str) -> Iterator[Fault]:
        """A column for social-security numbers was empty at the top of the file; here it is not."""
        for at in self._forbidden:
            text = text_of(row.cells[at])
            if text and not is_social_security_number(text):  # that one is told for every column
                yield Fault(row.line, self.columns.header[at], "", "social_security_number", {}, who)

    def _together(self, row: Row, values: dict[str, Any], who: str, spoilt: set[str]) -> Iterator[Fault]:
        """What takes more than one cell to judge."""
        yield from self._missing_names(row, values, spoilt)
        yield from self._contacts(row, values, who)
        at = self.columns.at
        identifier = values["agency_identifier"]
        if identifier:
            yield from self._identifier(row, identifier, who)
        values["siret"] = None
        if "siret" in at and not {self.columns.label("siret")} & spoilt:
            values["siret"], is_right = _siret(text_of(row.cells[at["siret"]]))
            if not is_right:
                yield self.fault(row.line, "siret", row.cells[at["siret"]], "siret_wrong", who)
        if values["enters_on"] and values["leaves_on"] and values["leaves_on"] < values["enters_on"]:
            yield self.fault(row.line, "leaves_on", row.cells[at["leaves_on"]], "dates_reversed", who)
        self._adviser(row, values)
        _identify(values)
        if values["person_key"].startswith("n:"):
            cell = row.cells[self._names[0]]
            yield self.fault(row.line, "last_name", cell, "hard_to_tell", who)

    def _missing_names(self, row: Row, values: dict[str, Any], spoilt: set[str]) -> Iterator[Fault]:
        for field, at in zip(("last_name", "first_name"), self._names, strict=True):
            is_judged = self.columns.header[at] in spoilt
            if values[field] is None and not is_judged and not text_of(row.cells[at]).strip("-.' "):
                yield self.fault(row.line, field, row.cells[at], f"no_{field}", shortened(self._who(row)))

    def _contacts(self, row: Row, values: dict[str, Any], who: str) -> Iterator[Fault]:
        at = self.columns.at
        if (
            "email_is_valid" in at
            and values["email"]
            and text_of(row.cells[at["email_is_valid"]]).upper() != "V"
        ):
            yield self.fault(row.line, "email", row.cells[at["email"]], "email_flagged", who)
            values["email"] = None
        if (
            "second_phone" in at
            and not values["phone"]
            and "phone" in at
            and not text_of(row.cells[at["phone"]])
        ):
            cell = row.cells[at["second_phone"]]
            try:
                values["phone"] = cleaning.phone(text_of(cell)) if text_of(cell) else None
            except Wrong:
                yield self.fault(row.line, "second_phone", cell, "phone_unread", who)

    def _identifier(self, row: Row, identifier: str, who: str) -> Iterator[Fault]:
        """Eight characters, or the eleven digits of today. Eleven that end in a letter are told once a file."""
        cell = row.cells[self.columns.at["agency_identifier"]]
        if len(identifier) not in (8, 11):
            about = {"found": len(identifier)}
            yield self.fault(row.line, "agency_identifier", cell, "identifier_unusual", who, **about)
        elif len(identifier) == 11 and identifier[-1].isalpha() and not self._has_told_long:
            self._has_told_long = True
            yield self.fault(row.line, "agency_identifier", cell, "identifier_long", who)

    def _adviser(self, row: Row, values: dict[str, Any]) -> None:
        adviser = values["adviser"]
        at = self.columns.at.get("adviser_first_name")
        first = text_of(row.cells[at]) if at is not None else ""
        if adviser and first and "@" not in adviser:
            adviser = f"{adviser} {first}"[: cleaning.TEXT_LIMIT]
        values["adviser"] = adviser
        values["adviser_key"] = sort_key(adviser) if adviser else None


@lru_cache(maxsize=16_384)
def plain_name(name: str) -> str:
    """A name as it is compared and sorted; a file says the same first names again and again."""
    return sort_key(name)


def _siret(text: str) -> tuple[str | None, bool]:
    try:
        found, is_right = cleaning.siret(text)
    except Wrong:
        return text[: cleaning.TEXT_LIMIT], False
    return found or None, is_right


def _identify(values: dict[str, Any]) -> None:
    """What tells this person from others: agency's number, else staff number, else address and name, else birth date."""
    name = f"{plain_name(values['last_name'] or '')} {plain_name(values['first_name'] or '')}".strip()
    values["sort_name"] = name
    if values["agency_identifier"]:
        values["person_key"] = f"a:{values['agency_identifier']}"
    elif values["hr_number"]:
        values["person_key"] = f"h:{values['hr_number']}"
    elif values["email"]:
        values["person_key"] = f"e:{values['email']} {name}"
    elif values["birth_date"]:
        values["person_key"] = f"b:{values['birth_date']} {name}"
    else:
        values["person_key"] = f"n:{name}"
