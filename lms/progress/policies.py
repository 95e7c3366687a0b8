"""Who may play, and who may look at what was played."""

from lms.core.db import AnyRow
from lms.organisations.actor import Actor
from lms.progress.queries import Place


def may_learn(_actor: Actor, _place: Place) -> bool:
    """Learners play the courses they are enrolled in themselves, and nobody else's: others do not find the address."""
    return True


def may_see_enrolment(_actor: Actor, _enrolment: AnyRow) -> bool:
    """Learners see where they are in the courses they are enrolled in themselves."""
    return True
