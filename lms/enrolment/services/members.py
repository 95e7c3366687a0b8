"""Enrol, withdraw, move: sets of people, one receipt each."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, literal, select, true, update

from lms.core import journal, statistics
from lms.core.db import AnySelect, insert_new, session
from lms.core.events import announce
from lms.core.i18n import gettext as _
from lms.courses.models import Course
from lms.enrolment.events import PeopleEnrolled, SeatsFreed
from lms.enrolment.models import Batch, BatchKind, Cohort, CohortCourse, Enrolment, Member
from lms.enrolment.queries.attempts import is_latest
from lms.enrolment.services import deadlines, seats, tracing, welcome
from lms.enrolment.services.changes import NobodyChosen, change_state
from lms.enrolment.services.figures import sum_up
from lms.enrolment.services.moved_out import keep_out
from lms.enrolment.services.receipts import Receipt, open_batch
from lms.enrolment.states import GONE, Deed, MemberState


def enrol(
    people: AnySelect,
    cohort: Cohort,
    *,
    kind: BatchKind,
    by: Any = None,
    receipt: Receipt | None = None,
    comes_back: bool = True,
    batch: Batch | None = None,
    welcomes: bool = True,
    is_part: bool = False,
) -> Batch:
    """Put people on the courses of a cohort; who is there already is left alone. Announces ``PeopleEnrolled``.

    ``people`` selects ``person_id``; further columns are those of a member, by name. ``comes_back``: whoever was
    withdrawn is a member again, with what was done before. One person is a set of one. ``batch``: of a receipt that is
    open already, instead of one of its own. ``welcomes``: they get the first mail; not those who asked themselves, who
    know. ``is_part``: the others of that batch are left alone. Raises ``CohortFull``.
    """
    seats.hold_if_limited(cohort)
    batch = batch or open_batch(cohort, kind, by, receipt)
    chosen = people.subquery()
    columns = [column.key for column in chosen.c if column.key != "person_id"]
    rows: Select[Any] = select(
        literal(cohort.tenant_id),
        literal(cohort.id),
        literal(batch.id),
        chosen.c.person_id,
        *(chosen.c[c] for c in columns),
    ).where(chosen.c.person_id.is_not(None))
    number = insert_new(Member, ["tenant_id", "cohort_id", "batch_id", "person_id", *columns], rows)
    if comes_back:
        number += take_back(cohort, batch, select(chosen.c.person_id))
    whose = select(chosen.c.person_id) if is_part else None
    put_on_courses(cohort, batch.id, whose)
    own = Member.batch_id == batch.id if whose is None else _of_batch(batch, whose)
    sum_up(cohort.tenant_id, select(Member.id).where(Member.tenant_id == cohort.tenant_id, own))
    tracing.after(batch, "cohort_member", own, whose)
    if comes_back:
        tracing.after(batch, "enrolment", whose=whose)
    if receipt is None:
        batch.total = batch.imported = number
    journal.note(
        "people-enrolled", by, tenant_id=cohort.tenant_id, cohort=cohort.id, batch=batch.id, rows=number
    )
    if number:
        announce(PeopleEnrolled(cohort.tenant_id, batch.id, cohort.id, number))
        if welcomes:
            welcome.write(cohort, own)
        statistics.refresh_after(number, f"batch {batch.id}")
    return batch


def withdraw(
    member_ids: Sequence[int], cohort: Cohort, reason: str, by: Any = None, batch: Batch | None = None
) -> int:
    """Take people out of a cohort; what they have done is kept. Says how many left. Announces ``PeopleWithdrawn``."""
    return change_state(member_ids, cohort, Deed.ABANDON, by, reason, batch).number


def move(member_ids: Sequence[int], cohort: Cohort, to: Cohort, by: Any = None) -> int:
    """Move people to another cohort with all that they have done. Says how many moved.

    Courses of the old cohort that nobody needs there and that were not begun are left behind. Whoever is in the
    other cohort already stays where they are. Announces ``PeopleEnrolled``.
    """
    there = select(Member.person_id).where(Member.tenant_id == to.tenant_id, Member.cohort_id == to.id)
    chosen = (*_chosen(cohort, member_ids), Member.person_id.not_in(there))
    moving = session.scalars(select(Member.id).where(*chosen)).all()
    if not moving:
        raise NobodyChosen(
            _("Nobody was moved: they are in “%(name)s” already.", name=to.name),
            _("Withdraw them from this cohort if one of the two is enough."),
        )
    seats.hold_both(cohort, to)
    batch = open_batch(to, BatchKind.MOVE, by, Receipt(total=len(moving), updated=len(moving)))
    tracing.before(batch, "cohort_member", Member.id.in_(moving))
    tracing.before(batch, "enrolment", Enrolment.member_id.in_(moving))
    keep_out(cohort, moving, batch)
    _update(
        Member, (Member.tenant_id == to.tenant_id, Member.id.in_(moving)), cohort_id=to.id, batch_id=batch.id
    )
    own = and_(Enrolment.tenant_id == to.tenant_id, Enrolment.member_id.in_(moving))
    wanted = select(CohortCourse.course_id).where(
        CohortCourse.tenant_id == to.tenant_id, CohortCourse.cohort_id == to.id
    )
    session.execute(
        delete(Enrolment)
        .where(own, Enrolment.course_id.not_in(wanted), Enrolment.started_at.is_(None))
        .execution_options(synchronize_session=False)
    )
    _update(Enrolment, (own,), cohort_id=to.id)
    deadlines.renew(to, Enrolment.member_id.in_(moving))
    put_on_courses(to, batch.id)
    sum_up(to.tenant_id, select(Member.id).where(Member.tenant_id == to.tenant_id, Member.id.in_(moving)))
    tracing.after(batch, "cohort_member")
    tracing.after(batch, "enrolment")
    journal.note(
        "people-moved",
        by,
        tenant_id=to.tenant_id,
        cohort=cohort.id,
        to=to.id,
        batch=batch.id,
        rows=len(moving),
    )
    announce(PeopleEnrolled(to.tenant_id, batch.id, to.id, len(moving)))
    announce(SeatsFreed(cohort.tenant_id, cohort.id))
    return len(moving)


def put_on_courses(cohort: Cohort, batch_id: int, whose: AnySelect | None = None) -> int:
    """Every member who is there gets every course of the cohort that they lack. Says how many enrolments were made.

    ``whose`` selects the persons, where not everybody is meant.
    """
    has = exists().where(
        Enrolment.tenant_id == Member.tenant_id,
        Enrolment.member_id == Member.id,
        Enrolment.course_id + 0 == CohortCourse.course_id,  # looked for among the member's, not the course's
    )
    rows = (
        select(
            Member.tenant_id, Member.id, Member.cohort_id, Member.person_id, CohortCourse.course_id,
            literal(batch_id), CohortCourse.position, *deadlines.by_rule(cohort, deadlines.today_of(cohort)),
            Course.steps, Member.suspended_at,
        )
        .join(CohortCourse, and_(CohortCourse.tenant_id == Member.tenant_id, CohortCourse.cohort_id == Member.cohort_id))
        .join(Course, and_(Course.tenant_id == CohortCourse.tenant_id, Course.id == CohortCourse.course_id))
        .where(
            Member.tenant_id == cohort.tenant_id,
            Member.cohort_id == cohort.id,
            Member.state.not_in(GONE),
            ~has,
            true() if whose is None else Member.person_id.in_(whose),
        )
    )  # fmt: skip
    columns = (
        *("tenant_id", "member_id", "cohort_id", "person_id", "course_id"),
        *("batch_id", "position", "due_on", "opens_on", "steps_total", "suspended_at"),
    )
    return insert_new(Enrolment, list(columns), rows)


def _of_batch(batch: Batch, whose: AnySelect) -> ColumnElement[bool]:
    """``+ 0``: looked for person by person, not among all whom the batch has put there by now."""
    return and_(Member.batch_id + 0 == batch.id, Member.person_id.in_(whose))


def take_back(cohort: Cohort, batch: Batch, people: AnySelect) -> int:
    """Those of these people who left the cohort are in it again, with their latest attempts. Says how many came back."""
    gone = (
        Member.tenant_id == cohort.tenant_id,
        Member.cohort_id == cohort.id,
        Member.state.in_(GONE),
        Member.person_id.in_(people),
    )
    back = session.scalar(select(func.count()).select_from(Member).where(*gone)) or 0
    if not back:
        return 0
    theirs = select(Member.id).where(*gone)
    tracing.before(batch, "cohort_member", and_(*gone))
    tracing.before(batch, "enrolment", Enrolment.member_id.in_(theirs))
    _update(
        Member, gone, state=MemberState.REGISTERED, withdrawn_at=None, suspended_at=None, withdrawal_reason="",
        batch_id=batch.id,
    )  # fmt: skip
    mine = select(Member.id).where(Member.tenant_id == cohort.tenant_id, Member.batch_id == batch.id)
    _update(
        Enrolment, (Enrolment.tenant_id == cohort.tenant_id, Enrolment.member_id.in_(mine), is_latest()),
        withdrawn_at=None, suspended_at=None,
    )  # fmt: skip
    return back


def _chosen(cohort: Cohort, member_ids: Sequence[int]) -> tuple[Any, ...]:
    """Those of these members who are in the cohort now: numbers from elsewhere choose nobody."""
    return (
        Member.tenant_id == cohort.tenant_id,
        Member.cohort_id == cohort.id,
        Member.id.in_(member_ids),
        Member.state.not_in(GONE),
    )


def _update(table: Any, which: tuple[Any, ...], **values: Any) -> None:
    change = update(table).where(*which).values(**values)
    session.execute(change.execution_options(synchronize_session=False))
