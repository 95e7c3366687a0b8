"""The figures of enrolments as of an instant, as statements: what rows, summaries and charts are made of."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    String,
    Subquery,
    and_,
    case,
    cast,
    func,
    null,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.orm import aliased

from lms.certificates.models import Certificate, CertificateState
from lms.core.clock import Instant
from lms.core.db import AnySelect, session
from lms.courses.models import Activity, Course
from lms.enrolment.models import Batch, Cohort, Enrolment, Member
from lms.progress.models import LearningEvent, Standing
from lms.reports.queries import seen
from lms.reports.scope import Scope


def enrolments(scope: Scope, cohorts: AnySelect | None = None) -> Subquery:
    """One row per enrolment in sight: ids, level, planned ``minutes``, ``seconds`` done, steps, mark and instants.

    For this moment they are those that ``progress`` keeps. For an earlier day they are counted again: steps from
    standings, time from the ledger; what happened later has not happened yet.
    """
    sight = seen(scope.asker, scope.cohort_id).subquery("sight")
    figures = _then(scope) if scope.is_past else _now()
    left_at = func.coalesce(Enrolment.withdrawn_at, Member.withdrawn_at)
    found = (
        select(
            Enrolment.tenant_id, Enrolment.id, Enrolment.member_id, Enrolment.cohort_id, Enrolment.person_id,
            Enrolment.position, Enrolment.attempt, Enrolment.due_on, Enrolment.opens_on, Enrolment.steps_total,
            case((Enrolment.id.in_(_superseded(scope)), 0), else_=1).label("is_latest"),
            type_coerce(sight.c.level, String).label("level"),
            Course.title.label("course"), Course.minutes,
            Member.enters_on, Member.leaves_on, Member.joined_at, Member.action_number, Member.session_number,
            Member.agency, Member.adviser, Member.funder.label("member_funder"), Member.scheme.label("member_scheme"),
            func.coalesce(Enrolment.withdrawal_reason, Member.withdrawal_reason).label("reason"),
            figures.seconds.label("seconds"), figures.steps.label("steps_done"), figures.score.label("score"),
            _by(scope, Enrolment.started_at).label("started_at"), figures.last.label("last_at"),
            _by(scope, Enrolment.completed_at).label("completed_at"), _by(scope, left_at).label("withdrawn_at"),
            _by(scope, Enrolment.suspended_at).label("suspended_at"), _by(scope, Member.convoked_at).label("convoked_at"),
            Certificate.number.label("certificate"), Certificate.issued_at.label("certified_at"),
        )
        .select_from(Enrolment)
        .join(sight, sight.c.id == Enrolment.cohort_id)
        .join(Member, Member.id == Enrolment.member_id)
        .join(Course, Course.id == Enrolment.course_id)
        .outerjoin(Certificate, _certificate(scope))
        .where(Enrolment.tenant_id == scope.asker.tenant_id, Member.joined_at < scope.until)
    )  # fmt: skip
    if scope.is_past:
        found = found.where(or_(Enrolment.attempt == 1, Enrolment.batch_id.in_(_receipts_by(scope))))
    for table, condition in figures.joins:
        found = found.outerjoin(table, condition)
    if cohorts is not None:
        found = found.where(Enrolment.cohort_id.in_(cohorts))
    return found.subquery("figures")


def latest(scope: Scope, limit: int) -> AnySelect:
    """The newest cohorts in sight: what a page has room for."""
    sight = seen(scope.asker, scope.cohort_id).subquery()
    found = (
        select(Cohort.id)
        .join(sight, sight.c.id == Cohort.id)
        .where(Cohort.tenant_id == scope.asker.tenant_id)
    )
    newest = found.order_by(Cohort.created_at.desc(), Cohort.id.desc()).limit(limit).subquery()
    return select(newest.c.id)


def members(scope: Scope, cohorts: AnySelect | None = None) -> Subquery:
    """One row per member: whether begun, active, all done, certified, gone; planned minutes and seconds done.

    Of a course begun again the latest attempt counts; a certificate that holds counts, whatever came after it.
    """
    one = enrolments(scope, cohorts)
    is_latest = one.c.is_latest == 1
    return (
        select(
            one.c.cohort_id, one.c.level, one.c.member_id, func.max(one.c.reason).label("reason"),
            func.max(case((and_(is_latest, one.c.started_at.is_not(None)), 1), else_=0)).label("started"),
            func.max(one.c.last_at).label("last_at"),
            func.min(case((and_(is_latest, one.c.completed_at.is_(None)), 0), else_=1)).label("completed"),
            func.max(case((one.c.certificate.is_not(None), 1), else_=0)).label("certified"),
            func.max(case((and_(is_latest, one.c.withdrawn_at.is_not(None)), 1), else_=0)).label("withdrawn"),
            func.sum(case((is_latest, one.c.minutes), else_=0)).label("minutes"),
            func.sum(case((is_latest, one.c.seconds), else_=0)).label("seconds"),
        )
        .group_by(one.c.cohort_id, one.c.level, one.c.member_id)
        .subquery("members")
    )  # fmt: skip


def _superseded(scope: Scope) -> AnySelect:
    """Ids of attempts that another one follows. Few begin again: the set is made once, not asked row by row."""
    old = aliased(Enrolment)
    later = and_(
        old.tenant_id == Enrolment.tenant_id,
        old.member_id == Enrolment.member_id,
        old.course_id + 0 == Enrolment.course_id,
        old.attempt < Enrolment.attempt,
    )
    found = select(old.id).join(Enrolment, later).correlate(None)
    found = found.where(Enrolment.tenant_id == scope.asker.tenant_id, Enrolment.attempt > 1)
    return found.where(Enrolment.batch_id.in_(_receipts_by(scope))) if scope.is_past else found


def _receipts_by(scope: Scope) -> AnySelect:
    """Receipts that were there by then."""
    return (
        select(Batch.id)
        .where(Batch.tenant_id == scope.asker.tenant_id, Batch.at < scope.until)
        .correlate(None)
    )


class _Figures:
    """Where the changing figures come from, and what has to be joined for them."""

    def __init__(self, seconds: Any, steps: Any, score: Any, last: Any, joins: Any = ()) -> None:
        self.seconds, self.steps, self.score, self.last, self.joins = seconds, steps, score, last, joins


def _now() -> _Figures:
    return _Figures(Enrolment.seconds, Enrolment.steps_done, Enrolment.score, Enrolment.last_at)


def _then(scope: Scope) -> _Figures:
    tenant_id = scope.asker.tenant_id
    events = (
        select(
            LearningEvent.enrolment_id,
            cast(func.sum(LearningEvent.seconds), Integer).label("seconds"),
            type_coerce(func.max(LearningEvent.at), Instant()).label("last_at"),
        )
        .where(LearningEvent.tenant_id == tenant_id, LearningEvent.at < scope.until)
        .group_by(LearningEvent.enrolment_id)
        .subquery("events")
    )
    counts = (Activity.tenant_id == Standing.tenant_id) & (Activity.id == Standing.activity_id)
    done = (
        select(Standing.enrolment_id, func.count().label("steps"))
        .join(Activity, and_(counts, Activity.is_mandatory, Activity.removed_at.is_(None)))
        .where(Standing.tenant_id == tenant_id, Standing.done_at < scope.until)
        .group_by(Standing.enrolment_id)
        .subquery("done")
    )
    unchanged = case((Enrolment.last_at < scope.until, Enrolment.score), else_=null())
    joins = ((events, events.c.enrolment_id == Enrolment.id), (done, done.c.enrolment_id == Enrolment.id))
    steps = case(
        (Enrolment.completed_at < scope.until, Enrolment.steps_done), else_=func.coalesce(done.c.steps, 0)
    )
    return _Figures(func.coalesce(events.c.seconds, 0), steps, unchanged, events.c.last_at, joins)


def _by(scope: Scope, at: Any) -> ColumnElement[Any]:
    """The instant if it had come by then."""
    return type_coerce(case((at < scope.until, at), else_=null()) if scope.is_past else at, Instant())


def _certificate(scope: Scope) -> ColumnElement[bool]:
    """The one that holds. Its person is named too: whichever index is taken, it leads to a few rows."""
    mine = and_(
        Certificate.tenant_id == Enrolment.tenant_id,
        Certificate.enrolment_id == Enrolment.id,
        Certificate.person_id == Enrolment.person_id,
    )
    return and_(mine, Certificate.state == CertificateState.VALID, Certificate.issued_at < scope.until)


def stream(statement: AnySelect, size: int = 1_000) -> Iterator[Any]:
    """The rows of a statement, so many held at a time; closing the iterator closes the cursor."""
    with session.connection().execute(statement.execution_options(yield_per=size)) as found:
        for some in found.partitions():
            yield from some
