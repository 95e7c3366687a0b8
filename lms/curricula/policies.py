"""Rules of curricula. What is in sight is decided by ``queries``."""

from lms.organisations.actor import Actor
from lms.organisations.models import Role

#: Roles that put paths together.
MAKERS = (Role.ADMIN, Role.HR_MANAGER, Role.ADVISER, Role.TRAINER)


def may_list_curricula(actor: Actor) -> bool:
    """The staff see the curricula of their organisations and of those above."""
    return actor.is_staff


def may_see_curriculum(actor: Actor, _curriculum: object) -> bool:
    """The staff read every curriculum in sight."""
    return actor.is_staff


def may_make_curricula(actor: Actor) -> bool:
    """Administrators, HR managers, advisers and trainers put curricula together, for the organisation in hand."""
    return actor.is_any(*MAKERS)
