"""Certificates that are issued for a cohort, and PDFs that are drawn."""

from collections.abc import Iterable

from lms.certificates import queries, retention, services
from lms.core import db, journal, walls
from lms.core.clock import today
from lms.core.db import Mode
from lms.core.i18n import lazy
from lms.core.jobs import Run, task
from lms.core.schedule import every


@task("certificates.draw", lazy("Preparation of certificates"))
def draw(run: Run, certificate_ids: list[int]) -> None:
    """Draw those that have no PDF yet: done again after a crash, it goes on where it was."""
    _draw_all(run, certificate_ids)


@task("certificates.issue", lazy("Certificates of the cohort"))
def issue(run: Run, cohort_id: int) -> dict[str, object]:
    """Issue what is missing in a cohort, and draw all that has no PDF."""
    tenant_id = run.tenant_id or 0
    cohorts = queries.one_cohort(tenant_id, cohort_id)
    with run.step(0):
        services.issue_for(tenant_id, queries.completed_in(tenant_id, cohorts))
    with db.transaction(Mode.READ, tenant_id):
        waiting = queries.undrawn_in(tenant_id, cohorts)
    _draw_all(run, waiting)
    return {"page": f"/cohorts/{cohort_id}"}


@every(name="certificates.let_go", hours=24)
def let_go(run: Run) -> None:
    """Certificates that were set aside, after their day."""
    with db.transaction(Mode.READ):
        tenants = walls.every_tenant()
    for tenant_id in tenants:
        with db.transaction(Mode.WRITE, tenant_id):
            gone = retention.let_go(tenant_id, today())
            if gone:
                journal.note("purged", tenant_id=tenant_id, what="certificate", rows=len(gone))


def _draw_all(run: Run, certificate_ids: Iterable[int]) -> None:
    tenant_id = run.tenant_id or 0
    ids = list(certificate_ids)
    left = len(ids)
    for chunk in services.batches(ids, services.STEP):
        with db.transaction(Mode.READ, tenant_id):  # reading: over before the slow part begins
            sheets = [services.sheet_of(one) for one in queries.undrawn(tenant_id, chunk)]
        drawn = services.draw(sheets)
        with run.step(len(chunk), total=run.done + left):
            services.keep(tenant_id, drawn)
        left -= len(chunk)
