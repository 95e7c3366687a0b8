"""Take a batch back: rows that it made go if nothing else points at them, rows that it changed return to how they stood.

Person by person, in short steps: whoever is taken back is so wholly. Learners who began, certificates and rows changed
again since are left out unless somebody says so; evidence is never deleted.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    String,
    and_,
    cast,
    delete,
    exists,
    func,
    literal,
    select,
    update,
)

from lms.core import journal
from lms.core.clock import now
from lms.core.db import AnySelect, session
from lms.core.events import announce
from lms.core.post import Mail
from lms.enrolment.events import SeatsFreed
from lms.enrolment.models import (
    Batch,
    BatchKind,
    Cohort,
    CohortCourse,
    Enrolment,
    ImportRun,
    ImportState,
    LastSaid,
    Member,
    MovedOut,
    Trace,
)
from lms.enrolment.queries.receipts import has_changed, left_out, made_courses, mail_keys, people_of
from lms.enrolment.queries.returns import has_left, has_moved
from lms.enrolment.services import convocations, place_undoing, places, promotion, rules, seats
from lms.enrolment.services.figures import sum_up
from lms.enrolment.services.traced_rows import bring_back, do, put_back, traces, unneeded
from lms.enrolment.services.undo_rules import demand_undoable, unfinished
from lms.enrolment.states import GONE, MISTAKE, MemberState
from lms.enrolment.undoing import Traced, Undoing
from lms.organisations.models import Membership

CHUNK = 500  #: people a step
Step = Callable[[int], AbstractContextManager[object]]


@dataclass(frozen=True, slots=True)
class Undone:
    """How many people were taken back, how many were left out, and the receipt of it."""

    batch_id: int
    people: int
    left_out: int


def undo(batch: Batch, step: Step, *, told: bool = False, by: Any = None) -> Undone:
    """Take a batch back in steps; ``step(people)`` opens one write transaction and keeps it. Raises ``NotUndoable``.

    ``told``: whoever began is withdrawn instead, and what was changed again since is lost. Stopped anywhere, it goes
    on where it was: rows taken back are marked.
    """
    demand_undoable(batch)
    if batch.kind is BatchKind.PLACES:
        with step(0):
            return _undo_places(batch, by)
    if batch.kind is BatchKind.RULE:
        with step(0):  # first: or the night comes in between and does the same again
            rules.pause(batch, by)
    of, last, done = Undoing(batch.tenant_id, batch.id), 0, 0
    while ids := _next(of, last, told, step):
        with step(len(ids)):
            _take_back(of, ids)
            _give_places(of, ids, by)
            _mark(of, ids)
        last, done = ids[-1], done + len(ids)
    with step(0):
        return _finish(of, done, by)


def _undo_places(batch: Batch, by: Any) -> Undone:
    own = select(Batch).where(Batch.tenant_id == batch.tenant_id, Batch.id == batch.id)
    held = session.scalars(own.with_for_update().execution_options(populate_existing=True)).one()
    demand_undoable(held)  # somebody else may have been quicker
    place_undoing.undo(held, by)
    return _close(held, 0, 0, by)


def _next(of: Undoing, last: int, told: bool, step: Step) -> Sequence[int]:
    with step(0):
        people = people_of(of).subquery()
        chosen = select(people.c.person_id).where(people.c.person_id > last)
        out = left_out(of, told=told)
        if out is not None:
            chosen = chosen.where(people.c.person_id.not_in(out))
        return session.scalars(chosen.order_by(people.c.person_id).limit(CHUNK)).all()


def _take_back(of: Undoing, people: Sequence[int]) -> None:
    seats.hold_for_undo(of)
    theirs = made_courses(of), Enrolment.person_id.in_(people)
    touched = _touched(of, people)
    alone = unneeded(Enrolment, Traced.registered["enrolment"].goes_with)
    do(delete(Enrolment).where(*theirs[0], theirs[1], Enrolment.started_at.is_(None), alone))
    stays = update(Enrolment).where(*theirs[0], theirs[1], Enrolment.withdrawn_at.is_(None))
    do(stays.values(withdrawn_at=now()))  # whoever began: what they have learned is evidence
    for name in ("enrolment", "cohort_member", "cohort_wish", "membership", "person"):
        bring_back(of, name, Trace.person_id.in_(people))
        put_back(of, name, Trace.person_id.in_(people))
        if name == "cohort_member":
            _forget_what_was_said(of, people)
        if name not in ("enrolment", "cohort_wish"):
            _take_away(of, name, people)
    do(delete(MovedOut).where(*_kept_out(of), MovedOut.person_id.in_(people)))
    _withdraw_the_rest(of, people)
    places.release(of.tenant_id, _gone_again(of, touched))
    promotion.ask_again(of, people)
    sum_up(of.tenant_id, select(Member.id).where(Member.tenant_id == of.tenant_id, Member.id.in_(touched)))
    convocations.stop(of.tenant_id, of.batch_id, people)


def _mark(of: Undoing, people: Sequence[int]) -> None:
    do(update(Trace).where(*traces(of), Trace.person_id.in_(people)).values(is_undone=True))


def _gone_again(of: Undoing, member_ids: Sequence[int]) -> AnySelect:
    """Those of these members who had left before the batch brought them back."""
    which = Member.tenant_id == of.tenant_id, Member.id.in_(member_ids), Member.state.in_(GONE)
    return select(Member.id).where(*which)


def _kept_out(of: Undoing) -> tuple[ColumnElement[bool], ...]:
    """Whoever was moved away by the batch: back again, they are in the hands of the cohort's rule as before."""
    return MovedOut.tenant_id == of.tenant_id, MovedOut.batch_id == of.batch_id


