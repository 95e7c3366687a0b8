"""What stands against taking a batch back, as far as cohorts know: somebody learns, or was changed again since."""

from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, union

from lms.core.db import AnySelect
from lms.core.i18n import lazy
from lms.enrolment.models import Batch, Cohort, Declaration, Enrolment, Member, Trace
from lms.enrolment.queries.receipts import has_changed, made_courses
from lms.enrolment.queries.returns import without_a_place
from lms.enrolment.states import GONE
from lms.enrolment.undoing import Traced, Undoing, UndoObjection, part_of
from lms.people.models import Person

_NUMBERS = ("agency_identifier", "hr_number")


class HasBegun(UndoObjection):
    """A course that the batch put them on was begun: what was learned is evidence, and is never deleted."""

    name = "begun"
    label = lazy("have begun to learn")
    remedy = lazy("They are withdrawn, as enrolled by mistake; what they have done is kept.")

    def persons(self, batch: Undoing) -> AnySelect:
        return select(Enrolment.person_id).where(
            *made_courses(batch), Enrolment.started_at.is_not(None), Enrolment.withdrawn_at.is_(None)
        )


class ChangedSince(UndoObjection):
    """A row was changed again after the batch."""

    name = "changed"
    label = lazy("were changed again since")
    remedy = lazy("They return to how they stood before; what was changed since is lost.")

    def persons(self, batch: Undoing) -> AnySelect:
        changed = [_changed(batch, kind) for kind in Traced.registered.values() if kind.person]
        return _any_of(*changed, _on_more_courses(batch))


class DeclaredSince(UndoObjection):
    """What the batch made of them was declared in Kairos or EDOF: the portal must be told of the undo."""

    name = "declared"
    label = lazy("were declared in Kairos or EDOF since")
    remedy = lazy("They are taken back here; under “To declare” it is said what to correct on the portal.")

    def persons(self, batch: Undoing) -> AnySelect:
        since = (
            select(Batch.at)
            .where(Batch.tenant_id == batch.tenant_id, Batch.id == batch.batch_id)
            .scalar_subquery()
        )
        there = and_(Declaration.tenant_id == Trace.tenant_id, Declaration.member_id == Trace.row_id)
        found = select(Trace.person_id).join(Declaration, there).where(*_open(batch, "cohort_member"))
        return found.where(Declaration.at >= since)


class NoPlaceLeft(UndoObjection):
    """The pool of the cohort to which they would return has no place for them."""

    name = "place"
    label = lazy("would need a place of their pool again, and there is none")
    remedy = lazy(
        "They return without a place, and the page of the pool shows them so. Or give their unit more places, or open the pool again, before you undo."
    )

    def persons(self, batch: Undoing) -> AnySelect:
        return without_a_place(batch)


class PlaceTaken(UndoObjection):
    """What they would return to belongs to somebody else now, or they are there again already."""

    name = "taken"
    label = lazy("cannot return: their number is somebody else’s now, or they are in that cohort again")
    remedy = lazy("They stay as they are. Correct the other file first, then undo again.")
    is_final = True

    def persons(self, batch: Undoing) -> AnySelect:
        return _any_of(_number_taken(batch), _there_again(batch))


class NoSeat(UndoObjection):
    """They would return to a cohort that is full by now, without those whom the undo takes out of it."""

    name = "no-seat"
    label = lazy("cannot return: there is no seat for them, the cohort is full by now")
    remedy = lazy(
        "They stay out. Raise the number of seats, on the page “Self-enrolment” of the cohort, then undo again."
    )
    is_final = True

    def persons(self, batch: Undoing) -> AnySelect:
        turn = func.row_number().over(partition_by=Cohort.id, order_by=Trace.person_id)
        there, leaving = _there(batch), _leaving(batch)
        free = Cohort.seats - func.coalesce(there.c.people, 0) + func.coalesce(leaving.c.people, 0)
        returning = (
            select(Trace.person_id, turn.label("turn"), free.label("free"))
            .join(Member, _is_of_trace())
            .join(Cohort, and_(Cohort.tenant_id == Trace.tenant_id, Cohort.id == _from()))
            .outerjoin(there, there.c.cohort_id == Cohort.id)
            .outerjoin(leaving, leaving.c.cohort_id == Cohort.id)
            .where(
                *_open(batch, "cohort_member"), Trace.before.is_not(None), _before("state").not_in(GONE),
                Cohort.seats.is_not(None), or_(Member.state.in_(GONE), Member.cohort_id != Cohort.id),
            )
            .subquery()
        )  # fmt: skip
        return select(returning.c.person_id).where(returning.c.turn > returning.c.free)


