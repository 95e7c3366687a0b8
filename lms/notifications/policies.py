"""Who may do what with messages. Pure: the actor and the subject say all."""

from lms.organisations.actor import Actor
from lms.organisations.models import Role


def may_word_messages(actor: Actor, _subject: object) -> bool:
    """Administrators and HR managers choose when messages leave from their organisation and those below it, and put them into its own words."""
    return actor.is_any(Role.ADMIN, Role.HR_MANAGER)


def may_see_messages(actor: Actor, _subject: object) -> bool:
    """Administrators, HR managers and advisers read in which words and within which hours messages leave."""
    return actor.is_enroller
