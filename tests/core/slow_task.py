"""A worker with one slow task, in a process that a test may kill: ``python -m tests.core.slow_task [CHILDREN]``."""

import sys
import time

from lms.app import create_app
from lms.core import db, jobs, journal, worker
from lms.core.jobs import Run

NAME = "test.slowly"
LEASE = 2.0


def slowly(run: Run, steps: int, pause: float = 0.1) -> dict[str, int]:
    """One line in the journal a step, ``pause`` seconds before each."""
    for n in range(run.done, steps):
        time.sleep(pause)
        with run.step(1, total=steps):
            journal.note("slow-step", tenant_id=1, job=run.job_id, n=n)
    return {"rows": steps}


def main(children: int) -> None:
    """Live until told to stop."""
    jobs.task(NAME)(slowly)
    create_app()
    worker.keep_alive(db.disconnect_inherited, [(worker.work_on_jobs(LEASE),)] * children, pause=0.05)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
