"""Who may act for whom. Pure: the actor and the subject say all."""

from lms.core.clock import now
from lms.mandates.queries import MandateRow
from lms.organisations.actor import Actor
from lms.organisations.models import Role
from lms.people.queries import PersonFile


def may_list_mandates(actor: Actor, _subject: object = None) -> bool:
    """Advisers and mediators see those that they hold, administrators those of the people in their sight."""
    return actor.is_companion or actor.is_admin


def may_find_learner(actor: Actor, _subject: object = None) -> bool:
    """Mediators prepare a mandate for a learner of their organisation who is beside them, by names and date of birth or number; they are shown nobody else, and the learner sees that they were asked."""
    return actor.is_any(Role.MEDIATOR)


def may_make_mandate(actor: Actor, file: PersonFile) -> bool:
    """Advisers and mediators, for learners whom they see; nobody acts for somebody of the team."""
    return actor.is_companion and file.is_learner_only


def may_see_mandate(actor: Actor, _row: MandateRow) -> bool:
    """Whoever holds it, and administrators who see the learner."""
    return actor.is_companion or actor.is_admin


def may_sign_mandate(actor: Actor, row: MandateRow) -> bool:
    """Whoever holds it, once the learner has signed on paper before them."""
    return row.mandate.holder_id == actor.person_id and row.mandate.signed_at is None


def may_act(actor: Actor, row: MandateRow) -> bool:
    """Whoever holds it, as long as it holds and they are an adviser or a mediator."""
    return row.mandate.holder_id == actor.person_id and actor.is_companion and row.mandate.holds(now())


def may_end_mandate(actor: Actor, row: MandateRow) -> bool:
    """Whoever holds it, and administrators who see the learner, unless it is over."""
    return (actor.is_companion or actor.is_admin) and not row.mandate.is_over(now())


def may_withdraw_mandate(_actor: Actor, row: MandateRow) -> bool:
    """The learner who gave it, at any time."""
    return not row.mandate.is_over(now())


def may_agree(_actor: Actor, row: MandateRow) -> bool:
    """The learner who is asked, on their own page, unless it is signed or over."""
    return row.mandate.signed_at is None and not row.mandate.is_over(now())
