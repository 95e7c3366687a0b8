"""Files on their way in."""

from collections.abc import Sequence

from sqlalchemy import select

from lms.core.db import session
from lms.core.jobs import Job
from lms.courses.models import Course
from lms.curricula.models import Curriculum
from lms.enrolment.models import Batch, ImportRun
from lms.organisations.actor import ENROLLERS, Actor
from lms.organisations.queries import in_hand


def import_in_sight(actor: Actor, import_id: int) -> ImportRun | None:
    """A file that somebody of the organisations in hand sent, if the actor enrols people there."""
    if not actor.is_any(*ENROLLERS):
        return None
    own = ImportRun.tenant_id == actor.tenant_id, ImportRun.organisation_id.in_(in_hand(actor))
    return session.scalars(select(ImportRun).where(ImportRun.id == import_id, *own)).one_or_none()


def job_of(sent: ImportRun) -> Job | None:
    """The work that this file waits for, or that was stopped."""
    return session.get(Job, sent.job_id) if sent.job_id else None


def receipt(sent: ImportRun) -> Batch | None:
    """What was written, once it is."""
    if sent.batch_id is None:
        return None
    return session.scalars(
        select(Batch).where(Batch.tenant_id == sent.tenant_id, Batch.id == sent.batch_id)
    ).one_or_none()


def recent_imports(actor: Actor, limit: int = 10) -> Sequence[ImportRun]:
    """The latest files of the organisations in hand, newest first."""
    own = ImportRun.tenant_id == actor.tenant_id, ImportRun.organisation_id.in_(in_hand(actor))
    return session.scalars(select(ImportRun).where(*own).order_by(ImportRun.id.desc()).limit(limit)).all()


def named_courses(
    tenant_id: int, course: str, curriculum: str
) -> tuple[tuple[Course, ...], Curriculum | None]:
    """The course or the curriculum that commands call by these slugs; nothing where the tenant has no such one."""
    found: tuple[Course, ...] = ()
    path = None
    if course:
        found = tuple(
            session.scalars(select(Course).where(Course.tenant_id == tenant_id, Course.slug == course))
        )
    if curriculum:
        mine = select(Curriculum).where(Curriculum.tenant_id == tenant_id, Curriculum.slug == curriculum)
        path = session.scalars(mine).one_or_none()
    return found, path
