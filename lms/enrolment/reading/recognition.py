"""Which column of a file holds what: as somebody said once, as its layout says, else as its headers read."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lms.core.i18n import lazy
from lms.enrolment import layout
from lms.enrolment.layout import Layout
from lms.enrolment.reading.columns import FIELDS, REQUIRED, plain

#: Signature of a header -> the field of each of its columns, empty where nothing is read.
Remembered = Mapping[str, Sequence[str]]
#: The columns that stand in front of a file handed back: they are ours.
HANDED_BACK: Final = (lazy("Line in your file"), lazy("To correct"), lazy("What to do"))
_SYNONYMS: Final = {name: [plain(word) for word in words] for name, (_label, words) in FIELDS.items()}


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one file: which field stands where, and what the file calls it."""

    header: list[str]
    #: Field name -> index.
    at: dict[str, int]
    #: The layout that was recognised, if one was.
    layout: type[Layout] | None = None
    #: Whether somebody of the organisation said once what these columns are.
    is_remembered: bool = False

    def label(self, field: str) -> str:
        """What the file calls this field; our own word where it has no such column."""
        return self.header[self.at[field]] if field in self.at else str(FIELDS[field][0])

    def unread(self) -> list[str]:
        """Headers of the columns that nothing is taken from."""
        used = set(self.at.values())
        return [name for n, name in enumerate(self.header) if n not in used and name]

    def missing(self) -> list[str]:
        """Labels of the columns without which nobody can be enrolled."""
        return [str(FIELDS[name][0]) for name in REQUIRED if name not in self.at]

    def fields(self) -> list[str]:
        """The field of each column, empty where nothing is read: what ``Remembered`` keeps of it."""
        of = {at: field for field, at in self.at.items()}
        return [of.get(n, "") for n in range(len(self.header))]


def signature(header: Sequence[str]) -> str:
    """What tells this header from others: 32 characters, the same however its names are spelt, or handed back by us."""
    theirs = map(plain, header[ours(header) :])
    return hashlib.sha256("\x1f".join(theirs).encode()).hexdigest()[:32]


def ours(header: Sequence[str]) -> int:
    """How many columns in front are our own."""
    known = [{plain(label.text), plain(str(label))} for label in HANDED_BACK]
    found = len(header) > len(known) and all(
        plain(name) in words for name, words in zip(header, known, strict=False)
    )
    return len(known) if found else 0


def recognise(header: list[str], remembered: Remembered | None = None) -> Columns:
    """Find the columns. One header serves one field; unknown ones are left alone."""
    if remembered and (said := remembered.get(signature(header))):
        at = {field: n for n, field in enumerate(said, ours(header)) if field in FIELDS and n < len(header)}
        return Columns(header, at, is_remembered=True)
    places: dict[str, int] = {}
    for n, name in enumerate(header):
        places.setdefault(plain(name), n)
    known = layout.of(places, _marks())
    wanted = _SYNONYMS if known is None else {**_SYNONYMS, **_of(known)}
    closed = frozenset() if known is None else _closed(known)
    found: dict[str, int] = {}
    for field, words in wanted.items():
        own = known is not None and field in known.columns
        there = [places[word] for word in words if word in places and (own or word not in closed)]
        if there and there[0] not in found.values():
            found[field] = there[0]
    return Columns(header, found, known)


def layouts() -> list[type[Layout]]:
    """Every layout that is known, by name."""
    return [Layout.registered[name] for name in sorted(Layout.registered)]


def _of(known: type[Layout]) -> dict[str, list[str]]:
    return {field: [plain(word) for word in words] for field, words in known.columns.items()}


def _marks() -> dict[type[Layout], frozenset[str]]:
    return {known: frozenset(map(plain, known.marks)) for known in layouts()}


def _closed(known: type[Layout]) -> frozenset[str]:
    """Headers of a layout that no other field is read from."""
    own = [word for words in known.columns.values() for word in words]
    return frozenset(map(plain, (*own, *known.besides)))
