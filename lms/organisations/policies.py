"""Who may do what with organisations. Pure: the actor and the subject say all."""

from lms.organisations.actor import Actor
from lms.organisations.models import Organisation, Role


def may_list_organisations(actor: Actor, _subject: object = None) -> bool:
    """The staff: each sees the organisation in hand and what lies below it."""
    return actor.is_staff


def may_read_organisation(actor: Actor, _organisation: Organisation) -> bool:
    """The staff who have it in sight."""
    return actor.is_staff


def may_change_organisation(actor: Actor, _organisation: Organisation) -> bool:
    """Administrators and HR managers of the organisation, or of one above it."""
    return actor.is_any(Role.ADMIN, Role.HR_MANAGER)
