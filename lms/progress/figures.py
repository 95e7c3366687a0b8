"""From the ledger to the figures: the only place that counts steps, time and marks of an enrolment. Integers only."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

from sqlalchemy import ScalarSelect, Update, and_, bindparam, case, func, select, update

from lms.core import db
from lms.core.db import AnySelect, session, table_of
from lms.core.events import announce
from lms.courses.activity import Learner
from lms.courses.models import Activity
from lms.enrolment.models import Enrolment
from lms.enrolment.services import keep_figures, places
from lms.progress import ledger
from lms.progress.events import CoursesCompleted
from lms.progress.ledger import Fact, Head
from lms.progress.models import LearningEvent, Standing

_STANDINGS = and_(Standing.tenant_id == Enrolment.tenant_id, Standing.enrolment_id == Enrolment.id)
_COUNTS = and_(Activity.is_mandatory, Activity.removed_at.is_(None))
_TOTAL = (
    select(func.count())
    .select_from(Activity)
    .where(Activity.tenant_id == Enrolment.tenant_id, Activity.course_id == Enrolment.course_id, _COUNTS)
    .correlate(Enrolment)
    .scalar_subquery()
)
_DONE = (
    select(func.count())
    .select_from(Standing)
    .join(Activity, and_(Activity.tenant_id == Standing.tenant_id, Activity.id == Standing.activity_id))
    .where(_STANDINGS, Standing.done_at.is_not(None), _COUNTS)
    .correlate(Enrolment)
    .scalar_subquery()
)


def write(learner: Learner, facts: Sequence[Fact], after: Head | None = None) -> None:
    """Add facts to the ledger of one enrolment, whose row the caller holds, and bring its figures up to date."""
    after = after or ledger.head(learner.tenant_id, learner.enrolment_id)
    ledger.write(ledger.rows(learner.tenant_id, learner.enrolment_id, facts, after))
    if not after.number:
        places.begun(learner.tenant_id, [learner.enrolment_id])
    recount(learner.tenant_id, [learner.enrolment_id])


def recount(tenant_id: int, enrolment_ids: Sequence[int] | AnySelect) -> None:
    """Count again: steps, time, best mark, first and last sign of life of these enrolments, then of their members.

    A completed enrolment keeps the steps it was completed with, whatever becomes of the course. Those whose last
    mandatory step is done now are completed, and announced once: the row that turns is the one that announces.
    A SELECT of ids is asked more than once, so it must not depend on what is written here.
    """
    values: dict[str, Any] = {"of_tenant": tenant_id}
    counting, ending = _OF_SOME
    if isinstance(enrolment_ids, Sequence):
        values["enrolment_ids"] = enrolment_ids
    else:
        counting, ending = _statements(enrolment_ids)
    db.run(counting, values)
    turned = db.run(ending, values).all()
    if turned:
        heads = ledger.heads(tenant_id, [row.id for row in turned])
        ends = (
            ledger.rows(tenant_id, row.id, [Fact("completed", None, row.completed_at)], heads[row.id])
            for row in turned
        )
        ledger.write(list(chain.from_iterable(ends)))
    keep_figures(tenant_id, enrolment_ids)
    if turned:
        announce(CoursesCompleted(tenant_id, tuple(row.id for row in turned)))


def seconds_written(learner: Learner, activity_id: int) -> int:
    """Active seconds that the ledger holds for one activity; drafts may have added more to the standing since."""
    mine = select(func.coalesce(func.sum(LearningEvent.seconds), 0)).where(
        LearningEvent.tenant_id == learner.tenant_id,
        LearningEvent.enrolment_id == learner.enrolment_id,
        LearningEvent.activity_id == activity_id,
    )
    return int(session.scalar(mine) or 0)


def _statements(enrolment_ids: Any) -> tuple[Update, Any]:
    """The two statements of ``recount``: the figures, and the end of those who have done all."""
    own = and_(Enrolment.tenant_id == bindparam("of_tenant"), Enrolment.id.in_(enrolment_ids))
    is_over = Enrolment.completed_at.is_not(None)
    counting = (
        update(table_of(Enrolment))
        .where(own)
        .values(
            steps_done=case((is_over, Enrolment.steps_done), else_=_DONE),
            steps_total=case((is_over, Enrolment.steps_total), else_=_TOTAL),
            score=_of_standings(func.max(Standing.score)),
            seconds=func.coalesce(_of_standings(func.sum(Standing.seconds)), 0),
            started_at=_of_standings(func.min(Standing.started_at)),
            last_at=_of_standings(func.max(Standing.last_at)),
        )
    )
    ending = (
        update(table_of(Enrolment))
        .where(own, Enrolment.completed_at.is_(None), Enrolment.steps_total > 0)
        .where(Enrolment.steps_done == Enrolment.steps_total)
        .values(completed_at=Enrolment.last_at)
        .returning(Enrolment.id, Enrolment.completed_at)
    )
    return counting, ending


def _of_standings(value: Any) -> ScalarSelect[Any]:
    return select(value).where(_STANDINGS).correlate(Enrolment).scalar_subquery()


#: For a handful of enrolments, as each step of a learner sends them: built once.
_OF_SOME = _statements(bindparam("enrolment_ids", expanding=True))
