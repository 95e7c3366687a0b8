"""Questions about courses."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from lms.core import walls
from lms.core.db import AnyRow, session
from lms.courses.models import Activity, Course, CourseState, Media, Module
from lms.courses.sight import CourseSight
from lms.organisations import queries as organisations
from lms.organisations.actor import Actor
from lms.organisations.models import Branch, Organisation

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class CoursePage:
    """One page of the list of courses: rows of course, its organisation's name and the number of its steps."""

    rows: Sequence[AnyRow]
    number: int
    total: int
    size: int = PAGE_SIZE


@dataclass(frozen=True, slots=True)
class Step:
    """A step as the staff look at it, with its course and what stands around it."""

    course: Course
    activity: Activity
    before: str
    after: str
    number: int
    total: int


def course_by_slug(tenant_id: int, slug: str) -> Course | None:
    """The course that commands and addresses call by this name."""
    return session.scalars(
        select(Course).where(Course.tenant_id == tenant_id, Course.slug == slug)
    ).one_or_none()


def any_course(slug: str) -> Course | None:
    """The same for a command, which knows no tenant yet. What follows in this transaction is about its tenant."""
    named = Course.slug == slug
    tenant_id = walls.tenant_by("tenants_of_course", slug, select(Course.tenant_id).where(named))
    walls.enter(tenant_id)
    return session.scalars(select(Course).where(Course.tenant_id == tenant_id, named)).one_or_none()


def all_courses() -> list[AnyRow]:
    """For a command: every course with its organisation's slug; each tenant's in the order of titles."""
    found: list[AnyRow] = []
    for tenant_id in walls.every_tenant():
        with walls.visiting(tenant_id):
            found += _courses_of(tenant_id)
    return found


def _courses_of(tenant_id: int) -> Sequence[AnyRow]:
    found = (
        select(Course, Organisation.slug.label("organisation"))
        .join(
            Organisation,
            (Organisation.tenant_id == Course.tenant_id) & (Organisation.id == Course.organisation_id),
        )
        .where(Course.tenant_id == tenant_id)
        .order_by(Organisation.slug, Course.title, Course.id)
    )
    return session.execute(found).all()


