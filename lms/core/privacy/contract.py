"""One table that holds something on people: what they are shown of it, and what is left of it after them."""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any, ClassVar, cast

from sqlalchemy import ColumnElement, CursorResult, Table, and_, delete, func, select, update

from lms.core import db, files, walls
from lms.core.db import Model, session
from lms.core.kinds import Kind


@dataclass(frozen=True, slots=True)
class Whose:
    """People of one tenant, by numbers."""

    tenant_id: int
    person_ids: tuple[int, ...]
    #: The accounts that open them.
    account_ids: tuple[int, ...] = ()
    #: Those of the accounts that open nobody else: they go with these people.
    ending_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """What one table holds. ``labels``: column -> what people call it; ``rows``: plain values, dates as ISO 8601."""

    name: str
    label: str
    labels: dict[str, str]
    rows: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Erased:
    """What became of a table's rows: how many are gone, emptied of what names somebody, or set aside as they were.

    ``reason`` says why anything stays; ``until`` when the last of what is set aside goes, where that has a date.
    """

    deleted: int = 0
    emptied: int = 0
    kept: int = 0
    until: date | None = None
    name: str = field(default="", kw_only=True)
    label: str = field(default="", kw_only=True)
    reason: str = field(default="", kw_only=True)


class Holding(Kind):
    """A family: each member is one table. In a room's file a table comes after those that it points at."""

    #: The table's own name.
    name: ClassVar[str] = ""
    table: ClassVar[type[Model]]
    #: What people call it; a lazy text.
    label: ClassVar[Any]
    #: What the person is shown: column -> label. Never a secret, nor what is about somebody else.
    columns: ClassVar[Mapping[str, Any]]
    #: Columns that can hold what somebody typed and that an erasure leaves as they are; and why anything stays (a lazy text).
    stays: ClassVar[tuple[str, ...]] = ()
    reason: ClassVar[Any] = ""

    def mine(self, whose: Whose) -> ColumnElement[bool]:
        """Which rows are about them."""
        held: Any = self.table
        return and_(held.tenant_id == whose.tenant_id, held.person_id.in_(whose.person_ids))

    def of_nobody(self, _whose: Whose) -> ColumnElement[bool] | None:
        """Which rows without a tenant are about them: those of their accounts, from before a tenant was known."""
        return None

    def erase(self, whose: Whose) -> Erased:
        """Take away what names them, in a constant number of statements."""
        raise NotImplementedError

    def export(self, whose: Whose) -> Part:
        """All of their rows, oldest first, in one statement; one more for those without a tenant."""
        held = cast("Table", self.table.__table__)
        found = select(*(held.c[name] for name in self.columns)).order_by(*held.primary_key)
        rows = list(session.execute(found.where(self.mine(whose))))
        if (of_nobody := self.of_nobody(whose)) is not None:
            with walls.visiting(None):
                rows += session.execute(found.where(of_nobody))
        labels = {name: str(label) for name, label in self.columns.items()}
        return Part(
            self.name,
            str(self.label),
            labels,
            [dict(zip(labels, map(_plain, row), strict=True)) for row in rows],
        )

    def delete(self, *which: ColumnElement[bool]) -> int:
        """Delete these rows; how many there were."""
        gone = delete(self.table).where(*which).execution_options(synchronize_session=False)
        return cast("CursorResult[Any]", session.execute(gone)).rowcount

    def empty(self, *which: ColumnElement[bool], **values: Any) -> int:
        """Give these rows these values; how many there are."""
        changed = update(self.table).where(*which).values(**values)
        done = session.execute(changed.execution_options(synchronize_session=False))
        return cast("CursorResult[Any]", done).rowcount

    def count(self, *which: ColumnElement[bool]) -> int:
        """How many such rows there are."""
        return session.scalar(select(func.count()).select_from(self.table).where(*which)) or 0


def export(whose: Whose) -> list[Part]:
    """What every table holds on them: one statement each, the lowest room first."""
    return [kind().export(whose) for kind in Holding.registered.values()]


def erase(whose: Whose) -> list[Erased]:
    """Erase them in every table, the highest room first, so that nothing points at what is gone. What became of each."""
    found = []
    for name, kind in reversed(Holding.registered.items()):
        done: Erased = kind().erase(whose)
        left = str(kind.reason) if done.kept or (done.emptied and kind.reason) else ""
        found.append(
            Erased(
                done.deleted,
                done.emptied,
                done.kept,
                done.until,
                name=name,
                label=str(kind.label),
                reason=left,
            )
        )
    session.expire_all()  # what was loaded before is not so any more
    return found


def drop_files(keys: Iterable[str | None]) -> None:
    """Take these files away once the erasure is kept."""
    for key in keys:
        if key:
            db.then(partial(files.storage().delete, key))


def _plain(value: Any) -> Any:
    if isinstance(value, enum.Enum):
        return value.value
    return value.isoformat() if isinstance(value, date | datetime) else value
