"""Who may do what with people and their cards. Pure: the actor and the subject say all."""

from typing import Any

from lms.people.queries import PersonFile


def may_list_people(actor: Any, _subject: object = None) -> bool:
    """Those who answer for people list and search them: administrators, HR managers, advisers, auditors; managers, trainers and mediators for their own."""
    return bool(actor.is_staff)


def may_read_person(actor: Any, _file: PersonFile) -> bool:
    """Whoever lists people reads the file of each person in sight; each reading is written down."""
    return bool(actor.is_staff)


def may_read_whole_file(actor: Any, _file: PersonFile) -> bool:
    """Birth date, identifiers, roles and ways to sign in are for those who answer for people. Trainers and mediators read names, contacts, and how far the person has come."""
    return bool(actor.is_watcher)


def may_add_person(actor: Any, _subject: object = None) -> bool:
    """Administrators, HR managers and advisers add people, to the organisation in hand and those below; advisers add learners only."""
    return bool(actor.is_enroller)


def may_change_person(actor: Any, file: PersonFile) -> bool:
    """Administrators correct files; HR managers and advisers correct those of learners. An auditor only reads."""
    return bool(actor.is_admin or (actor.is_enroller and file.is_learner_only))


def may_merge_people(actor: Any, file: PersonFile) -> bool:
    """Whoever may correct two files merges them; nobody their own."""
    return may_change_person(actor, file) and file.person.id != actor.person_id


def may_shut_out(actor: Any, file: PersonFile) -> bool:
    """Whoever may correct the file suspends and archives the person, and lets them in again; nobody themselves."""
    return may_change_person(actor, file) and file.person.id != actor.person_id


def may_place_person(actor: Any, file: PersonFile) -> bool:
    """Whoever may correct the file gives and ends roles: administrators any, HR managers those of learners and of managers, advisers those of learners."""
    return may_change_person(actor, file)


def may_make_card(actor: Any, file: PersonFile) -> bool:
    """Whoever enrols people may print the card of a learner, where cards are in use; nobody prints one for the team."""
    return bool(actor.makes_cards and file.is_learner_only and file.person.is_open)


def may_take_factors_away(actor: Any, file: PersonFile) -> bool:
    """Administrators, for somebody who lost telephone and recovery codes."""
    return bool(actor.is_admin and file.has_second)


def may_use_own_passkey(_actor: Any, _passkey: object) -> bool:
    """Everybody for their own passkeys."""
    return True


def may_use_own_session(_actor: Any, _session: object) -> bool:
    """Everybody closes their own sessions."""
    return True
