"""What people's pages leave for later, and what is forgotten every night."""

from datetime import timedelta

from lms.core import retention
from lms.core.clock import now
from lms.core.i18n import lazy
from lms.core.jobs import Run, task
from lms.core.schedule import every
from lms.core.sealing import unseal
from lms.people.services import addresses, links, sign_ins, tries


@task("people.mail_links", lazy("Link for a new password"))
def mail_links(run: Run, typed: str) -> None:
    """Mail a link to whoever this login or address belongs to. ``typed`` is sealed."""
    with run.step(1, last={}):
        links.mail_links(unseal(typed))


@every(name="people.forget", hours=24)
def forget(run: Run) -> None:
    """Old failures, links that open nothing, sessions that the clock has ended."""
    at = now()
    with run.step(1, last={}):
        tries.forget_old(at - timedelta(days=1, hours=1))
        links.forget_old(at - timedelta(days=1))
        addresses.forget_old_addresses(at - timedelta(days=1))
        sign_ins.end_begun_before(at - timedelta(days=1))
        retention.prove("session", sign_ins.forget_ended(retention.before("session")))
