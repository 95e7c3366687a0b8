"""Two rows that turn out to be one (a person known twice, two agencies that become one): what points at the row that
goes is handed over to the row that stays.

Every column that points at the row is found in the tables themselves, so nothing is forgotten. A table where that needs
thought (a key that would be there twice, figures that belong together) has a ``Handover`` in its room's ``handovers.py``;
a house test says which tables need one.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, cast

from sqlalchemy import Column, ColumnElement, Table, and_, func, select, update

from lms.core.db import Model, session
from lms.core.kinds import Kind

#: Lines of what was done: they say who it was then, and are never changed. Or rows that follow from others.
AS_THEY_WERE = frozenset({"journal_entry", "organisation_branch", "ledger_transaction"})


@dataclass(frozen=True, slots=True)
class Pair:
    """Two rows of one tenant, by numbers: the one that goes, and the one that stays."""

    tenant_id: int
    gone_id: int
    kept_id: int


@dataclass(frozen=True, slots=True)
class Objection:
    """Why the two can't be one yet, and what to do about it; in the reader's language."""

    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Share:
    """How many rows of a table move, and how many stay where they are."""

    label: str
    moves: int
    stays: int = 0


class Handover(Kind):
    """A family: each member is one table and what it points at, ``person`` or ``organisation``."""

    #: ``cohort.organisation``: the table, and what it points at.
    name: ClassVar[str] = ""
    table: ClassVar[type[Model]]
    #: What people call its rows; a lazy text. Empty: they are not counted.
    label: ClassVar[Any] = ""

    @property
    def of(self) -> str:
        """The table that is pointed at."""
        return self.name.partition(".")[2]

    def theirs(self, pair: Pair) -> ColumnElement[bool]:
        """Which rows are those of the one that goes."""
        (column, *_more) = pointing_at(self.of)[_table(self.table)]
        return and_(_table(self.table).c.tenant_id == pair.tenant_id, column == pair.gone_id)

    def count(self, pair: Pair) -> Share:
        """How many rows move."""
        return Share(str(self.label), _number(_table(self.table), self.theirs(pair)))

    def objections(self, _pair: Pair) -> list[Objection]:
        """Why the two can't be one yet."""
        return []

    def against_archive(self, _tenant_id: int, _number: int) -> list[Objection]:
        """Why what is pointed at can't be put aside yet: something goes on in it."""
        return []

    def hand_over(self, pair: Pair) -> None:
        """Make the rows those of the one that stays, in a constant number of statements."""
        carry_over(_table(self.table), self.of, pair)


def pointing_at(target: str) -> dict[Table, list[Column[Any]]]:
    """Every table with columns that hold a number of ``target``: by a foreign key, or by the mark of one."""
    found: dict[Table, list[Column[Any]]] = {}
    for table in Model.metadata.sorted_tables:
        by_key = [
            element.parent
            for key in table.foreign_key_constraints
            if key.referred_table.name == target
            for element in key.elements
            if element.column.name == "id"
        ]
        marked = [column for column in table.c if column.info.get("id of") == target]
        if (columns := [*by_key, *marked]) and table.name not in AS_THEY_WERE:
            found[table] = columns
    return found


def counts(of: str, pair: Pair) -> list[Share]:
    """What moves and what stays, table by table, as far as people have a word for it; the lowest room first."""
    found = [kind.count(pair) for kind in kinds(of) if kind.label]
    return [share for share in found if share.moves or share.stays]


def objections(of: str, pair: Pair) -> list[Objection]:
    """Why the two can't be one yet; empty: they can."""
    return [objection for kind in kinds(of) for objection in kind.objections(pair)]


def hand_over(of: str, pair: Pair) -> None:
    """Hand over every row of every table, the lowest room first. The caller has asked for objections."""
    session.flush()  # what follows are statements
    own = {_table(kind.table) for kind in kinds(of)}
    for kind in kinds(of):
        kind.hand_over(pair)
    for table in pointing_at(of):
        if table not in own:
            carry_over(table, of, pair)
    session.expire_all()  # what was loaded before is not so any more


def carry_over(table: Table, of: str, pair: Pair) -> None:
    """One statement a column: rows that point at the one that goes point at the one that stays."""
    for column in pointing_at(of)[table]:
        theirs = and_(table.c.tenant_id == pair.tenant_id, column == pair.gone_id)
        moved = update(table).where(theirs).values({column.name: pair.kept_id})
        session.execute(moved.execution_options(synchronize_session=False))


def _number(table: Table, which: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(table).where(which)) or 0


def kinds(of: str) -> list[Handover]:
    """Every member that speaks of this table, the lowest room first."""
    return [found for kind in Handover.registered.values() if (found := kind()).of == of]


def _table(model: type[Model]) -> Table:
    return cast("Table", model.__table__)
