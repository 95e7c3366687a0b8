"""Partners see by name the people of the cohorts that are shared with them so."""

from sqlalchemy import and_, select

from lms.core.db import AnySelect
from lms.enrolment.models import Level, Member, Share
from lms.organisations.actor import Actor
from lms.organisations.models import Role
from lms.people.sight import Sight


class Shared(Sight):
    """A cohort shared with names."""

    name = "shared"

    def people(self, actor: Actor) -> AnySelect | None:
        if not actor.is_any(Role.PARTNER):
            return None
        return (
            select(Member.person_id)
            .join(Share, and_(Share.tenant_id == Member.tenant_id, Share.cohort_id == Member.cohort_id))
            .where(
                Share.tenant_id == actor.tenant_id,
                Share.person_id == actor.person_id,
                Share.level == Level.NOMINATIVE,
            )
        )
