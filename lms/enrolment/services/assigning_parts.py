"""Very many people are put on courses part by part, so that nobody waits long for the writer: each part has its receipt.

Stopped between two parts it is done again from the first: whoever is on the courses already is left alone.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

from sqlalchemy import select

from lms.core.db import AnySelect, session
from lms.enrolment.assignment import Intent
from lms.enrolment.models import Cohort
from lms.enrolment.services.assigning import NothingToDo, assign, assign_to_new
from lms.enrolment.services.cohorts import named
from lms.enrolment.services.intents import Meant, grant, order_of
from lms.organisations.actor import Actor
from lms.organisations.models import Organisation
from lms.people.models import Person

PART = 5_000  #: people; with five courses each, some half a second of the writer's time
Step = Callable[[int], AbstractContextManager[object]]


def grant_by_parts(actor: Actor, intent: Intent, step: Step, *, is_begun: bool = False) -> list[int]:
    """Do it; the numbers of the receipts. ``step(people)`` opens one write transaction and keeps it.

    Where places or seats are limited, all of them enter in one part or nobody. ``is_begun``: a try before was stopped.
    Raises what ``grant`` raises.
    """
    with step(0):
        order = order_of(actor, intent)
        people = order.assignment.people.subquery()
        ids = session.scalars(select(people.c.person_id).order_by(people.c.person_id)).all()
        cohort = _made_before(actor, intent) if is_begun and order.cohort is None else order.cohort
    if cohort is not None and (cohort.pool_id is not None or cohort.seats is not None):
        with step(len(ids)):
            return [grant(actor, intent).id]
    receipts: list[int] = []
    refused: NothingToDo | None = None
    for first in range(0, len(ids), PART):
        some = ids[first : first + PART]
        try:
            with step(len(some)):
                number, cohort = _put_on(actor, intent, order, cohort, some)
            receipts.append(number)
        except NothingToDo as nothing:  # not of these; perhaps of the next ones
            refused = nothing
    if refused is not None and not receipts and not is_begun:
        raise refused
    return receipts


def _put_on(
    actor: Actor, intent: Intent, order: Meant, cohort: Cohort | None, ids: Sequence[int]
) -> tuple[int, Cohort]:
    meant = replace(order.assignment, people=_these(actor.tenant_id, ids))
    if cohort is not None:
        return assign(cohort, meant, actor).id, cohort
    organisation = session.get_one(Organisation, actor.organisation_id)
    batch = assign_to_new(organisation, intent.name, meant, order.curriculum, actor)
    return batch.id, session.get_one(Cohort, batch.cohort_id)


def _these(tenant_id: int, ids: Sequence[int]) -> AnySelect:
    return select(Person.id.label("person_id")).where(Person.tenant_id == tenant_id, Person.id.in_(ids))


def _made_before(actor: Actor, intent: Intent) -> Cohort | None:
    return named(session.get_one(Organisation, actor.organisation_id), intent.name)
