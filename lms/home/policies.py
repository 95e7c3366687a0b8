"""Rules of the first pages."""

from lms.organisations.actor import Actor


def may_see_as(actor: Actor, _learner: Actor) -> bool:
    """The staff see the first page of learners whom they have in sight, as these see it, and do nothing there."""
    return actor.is_staff
