"""From the lines that wait to persons, memberships and members: a handful of statements for any number of lines."""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, Select, and_, func, insert, literal, select, update
from sqlalchemy.orm import InstrumentedAttribute

from lms.core.clock import Instant, now
from lms.core.db import AnySelect, insert_new, plan_anew, session
from lms.enrolment.models import Batch, Cohort, ImportMode, Member, Outcome, StagedRow
from lms.enrolment.services import tracing
from lms.enrolment.services.staging import OF_MEMBER, OF_PERSON, Target, differs
from lms.organisations.models import Membership, Role
from lms.people.models import Person, Situation

_ROW = StagedRow
_MAY_BE_MISSING = ("session_number", "action_number", "enters_on", "leaves_on")


def write_people(target: Target, situation: Situation, language: str) -> None:
    """Make the persons who are new, change those whose lines say something new, and put each in their unit."""
    at = now()
    found = and_(Person.tenant_id == _ROW.tenant_id, Person.id == _ROW.person_id)
    if target.mode != ImportMode.ADD:
        _change(target, Person, OF_PERSON, found)
    _bring_back(target, found)
    _make(target, situation, language, at)
    _recognise(target, at)
    _settle(target)


def note_before(target: Target, batch: Batch) -> None:
    """How the people of the file stand before it is written: an undo goes by that."""
    people = people_of(target)
    tracing.before(batch, "person", Person.id.in_(people))
    tracing.before(batch, "membership", Membership.person_id.in_(people))
    places = select(_ROW.member_id).where(_leading(target), _ROW.member_id.is_not(None))
    tracing.before(batch, "cohort_member", Member.id.in_(places))


def note_after(target: Target, batch: Batch) -> None:
    """How they stand now; what was not there before, the file made."""
    people = people_of(target)
    whose = None if target.lines is None else people
    tracing.after(batch, "person", Person.id.in_(people), whose)
    tracing.after(batch, "membership", Membership.person_id.in_(people), whose)
    for name in ("cohort_member", "enrolment"):
        tracing.after(batch, name, whose=whose)


def people_of(target: Target) -> AnySelect:
    """The persons whom these lines speak of."""
    return select(_ROW.person_id).where(_leading(target), _ROW.person_id.is_not(None))


def members(target: Target) -> AnySelect:
    """Who is to be enrolled: the person, and what their line says of the member."""
    said = [_of_text(row).label(column.key) for row, column in OF_MEMBER.items()]
    return select(_ROW.person_id.label("person_id"), *said).where(
        _leading(target), _ROW.outcome == Outcome.IMPORTED
    )


def change_members(target: Target) -> None:
    """Bring members who were there already up to date."""
    found = and_(Member.tenant_id == _ROW.tenant_id, Member.id == _ROW.member_id)
    _change(target, Member, OF_MEMBER, found)


def tell_cohort(target: Target, cohort: Cohort) -> None:
    """What all lines of a new cohort say alike is said of the cohort: session, action, funder, scheme, first day."""
    names = ("session_number", "action_number", "funder", "scheme")
    columns = [getattr(_ROW, name) for name in (*names, "enters_on")]
    found = [part for column in columns for part in (func.min(column), func.max(column), func.count(column))]
    good = target.mine(), _ROW.outcome != Outcome.INVALID
    said = session.execute(select(func.count(), *found).where(*good)).one()
    for n, column in enumerate(columns):
        least, most, number = said[1 + 3 * n : 4 + 3 * n]
        name = "starts_on" if column.key == "enters_on" else column.key
        if number == said[0] and least == most and least is not None and not getattr(cohort, name):
            setattr(cohort, name, least)


def _change(target: Target, table: Any, columns: dict[Any, InstrumentedAttribute[Any]], found: Any) -> None:
    """An empty cell changes nothing: what was known stays."""
    values = {known.key: func.coalesce(said, known) for said, known in columns.items()}
    change = update(table).where(found, _leading(target), differs(columns)).values(values)
    session.execute(change.execution_options(synchronize_session=False))


def _bring_back(target: Target, found: Any) -> None:
    """Whoever was archived and is enrolled again is in the lists again: else nobody would find them."""
    enrolled = found, _leading(target), _ROW.outcome == Outcome.IMPORTED, Person.archived_at.is_not(None)
    change = update(Person).where(*enrolled).values(archived_at=None)
    session.execute(change.execution_options(synchronize_session=False))


def _leading(target: Target) -> Any:
    return and_(target.mine(), _ROW.is_leading, _ROW.outcome.in_((Outcome.IMPORTED, Outcome.UPDATED)))


def _make(target: Target, situation: Situation, language: str, at: datetime) -> None:
    said = [column for column in OF_PERSON if column is not _ROW.situation]
    rows: Select[Any] = select(
        _ROW.tenant_id,
        *said,
        func.coalesce(_ROW.situation, situation.value),
        literal(language),
        literal(at, Instant()),
    ).where(_leading(target), _ROW.person_id.is_(None))
    names = ["tenant_id", *(OF_PERSON[column].key for column in said), "situation", "language", "created_at"]
    made = insert(Person).from_select(names, rows.order_by(_ROW.line))
    done = session.execute(made.execution_options(preserve_rowcount=True))
    plan_anew(cast("CursorResult[Any]", done).rowcount)


def _recognise(target: Target, at: datetime) -> None:
    """The persons just made, by the instant at which they were made and all that their line says."""
    same = [
        func.coalesce(getattr(Person, name), "") == func.coalesce(getattr(_ROW, name), "")
        for name in ("email", "agency_identifier", "hr_number")
    ]  # not bare columns: SQLite would look through all who have no number, instead of those of this name
    same.append(Person.birth_date.is_not_distinct_from(_ROW.birth_date))
    made = (
        select(func.min(Person.id))
        .where(
            Person.tenant_id == _ROW.tenant_id,
            Person.sort_name == _ROW.sort_name,
            Person.created_at == at,
            *same,
        )
        .correlate(_ROW)
        .scalar_subquery()
    )
    new = update(_ROW).where(_leading(target), _ROW.person_id.is_(None)).values(person_id=made)
    session.execute(new.execution_options(synchronize_session=False))


def _settle(target: Target) -> None:
    """Each person is a learner of their unit, followed by the adviser whom the line names."""
    unit = func.coalesce(_ROW.organisation_id, target.organisation_id)
    rows = select(
        _ROW.tenant_id, _ROW.person_id, Person.sort_name, unit, literal(Role.LEARNER.value), _ROW.follower_id
    ).join(Person, and_(Person.tenant_id == _ROW.tenant_id, Person.id == _ROW.person_id))
    columns = ["tenant_id", "person_id", "sort_name", "organisation_id", "role", "follower_id"]
    insert_new(Membership, columns, rows.where(_leading(target)))
    followed = (
        update(Membership)
        .where(
            Membership.tenant_id == _ROW.tenant_id,
            Membership.person_id == _ROW.person_id,
            Membership.organisation_id == unit,
            Membership.role == Role.LEARNER,
            _leading(target),
            _ROW.follower_id.is_not(None),
            Membership.follower_id.is_distinct_from(_ROW.follower_id),
        )
        .values(follower_id=_ROW.follower_id)
    )
    session.execute(followed.execution_options(synchronize_session=False))


def _of_text(row: InstrumentedAttribute[Any]) -> Any:
    """Numbers and dates may be missing; the rest is text, empty where nothing was said."""
    return row if row.key in _MAY_BE_MISSING else func.coalesce(row, "")