def _there(batch: Undoing) -> Any:
    """How many people are in each limited cohort that the batch concerns."""
    concerned = select(_from()).where(*_open(batch, "cohort_member"), Trace.before.is_not(None))
    return (
        select(Member.cohort_id, func.count(Member.id).label("people"))
        .join(Cohort, _is_limited())
        .where(
            Member.tenant_id == batch.tenant_id, Member.cohort_id.in_(concerned), Member.state.not_in(GONE)
        )
        .group_by(Member.cohort_id)
        .subquery()
    )


def _leaving(batch: Undoing) -> Any:
    """How many people the undo takes out of each cohort, nothing standing against it."""
    stays = _any_of(HasBegun().persons(batch), ChangedSince().persons(batch))
    came = or_(Trace.before.is_(None), _before("state").in_(GONE), _from() != Member.cohort_id)
    return (
        select(Member.cohort_id, func.count(Member.id).label("people"))
        .join(Trace, _is_of_trace())
        .join(Cohort, _is_limited())
        .where(*_open(batch, "cohort_member"), came, Member.state.not_in(GONE), Trace.person_id.not_in(stays))
        .group_by(Member.cohort_id)
        .subquery()
    )


def _is_limited() -> ColumnElement[bool]:
    return and_(
        Cohort.tenant_id == Member.tenant_id, Cohort.id == Member.cohort_id, Cohort.seats.is_not(None)
    )


def _is_of_trace() -> ColumnElement[bool]:
    return and_(Member.tenant_id == Trace.tenant_id, Member.id == Trace.row_id)


def _from() -> ColumnElement[Any]:
    return _before("cohort_id")


def _before(name: str) -> ColumnElement[Any]:
    return part_of(Trace.before, name, getattr(Member, name).type)


def _any_of(*ways: AnySelect) -> AnySelect:
    return select(union(*ways).subquery().c.person_id)


def _open(batch: Undoing, name: str) -> tuple[Any, ...]:
    return (
        Trace.tenant_id == batch.tenant_id, Trace.batch_id == batch.batch_id, Trace.kind == name, ~Trace.is_undone
    )  # fmt: skip


def _changed(batch: Undoing, kind: type[Traced]) -> AnySelect:
    table: Any = kind.table
    there = and_(table.tenant_id == Trace.tenant_id, table.id == Trace.row_id)
    left = Trace.after.is_not(None)
    return select(Trace.person_id).join(table, there).where(*_open(batch, kind.name), left, has_changed(kind))


def _on_more_courses(batch: Undoing) -> AnySelect:
    later = and_(
        Enrolment.tenant_id == Trace.tenant_id,
        Enrolment.member_id == Trace.row_id,
        Enrolment.batch_id != batch.batch_id,
    )
    return (
        select(Trace.person_id)
        .join(Enrolment, later)
        .where(*_open(batch, "cohort_member"), Trace.before.is_(None))
    )


def _number_taken(batch: Undoing) -> AnySelect:
    same = or_(
        *(
            getattr(Person, name) == part_of(Trace.before, name, getattr(Person, name).type)
            for name in _NUMBERS
        )
    )
    other = and_(Person.tenant_id == Trace.tenant_id, Person.id != Trace.row_id, same)
    return (
        select(Trace.person_id).join(Person, other).where(*_open(batch, "person"), Trace.before.is_not(None))
    )


def _there_again(batch: Undoing) -> AnySelect:
    again = and_(
        Member.tenant_id == Trace.tenant_id, Member.person_id == Trace.person_id, Member.id != Trace.row_id,
        Member.cohort_id == part_of(Trace.before, "cohort_id", Member.cohort_id.type),
    )  # fmt: skip
    return (
        select(Trace.person_id)
        .join(Member, again)
        .where(*_open(batch, "cohort_member"), Trace.before.is_not(None))
    )
