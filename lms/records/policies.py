"""Who may read the journal, and who answers for people's rights. Pure: the actor and the subject say all."""

from lms.organisations.actor import Actor


def may_read_journal(actor: Actor, _subject: object = None) -> bool:
    """Administrators: at the root of the tree all of it, below it what was done by or about the people in sight."""
    return actor.is_admin
