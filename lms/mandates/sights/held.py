"""Mediators see the learners who gave them a mandate, for as long as it holds."""

from sqlalchemy import select

from lms.core.clock import now
from lms.core.db import AnySelect
from lms.mandates.models import Mandate
from lms.organisations.actor import Actor
from lms.organisations.models import Role
from lms.organisations.queries import learners_in_hand
from lms.people.sight import Sight


class Held(Sight):
    """A signed mandate of a learner of the organisation in hand, or of one below it. Withdrawn, it shows nobody at the next request.

    An adviser's mandate adds nothing to whom they see: it ends when they see the learner no longer.
    """

    name = "mandate"

    def people(self, actor: Actor) -> AnySelect | None:
        if not actor.is_any(Role.MEDIATOR):
            return None
        return select(Mandate.person_id).where(
            Mandate.tenant_id == actor.tenant_id,
            Mandate.holder_id == actor.person_id,
            Mandate.ended_at.is_(None),
            Mandate.ends_at > now(),
            Mandate.person_id.in_(learners_in_hand(actor)),
        )