def _give_places(of: Undoing, people: Sequence[int], by: Any) -> None:
    """Whoever is back, or where they were, has a place of that cohort's pool; the others leave theirs."""
    own = *traces(of), Trace.kind == "cohort_member", Trace.person_id.in_(people), Trace.before.is_not(None)
    who = getattr(by, "person_id", None)
    for moved, way in ((False, has_left()), (True, has_moved())):
        found = session.scalars(select(Trace.row_id).where(*own, way)).all()
        if found:
            places.follow(of.tenant_id, found, who, moved=moved)


def _touched(of: Undoing, people: Sequence[int]) -> Sequence[int]:
    """Members whose figures may be others afterwards."""
    courses = select(Enrolment.member_id).where(*made_courses(of), Enrolment.person_id.in_(people))
    places = select(Trace.row_id).where(
        *traces(of), Trace.kind == "cohort_member", Trace.person_id.in_(people)
    )
    return session.scalars(courses.union(places)).all()


def _forget_what_was_said(of: Undoing, people: Sequence[int]) -> None:
    """What the file said of members who stay is forgotten: the file before holds again."""
    places = select(Member.id).where(Member.tenant_id == of.tenant_id, Member.person_id.in_(people))
    said = LastSaid.tenant_id == of.tenant_id, LastSaid.batch_id == of.batch_id
    do(delete(LastSaid).where(*said, LastSaid.member_id.in_(places)))


def _forget_the_rest(of: Undoing) -> None:
    """What the file said of people of whom nothing else changed leaves no trace: it goes at the end, but for who was left out."""
    kept = (
        select(Member.id)
        .join(Trace, and_(Trace.tenant_id == Member.tenant_id, Trace.person_id == Member.person_id))
        .where(*traces(of))
    )
    said = LastSaid.tenant_id == of.tenant_id, LastSaid.batch_id == of.batch_id
    do(delete(LastSaid).where(*said, LastSaid.member_id.not_in(kept)))


def _take_away(of: Undoing, name: str, people: Sequence[int]) -> None:
    """Rows that the batch made go, unless something else points at them."""
    kind: type[Traced] = Traced.registered[name]
    table: Any = kind.table
    made = select(Trace.row_id).where(
        *traces(of), Trace.kind == name, Trace.before.is_(None), Trace.person_id.in_(people)
    )
    which = [table.tenant_id == of.tenant_id, table.id.in_(made), unneeded(kind.table, kind.goes_with)]
    if name == "membership":
        which.append(~_is_elsewhere(of))
    if name == "person":
        which.append(table.account_id.is_(None))
    if name == "cohort_member":
        places.release(of.tenant_id, made)
        _stop_mails(of, people)
    do(delete(table).where(*which))


def _is_elsewhere(of: Undoing) -> ColumnElement[bool]:
    """Whether a later batch put the person into a cohort: they go on learning there."""
    return exists().where(
        Member.tenant_id == Membership.tenant_id, Member.person_id == Membership.person_id,
        Member.batch_id > of.batch_id,
    )  # fmt: skip


def _stop_mails(of: Undoing, people: Sequence[int]) -> None:
    """Mails that did not leave yet; those that did stay, and are listed on the receipt."""
    keys = mail_keys(of, ~Trace.is_undone, Trace.person_id.in_(people))
    do(delete(Mail).where(Mail.tenant_id == of.tenant_id, Mail.state == "waiting", Mail.key.in_(keys)))
    came_back = (
        select(literal("welcome/").concat(cast(Trace.row_id, String)))
        .join(Batch, and_(Batch.tenant_id == Trace.tenant_id, Batch.id == Trace.batch_id))
        .where(
            *traces(of), Trace.kind == "cohort_member", Trace.before.is_not(None), Trace.person_id.in_(people),
            Mail.due_at >= Batch.at,  # not one of the time before
        )
        .correlate(Mail)
    )  # fmt: skip
    do(delete(Mail).where(Mail.tenant_id == of.tenant_id, Mail.state == "waiting", Mail.key.in_(came_back)))


