"""Whoever enters a cohort takes a seat of it, and a place where it is bound to a pool, in the same transaction.

Whoever leaves gives both back, and those who wait for them enter.
"""

from lms.core.events import on
from lms.enrolment.events import PeopleEnrolled, PeopleWithdrawn, SeatsFreed
from lms.enrolment.services import places, promotion, seats


@on(PeopleEnrolled)
def give_places(enrolled: PeopleEnrolled) -> None:
    """All of them, or nobody is enrolled. The cohort's seats first: it is locked before any pool."""
    seats.keep(enrolled.tenant_id, enrolled.cohort_id)
    places.give_to_batch(enrolled.tenant_id, enrolled.cohort_id, enrolled.batch_id)
    promotion.settle(enrolled.tenant_id, enrolled.batch_id)


@on(PeopleWithdrawn)
def take_places_back(withdrawn: PeopleWithdrawn) -> None:
    """From those who had not begun; whoever waits enters in their stead."""
    seats.hold(withdrawn.tenant_id, withdrawn.cohort_id)
    places.free_of_withdrawn(withdrawn.tenant_id, withdrawn.cohort_id)
    promotion.promote(withdrawn.tenant_id, withdrawn.cohort_id)


@on(SeatsFreed)
def let_those_in_who_wait(freed: SeatsFreed) -> None:
    """In the same transaction."""
    promotion.promote(freed.tenant_id, freed.cohort_id)
