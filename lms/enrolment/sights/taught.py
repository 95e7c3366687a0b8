"""Trainers see the people of the cohorts that were given to them, as long as these are there."""

from sqlalchemy import and_, select

from lms.core.db import AnySelect
from lms.enrolment.models import Cohort, Member
from lms.enrolment.queries.sight import taught_by
from lms.enrolment.states import GONE
from lms.organisations.actor import Actor
from lms.organisations.models import Role
from lms.organisations.queries import in_hand
from lms.people.sight import Sight


class Taught(Sight):
    """A cohort of the organisation in hand, or of one below it, that one teaches."""

    name = "taught"

    def people(self, actor: Actor) -> AnySelect | None:
        if not actor.is_any(Role.TRAINER):
            return None
        return (
            select(Member.person_id)
            .join(Cohort, and_(Cohort.tenant_id == Member.tenant_id, Cohort.id == Member.cohort_id))
            .where(
                Member.tenant_id == actor.tenant_id,
                Member.state.not_in(GONE),
                Member.cohort_id.in_(taught_by(actor)),
                Cohort.organisation_id.in_(in_hand(actor)),
            )
        )
