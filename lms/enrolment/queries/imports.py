"""Files on their way in."""

from collections.abc import Sequence

from sqlalchemy import and_, func, select
from sqlalchemy.orm import aliased

from lms.core.db import session
from lms.core.jobs import Job
from lms.courses.models import Course
from lms.curricula.models import Curriculum
from lms.enrolment.layout import Layout
from lms.enrolment.models import Batch, ColumnMapping, ImportRun
from lms.organisations.actor import ENROLLERS, Actor
from lms.organisations.models import Branch
from lms.organisations.queries import in_hand

_above = aliased(Branch)


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


def layout_name(name: str) -> str:
    """What people call files of this layout; empty where none was recognised, or it is known no more."""
    known = Layout.registered.get(name)
    return str(known.label) if known else ""


def recent_imports(actor: Actor, limit: int = 10) -> Sequence[ImportRun]:
    """The latest files of the organisations in hand, newest first."""
    own = ImportRun.tenant_id == actor.tenant_id, ImportRun.organisation_id.in_(in_hand(actor))
    return session.scalars(select(ImportRun).where(*own).order_by(ImportRun.id.desc()).limit(limit)).all()


def remembered_columns(tenant_id: int, organisation_id: int) -> dict[str, list[str]]:
    """What was said of the columns of files, by their header's signature; what the nearest organisation said holds."""
    depth = (
        select(func.count())
        .select_from(_above)
        .where(_above.tenant_id == Branch.tenant_id, _above.below_id == Branch.above_id)
        .correlate(Branch)
        .scalar_subquery()
    )
    found = (
        select(ColumnMapping.signature, ColumnMapping.fields)
        .join(
            Branch,
            and_(
                Branch.tenant_id == ColumnMapping.tenant_id, Branch.above_id == ColumnMapping.organisation_id
            ),
        )
        .where(ColumnMapping.tenant_id == tenant_id, Branch.below_id == organisation_id)
        .order_by(depth)
    )
    return {row.signature: row.fields for row in session.execute(found)}


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