def courses_in_sight(actor: Actor, words: str = "", state: str = "", number: int = 1) -> CoursePage:
    """The courses of the organisations in hand, and those that the organisations above have published."""
    where = [Course.tenant_id == actor.tenant_id, _in_staff_sight(actor)]
    if words:
        where.append(Course.title.icontains(words, autoescape=True))
    if state in list(CourseState):
        where.append(Course.state == state)
    total = session.scalar(select(func.count()).select_from(Course).where(*where)) or 0
    last = max(1, -(-total // PAGE_SIZE))
    number = min(max(number, 1), last)
    found = (
        select(Course, Organisation.name.label("organisation"))
        .join(
            Organisation,
            (Organisation.tenant_id == Course.tenant_id) & (Organisation.id == Course.organisation_id),
        )
        .where(*where)
        .order_by(func.lower(Course.title), Course.id)
        .limit(PAGE_SIZE)
        .offset((number - 1) * PAGE_SIZE)
    )
    return CoursePage(session.execute(found).all(), number, total)


def published(actor: Actor) -> Sequence[Course]:
    """The published courses in sight: what people may be put on. In the order of titles, at most 500."""
    found = (
        select(Course)
        .where(
            Course.tenant_id == actor.tenant_id, Course.state == CourseState.PUBLISHED, _in_staff_sight(actor)
        )
        .order_by(func.lower(Course.title), Course.id)
        .limit(500)
    )
    return session.scalars(found).all()


def course_in_sight(actor: Actor, slug: str) -> Course | None:
    """The course, if the actor is staff and sees it."""
    return (
        session.scalars(_by_slug(actor, slug, _in_staff_sight(actor))).one_or_none()
        if actor.is_staff
        else None
    )


def course_in_hand(actor: Actor, slug: str) -> Course | None:
    """The course, if it belongs to the organisation in hand or to one below it."""
    own = Course.organisation_id.in_(organisations.in_hand(actor))
    return session.scalars(_by_slug(actor, slug, own)).one_or_none() if actor.is_staff else None


def activities(tenant_id: int, course_id: int) -> Sequence[Activity]:
    """The steps of a course as it is now, in their order."""
    found = (
        select(Activity)
        .where(
            Activity.tenant_id == tenant_id, Activity.course_id == course_id, Activity.removed_at.is_(None)
        )
        .order_by(Activity.position, Activity.id)
    )
    return session.scalars(found).all()


def steps(course: Course) -> Sequence[tuple[str, Sequence[AnyRow]]]:
    """The steps of a course by module, without their content: (title of the module, rows of the steps)."""
    found = (
        select(
            Module.title.label("module"), Activity.key, Activity.kind, Activity.title, Activity.minutes,
            Activity.position, Activity.is_mandatory,
        )
        .join(Module, (Module.tenant_id == Activity.tenant_id) & (Module.id == Activity.module_id))
        .where(
            Activity.tenant_id == course.tenant_id, Activity.course_id == course.id, Activity.removed_at.is_(None)
        )
        .order_by(Activity.position, Activity.id)
    )  # fmt: skip
    parts: list[tuple[str, list[AnyRow]]] = []
    for row in session.execute(found):
        if not parts or parts[-1][0] != row.module:
            parts.append((row.module, []))
        parts[-1][1].append(row)
    return parts


def step_in_sight(actor: Actor, slug: str, key: str) -> Step | None:
    """A step of a course in sight, and the keys of its neighbours."""
    course = course_in_sight(actor, slug)
    if course is None:
        return None
    keys = session.scalars(
        select(Activity.key)
        .where(
            Activity.tenant_id == course.tenant_id,
            Activity.course_id == course.id,
            Activity.removed_at.is_(None),
        )
        .order_by(Activity.position, Activity.id)
    ).all()
    if key not in keys:
        return None
    at = keys.index(key)
    activity = session.scalars(
        select(Activity).where(
            Activity.tenant_id == course.tenant_id, Activity.course_id == course.id, Activity.key == key
        )
    ).one()
    around = ["", *keys, ""]
    return Step(course, activity, around[at], around[at + 2], at + 1, len(keys))


def media_in_sight(actor: Actor, slug: str, name: str) -> Media | None:
    """A file of a course that the actor sees, as staff or as a learner on it."""
    reasons: list[ColumnElement[bool]] = [
        Course.id.in_(kind().courses(actor)) for kind in CourseSight.registered.values()
    ]
    if actor.is_staff:
        reasons.append(_in_staff_sight(actor))
    if not reasons:
        return None
    found = (
        select(Media)
        .join(Course, and_(Course.tenant_id == Media.tenant_id, Course.id == Media.course_id))
        .where(Media.tenant_id == actor.tenant_id, Course.slug == slug, Media.name == name, or_(*reasons))
    )
    return session.scalars(found).one_or_none()


def files_of(course: Course) -> dict[str, list[Any]]:
    """The files beside a course, as ``markdown`` wants to know them; sizes are not kept, so they are unknown."""
    rows = select(Media.name, Media.sha256).where(
        Media.tenant_id == course.tenant_id, Media.course_id == course.id
    )
    return {row.name: [0, 0, row.sha256[:8]] for row in session.execute(rows)}


def slug_of(activity: Activity) -> str:
    """The slug of an activity's course: from its content, where an import has put it, else asked for."""
    return str(activity.content.get("course") or "") or (
        session.scalar(
            select(Course.slug).where(Course.tenant_id == activity.tenant_id, Course.id == activity.course_id)
        )
        or ""
    )


def _by_slug(actor: Actor, slug: str, reason: ColumnElement[bool]) -> Any:
    return select(Course).where(Course.tenant_id == actor.tenant_id, Course.slug == slug, reason)


def _in_staff_sight(actor: Actor) -> ColumnElement[bool]:
    """Of the organisation in hand and below, in any state; of those above, once published."""
    above = select(Branch.above_id).where(
        Branch.tenant_id == actor.tenant_id, Branch.below_id == actor.organisation_id
    )
    return or_(
        Course.organisation_id.in_(organisations.in_hand(actor)),
        and_(Course.organisation_id.in_(above), Course.state == CourseState.PUBLISHED),
    )
