"""The ledger: facts of learning in a chain, so that a row changed, added or taken out afterwards shows.

Each row carries the SHA-256 of its own fields and of the hash before it in the same enrolment.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import and_, bindparam, func, insert, or_, select, union_all

from lms.core import db
from lms.core.db import AnyRow, AnySelect, session, table_of
from lms.enrolment.models import Enrolment
from lms.progress.models import LearningEvent, Standing

ENDINGS = ("passed", "done")  #: the verbs after which a step counts as done
VERBS = ("opened", "answered", "passed", "failed", "done", "completed")


@dataclass(frozen=True, slots=True)
class Fact:
    """What happened, before it has its place in a chain. ``seconds``: active time since the fact before."""

    verb: str
    activity_id: int | None
    at: datetime
    seconds: int = 0
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Head:
    """The last row of a chain: what the next one is tied to. ``at`` is None before the first."""

    number: int = 0
    hash: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """The first row that is not as it was written."""

    enrolment_id: int
    number: int
    reason: str


_ROW = LearningEvent.__table__
_ADD = insert(table_of(LearningEvent))
_written = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode
_HEAD = (
    select(LearningEvent.number, LearningEvent.hash, LearningEvent.at)
    .where(
        LearningEvent.tenant_id == bindparam("tenant_id"),
        LearningEvent.enrolment_id == bindparam("enrolment_id"),
    )
    .order_by(LearningEvent.number.desc())
    .limit(1)
)


def head(tenant_id: int, enrolment_id: int) -> Head:
    """Where the chain of an enrolment ends. Whoever adds to it holds the lock of the enrolment's row."""
    found = db.rows(_HEAD, {"tenant_id": tenant_id, "enrolment_id": enrolment_id})
    return Head(*found[0]) if found else Head()


def heads(tenant_id: int, enrolment_ids: Sequence[int]) -> dict[int, Head]:
    """Where the chains of many enrolments end; those without a row yet have an empty head."""
    last = (
        select(LearningEvent.enrolment_id, func.max(LearningEvent.number).label("number"))
        .where(LearningEvent.tenant_id == tenant_id, LearningEvent.enrolment_id.in_(enrolment_ids))
        .group_by(LearningEvent.enrolment_id)
        .subquery()
    )
    is_last = and_(
        LearningEvent.tenant_id == tenant_id,
        LearningEvent.enrolment_id == last.c.enrolment_id,
        LearningEvent.number == last.c.number,
    )
    columns = LearningEvent.enrolment_id, LearningEvent.number, LearningEvent.hash, LearningEvent.at
    found = {row[0]: Head(*row[1:]) for row in session.execute(select(*columns).join(last, is_last))}
    return {enrolment_id: found.get(enrolment_id, Head()) for enrolment_id in enrolment_ids}


def rows(tenant_id: int, enrolment_id: int, facts: Iterable[Fact], after: Head) -> list[dict[str, Any]]:
    """The facts as rows of ``learning_event``, chained after ``after``."""
    made = []
    number, last = after.number, after.hash
    for fact in facts:
        number += 1
        row = {
            "tenant_id": tenant_id, "enrolment_id": enrolment_id, "number": number,
            "activity_id": fact.activity_id, "verb": fact.verb, "at": fact.at.astimezone(UTC),
            "seconds": fact.seconds, "details": fact.details,
        }  # fmt: skip
        last = row["hash"] = fingerprint(row, last)
        made.append(row)
    return made


def write(made: Sequence[dict[str, Any]]) -> None:
    """Add rows, of one enrolment or of many."""
    if made:
        db.run(_ADD, made)


def fingerprint(row: Any, before: str) -> str:
    """SHA-256 of a row's fields in a fixed writing, and of the hash before; hexadecimal."""
    said = [
        before, row["tenant_id"], row["enrolment_id"], row["number"], row["activity_id"], row["verb"],
        row["at"].astimezone(UTC).isoformat(timespec="microseconds"), row["seconds"], row["details"],
    ]  # fmt: skip
    return hashlib.sha256(_written(said).encode()).hexdigest()


def check(tenant_id: int, enrolments: AnySelect) -> tuple[int, Fault | None]:
    """Walk the chains of these enrolments; how many rows hold, and the first that does not.

    A chain whose end was cut off still holds in itself: the figures that were written with it tell.
    """
    found = (
        select(*_ROW.c)
        .where(_ROW.c.tenant_id == tenant_id, _ROW.c.enrolment_id.in_(enrolments))
        .order_by(_ROW.c.enrolment_id, _ROW.c.number)
        .execution_options(yield_per=1000)
    )
    with session.execute(found) as events:  # closed even when the first fault ends the walk
        count, fault = _walk(events)
    return count, fault or _cut_off(tenant_id, enrolments)


def _walk(events: Iterable[AnyRow]) -> tuple[int, Fault | None]:
    count = 0
    for _enrolment_id, chain in groupby(events, key=lambda row: row.enrolment_id):
        last = Head()
        for row in chain:
            if fault := _fault(row, last):
                return count, fault
            last = Head(row.number, row.hash, row.at)
            count += 1
    return count, None


def _fault(row: AnyRow, last: Head) -> Fault | None:
    if row.number != last.number + 1:
        return Fault(row.enrolment_id, last.number + 1, "missing")
    if row.hash != fingerprint(row._mapping, last.hash):
        return Fault(row.enrolment_id, row.number, "altered")
    return None


def _cut_off(tenant_id: int, enrolments: AnySelect) -> Fault | None:
    """The first enrolment whose figures say more than its events: what bore them out is missing."""
    of_step = and_(
        LearningEvent.tenant_id == Standing.tenant_id,
        LearningEvent.enrolment_id == Standing.enrolment_id,
        LearningEvent.activity_id == Standing.activity_id,
    )
    of_course = and_(
        LearningEvent.tenant_id == Enrolment.tenant_id, LearningEvent.enrolment_id == Enrolment.id
    )
    event = select(LearningEvent.id)
    began = event.where(of_step).exists()
    ended = event.where(of_step, LearningEvent.verb.in_(ENDINGS)).exists()
    closed = event.where(of_course, LearningEvent.verb == "completed").exists()
    done = (
        select(func.count())
        .select_from(Standing)
        .where(Standing.tenant_id == Enrolment.tenant_id, Standing.enrolment_id == Enrolment.id)
        .where(Standing.done_at.is_not(None))
        .correlate(Enrolment)
        .scalar_subquery()
    )
    steps = select(Standing.enrolment_id.label("id")).where(
        Standing.tenant_id == tenant_id,
        Standing.enrolment_id.in_(enrolments),
        or_(~began, and_(Standing.done_at.is_not(None), ~ended)),
    )
    courses = select(Enrolment.id.label("id")).where(
        Enrolment.tenant_id == tenant_id,
        Enrolment.id.in_(enrolments),
        or_(Enrolment.steps_done > done, and_(Enrolment.completed_at.is_not(None), ~closed)),
    )
    found = union_all(steps, courses).subquery()
    first = session.scalar(select(func.min(found.c.id)))
    return Fault(first, head(tenant_id, first).number + 1, "missing") if first is not None else None
