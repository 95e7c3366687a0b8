"""Reports that are made by the workers."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select

from lms.core import db, files, retention, walls
from lms.core.db import Mode, session
from lms.core.i18n import lazy
from lms.core.jobs import Cancelled, LeaseLost, Run, task
from lms.core.schedule import every
from lms.reports import services
from lms.reports.models import ReportRun

_TELL = 1.0  #: seconds between two words about how far the file is


@task("reports.make", lazy("Preparation of a report"))
def make(run: Run, run_id: int) -> None:
    """Write the file of an ordered report, with the rights that its asker has by then."""
    tenant_id = run.tenant_id or 0
    with db.transaction(Mode.READ, tenant_id):
        ordered = _ordered(tenant_id, run_id)
        if ordered.made_at is not None:
            return
        scope = services.scope_again(ordered)
        report, name = services.report_named(ordered.report), ordered.file_name
        assert report is not None, ordered.report
    with services.scratch() as file, _Teller(run).telling() as teller:
        with db.transaction(Mode.REPORT, tenant_id):
            teller.total = report.count(scope)
        with db.transaction(Mode.REPORT, tenant_id):
            written = services.write(report, scope, file, name.rsplit(".", 1)[-1], teller.hear)
        key = files.storage().put(name, file)
    last = {"page": f"/reports/runs/{run_id}"}
    with run.step(max(0, written.rows - run.done), total=max(written.rows, run.done), last=last):
        services.kept(_ordered(tenant_id, run_id), written, key)


@every(name="reports.forget_old_files", hours=24)
def forget_old_files(run: Run) -> None:
    """Files that nobody will fetch any more."""
    with db.transaction(Mode.READ):
        tenants = walls.every_tenant()
    for tenant_id in tenants:
        with db.transaction(Mode.WRITE, tenant_id):
            retention.prove("report_file", services.forget_old_files(tenant_id), tenant_id)


def _ordered(tenant_id: int, run_id: int) -> ReportRun:
    return session.scalars(
        select(ReportRun).where(ReportRun.tenant_id == tenant_id, ReportRun.id == run_id)
    ).one()


class _Teller:
    """Writes the job's progress from a thread of its own: the one that reads keeps its cursor open all the while."""

    def __init__(self, run: Run) -> None:
        self.total: int | None = None
        self._run, self._rows = run, 0
        self._over, self._stopped = threading.Event(), threading.Event()

    def hear(self, rows: int) -> None:
        """So many rows are written. Raises ``Cancelled`` when somebody asked to stop."""
        self._rows = rows
        if self._stopped.is_set():
            raise Cancelled

    @contextmanager
    def telling(self) -> Iterator["_Teller"]:
        """Tell while the block runs."""
        thread = threading.Thread(target=self._tell, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._over.set()
            thread.join()

    def _tell(self) -> None:
        try:
            while not self._over.wait(_TELL):
                with self._run.step(max(0, self._rows - self._run.done), total=self.total):
                    pass
        except (Cancelled, LeaseLost):
            self._stopped.set()
        finally:
            db.session.remove()
