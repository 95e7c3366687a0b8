"""One cohort, and what may be chosen for it."""

from collections.abc import Sequence

from sqlalchemy import and_, func, select

from lms.core.db import AnyRow, session
from lms.courses.models import Course
from lms.curricula.models import Curriculum
from lms.enrolment.models import Cohort, CohortCourse, Level, Share
from lms.enrolment.queries import sight
from lms.organisations.actor import Actor
from lms.organisations.models import Membership, Organisation, Role
from lms.organisations.queries import in_hand
from lms.people.models import Person


def cohort_in_sight(actor: Actor, cohort_id: int) -> Cohort | None:
    """The cohort, if the actor sees it: as staff of its organisation, or as a partner it is shared with."""
    return session.scalars(select(Cohort).where(Cohort.id == cohort_id, sight.cohorts(actor))).one_or_none()


def cohort_in_hand(actor: Actor, cohort_id: int) -> Cohort | None:
    """The cohort, if it belongs to the organisation in hand or below: what may be changed."""
    own = (
        Cohort.tenant_id == actor.tenant_id,
        Cohort.organisation_id.in_(in_hand(actor)),
        sight.cohorts(actor),
    )
    return session.scalars(select(Cohort).where(Cohort.id == cohort_id, *own)).one_or_none()


def courses_of(cohort: Cohort) -> Sequence[AnyRow]:
    """Title, slug, minutes and steps of the cohort's courses, in order."""
    found = (
        select(Course.id, Course.title, Course.slug, Course.minutes, Course.steps)
        .join(
            CohortCourse,
            and_(CohortCourse.tenant_id == Course.tenant_id, CohortCourse.course_id == Course.id),
        )
        .where(CohortCourse.tenant_id == cohort.tenant_id, CohortCourse.cohort_id == cohort.id)
        .order_by(CohortCourse.position, CohortCourse.id)
    )
    return session.execute(found).all()


def cohorts_for_choice(actor: Actor) -> Sequence[AnyRow]:
    """Number and name of the cohorts of the organisation in hand itself: where people may be imported. At most 500."""
    found = select(Cohort.id, Cohort.name).where(
        Cohort.tenant_id == actor.tenant_id, Cohort.organisation_id == actor.organisation_id
    )
    return session.execute(found.order_by(Cohort.sort_name, Cohort.id).limit(500)).all()


def cohorts_to_assign(actor: Actor) -> Sequence[AnyRow]:
    """Number and name of the cohorts in hand, the newest first: whose people may be put on courses. At most 500."""
    own = (
        Cohort.tenant_id == actor.tenant_id,
        Cohort.organisation_id.in_(in_hand(actor)),
        sight.cohorts(actor),
    )
    found = select(Cohort.id, Cohort.name).where(*own).order_by(Cohort.id.desc())
    return session.execute(found.limit(500)).all()


def target_cohorts(actor: Actor, cohort: Cohort) -> Sequence[AnyRow]:
    """Number and name of the other cohorts in hand: where its people may be moved. At most 500."""
    own = (
        Cohort.tenant_id == actor.tenant_id,
        Cohort.organisation_id.in_(in_hand(actor)),
        Cohort.id != cohort.id,
    )
    found = select(Cohort.id, Cohort.name).where(*own).order_by(Cohort.sort_name, Cohort.id)
    return session.execute(found.limit(500)).all()


def curricula_for_choice(actor: Actor) -> Sequence[AnyRow]:
    """Number and title of the curricula of the tenant. At most 500."""
    found = select(Curriculum.id, Curriculum.title).where(Curriculum.tenant_id == actor.tenant_id)
    return session.execute(found.order_by(func.lower(Curriculum.title), Curriculum.id).limit(500)).all()


def organisation_in_hand(actor: Actor, name: str) -> tuple[Organisation, bool]:
    """The organisation in hand, and whether it has a cohort of this name already."""
    organisation = session.get_one(Organisation, actor.organisation_id)
    taken = select(Cohort.id).where(
        Cohort.tenant_id == actor.tenant_id,
        Cohort.organisation_id == actor.organisation_id,
        Cohort.name == " ".join(name.split()),
    )
    return organisation, session.scalar(taken) is not None


def path_of(actor: Actor, choice: str) -> tuple[list[Course], Curriculum | None]:
    """The course or the curriculum behind a choice such as ``course:7``; nothing for none."""
    kind, _colon, number = choice.partition(":")
    if kind == "course" and number.isdigit():
        own = select(Course).where(Course.tenant_id == actor.tenant_id, Course.id == int(number))
        return list(session.scalars(own)), None
    if kind == "curriculum" and number.isdigit():
        mine = select(Curriculum).where(Curriculum.tenant_id == actor.tenant_id, Curriculum.id == int(number))
        return [], session.scalars(mine).one_or_none()
    return [], None


def shared_level(actor: Actor, cohort: Cohort) -> Level | None:
    """How much of people a partner sees in this cohort; None for staff, who see them by name."""
    if actor.is_staff:
        return None
    mine = (
        Share.tenant_id == actor.tenant_id,
        Share.cohort_id == cohort.id,
        Share.person_id == actor.person_id,
    )
    return session.scalar(select(Share.level).where(*mine))


def shares(cohort: Cohort) -> Sequence[AnyRow]:
    """With whom the cohort is shared, and how much: person, name, level."""
    found = (
        select(Person.id, Person.first_name, Person.last_name, Share.level, Person.sort_name)
        .join(Share, and_(Share.tenant_id == Person.tenant_id, Share.person_id == Person.id))
        .where(Share.tenant_id == cohort.tenant_id, Share.cohort_id == cohort.id)
    )  # sorted here: SQLite would go through everybody by name to find a few
    return sorted(session.execute(found).all(), key=lambda row: (row.sort_name, row.id))


def partners(actor: Actor) -> Sequence[AnyRow]:
    """The partners of the tenant: number and name. At most 500."""
    found = (
        select(Person.id, Person.first_name, Person.last_name)
        .join(Membership, and_(Membership.tenant_id == Person.tenant_id, Membership.person_id == Person.id))
        .where(
            Person.tenant_id == actor.tenant_id, Membership.role == Role.PARTNER, Person.archived_at.is_(None)
        )
        .group_by(Person.id, Person.first_name, Person.last_name, Person.sort_name)
        .order_by(Person.sort_name, Person.id)
    )
    return session.execute(found.limit(500)).all()