def _withdraw_the_rest(of: Undoing, people: Sequence[int]) -> None:
    """Places that the batch made and that hold evidence."""
    made = select(Trace.row_id).where(
        *traces(of), Trace.kind == "cohort_member", Trace.before.is_(None), Trace.person_id.in_(people)
    )
    there = Member.tenant_id == of.tenant_id, Member.id.in_(made), Member.withdrawn_at.is_(None)
    gone = {"state": MemberState.ABANDONED, "withdrawn_at": now(), "withdrawal_reason": MISTAKE}
    do(update(Member).where(*there).values(gone))


def _finish(of: Undoing, done: int, by: Any) -> Undone:
    """The cohort and its courses, then the receipt of the undo."""
    _forget_the_rest(of)
    batch = session.scalars(
        select(Batch).where(Batch.tenant_id == of.tenant_id, Batch.id == of.batch_id)
    ).one()
    people = people_of(of).subquery()
    rest = session.scalar(select(func.count()).select_from(people)) or 0
    _take_courses_back(of)
    undone = _close(batch, done, rest, by)
    _take_cohort_back(of)
    left = session.scalar(
        select(Batch.cohort_id).where(Batch.tenant_id == of.tenant_id, Batch.id == of.batch_id)
    )
    if left is not None:  # the cohort, unless it went
        announce(SeatsFreed(of.tenant_id, left))
    return undone


def _close(batch: Batch, done: int, rest: int, by: Any) -> Undone:
    """The receipt of the undo."""
    receipt = Batch(
        tenant_id=batch.tenant_id, organisation_id=batch.organisation_id, cohort_id=batch.cohort_id,
        cohort_name=batch.cohort_name, kind=BatchKind.UNDO, by_id=getattr(by, "person_id", None), undoes_id=batch.id,
        total=done + rest, updated=done, ignored=rest,
    )  # fmt: skip
    session.add(receipt)
    batch.undone_at = now()
    do(update(ImportRun).where(*unfinished(batch)).values(state=ImportState.CHECKED, batch_id=None))
    session.flush()  # the cohort is let go by its receipts before it goes
    journal.note("batch-undone", by, tenant_id=batch.tenant_id, batch=batch.id, rows=done, left_out=rest)
    return Undone(receipt.id, done, rest)


def _take_courses_back(of: Undoing) -> None:
    """Changed, they stand as before, unless they were changed again; made, they go unless somebody is on them."""
    put_back(
        of, "cohort_course", and_(Trace.person_id.is_(None), ~has_changed(Traced.registered["cohort_course"]))
    )
    on_it = exists().where(
        Enrolment.tenant_id == CohortCourse.tenant_id, Enrolment.cohort_id == CohortCourse.cohort_id,
        Enrolment.course_id == CohortCourse.course_id,
    )  # fmt: skip
    made = select(Trace.row_id).where(*traces(of), Trace.kind == "cohort_course", Trace.before.is_(None))
    do(delete(CohortCourse).where(CohortCourse.tenant_id == of.tenant_id, CohortCourse.id.in_(made), ~on_it))


def _take_cohort_back(of: Undoing) -> None:
    """Changed, it stands as before, unless it was changed again; made, it goes with the last that points at it."""
    kind: type[Traced] = Traced.registered["cohort"]
    there = and_(Cohort.tenant_id == Trace.tenant_id, Cohort.id == Trace.row_id)
    again = select(Cohort.id).join(Trace, there).where(*traces(of), Trace.kind == "cohort", has_changed(kind))
    if session.scalar(again) is None:
        put_back(of, "cohort", Trace.person_id.is_(None))
    made = select(Trace.row_id).where(*traces(of), Trace.kind == "cohort", Trace.before.is_(None))
    mine = Cohort.tenant_id == of.tenant_id, Cohort.id.in_(made), unneeded(Cohort, kind.goes_with)
    going = session.scalar(select(Cohort.id).where(*mine))
    if going is not None:
        receipts = Batch.tenant_id == of.tenant_id, Batch.cohort_id == going
        do(update(Batch).where(*receipts).values(cohort_id=None))
        do(delete(Cohort).where(Cohort.tenant_id == of.tenant_id, Cohort.id == going))
    do(update(Trace).where(*traces(of), Trace.person_id.is_(None)).values(is_undone=True))
