"""Rows as a batch wrote down how they stood: put back, brought back, and whether anything points at them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, insert, select, true, update

from lms.core.db import Model, session
from lms.enrolment.models import Trace
from lms.enrolment.undoing import Traced, Undoing, part_of


def traces(of: Undoing) -> tuple[ColumnElement[bool], ...]:
    """The traces of this batch of which nothing was taken back yet."""
    return Trace.tenant_id == of.tenant_id, Trace.batch_id == of.batch_id, ~Trace.is_undone


def put_back(of: Undoing, name: str, which: ColumnElement[bool]) -> None:
    """Rows that the batch changed stand as before."""
    kind: type[Traced] = Traced.registered[name]
    table: Any = kind.table
    there = and_(table.tenant_id == Trace.tenant_id, table.id == Trace.row_id)
    changed = Trace.before.is_not(None), Trace.after.is_not(None)
    values = {
        column: part_of(Trace.before, column, table.__table__.c[column].type) for column in kind.columns
    }
    do(update(table).where(*traces(of), Trace.kind == name, *changed, which, there).values(values))


def bring_back(of: Undoing, name: str, which: ColumnElement[bool]) -> None:
    """Rows that the batch took away are there again, under their number."""
    kind: type[Traced] = Traced.registered[name]
    if not kind.is_whole:
        return
    table: Any = kind.table
    columns = kind.all_columns()
    parts = [part_of(Trace.before, column, table.__table__.c[column].type) for column in columns]
    gone = ~exists().where(table.tenant_id == Trace.tenant_id, table.id == Trace.row_id)
    rows = select(Trace.tenant_id, Trace.row_id, *parts).where(
        *traces(of), Trace.kind == name, Trace.before.is_not(None), Trace.after.is_(None), which, gone
    )
    do(insert(table).from_select(["tenant_id", "id", *columns], rows, include_defaults=False))


def unneeded(table: type[Model], besides: Sequence[str] = ()) -> ColumnElement[bool]:
    """Whether no row of any other table points at a row of this one; ``besides``: tables that go with it."""
    ways = []
    for other in Model.metadata.sorted_tables:
        for key in other.foreign_key_constraints:
            if key.referred_table is not table.__table__ or other.name in besides:
                continue
            pointing = other.alias()
            pairs = ((pointing.c[one.parent.name], one.column) for one in key.elements)
            ways.append(~exists().where(*(ours == theirs for ours, theirs in pairs)))
    return and_(true(), *ways)


def do(statement: Any) -> None:
    """Execute a statement that is about rows, not about objects that are loaded."""
    session.execute(statement.execution_options(synchronize_session=False))
