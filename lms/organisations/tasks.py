"""What is forgotten every night."""

from lms.core import db, walls
from lms.core.clock import now
from lms.core.db import Mode
from lms.core.jobs import Run
from lms.core.schedule import every
from lms.organisations.invitation import KEPT
from lms.organisations.services.invitations import forget_ended


@every(name="organisations.forget", hours=24)
def forget(run: Run) -> None:
    """Invitations that ended a month ago: whoever never came is no longer known by them. The journal keeps that they were given."""
    with run.step(1, last={}):
        tenants = walls.every_tenant()
    for tenant_id in tenants:
        with db.transaction(Mode.WRITE, tenant_id):
            forget_ended(tenant_id, now() - KEPT)
