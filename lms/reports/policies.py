"""Who may ask for reports, and open them again."""

from lms.organisations.actor import Actor
from lms.organisations.models import Role
from lms.reports.queries import RunInSight


def may_report(actor: Actor) -> bool:
    """Those who watch an organisation ask for reports, and so do partners for the cohorts shared with them."""
    return actor.sees_branch or actor.is_any(Role.PARTNER)


def may_open(actor: Actor, found: RunInSight) -> bool:
    """Whoever asked for a report opens it, as long as they may still see all it was made of: a role or a share that ended closes it."""
    return may_report(actor) and found.is_open
