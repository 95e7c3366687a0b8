"""Rules of cohorts. What is in sight is decided by ``queries``; here is who may do what with it."""

from lms.organisations.actor import ENROLLERS, Actor
from lms.organisations.models import Role


def may_list_cohorts(actor: Actor) -> bool:
    """The staff see the cohorts of their organisations; partners those that are shared with them."""
    return actor.is_staff or actor.is_any(Role.PARTNER)


def may_see_cohort(actor: Actor, _cohort: object) -> bool:
    """Whoever has a cohort in sight opens it; what is shown of people depends on the level of its sharing."""
    return may_list_cohorts(actor)


def may_see_member(actor: Actor, _member: object) -> bool:
    """Whoever sees the people of the cohort by name sees how far each has come."""
    return may_list_cohorts(actor)


def may_enrol(actor: Actor, _subject: object = None) -> bool:
    """Administrators, HR managers and advisers import, add, withdraw and move people, put them on courses and say by when."""
    return actor.is_any(*ENROLLERS)


def may_declare(actor: Actor, _subject: object = None) -> bool:
    """Administrators, HR managers and advisers see what is to be declared in Kairos or EDOF of the people whom they see in their cohorts, and tick it off."""
    return actor.is_any(*ENROLLERS)


def may_see_receipts(actor: Actor, _batch: object = None) -> bool:
    """Administrators, HR managers and advisers see what was done to the people of their cohorts, and by whom."""
    return actor.is_any(*ENROLLERS)


def may_undo(actor: Actor, _batch: object) -> bool:
    """Administrators, HR managers and advisers take back what was done to the people of their cohorts."""
    return actor.is_any(*ENROLLERS)


def may_set_rules(actor: Actor, _subject: object = None) -> bool:
    """Administrators, HR managers and advisers say by which rule people enter and leave a cohort, and ask why somebody is in it."""
    return actor.is_any(*ENROLLERS)


def may_convoke(actor: Actor, _cohort: object) -> bool:
    """Administrators, HR managers and advisers convoke the people of their cohorts, print the letters of those without e-mail, and say that they were posted."""
    return actor.is_any(*ENROLLERS)


def may_see_sent(actor: Actor, _cohort: object) -> bool:
    """Administrators, HR managers and advisers see what was written to the people of their cohorts, by which way, and whether it arrived."""
    return actor.is_any(*ENROLLERS)


def may_print_cards(actor: Actor, _cohort: object = None) -> bool:
    """Administrators, HR managers and advisers print the cards of a cohort, where cards are in use."""
    return actor.makes_cards


def may_choose_trainers(actor: Actor, _cohort: object) -> bool:
    """Administrators, HR managers and advisers say who teaches a cohort: its trainers see its people."""
    return actor.is_any(*ENROLLERS)


def may_share(actor: Actor, _cohort: object) -> bool:
    """Administrators, HR managers and advisers show a cohort to a partner, and choose how much of people it shows."""
    return actor.is_any(*ENROLLERS)


def may_see_pools(actor: Actor, _pool: object = None) -> bool:
    """Administrators and HR managers see the pools of places of their organisations: who has how many, and who takes them."""
    return actor.is_any(Role.ADMIN, Role.HR_MANAGER)


def may_read_pools(actor: Actor, _pool: object = None) -> bool:
    """Administrators and HR managers read the pools of places of their organisations, and partners those that are shared with them because they fund them: how many places there are, and which unit has how many of them."""
    return actor.is_any(Role.ADMIN, Role.HR_MANAGER, Role.PARTNER)


def may_run_pools(actor: Actor, _pool: object = None) -> bool:
    """Administrators and HR managers open, freeze, change and renew the pools that their organisations hold, give parts to the units below, take back what is free, and say which cohorts use them."""
    return actor.is_any(Role.ADMIN, Role.HR_MANAGER)


def may_open_ways(actor: Actor, _subject: object = None) -> bool:
    """Administrators, HR managers and advisers let people enrol themselves in a cohort: they say how many it takes, and open and close codes and links."""
    return actor.is_any(*ENROLLERS)


def may_answer_wishes(actor: Actor, _cohort: object = None) -> bool:
    """Administrators, HR managers and advisers answer those who ask to enter a cohort, as far as they see these people."""
    return actor.is_any(*ENROLLERS)


def may_enrol_oneself(actor: Actor, _subject: object = None) -> bool:
    """Whoever is signed in types a code and asks to enter the cohort to which it leads; not partners and auditors, who only look on."""
    return not actor.roles <= {Role.PARTNER, Role.AUDITOR}


def may_take_wish_back(actor: Actor, _wish: object) -> bool:
    """Whoever may ask to enter a cohort takes back their own request."""
    return may_enrol_oneself(actor)
