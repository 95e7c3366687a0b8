"""What the last file said of each member: lines that say it again cost nothing, and what was changed by hand stays."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, delete, func, literal, null, or_, select, update
from sqlalchemy.orm import aliased

from lms.core.db import AnyRow, insert_new, session
from lms.enrolment.models import Batch, Enrolment, ImportMode, LastSaid, Member, Outcome, StagedRow
from lms.enrolment.services.staging import Target
from lms.enrolment.states import GONE
from lms.organisations.models import Membership, Role
from lms.people.models import Person

_NAMES: Final = ("last_name", "first_name")
_OF_PERSON: Final = (
    "email",
    "phone",
    "birth_date",
    "postcode",
    "agency_identifier",
    "hr_number",
    "situation",
)
_OF_MEMBER: Final = (
    *("session_number", "action_number", "enters_on", "leaves_on", "funder", "scheme"),
    *("agency", "adviser", "siret"),
)
_FIELDS: Final = (*_OF_PERSON, *_OF_MEMBER)
_NUMBERS: Final = ("agency_identifier", "hr_number")
_TEXTS: Final = ("funder", "scheme", "agency", "adviser", "siret")  # empty, never missing, in a member
_ROW, _SAID = StagedRow, LastSaid
_later = aliased(LastSaid)


def fingerprints(target: Target) -> set[int]:
    """Lines that need not be looked at if they come again: of members who are there, and on all of these courses.

    Two plain statements, put together here: with sub-selects for each member PostgreSQL, which knows nothing yet of rows
    written a moment ago, takes longer than any page may.
    """
    if target.cohort_id is None:
        return set()
    there = and_(Member.tenant_id == _SAID.tenant_id, Member.id == _SAID.member_id)
    said = (
        select(_SAID.member_id, _SAID.fingerprint)
        .select_from(_SAID)
        .join(Member, there)
        .where(
            Member.tenant_id == target.tenant_id,
            Member.cohort_id == target.cohort_id,
            Member.state.not_in(GONE),
        )
        .order_by(_SAID.batch_id)
    )
    # The latest batch of a member holds.
    last: dict[int, int | None] = dict(session.execute(said).all())
    if target.course_ids:
        enrolled = (
            select(Enrolment.member_id)
            .where(
                Enrolment.tenant_id == target.tenant_id,
                Enrolment.cohort_id == target.cohort_id,
                Enrolment.course_id.in_(target.course_ids),
            )
            .group_by(Enrolment.member_id)
            .having(func.count(Enrolment.course_id.distinct()) == len(target.course_ids))
        )
        on_all = set(session.scalars(enrolled))
        last = {member_id: mark for member_id, mark in last.items() if member_id in on_all}
    return {mark for mark in last.values() if mark is not None}


def refuse_twice(target: Target, unchanged: Mapping[int, int]) -> None:
    """A line about somebody whose line of last time is in this file too: one person, said twice."""
    if not unchanged:
        return
    same_stay = (
        func.coalesce(getattr(_SAID, name), "") == func.coalesce(getattr(_ROW, name), "")
        for name in ("session_number", "action_number")
    )
    found = (
        select(_ROW.id, _SAID.fingerprint)
        .select_from(_ROW)
        .join(_SAID, _last_of_row())
        .where(target.mine(), *same_stay)
    )
    changes = [
        {"id": row.id, "outcome": Outcome.INVALID, "fault": "same_person_twice", "fault_about": str(other)}
        for row in session.execute(found)
        if (other := unchanged.get(row.fingerprint)) is not None
    ]
    if changes:
        session.execute(update(_ROW), changes)


def changed_on_both_sides(target: Target) -> list[tuple[AnyRow, str, Any]]:
    """Cells that the file says otherwise than last time, and that were changed here as well: line, field, what stood here."""
    fields = (*_NAMES, *_FIELDS)
    said = [getattr(_ROW, name).label(f"said_{name}") for name in fields]
    known = [_known(name).label(f"known_{name}") for name in fields]
    doubts = [_is_doubtful(name) for name in fields]
    marks = [
        case((doubt, 1), else_=0).label(f"is_{name}") for name, doubt in zip(fields, doubts, strict=True)
    ]
    found = (
        select(_ROW.line, *said, *known, *marks)
        .select_from(_ROW)
        .join(_SAID, _last_of_row())
        .join(Person, and_(Person.tenant_id == _ROW.tenant_id, Person.id == _ROW.person_id))
        .join(Member, and_(Member.tenant_id == _ROW.tenant_id, Member.id == _ROW.member_id))
        .where(target.mine(), or_(*doubts))
        .order_by(_ROW.line)
    )
    return [
        (row, name, getattr(row, f"known_{name}"))
        for row in session.execute(found)
        for name in fields
        if getattr(row, f"is_{name}")
    ]


def keep_what_was_changed_here(target: Target) -> None:
    """A cell that says no more than last time says nothing: an empty one changes nothing."""
    unit = (
        select(func.min(Membership.organisation_id))
        .where(
            Membership.tenant_id == _ROW.tenant_id,
            Membership.person_id == _ROW.person_id,
            Membership.role == Role.LEARNER,
        )
        .correlate(_ROW)
        .scalar_subquery()
    )
    same_agency, same_adviser = _ROW.agency == _SAID.agency, _ROW.adviser == _SAID.adviser
    values: dict[str, Any] = {
        name: case((_says_nothing_new(name), null()), else_=getattr(_ROW, name))
        for name in _FIELDS
        if name not in _NUMBERS
    }
    values |= {
        "organisation_id": case((same_agency, func.coalesce(unit, _ROW.organisation_id)), else_=_ROW.organisation_id),
        "follower_id": case((same_adviser, null()), else_=_ROW.follower_id),
        "adviser_key": case((_says_nothing_new("adviser"), null()), else_=_ROW.adviser_key),
        "keeps_name": _same_name(),
    }  # fmt: skip
    values |= {
        name: case((_same_name(), getattr(Person, name)), else_=getattr(_ROW, name))
        for name in (*_NAMES, "sort_name")
    }
    own = and_(Person.tenant_id == _ROW.tenant_id, Person.id == _ROW.person_id)
    change = update(_ROW).where(target.mine(), own, _last_of_row()).values(values)
    session.execute(change.execution_options(synchronize_session=False))


def keep_numbers(target: Target) -> None:
    """The same for numbers, once it is known that they are no other person's."""
    values = {
        name: case((getattr(_ROW, name) == getattr(_SAID, name), null()), else_=getattr(_ROW, name))
        for name in _NUMBERS
    }
    change = update(_ROW).where(target.mine(), _ROW.fault.is_(None), _last_of_row()).values(values)
    session.execute(change.execution_options(synchronize_session=False))


