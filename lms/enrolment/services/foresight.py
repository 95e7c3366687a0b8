"""What a file will change, before it does: new people, cells that change, and who leaves where it replaces the cohort."""

from typing import Any, Final

from sqlalchemy import ColumnElement, and_, exists, func, select

from lms.core.db import session
from lms.enrolment.models import Batch, Cohort, ImportMode, Member, Outcome, StagedRow
from lms.enrolment.reading.cleaning import text_of
from lms.enrolment.reading.recognition import Columns
from lms.enrolment.services.members import withdraw
from lms.enrolment.services.staging import OF_MEMBER, OF_PERSON, Target
from lms.enrolment.states import GONE
from lms.people.models import Person

SHOWN: Final = 500  #: of each kind of change that a report keeps
_AT_ONCE: Final = 5_000  #: people whom one receipt takes out
_ROW = StagedRow
_UNSAID: Final = frozenset({"sort_name"})  #: follows from the names


def changes(target: Target, columns: Columns) -> dict[str, list[dict[str, Any]]]:
    """The first new people, changed cells and people who leave."""
    found = {"joining": _joining(target), "changing": _changing(target, columns)}
    if target.mode == ImportMode.REPLACE:
        found["leaving"] = _leaving(target)
    return found


def leaving(target: Target) -> int:
    """How many members no line of the file is about."""
    if target.cohort_id is None:
        return 0
    return session.scalar(select(func.count()).select_from(Member).where(_leaves(target))) or 0


def take_out(target: Target, cohort: Cohort, by: Any, batch: Batch) -> int:
    """Withdraw some of those who are not in the file, under its receipt; how many. What they have done is kept."""
    next_ones = select(Member.id).where(_leaves(target)).order_by(Member.id).limit(_AT_ONCE)
    chosen = session.scalars(next_ones).all()
    return withdraw(chosen, cohort, "other", by, batch) if chosen else 0


def _leaves(target: Target) -> ColumnElement[bool]:
    named = exists().where(
        _ROW.tenant_id == Member.tenant_id,
        _ROW.stage == target.stage,
        _ROW.person_id == Member.person_id,
        _ROW.outcome != Outcome.INVALID,
    )
    return and_(
        Member.tenant_id == target.tenant_id,
        Member.cohort_id == target.cohort_id,
        Member.state.not_in(GONE),
        ~named,
    )


def _joining(target: Target) -> list[dict[str, Any]]:
    new = _ROW.member_id.is_(None), _ROW.is_leading, _ROW.outcome == Outcome.IMPORTED
    found = select(_ROW.line, _ROW.last_name, _ROW.first_name, _ROW.person_id).where(target.mine(), *new)
    return [
        {"line": row.line, "who": f"{row.last_name} {row.first_name}", "is_known": row.person_id is not None}
        for row in session.execute(found.order_by(_ROW.line).limit(SHOWN))
    ]


def _changing(target: Target, columns: Columns) -> list[dict[str, Any]]:
    """Cell by cell: what we know, and what the file says instead."""
    pairs = {**OF_PERSON, **OF_MEMBER}
    said = [row.label(f"said_{row.key}") for row in pairs]
    known = [column.label(f"known_{row.key}") for row, column in pairs.items()]
    found = (
        select(_ROW.line, *said, *known)
        .select_from(_ROW)
        .join(Person, and_(Person.tenant_id == _ROW.tenant_id, Person.id == _ROW.person_id))
        .join(Member, and_(Member.tenant_id == _ROW.tenant_id, Member.id == _ROW.member_id))
        .where(target.mine(), _ROW.is_leading, _ROW.outcome == Outcome.UPDATED)
    )
    told = []
    for row in session.execute(found.order_by(_ROW.line).limit(SHOWN)):
        for name in (column.key for column in pairs if column.key not in _UNSAID):
            new, old = getattr(row, f"said_{name}"), getattr(row, f"known_{name}")
            if new is not None and new != old:
                who = f"{row.said_last_name} {row.said_first_name}"
                told.append(_cell(row.line, who, columns.label(name), old, new))
    return told[:SHOWN]


def _cell(line: int, who: str, column: str, old: Any, new: Any) -> dict[str, Any]:
    return {"line": line, "who": who, "column": column, "old": text_of(old), "new": text_of(new)}


def _leaving(target: Target) -> list[dict[str, Any]]:
    if target.cohort_id is None:
        return []
    found = (
        select(Person.last_name, Person.first_name)
        .join(Member, and_(Member.tenant_id == Person.tenant_id, Member.person_id == Person.id))
        .where(_leaves(target))
    )
    ordered = found.order_by(Person.sort_name, Person.id).limit(SHOWN)
    return [{"who": f"{row.last_name} {row.first_name}"} for row in session.execute(ordered)]
