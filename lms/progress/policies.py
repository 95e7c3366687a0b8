"""Who may play, and who may look at what was played."""

from lms.core.db import AnyRow
from lms.courses.activity import ActivityKind
from lms.organisations.actor import Actor
from lms.progress.queries import Place


def may_learn(actor: Actor, place: Place) -> bool:
    """Learners play the courses they are enrolled in themselves, and nobody else's: others do not find the address.

    Under a mandate whoever accompanies them does so too, but never takes a test that counts.
    """
    if actor.behalf is None:
        return True
    kind: ActivityKind = ActivityKind.registered[place.activity.kind]()
    return not kind.counts(place.activity)


def may_see_enrolment(_actor: Actor, _enrolment: AnyRow) -> bool:
    """Learners see where they are in the courses they are enrolled in themselves."""
    return True
