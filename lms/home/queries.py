"""What a learner's first page shows. Statements are built once and load columns, not objects: their number is constant."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from sqlalchemy import and_, bindparam, select

from lms.certificates.models import Certificate, CertificateState
from lms.core import db
from lms.core.db import AnyRow, session
from lms.courses.models import Course
from lms.enrolment.models import Enrolment, Member
from lms.enrolment.queries.sight import members
from lms.organisations.actor import Actor
from lms.organisations.models import Membership, Organisation, Role
from lms.organisations.queries import people_in_sight
from lms.people.belonging import more_than_learners
from lms.people.models import Person
from lms.progress import queries as progress
from lms.progress import steps as reckoning
from lms.progress.steps import Step

_CERTIFICATES = (
    select(Certificate.id, Certificate.number, Certificate.issued_at, Course.title)
    .join(
        Enrolment,
        and_(Enrolment.tenant_id == Certificate.tenant_id, Enrolment.id == Certificate.enrolment_id),
    )
    .join(Course, and_(Course.tenant_id == Enrolment.tenant_id, Course.id == Enrolment.course_id))
    .where(
        Certificate.tenant_id == bindparam("tenant_id"),
        Certificate.person_id == bindparam("person_id"),
        Certificate.state == CertificateState.VALID,
    )
    .order_by(Certificate.issued_at.desc(), Certificate.id)
    .limit(20)
)


@dataclass(frozen=True, slots=True)
class Path:
    """The courses that one cohort brings, in their order; and the steps of the one in hand."""

    courses: tuple[AnyRow, ...]
    #: The course to go on with; None when all are finished, or the learner has left.
    current: AnyRow | None
    steps: tuple[Step, ...] = ()

    @property
    def number(self) -> int:
        """What tells it from the learner's other paths."""
        return int(self.courses[0].member_id)

    @property
    def title(self) -> str:
        """The curriculum's name, else that of its only course, else the cohort's."""
        first = self.courses[0]
        return str(first.curriculum or (first.title if len(self.courses) == 1 else first.cohort))

    @property
    def due_on(self) -> date | None:
        """When it should be finished."""
        return max((one.due_on for one in self.courses if one.due_on), default=None)

    @property
    def here(self) -> Step | None:
        """The exact next step."""
        return reckoning.here(self.steps)

    @property
    def place(self) -> int:
        """Which of the courses is in hand, from 1."""
        return self.courses.index(self.current) + 1 if self.current else 0

    @property
    def courses_done(self) -> int:
        """How many courses are finished."""
        return sum(one.completed_at is not None for one in self.courses)

    @property
    def done(self) -> tuple[int, int]:
        """Mandatory steps done, of all its courses, and out of how many."""
        return sum(one.steps_done for one in self.courses), sum(one.steps_total for one in self.courses)

    @property
    def is_over(self) -> bool:
        """Whether every course is finished."""
        return self.courses_done == len(self.courses)

    @property
    def left_on(self) -> date | None:
        """When the learner left it, or was withdrawn."""
        gone = [one.withdrawn_at for one in self.courses if one.withdrawn_at]
        return max(gone) if len(gone) == len(self.courses) else None

    @property
    def opens_on(self) -> date | None:
        """When there is something to do again, where nothing is open today."""
        days = [progress.opening(one) for one in self.courses if not (one.completed_at or one.suspended_at)]
        return min((day for day in days if day), default=None) if self.current is None else None

    @property
    def suspended_on(self) -> date | None:
        """Since when nothing can be done in it, until the staff take it up again."""
        return max(
            (one.suspended_at for one in self.courses if one.suspended_at and not one.completed_at),
            default=None,
        )


def paths(actor: Actor) -> list[Path]:
    """The learner's paths: the one to go on with first, then those to do, finished, left."""
    rows = progress.courses_of(actor)
    found = [_path(tuple(some)) for _key, some in groupby(rows, key=lambda row: row.member_id)]
    return sorted(found, key=_order)


def learner_in_sight(actor: Actor, person_id: int) -> Actor | None:
    """A learner whom the actor sees, as the one who would be signed in; somebody of the staff is nobody here."""
    found = (
        select(
            Person.first_name, Person.last_name, Person.language, Organisation.id, Organisation.name,
            Organisation.zone, Organisation.help_phone, Organisation.help_hours, Organisation.accent,
            Organisation.logo,
        )
        .join(Membership, and_(Membership.tenant_id == Person.tenant_id, Membership.person_id == Person.id))
        .join(
            Organisation,
            and_(Organisation.tenant_id == Membership.tenant_id, Organisation.id == Membership.organisation_id),
        )
        .where(
            Person.tenant_id == actor.tenant_id, Person.id == person_id, Person.archived_at.is_(None),
            Person.id.in_(people_in_sight(actor)), Person.id.not_in(more_than_learners()),
        )
        .order_by(Membership.id)
    )  # fmt: skip
    row = session.execute(found).first()
    if row is None:
        return None
    return Actor(
        account_id=0, person_id=person_id, sign_in_id=0, tenant_id=actor.tenant_id, organisation_id=row.id,
        organisation_name=row.name, first_name=row.first_name, name=f"{row.first_name} {row.last_name}".strip(),
        roles=frozenset({Role.LEARNER}), language=row.language, zone=row.zone, home_phone=row.help_phone,
        home_hours=row.help_hours, accent=row.accent, logo=row.logo,
    )  # fmt: skip


def paths_in_sight(actor: Actor, learner: Actor) -> list[Path]:
    """Those of the learner's paths that belong to cohorts in which the actor sees them by name."""
    own = Member.tenant_id == actor.tenant_id, Member.person_id == learner.person_id
    seen = set(session.scalars(select(Member.id).where(*own, members(actor))))
    return [path for path in paths(learner) if path.number in seen]


def in_full(actor: Actor, path: Path) -> Path:
    """The same path with the steps of the course in hand."""
    if path.current is None:
        return path
    steps = progress.steps(actor.tenant_id, path.current.id, path.current.course_id)
    return Path(path.courses, path.current, steps)


def certificates(actor: Actor) -> Sequence[AnyRow]:
    """What the learner has earned, newest first."""
    return db.rows(_CERTIFICATES, {"tenant_id": actor.tenant_id, "person_id": actor.person_id})


def _path(rows: tuple[AnyRow, ...]) -> Path:
    kept = tuple(row for row in rows if row.withdrawn_at is None) or rows
    return Path(kept, next((row for row in kept if _is_next(row)), None))


def _is_next(row: AnyRow) -> bool:
    """Whether it is a course to go on with; one that waits for another that opens later is none."""
    return progress.is_to_do(row) and (row.waits_for is None or row.started_at is not None)


def _order(path: Path) -> tuple[int, float, date]:
    """What was touched last comes first; among those not begun, the nearest deadline."""
    last = max((one.last_at.timestamp() for one in path.courses if one.last_at), default=0.0)
    rank = 0 if path.current else 1 if path.opens_on else 2 if path.is_over else 3
    return rank, -last, path.due_on or date.max
