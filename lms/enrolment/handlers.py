"""Whoever enters a cohort that is bound to a pool gets a place in the same transaction; whoever leaves gives it back."""

from lms.core.events import on
from lms.enrolment.events import PeopleEnrolled, PeopleWithdrawn
from lms.enrolment.services import places


@on(PeopleEnrolled)
def give_places(enrolled: PeopleEnrolled) -> None:
    """All of them, or nobody is enrolled."""
    places.give_to_batch(enrolled.tenant_id, enrolled.cohort_id, enrolled.batch_id)


@on(PeopleWithdrawn)
def take_places_back(withdrawn: PeopleWithdrawn) -> None:
    """From those who had not begun."""
    places.free_of_withdrawn(withdrawn.tenant_id, withdrawn.cohort_id)
