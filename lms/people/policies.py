"""Who may do what with people and their cards. Pure: the actor and the subject say all."""

from typing import Any

from lms.people.queries import PersonFile


def may_list_people(actor: Any, _subject: object = None) -> bool:
    """Those who answer for people: administrators, HR managers, advisers, auditors, and managers for their own."""
    return bool(actor.is_watcher)


def may_read_person(actor: Any, _file: PersonFile) -> bool:
    """Whoever sees the person in their lists."""
    return bool(actor.is_watcher)


def may_change_person(actor: Any, file: PersonFile) -> bool:
    """Administrators; HR managers and advisers for learners. An auditor only reads."""
    return bool(actor.is_admin or (actor.is_enroller and file.is_learner_only))


def may_make_card(actor: Any, file: PersonFile) -> bool:
    """Whoever enrols people may print the card of a learner; nobody prints one for the team."""
    return bool(actor.is_enroller and file.is_learner_only)


def may_use_own_session(_actor: Any, _session: object) -> bool:
    """Everybody for their own sessions."""
    return True
