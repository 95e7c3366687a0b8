"""The journal's chain: for each tenant, and for what belongs to nobody, lines are numbered and tied to the one before.

A line is written plainly with its deed and sealed by a duty some minutes later, so that no request waits for the chain.
Its mark (``marking``) protects it until then. What goes with time goes from the chain's beginning, and the head says so.
"""

import hashlib
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, delete, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from lms.core import anchors, db, marking
from lms.core.db import AnyRow, BigId, Model, session, table_of
from lms.core.journal import Entry

log = logging.getLogger("lms.journal")

BITE = 1_000  #: lines sealed in one transaction: SQLite has one writer, and others wait for it


class Head(Model):
    """Where a chain begins and ends. The database lets it grow, and nothing else."""

    __tablename__ = "journal_head"

    #: The tenant's number; 0: the chain of what belongs to nobody.
    chain: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    tenant_id: Mapped[int | None] = mapped_column(BigId)
    #: The last line sealed, and its hash.
    number: Mapped[int] = mapped_column(BigId, default=0)
    hash: Mapped[str] = mapped_column(default="")
    #: The last line that went with time, and its hash: the next one is tied to it.
    let_go: Mapped[int] = mapped_column(BigId, default=0)
    let_go_hash: Mapped[str] = mapped_column(default="")
    #: Lines up to this id were there before lines had marking.
    unmarked_until: Mapped[int] = mapped_column(BigId, default=0)
    #: The installation's mark on the columns above: whoever has the database alone cannot move a head.
    mark: Mapped[str] = mapped_column(default="")


@dataclass(frozen=True, slots=True)
class Fault:
    """The first line that is not as it was written. ``number`` is its place in the chain (None: not sealed yet)."""

    reason: str  #: altered, missing, inserted, doubled, head
    number: int | None = None
    entry_id: int | None = None
    verb: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Looked:
    """What a walk along a chain found. ``last_at``: when the last sealed line was written."""

    sealed: int = 0
    waiting: int = 0
    last_at: datetime | None = None
    waiting_since: datetime | None = None
    fault: Fault | None = None


_ROW = table_of(Entry)
_SEAL = (
    update(_ROW)
    .where(_ROW.c.id == bindparam("entry"))
    .values(number=bindparam("sealed_as"), hash=bindparam("sealed_by"))
)


def waits(tenant_id: int | None) -> bool:
    """Whether a line of this chain is not sealed yet."""
    return session.scalar(select(Entry.id).where(*_unsealed(tenant_id)).limit(1)) is not None


def seal(tenant_id: int | None) -> int:
    """Seal at most ``BITE`` lines in the current transaction, in the order of their ids; how many there were.

    Once it is kept, the new end of the chain is told outside of the database (``anchors``, and the log).
    """
    head = _held(tenant_id)
    found = session.execute(
        select(*_ROW.c).where(*_unsealed(tenant_id)).order_by(_ROW.c.id).limit(BITE)
    ).all()
    made = []
    for row in found:
        head.number += 1
        head.hash = fingerprint(row, head.number, head.hash)
        made.append({"entry": row.id, "sealed_as": head.number, "sealed_by": head.hash})
    if made:
        _sign(head)
        db.run(_SEAL, made)
        _tell(head)
    return len(made)


def let_go(tenant_id: int | None, before: datetime, most: int) -> int:
    """Delete the oldest sealed lines, those written before this moment, at most so many; how many there were."""
    head = _held(tenant_id)
    found = session.execute(
        select(_ROW.c.number, _ROW.c.hash, _ROW.c.at)
        .where(_of(tenant_id), _ROW.c.number > head.let_go)
        .order_by(_ROW.c.number)
        .limit(most)
    )
    for number, hashed, at in found.all():
        if at >= before:
            break
        head.let_go, head.let_go_hash = number, hashed
    _sign(head)
    session.flush()  # the database lets go only of what the head says is gone
    gone = delete(Entry).where(_of(tenant_id), Entry.number <= head.let_go).returning(Entry.id)
    return len(session.execute(gone.execution_options(synchronize_session=False)).all())


def fingerprint(row: Any, number: int, before: str) -> str:
    """SHA-256 of a line's place, its columns and the hash before it; hexadecimal."""
    said = marking.written([before, number, row.id, marking.said(row._mapping), row.mark])
    return hashlib.sha256(said.encode()).hexdigest()


def check(tenant_id: int | None) -> Looked:
    """Walk along a chain, and over the lines that are not sealed yet. Reads only.

    A chain cut off at its end, with a head of an earlier day, is told by the anchor outside of the database, as far as
    this machine knows one.
    """
    head = session.get(Head, tenant_id or 0, populate_existing=True) or Head(
        chain=tenant_id or 0, tenant_id=tenant_id, number=0, hash="", let_go=0, let_go_hash="", unmarked_until=0, mark=""
    )  # fmt: skip
    if fault := _of_head(head):
        return Looked(fault=fault)
    sealed = select(*_ROW.c).where(_of(tenant_id), _ROW.c.number.is_not(None)).order_by(_ROW.c.number)
    with session.execute(sealed.execution_options(yield_per=1_000)) as rows:
        found = _walk(rows, head)
    if found.fault is not None:
        return found
    waiting, since, fault = _look_at_waiting(tenant_id, head)
    return Looked(found.sealed, waiting, found.last_at, since, fault or _doubled(tenant_id))


