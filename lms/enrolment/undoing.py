"""What an undo goes by. Two families: tables whose rows a batch may make or change, and what stands against an undo.

A higher room adds members in its ``traced.py`` and ``objections.py``; the undo knows none of them by name.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import JSON, ColumnElement, String, cast, func, literal

from lms.core import db
from lms.core.db import AnySelect, Model
from lms.core.i18n import Lazy
from lms.core.kinds import Kind


@dataclass(frozen=True, slots=True)
class Undoing:
    """A batch that may be taken back."""

    tenant_id: int
    batch_id: int


class Traced(Kind):
    """A table of which a batch keeps, row by row, how it stood before and after."""

    #: The name of the table.
    name: ClassVar[str] = ""
    table: ClassVar[type[Model]]
    #: What people call one of its rows.
    label: ClassVar[Lazy]
    #: What is compared with, and put back to, how it stood. Not what follows from other rows.
    columns: ClassVar[tuple[str, ...]]
    #: Of these, what goes on by itself, and is no change of somebody's: it is put back, and not compared.
    follows: ClassVar[tuple[str, ...]] = ()
    #: The column that says whom a row is about; empty: nobody.
    person: ClassVar[str] = "person_id"
    #: Whether a batch may take rows away: then all of their columns are kept, and they come back under their number.
    is_whole: ClassVar[bool] = False
    #: Tables whose rows go with these, or were looked after before; all others keep a row that they point at.
    goes_with: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def said(cls) -> ColumnElement[Any]:
        """The row as it stands, as text: equal texts are equal rows."""
        return as_text(cls.table, cls.columns)

    @classmethod
    def kept(cls) -> ColumnElement[Any]:
        """What is written down of the row."""
        return as_text(cls.table, cls.all_columns()) if cls.is_whole else cls.said()

    @classmethod
    def all_columns(cls) -> tuple[str, ...]:
        """All but the number of the row and its tenant."""
        columns = cls.table.__table__.c
        return tuple(one.name for one in columns if one.name not in ("id", "tenant_id"))


class UndoObjection(Kind):
    """Why somebody's rows are not taken back as if nothing had happened since."""

    name: ClassVar[str] = ""
    #: ``Has begun to learn``: said of a person.
    label: ClassVar[Lazy]
    #: What becomes of them if they are taken back all the same.
    remedy: ClassVar[Lazy]
    #: Whether they are left out whatever is said.
    is_final: ClassVar[bool] = False

    def persons(self, batch: Undoing) -> AnySelect:
        """``person_id`` of those of the batch whom it stands for."""
        raise NotImplementedError


def as_text(table: type[Model], names: tuple[str, ...]) -> ColumnElement[Any]:
    """These columns of a row as one JSON object, made by the database and always written alike."""
    parts = [part for name in names for part in (literal(name), getattr(table, name))]
    make = func.json_build_object if db.is_postgresql() else func.json_object
    return cast(make(*parts, type_=String()), String)


def part_of(kept: Any, name: str, kind: Any) -> ColumnElement[Any]:
    """One column of what ``as_text`` wrote, as the database keeps it."""
    if db.is_postgresql():
        return cast(cast(kept, JSON).op("->>")(name), kind)
    return func.json_extract(kept, f"$.{name}", type_=kind)
