"""What this room announces. Each carries a batch and a SELECT of its people, never a list of them."""

from dataclasses import dataclass

from sqlalchemy import or_, select

from lms.core.db import AnySelect
from lms.core.events import Event
from lms.enrolment.models import Enrolment, Member
from lms.people.models import Person


@dataclass(frozen=True, slots=True)
class PeopleEnrolled(Event):
    """A batch of people joined a cohort and its courses, or were put on more of them; one person is a batch of one."""

    tenant_id: int
    batch_id: int
    cohort_id: int
    number: int

    def people(self) -> AnySelect:
        """Member, person, address and language of each: to be read or inserted from, not loaded."""
        courses = select(Enrolment.member_id).where(
            Enrolment.tenant_id == self.tenant_id,
            Enrolment.cohort_id == self.cohort_id,
            Enrolment.batch_id == self.batch_id,
        )
        own = Member.tenant_id == self.tenant_id, Member.cohort_id == self.cohort_id
        return (
            select(Member.id, Member.person_id, Person.email, Person.language)
            .join(Person, (Person.tenant_id == Member.tenant_id) & (Person.id == Member.person_id))
            .where(*own, or_(Member.batch_id == self.batch_id, Member.id.in_(courses)))
        )


@dataclass(frozen=True, slots=True)
class PeopleWithdrawn(Event):
    """People left a cohort; what they have done is kept."""

    tenant_id: int
    cohort_id: int
    person_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SeatsFreed(Event):
    """A cohort may have room again, though nobody was withdrawn: people moved away, or its limit was raised."""

    tenant_id: int
    cohort_id: int
