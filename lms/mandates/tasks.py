"""What is over goes with time."""

from lms.core import db, walls
from lms.core.db import Mode
from lms.core.jobs import Run
from lms.core.schedule import every
from lms.mandates import services


@every(name="mandates.forget", hours=24)
def forget(run: Run) -> None:
    """Mandates that were over a year ago."""
    with db.transaction(Mode.READ):
        tenants = walls.every_tenant()
    for tenant_id in tenants:
        with db.transaction(Mode.WRITE, tenant_id):
            services.forget_old(tenant_id)