def remember(target: Target, batch_id: int) -> None:
    """Write down what the file said of each member, where that is news; how it is compared with the next one."""
    last = {
        name: getattr(_SAID, name) for name in (*_NAMES, *_FIELDS)
    }  # of the batch before, where there is one
    values: list[Any] = [case((_ROW.keeps_name, last[name]), else_=getattr(_ROW, name)) for name in _NAMES]
    values += [func.coalesce(getattr(_ROW, name), last[name]) for name in _FIELDS]
    there = and_(
        Member.tenant_id == _ROW.tenant_id,
        Member.cohort_id == target.cohort_id,
        Member.person_id == _ROW.person_id,
    )
    previous = and_(_SAID.tenant_id == Member.tenant_id, _SAID.member_id == Member.id, _is_last())
    is_known = and_(_ROW.organisation_id.is_not(None) | _ROW.agency.is_(None), _ROW.follower_id.is_not(None) | _ROW.adviser_key.is_(None))  # fmt: skip
    mark = case((and_(_ROW.fault.is_(None), is_known), _ROW.fingerprint), else_=null())
    is_new_mark = and_(mark.is_not(None), _SAID.fingerprint.is_distinct_from(mark))
    is_news = or_(_ROW.outcome != Outcome.IGNORED, is_new_mark)
    if (
        target.mode == ImportMode.ADD
    ):  # the others were not looked at: what the file says of them is not known here
        is_news = _ROW.outcome == Outcome.IMPORTED
    rows = (
        select(_ROW.tenant_id, Member.id, literal(batch_id), mark, *values)
        .select_from(_ROW)
        .join(Member, there)
        .outerjoin(LastSaid, previous)
        .where(target.mine(), _ROW.is_leading, _ROW.outcome != Outcome.INVALID, is_news)
    )
    columns = ["tenant_id", "member_id", "batch_id", "fingerprint", *_NAMES, *_FIELDS]
    insert_new(LastSaid, columns, rows)


def forget_earlier(tenant_id: int, before: Any) -> None:
    """What files of long ago said of members of whom a later one spoke: nobody undoes so far back."""
    superseded = (
        select(_later.id)
        .where(
            _later.tenant_id == _SAID.tenant_id,
            _later.member_id == _SAID.member_id,
            _later.batch_id > _SAID.batch_id,
        )
        .correlate(LastSaid)
        .exists()
    )
    old = select(Batch.id).where(Batch.tenant_id == tenant_id, Batch.at < before)
    session.execute(
        delete(LastSaid)
        .where(LastSaid.tenant_id == tenant_id, LastSaid.batch_id.in_(old), superseded)
        .execution_options(synchronize_session=False)
    )


def _is_last() -> ColumnElement[bool]:
    newest = (
        # ``+ 0``: for the greatest of a bare column PostgreSQL walks down the index of all batches, member by member.
        select(func.max(_later.batch_id + 0))
        .where(_later.tenant_id == _SAID.tenant_id, _later.member_id == _SAID.member_id)
        .correlate(LastSaid)
        .scalar_subquery()
    )
    return _SAID.batch_id == newest


def _last_of_row() -> ColumnElement[bool]:
    return and_(_SAID.tenant_id == _ROW.tenant_id, _SAID.member_id == _ROW.member_id, _is_last())


def _same_name() -> ColumnElement[bool]:
    return and_(*(getattr(_ROW, name) == getattr(_SAID, name) for name in _NAMES))


def _known(name: str) -> ColumnElement[Any]:
    return getattr(Member if name in _OF_MEMBER else Person, name)  # type: ignore[no-any-return]


def _is_doubtful(name: str) -> ColumnElement[bool]:
    said, known = getattr(_ROW, name), _known(name)
    last = func.coalesce(getattr(_SAID, name), "") if name in _TEXTS else getattr(_SAID, name)
    return and_(
        said.is_not(None),
        last.is_distinct_from(said),
        known.is_distinct_from(last),
        known.is_distinct_from(said),
    )


def _says_nothing_new(name: str) -> ColumnElement[bool]:
    """Not so an agency or an adviser whom we do not know: they are told again."""
    same = getattr(_ROW, name) == getattr(_SAID, name)
    found = {"agency": _ROW.organisation_id, "adviser": _ROW.follower_id}.get(name)
    return same if found is None else and_(same, found.is_not(None))
