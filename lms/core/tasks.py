"""What the house does every night for itself."""

from lms.core import db, retention, walls
from lms.core.db import Mode
from lms.core.jobs import Run
from lms.core.retention import Log
from lms.core.schedule import every


@every(name="core.forget_logs", hours=24)
def forget_logs(run: Run) -> None:
    """Rows that are only a log and older than ``core.retention`` keeps them, some thousands at a time."""
    with db.transaction(Mode.READ):
        tenants = walls.every_tenant()
    for log in retention.LOGS:
        for tenant_id in (None, *tenants) if log.is_owned else (None,):
            _forget(run, log, tenant_id)


def _forget(run: Run, log: Log, tenant_id: int | None) -> None:
    gone = retention.CHUNK
    while gone == retention.CHUNK:  # each round leaves fewer
        with db.transaction(Mode.WRITE, tenant_id, of_all=not log.is_owned):
            gone = retention.forget(log, tenant_id)
        with run.step(gone):
            pass  # how far it is, and whether somebody asked to stop
