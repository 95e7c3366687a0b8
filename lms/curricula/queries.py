"""Questions about curricula."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select

from lms.core.db import AnyRow, session
from lms.courses.models import Course
from lms.curricula.models import Curriculum, CurriculumStep
from lms.organisations.actor import Actor
from lms.organisations.models import Branch, Organisation
from lms.organisations.queries import in_hand

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class CurriculumPage:
    """One page of the list: rows of curriculum, its organisation's name, number of courses and their minutes."""

    rows: Sequence[AnyRow]
    number: int
    total: int
    size: int = PAGE_SIZE


def by_slug(tenant_id: int, slug: str) -> Curriculum | None:
    """The curriculum that commands and addresses call by this name."""
    return session.scalars(
        select(Curriculum).where(Curriculum.tenant_id == tenant_id, Curriculum.slug == slug)
    ).one_or_none()


def courses_of(tenant_id: int, curriculum_id: int) -> list[tuple[int, int]]:
    """(course id, position) of each course of a curriculum, in its order."""
    rows = (
        select(CurriculumStep.course_id, CurriculumStep.position)
        .where(CurriculumStep.tenant_id == tenant_id, CurriculumStep.curriculum_id == curriculum_id)
        .order_by(CurriculumStep.position)
    )
    return [(row.course_id, row.position) for row in session.execute(rows)]


def steps(curriculum: Curriculum) -> Sequence[AnyRow]:
    """The courses of a curriculum in its order: rows of position and course."""
    rows = (
        select(CurriculumStep.position, Course)
        .join(
            Course, (Course.tenant_id == CurriculumStep.tenant_id) & (Course.id == CurriculumStep.course_id)
        )
        .where(
            CurriculumStep.tenant_id == curriculum.tenant_id, CurriculumStep.curriculum_id == curriculum.id
        )
        .order_by(CurriculumStep.position)
    )
    return session.execute(rows).all()


def curricula_in_sight(actor: Actor, number: int = 1) -> CurriculumPage:
    """The curricula of the organisations in hand, and of those above."""
    where = (Curriculum.tenant_id == actor.tenant_id, _in_sight(actor))
    total = session.scalar(select(func.count()).select_from(Curriculum).where(*where)) or 0
    number = min(max(number, 1), max(1, -(-total // PAGE_SIZE)))
    sums = (
        select(
            CurriculumStep.curriculum_id,
            func.count().label("courses"),
            func.sum(Course.minutes).label("minutes"),
        )
        .join(
            Course, (Course.tenant_id == CurriculumStep.tenant_id) & (Course.id == CurriculumStep.course_id)
        )
        .where(CurriculumStep.tenant_id == actor.tenant_id)
        .group_by(CurriculumStep.curriculum_id)
        .subquery()
    )
    rows = (
        select(
            Curriculum, Organisation.name.label("organisation"),
            func.coalesce(sums.c.courses, 0).label("courses"), func.coalesce(sums.c.minutes, 0).label("minutes"),
        )
        .join(
            Organisation,
            (Organisation.tenant_id == Curriculum.tenant_id) & (Organisation.id == Curriculum.organisation_id),
        )
        .outerjoin(sums, sums.c.curriculum_id == Curriculum.id)
        .where(*where)
        .order_by(func.lower(Curriculum.title), Curriculum.id)
        .limit(PAGE_SIZE)
        .offset((number - 1) * PAGE_SIZE)
    )  # fmt: skip
    return CurriculumPage(session.execute(rows).all(), number, total)


def all_in_sight(actor: Actor) -> Sequence[Curriculum]:
    """The same without pages, for a list to choose from: at most 500."""
    rows = (
        select(Curriculum)
        .where(Curriculum.tenant_id == actor.tenant_id, _in_sight(actor))
        .order_by(func.lower(Curriculum.title), Curriculum.id)
        .limit(500)
    )
    return session.scalars(rows).all()


def curriculum_in_sight(actor: Actor, slug: str) -> Curriculum | None:
    """The curriculum, if the actor is staff and sees it."""
    if not actor.is_staff:
        return None
    row = select(Curriculum).where(
        Curriculum.tenant_id == actor.tenant_id, Curriculum.slug == slug, _in_sight(actor)
    )
    return session.scalars(row).one_or_none()


def own_organisation(actor: Actor) -> Organisation:
    """The organisation in hand: what the actor makes belongs to it."""
    row = select(Organisation).where(
        Organisation.tenant_id == actor.tenant_id, Organisation.id == actor.organisation_id
    )
    return session.scalars(row).one()


def _in_sight(actor: Actor) -> ColumnElement[bool]:
    above = select(Branch.above_id).where(
        Branch.tenant_id == actor.tenant_id, Branch.below_id == actor.organisation_id
    )
    return or_(Curriculum.organisation_id.in_(in_hand(actor)), Curriculum.organisation_id.in_(above))
