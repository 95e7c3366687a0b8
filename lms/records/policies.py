"""Who may read the journal, and who answers for people's rights. Pure: the actor and the subject say all."""

from lms.core.journal import Entry
from lms.organisations.actor import Actor
from lms.people.queries import PersonFile
from lms.records.queries import RequestRow


def may_read_journal(actor: Actor, _subject: object = None) -> bool:
    """Administrators: at the root of the tree all of it, below it what was done by or about the people in sight."""
    return actor.is_admin


def may_list_requests(actor: Actor, _subject: object = None) -> bool:
    """Administrators, for the people in their sight."""
    return actor.is_admin


def may_answer_request(actor: Actor, row: RequestRow) -> bool:
    """Administrators, for the people in their sight; nobody answers what they asked themselves."""
    return actor.is_admin and row.person.id != actor.person_id


def may_erase_person(actor: Actor, file: PersonFile) -> bool:
    """Administrators, for the people in their sight but themselves: two people stand behind an erasure of a colleague."""
    return actor.is_admin and file.person.id != actor.person_id


def may_see_receipt(actor: Actor, _entry: Entry) -> bool:
    """The administrator who did the erasure."""
    return actor.is_admin
