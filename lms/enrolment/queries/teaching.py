"""Who teaches a cohort, and who could."""

from collections.abc import Sequence

from sqlalchemy import and_, or_, select

from lms.core.clock import now
from lms.core.db import AnyRow, AnySelect, session
from lms.enrolment.models import Cohort, CohortTrainer
from lms.organisations.models import Branch, Membership, Role
from lms.people.models import Person

MOST = 500  #: trainers that a list of choices offers


def trainers(cohort: Cohort) -> Sequence[AnyRow]:
    """Who teaches this cohort, by name: number, names, and whether they are (still) trainers where it stands."""
    may = Person.id.in_(trainers_of(cohort)).label("may")
    found = (
        select(Person.id, Person.first_name, Person.last_name, Person.sort_name, may)
        .join(
            CohortTrainer,
            and_(CohortTrainer.tenant_id == Person.tenant_id, CohortTrainer.person_id == Person.id),
        )
        .where(CohortTrainer.tenant_id == cohort.tenant_id, CohortTrainer.cohort_id == cohort.id)
    )  # sorted here, as the partners of a cohort are
    return sorted(session.execute(found).all(), key=lambda row: (row.sort_name, row.id))


def trainers_to_choose(cohort: Cohort) -> Sequence[AnyRow]:
    """Trainers of the cohort's organisation, or of one above it, who do not teach it yet: number and names. At most ``MOST``."""
    there = select(CohortTrainer.person_id).where(
        CohortTrainer.tenant_id == cohort.tenant_id, CohortTrainer.cohort_id == cohort.id
    )
    found = select(Person.id, Person.first_name, Person.last_name).where(
        Person.tenant_id == cohort.tenant_id,
        Person.archived_at.is_(None),
        Person.suspended_at.is_(None),
        Person.id.in_(trainers_of(cohort)),
        Person.id.not_in(there),
    )
    return session.execute(found.order_by(Person.sort_name, Person.id).limit(MOST)).all()


def trainers_of(cohort: Cohort) -> AnySelect:
    """Ids of those who are trainers today where the cohort stands, or above: it can be in their sight."""
    higher = select(Branch.above_id).where(
        Branch.tenant_id == cohort.tenant_id, Branch.below_id == cohort.organisation_id
    )
    return select(Membership.person_id).where(
        Membership.tenant_id == cohort.tenant_id,
        Membership.role == Role.TRAINER,
        Membership.organisation_id.in_(higher),
        or_(Membership.ends_at.is_(None), Membership.ends_at > now()),
    )
