"""What was answered long ago goes with time."""

from lms.core import db, walls
from lms.core.db import Mode
from lms.core.jobs import Run
from lms.core.schedule import every
from lms.records import services


@every(name="records.forget", hours=24)
def forget(run: Run) -> None:
    """Requests about personal data that were answered, tenant by tenant."""
    with db.transaction(Mode.READ):
        tenants = walls.every_tenant()
    for tenant_id in tenants:
        with db.transaction(Mode.WRITE, tenant_id):
            services.forget_old(tenant_id)
