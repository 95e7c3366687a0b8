"""Who may ask for reports, and open them again."""

from lms.organisations.actor import WATCHERS, Actor
from lms.organisations.models import Role
from lms.reports.queries import RunInSight


def may_report(actor: Actor) -> bool:
    """Those who watch an organisation, and partners for the cohorts shared with them."""
    return not actor.roles.isdisjoint(WATCHERS | {Role.PARTNER})


def may_open(actor: Actor, found: RunInSight) -> bool:
    """Whoever asked for it, as long as they may still see all it was made of: a role or a share that ended closes it."""
    return may_report(actor) and found.is_open
