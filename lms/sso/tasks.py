"""What sign-on forgets every night."""

from lms.core import db, walls
from lms.core.clock import now
from lms.core.db import Mode
from lms.core.jobs import Run
from lms.core.schedule import every
from lms.sso import services


@every(name="sso.forget", hours=24)
def forget(_run: Run) -> None:
    """States that are too old to come back, and tokens that no session needs any more, customer by customer."""
    with db.transaction(Mode.READ):
        tenants = walls.every_tenant()
    for tenant_id in tenants:
        with db.transaction(Mode.WRITE, tenant_id):
            services.forget_old(tenant_id, now())
