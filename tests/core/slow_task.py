"""A worker with one slow task, in a process that a test may kill: ``python -m tests.core.slow_task``."""

import time

from lms.app import create_app
from lms.core import db, jobs, journal, worker
from lms.core.jobs import Run

NAME = "test.slowly"


def slowly(run: Run, steps: int) -> dict[str, int]:
    """One line in the journal a step."""
    for n in range(run.done, steps):
        time.sleep(0.1)
        with run.step(1, total=steps):
            journal.note("slow-step", tenant_id=1, n=n)
    return {"rows": steps}


if __name__ == "__main__":
    jobs.task(NAME)(slowly)
    create_app()
    worker.keep_alive(db.disconnect_inherited, (worker.work_on_jobs(lease=2.0),), children=1, pause=0.05)
