"""What a table to be written is made of, and what each value becomes in a file."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from math import isfinite
from typing import Final

#: Characters that one cell of a spreadsheet holds.
_TEXT_LIMIT = 32_767
#: What XML 1.0 can't hold. A lone surrogate can't be written in UTF-8 either.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_DAY_ZERO = date(1899, 12, 30).toordinal()
#: Day 61, the first that every spreadsheet counts alike (they believe in a 29 February 1900).
_FIRST_DAY = date(1900, 3, 1)
_LAST_DAY = 2_958_466  # 1 January 10000
_TITLE = re.compile(r"[\[\]:*?/\\\x00-\x1f]")


class Kind(StrEnum):
    """What a column holds, hence how its cells are stored and shown."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    #: A share: 0.5 is shown as 50 %.
    PERCENT = "percent"
    DATE = "date"
    #: Wall time of the reader's zone; a zone is cut off, as spreadsheets know none.
    DATETIME = "datetime"
    #: Seconds, shown as hours and minutes, beyond 24 too.
    HOURS = "hours"


#: How a spreadsheet shows each kind.
FORMATS: Final = {
    Kind.TEXT: "General",
    Kind.INTEGER: "0",
    Kind.NUMBER: "0.00",
    Kind.PERCENT: "0%",
    Kind.DATE: "dd/mm/yyyy",
    Kind.DATETIME: "dd/mm/yyyy hh:mm",
    Kind.HOURS: "[h]:mm",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: a key for programs, a label for readers, what it holds, and its width in characters."""

    key: str
    label: str
    kind: Kind | str = Kind.TEXT
    width: float = 16


@dataclass(frozen=True, slots=True)
class Marked:
    """A value of a sheet that stands out in red. Another cell of its row says why in words."""

    value: object


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: each row is a sequence with one value per column, None for nothing. ``rows`` is gone through once.

    ``notes`` are lines of text below the last row.
    """

    title: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[object]]
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class TextSheet:
    """Labels and what they stand for: a “Read me”, a summary. A row with an empty value is a heading."""

    title: str
    rows: Iterable[tuple[str, object]]


@dataclass(frozen=True, slots=True)
class Properties:
    """What the file says about itself."""

    title: str
    author: str = "Kokoroe"
    subject: str = ""
    keywords: str = ""
    language: str = "fr"
    #: An instant; the file stores it in UTC.
    created: datetime | None = None

    def created_utc(self) -> datetime:
        """The instant without its zone, as the format wants it."""
        return (self.created or datetime.now(UTC)).astimezone(UTC).replace(tzinfo=None, microsecond=0)


def stored(kind: Kind | str, value: object) -> str | int | float | None:
    """What a cell holds: a number where the kind is one and the value allows it, else text; None for nothing.

    A value that does not fit its column ("n/a" among numbers) is kept, as text.
    """
    if value is None or value == "":
        return None
    if kind != Kind.TEXT:
        number = _number(kind, value)
        if (
            number is not None
        ):  # spreadsheets keep 15 digits, and a longer one would differ from writer to writer
            return float(f"{number:.15g}") if isinstance(number, float) else number
        if isinstance(value, float) and not isfinite(value):
            return None
        if kind == Kind.HOURS and isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            return clock(value)
    return clean(_said(value)) or None


def clean(text: str) -> str:
    """The text as a cell can hold it: no illegal characters, lines ended one way, cut where a cell ends."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.isprintable():
        text = _ILLEGAL.sub("", text)
    return text if len(text) <= _TEXT_LIMIT else text[: _TEXT_LIMIT - 1] + "…"


def sheet_title(title: str, taken: set[str]) -> str:
    """A title that spreadsheets accept, unlike those taken, to which it is added: at most 31 characters, no ``[]:*?/\\``."""
    plain = _TITLE.sub(" ", title).strip().strip("'")[:31].strip() or "1"
    number, chosen = 1, plain
    while chosen.casefold() in taken:
        number += 1
        tail = f" ({number})"
        chosen = plain[: 31 - len(tail)].rstrip() + tail
    taken.add(chosen.casefold())
    return chosen


def clock(seconds: int | float | Decimal) -> str:
    """Hours and minutes, as many hours as it takes: ``36:00``."""
    minutes = round(seconds / 60)
    return f"{'-' if minutes < 0 else ''}{abs(minutes) // 60}:{abs(minutes) % 60:02d}"


def _number(kind: Kind | str, value: object) -> int | float | None:
    if isinstance(value, date):
        return _serial(kind, value)
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    if kind in {Kind.DATE, Kind.DATETIME}:
        return None
    number = value if isinstance(value, int) else float(value)
    if not abs(number) < 1e300:
        return None  # infinite, or not a number
    if kind == Kind.HOURS:
        return number / 86_400 if 0 <= number < _LAST_DAY * 86_400 else None
    return number


def _serial(kind: Kind | str, value: date) -> int | float | None:
    """Days since the spreadsheets' day zero; None where they disagree, or where the column holds no dates."""
    if kind not in {Kind.DATE, Kind.DATETIME}:
        return None
    day = value.date() if isinstance(value, datetime) else value
    if day < _FIRST_DAY:
        return None
    days = day.toordinal() - _DAY_ZERO
    if kind == Kind.DATE or not isinstance(value, datetime):
        return days
    return days + (value.hour * 3600 + value.minute * 60 + value.second) / 86_400


def _said(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%d/%m/}{value.year:04d}{value: %H:%M}"
    if isinstance(value, date):
        return f"{value:%d/%m/}{value.year:04d}"
    return str(value)
