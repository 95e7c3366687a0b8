"""What the house does for itself, every night or more often."""

from collections.abc import Callable
from functools import partial

from lms.core import db, retention, seals, walls
from lms.core.db import Mode
from lms.core.jobs import Run
from lms.core.schedule import every


@every(name="core.forget_logs", hours=24)
def forget_logs(run: Run) -> None:
    """Rows that are only a log and older than ``core.retention`` keeps them, some thousands at a time."""
    for tenant_id in _tenants_and_nobody():
        for log in retention.LOGS:
            _until_done(run, tenant_id, partial(retention.forget, log), retention.CHUNK)
        _until_done(run, tenant_id, retention.forget_journal, retention.CHUNK)


@every(name="core.seal_journal", minutes=5)
def seal_journal(run: Run) -> None:
    """Lines of the journal that were written since the last time are tied into their chains."""
    for tenant_id in _tenants_and_nobody():
        with db.transaction(Mode.READ, tenant_id):
            waits = seals.waits(tenant_id)
        if waits:
            _until_done(run, tenant_id, seals.seal, seals.BITE)


def _tenants_and_nobody() -> list[int | None]:
    with db.transaction(Mode.READ):
        return [None, *walls.every_tenant()]


def _until_done(run: Run, tenant_id: int | None, bite: Callable[[int | None], int], most: int) -> None:
    """Bite after bite, each in a transaction of its own, until one takes less than it might."""
    done = most
    while done == most:  # each round leaves fewer
        with db.transaction(Mode.WRITE, tenant_id):
            done = bite(tenant_id)
        with run.step(done):
            pass  # how far it is, and whether somebody asked to stop
