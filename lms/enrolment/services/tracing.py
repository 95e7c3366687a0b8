"""How rows stood before a batch and after it: a handful of statements for any number of rows."""

from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, literal, null, or_, select, update

from lms.core.clock import now
from lms.core.db import AnySelect, insert_new, session
from lms.enrolment.models import Batch, Trace
from lms.enrolment.services.receipts import UNDONE_WITHIN
from lms.enrolment.undoing import Traced

_COLUMNS = ["tenant_id", "batch_id", "kind", "row_id", "person_id", "before", "after"]


def before(batch: Batch, name: str, which: ColumnElement[bool]) -> None:
    """Write down how the rows of a table that ``which`` chooses stand, before they are changed."""
    kind: type[Traced] = Traced.registered[name]
    _write(batch, kind, which, kind.kept(), null())


def after(
    batch: Batch, name: str, made: ColumnElement[bool] | None = None, whose: AnySelect | None = None
) -> None:
    """Write down how they stand now; ``made`` chooses, among others, the rows that the batch made.

    ``whose`` selects the people of whom this is to be written, where the batch is written by parts.
    """
    kind: type[Traced] = Traced.registered[name]
    if (
        made is not None
    ):  # first: rows that stand as before are still written down, and taken for none that was made
        _write(batch, kind, made, null(), kind.kept())
    own = [Trace.tenant_id == batch.tenant_id, Trace.batch_id == batch.id, Trace.kind == name]
    if whose is not None:
        own.append(Trace.person_id.in_(whose))
    there = and_(kind.table.tenant_id == Trace.tenant_id, kind.table.id == Trace.row_id)  # type: ignore[attr-defined]  # every traced table has both
    old = or_(
        Trace.before.is_not(None), Trace.person_id.is_(None)
    )  # people that the batch made stand as they were made
    now_said = update(Trace).where(*own, old, there).values(after=kind.kept())
    session.execute(now_said.execution_options(synchronize_session=False))
    unchanged = delete(Trace).where(*own, Trace.before == Trace.after)
    session.execute(unchanged.execution_options(synchronize_session=False))


def made(batch: Batch, name: str, which: ColumnElement[bool]) -> None:
    """Write down rows of which it is known that the batch made them."""
    kind: type[Traced] = Traced.registered[name]
    _write(batch, kind, which, null(), kind.kept())


def count(batch: Batch, name: str) -> int:
    """How many rows of a table the batch changed or made, as far as they are written down."""
    own = Trace.tenant_id == batch.tenant_id, Trace.batch_id == batch.id, Trace.kind == name
    return session.scalar(select(func.count(Trace.id)).where(*own)) or 0


def _write(batch: Batch, kind: type[Traced], which: ColumnElement[bool], said: Any, then: Any) -> None:
    table: Any = kind.table
    person = getattr(table, kind.person) if kind.person else null()
    rows = select(table.tenant_id, literal(batch.id), literal(kind.name), table.id, person, said, then).where(
        table.tenant_id == batch.tenant_id, which
    )
    insert_new(Trace, _COLUMNS, rows)


def forget_old(tenant_id: int) -> None:
    """Traces of batches of which nobody may take anything back any more."""
    old = select(Batch.id).where(Batch.tenant_id == tenant_id, Batch.at < now() - UNDONE_WITHIN)
    gone = delete(Trace).where(Trace.tenant_id == tenant_id, Trace.batch_id.in_(old))
    session.execute(gone.execution_options(synchronize_session=False))