def _look_at_waiting(tenant_id: int | None, head: Head) -> tuple[int, datetime | None, Fault | None]:
    count, since = 0, None
    found = select(*_ROW.c).where(*_unsealed(tenant_id)).order_by(_ROW.c.id)
    with session.execute(found.execution_options(yield_per=1_000)) as rows:
        for row in rows:
            if fault := _unmarked(row, head):
                return count, since, fault
            count, since = count + 1, since or row.at
    return count, since, None


def _walk(rows: Iterable[AnyRow], head: Head) -> Looked:
    number, last, at = head.let_go, head.let_go_hash, None
    count = 0
    anchor = anchors.known().get(head.chain)
    for row in rows:
        if fault := _fault(row, number, last, head, anchor):
            return Looked(count, last_at=at, fault=fault)
        number, last, at = row.number, row.hash, row.at
        count += 1
    if number < head.number:
        return Looked(count, last_at=at, fault=Fault("missing", number + 1))
    return Looked(count, last_at=at, fault=Fault("altered", number) if last != head.hash else None)


def _fault(row: AnyRow, number: int, last: str, head: Head, anchor: Sequence[Any] | None) -> Fault | None:
    def told(reason: str) -> Fault:
        return Fault(reason, row.number, row.id, row.verb, row.at)

    if row.number > head.number or row.number <= number:
        return told("inserted")
    if row.number != number + 1:
        return Fault("missing", number + 1)
    if row.hash != fingerprint(row, row.number, last):
        return told("altered")
    if anchor is not None and anchor[0] == row.number and anchor[1] != row.hash:
        return told("altered")
    return _unmarked(row, head)


def _unmarked(row: AnyRow, head: Head) -> Fault | None:
    """A line that this installation did not write, or not like this."""
    if not row.mark and row.id <= head.unmarked_until:
        return None
    if marking.is_ours(marking.said(row._mapping), row.mark):
        return None
    return Fault("inserted" if row.number is None else "altered", row.number, row.id, row.verb, row.at)


def _of_head(head: Head) -> Fault | None:
    """A head that somebody moved, or that ends before what was told outside."""
    is_new = not head.number and not head.mark
    if is_new and session.scalar(select(Entry.id).where(_of(head.tenant_id), Entry.number > 0).limit(1)):
        return Fault("head")
    if not is_new and not marking.is_ours(_said_of(head), head.mark):
        return Fault("head")
    anchor = anchors.known().get(head.chain)
    if anchor is not None and anchor[0] > head.number:
        return Fault("missing", head.number + 1)
    return None


def _doubled(tenant_id: int | None) -> Fault | None:
    """A line that was copied: no two have the same mark."""
    twice = (
        select(func.max(_ROW.c.id).label("id"))
        .where(_of(tenant_id), _ROW.c.mark != "")
        .group_by(_ROW.c.mark)
        .having(func.count() > 1)
        .order_by(func.max(_ROW.c.id))
        .limit(1)
    )
    found = session.scalar(twice)
    if found is None:
        return None
    row = session.execute(select(*_ROW.c).where(_ROW.c.id == found)).one()
    return Fault("doubled", row.number, row.id, row.verb, row.at)


def _held(tenant_id: int | None) -> Head:
    """The head of a chain, made if it is new, locked until the end of the transaction."""
    fresh = {"chain": tenant_id or 0, "tenant_id": tenant_id}
    session.execute(db.as_first_written(Head, fresh, ["chain"]))
    held = select(Head).where(Head.chain == (tenant_id or 0)).with_for_update()
    return session.scalars(held.execution_options(populate_existing=True)).one()


def _sign(head: Head) -> None:
    head.mark = marking.mark(_said_of(head))


def _said_of(head: Head) -> str:
    return marking.written(
        ["head", head.chain, head.number, head.hash, head.let_go, head.let_go_hash, head.unmarked_until]
    )


def _tell(head: Head) -> None:
    """The end of the chain, told where whoever changes the database does not reach."""
    chain, number, hashed = head.chain, head.number, head.hash

    def told() -> None:
        anchors.keep(chain, number, hashed)
        log.info("journal sealed", extra={"chain": chain, "number": number, "hash": hashed})

    db.then(told)


def _of(tenant_id: int | None) -> ColumnElement[bool]:
    return _ROW.c.tenant_id.is_(None) if tenant_id is None else _ROW.c.tenant_id == tenant_id


def _unsealed(tenant_id: int | None) -> tuple[ColumnElement[bool], ...]:
    return _of(tenant_id), _ROW.c.number.is_(None)
