"""Rules of courses. What is in sight is decided by ``queries``; here is who may do what with it."""

from lms.organisations.actor import Actor
from lms.organisations.models import Role

#: Roles that put courses on the shelf.
PUBLISHERS = (Role.ADMIN, Role.HR_MANAGER, Role.TRAINER)


def may_list_courses(actor: Actor) -> bool:
    """The staff see the courses of their organisations, and those published by the organisations above."""
    return actor.is_staff


def may_see_course(actor: Actor, _course: object) -> bool:
    """The staff read the sheet and the steps of every course in sight."""
    return actor.is_staff


def may_see_media(_actor: Actor, _media: object) -> bool:
    """The staff see the files of every course in sight; learners those of the courses they are enrolled on."""
    return True


def may_publish(actor: Actor, _course: object) -> bool:
    """Administrators, HR managers and trainers publish the courses of their organisations."""
    return actor.is_any(*PUBLISHERS)
