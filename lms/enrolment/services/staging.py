"""Where the lines of a file wait, and how they are compared with what we know: sets, whatever their number.

Checking and writing go the same way up to here; they differ only in what comes after.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    String,
    Update,
    and_,
    case,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute

from lms.core.clock import now
from lms.core.db import AnySelect, session
from lms.enrolment.models import Enrolment, ImportMode, Member, Outcome, StagedRow, Trace
from lms.enrolment.reading.lines import Line
from lms.enrolment.services import acquaintances
from lms.enrolment.states import GONE
from lms.organisations.models import Membership, Role
from lms.people.models import Person

#: What a line says of a person, and of a member: column of the line -> column of the table.
OF_PERSON: dict[InstrumentedAttribute[Any], InstrumentedAttribute[Any]] = {
    getattr(StagedRow, name): getattr(Person, name)
    for name in (
        *("first_name", "last_name", "sort_name", "email", "phone", "birth_date", "postcode"),
        *("agency_identifier", "hr_number", "situation"),
    )
}
OF_MEMBER: dict[InstrumentedAttribute[Any], InstrumentedAttribute[Any]] = {
    getattr(StagedRow, name): getattr(Member, name)
    for name in (
        *("session_number", "action_number", "enters_on", "leaves_on"),
        *("funder", "scheme", "agency", "adviser", "siret"),
    )
}


_TABLE: Any = StagedRow.__table__
Part = tuple[int, tuple[int, int]]  #: how many lines; the first and the last of them


@dataclass(frozen=True, slots=True)
class Target:
    """Where the lines of one reading are to go. ``cohort_id`` is None while the cohort is not made."""

    tenant_id: int
    stage: str
    organisation_id: int
    cohort_id: int | None
    course_ids: tuple[int, ...]
    mode: ImportMode = ImportMode.CHANGES
    #: First and last line, where only a part of the reading is meant.
    lines: tuple[int, int] | None = None

    def mine(self) -> ColumnElement[bool]:
        """The lines of this reading, or of this part of it."""
        reading = and_(StagedRow.tenant_id == self.tenant_id, StagedRow.stage == self.stage)
        return reading if self.lines is None else and_(reading, StagedRow.line.between(*self.lines))

    def whole(self) -> "Target":
        """The same for all of its lines."""
        return replace(self, lines=None)


def put(target: Target, lines: Sequence[Line]) -> None:
    """Add good lines to those that wait."""
    at = now()
    always = {
        "tenant_id": target.tenant_id, "stage": target.stage, "staged_at": at,
        "is_leading": False, "keeps_name": False, "outcome": Outcome.IMPORTED,
    }  # fmt: skip
    rows = [
        always | line.values | {"line": line.number, "fingerprint": None if line.faults else line.fingerprint}
        for line in lines
        if line.values is not None
    ]
    if rows:  # past the mapper, which costs as much as the database
        session.execute(insert(_TABLE), rows)


def clear(target: Target) -> None:
    """Forget the lines of this reading."""
    session.execute(delete(StagedRow).where(target.mine()))


def forget_older_than(tenant_id: int, at: datetime) -> None:
    """Lines that a check left behind when its worker died for good."""
    session.execute(delete(StagedRow).where(StagedRow.tenant_id == tenant_id, StagedRow.staged_at < at))


def find(target: Target) -> None:
    """Find whom each line is about, their unit, who follows them, and their place in the cohort."""
    _do(target, person_id=_person_found(target))
    _do(target, person_id=_merged_into(), _where=_merged_into().is_not(None))
    acquaintances.align(target.mine())
    acquaintances.place(target.mine(), target.tenant_id, target.organisation_id)
    if target.cohort_id is not None:
        _do(target, member_id=_member_of(target.cohort_id))


def find_newcomers(target: Target, newest: int, batch_id: int) -> None:
    """Whoever was nobody we knew when ``newest`` was the last person, and was made by somebody else since, is known by now."""
    ours = exists().where(
        Trace.tenant_id == Person.tenant_id, Trace.batch_id == batch_id, Trace.kind == "person",
        Trace.row_id == Person.id,
    )  # fmt: skip
    made_since = and_(Person.id > newest, ~ours)
    _do(target, person_id=_person_found(target, made_since), _where=StagedRow.person_id.is_(None))


def parts(target: Target, size: int) -> list[Part]:
    """The lines that wait, ``size`` at a time, in their order."""
    before = func.row_number().over(order_by=StagedRow.line) - 1
    numbered = select(StagedRow.line, (before // size).label("part")).where(target.mine()).subquery()
    found = select(func.count(), func.min(numbered.c.line), func.max(numbered.c.line)).group_by(
        numbered.c.part
    )
    return [(row[0], (row[1], row[2])) for row in session.execute(found.order_by(func.min(numbered.c.line)))]


def tell_apart(target: Target) -> None:
    """Two numbers of one file are two people."""
    acquaintances.part(target.mine())


def suspect(target: Target) -> None:
    """Say what cannot be, or is doubtful, beside the people we know; and whom each line is about."""
    acquaintances.judge(target.mine())
    known = StagedRow.person_id.is_not(None)
    _do(target, person_key=literal("p:").concat(cast(StagedRow.person_id, String)), _where=known)


def judge(target: Target) -> None:
    """What each line comes to: new, changed, as it was, or impossible. Of several about one person, the last one says it."""
    last = _last_lines(target, StagedRow.person_key)
    _do(target, is_leading=True, _where=StagedRow.line.in_(last))
    _do(target, outcome=_outcome(target), _where=StagedRow.outcome != Outcome.INVALID)
    withdrawn = _member_is(Member.state.in_(GONE))
    _do(target, fault="was_withdrawn", _where=and_(withdrawn, StagedRow.fault.is_(None)))


def counts(target: Target) -> dict[Outcome, int]:
    """How many lines come to what."""
    found = select(StagedRow.outcome, func.count()).where(target.mine()).group_by(StagedRow.outcome)
    return dict.fromkeys(Outcome, 0) | dict(session.execute(found).all())


def differs(table: dict[Any, Any]) -> ColumnElement[bool]:
    """Whether a line says something that the table says otherwise; an empty cell says nothing."""
    return or_(*(and_(said.is_not(None), known.is_distinct_from(said)) for said, known in table.items()))


def _do(target: Target, *, _where: ColumnElement[bool] | None = None, **values: Any) -> None:
    change: Update = update(StagedRow).where(target.mine())
    if _where is not None:
        change = change.where(_where)
    session.execute(change.values(**values).execution_options(synchronize_session=False))


def _person_found(target: Target, *more: ColumnElement[bool]) -> ColumnElement[Any]:
    """By the agency's number, else the staff number, else address and name, else name and birth date.

    Whoever is known without a number may be found by the rest: that is how a person added by hand meets their file.
    """
    no_other_number = and_(
        or_(StagedRow.agency_identifier.is_(None), Person.agency_identifier.is_(None)),
        or_(StagedRow.hr_number.is_(None), Person.hr_number.is_(None)),
    )
    same_name = Person.sort_name == StagedRow.sort_name
    ways = [
        _first(Person.agency_identifier == StagedRow.agency_identifier, *more),
        _only_when(
            func.length(StagedRow.agency_identifier).in_((8, 11)),
            _first(same_name, acquaintances.in_another_form(), *more),
        ),
        _first(Person.hr_number == StagedRow.hr_number, *more),
        _first(Person.email == StagedRow.email, same_name, no_other_number, *more),
        _first(same_name, Person.birth_date == StagedRow.birth_date, no_other_number, *more),
    ]
    if target.cohort_id is not None:
        namesake = (
            select(func.min(Person.id))
            .join(Member, and_(Member.tenant_id == Person.tenant_id, Member.person_id == Person.id))
            .where(
                Person.tenant_id == StagedRow.tenant_id,
                same_name,
                Member.cohort_id == target.cohort_id,
                *more,
            )
            .correlate(StagedRow)
        )
        ways.append(_only_when(StagedRow.person_key.startswith("n:"), namesake.scalar_subquery()))
    return func.coalesce(*ways)


def _merged_into() -> ScalarSelect[Any]:
    """Whom the person that was found has become, where two were merged."""
    known = select(Person.merged_into_id).where(
        Person.tenant_id == StagedRow.tenant_id, Person.id == StagedRow.person_id
    )
    return known.correlate(StagedRow).scalar_subquery()


def _first(*conditions: ColumnElement[bool]) -> ScalarSelect[Any]:
    """The person who fits; of several, one without numbers first."""
    return (
        select(Person.id)
        .where(Person.tenant_id == StagedRow.tenant_id, *conditions)
        .order_by(Person.agency_identifier.is_not(None), Person.hr_number.is_not(None), Person.id)
        .limit(1)
        .correlate(StagedRow)
        .scalar_subquery()
    )


def _only_when(condition: ColumnElement[bool], value: Any) -> Any:
    return case((condition, value), else_=None)


def _member_of(cohort_id: int) -> ScalarSelect[Any]:
    own = and_(Member.tenant_id == StagedRow.tenant_id, Member.person_id == StagedRow.person_id)
    return select(Member.id).where(own, Member.cohort_id == cohort_id).correlate(StagedRow).scalar_subquery()


def _member_is(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    own = and_(Member.tenant_id == StagedRow.tenant_id, Member.id == StagedRow.member_id)
    return exists().where(own, condition).correlate(StagedRow)


def _outcome(target: Target) -> ColumnElement[Any]:
    last = _last_lines(target, StagedRow.person_key, StagedRow.session_number, StagedRow.action_number)
    repeated = StagedRow.line.not_in(last)
    person_differs = exists().where(
        Person.tenant_id == StagedRow.tenant_id, Person.id == StagedRow.person_id, differs(OF_PERSON)
    )
    lead_differs = or_(person_differs, _member_is(differs(OF_MEMBER)), _follower_differs(target))
    return case(
        (and_(repeated, ~StagedRow.is_leading), Outcome.IGNORED.value),
        (StagedRow.member_id.is_(None), Outcome.IMPORTED.value),
        (_member_is(Member.state.in_(GONE)), Outcome.IGNORED.value),
        (_lacks_courses(target), Outcome.IMPORTED.value),
        *(
            []
            if target.mode == ImportMode.ADD
            else [(and_(StagedRow.is_leading, lead_differs), Outcome.UPDATED.value)]
        ),
        else_=Outcome.IGNORED.value,
    )


def _last_lines(target: Target, *same: InstrumentedAttribute[Any]) -> AnySelect:
    """The last good line of the whole reading of those that have the same in these columns."""
    good = target.whole().mine(), StagedRow.outcome != Outcome.INVALID
    return select(func.max(StagedRow.line)).where(*good).group_by(*same)


def _follower_differs(target: Target) -> ColumnElement[bool]:
    return and_(
        StagedRow.follower_id.is_not(None),
        exists().where(
            Membership.tenant_id == StagedRow.tenant_id,
            Membership.person_id == StagedRow.person_id,
            Membership.organisation_id == func.coalesce(StagedRow.organisation_id, target.organisation_id),
            Membership.role == Role.LEARNER,
            Membership.follower_id.is_distinct_from(StagedRow.follower_id),
        ),
    )


def _lacks_courses(target: Target) -> ColumnElement[bool]:
    number = (
        select(func.count(Enrolment.course_id.distinct()))
        .where(
            Enrolment.tenant_id == StagedRow.tenant_id,
            Enrolment.member_id == StagedRow.member_id,
            Enrolment.course_id.in_(target.course_ids),
        )
        .correlate(StagedRow)
        .scalar_subquery()
    )
    return number < len(target.course_ids)
