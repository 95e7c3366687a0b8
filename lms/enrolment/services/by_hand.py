"""One person added by hand: somebody we know, or somebody new."""

from typing import Any

from sqlalchemy import literal, select

from lms.core.db import insert_new, session
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.enrolment.models import Batch, BatchKind, Cohort
from lms.enrolment.services import tracing
from lms.enrolment.services.members import enrol
from lms.enrolment.services.receipts import open_batch
from lms.organisations.models import Membership, Organisation, OrganisationKind, Role
from lms.people.models import Person, Situation
from lms.people.services import add_person

_SITUATIONS = {OrganisationKind.AGENCY: Situation.JOB_SEEKER, OrganisationKind.COMPANY: Situation.EMPLOYEE}


class NumberTaken(Refused):
    """A number belongs to one person."""


def add_new(cohort: Cohort, said: dict[str, Any], by: Any) -> Batch:
    """Make the person and put them on the courses. ``said`` holds columns of ``Person``. Raises ``NumberTaken``."""
    for name in ("agency_identifier", "hr_number"):
        if said.get(name) and _owner(cohort.tenant_id, name, said[name]) is not None:
            raise NumberTaken(
                _("Somebody we know has this number."), _("Choose them in the list, or correct the number.")
            )
    organisation = session.get_one(Organisation, cohort.organisation_id)
    more = {name: value for name, value in said.items() if name not in ("first_name", "last_name")}
    situation = _SITUATIONS.get(organisation.kind, Situation.OTHER)
    batch = open_batch(cohort, BatchKind.BY_HAND, by)
    person = add_person(
        cohort.tenant_id, said["first_name"], said["last_name"],
        language=organisation.language, situation=situation, **more,
    )  # fmt: skip
    tracing.made(batch, "person", Person.id == person.id)
    return add_known(cohort, person.id, by, batch)


def add_known(cohort: Cohort, person_id: int, by: Any, batch: Batch | None = None) -> Batch:
    """Put somebody we know on the courses, as a learner of the cohort's organisation, followed by the adviser who adds them."""
    follower = by.person_id if by is not None and by.is_any(Role.ADVISER) else None
    values = (
        literal(cohort.tenant_id),
        Person.id,
        Person.sort_name,
        literal(cohort.organisation_id),
        literal(Role.LEARNER.value),
        literal(follower),
    )
    batch = batch or open_batch(cohort, BatchKind.BY_HAND, by)
    theirs = Membership.person_id == person_id
    tracing.before(batch, "membership", theirs)
    known = Person.tenant_id == cohort.tenant_id, Person.id == person_id
    columns = ["tenant_id", "person_id", "sort_name", "organisation_id", "role", "follower_id"]
    insert_new(Membership, columns, select(*values).where(*known))
    tracing.after(batch, "membership", theirs)
    people = select(Person.id.label("person_id")).where(*known)
    return enrol(people, cohort, kind=BatchKind.BY_HAND, by=by, batch=batch)


def _owner(tenant_id: int, name: str, number: str) -> int | None:
    return session.scalar(
        select(Person.id).where(Person.tenant_id == tenant_id, getattr(Person, name) == number)
    )
