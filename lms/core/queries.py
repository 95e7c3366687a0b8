"""Questions of the pages that belong to no room."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute

from config import settings
from lms.core import beats, db, jobs
from lms.core.clock import now
from lms.core.db import session
from lms.core.jobs import Job
from lms.core.post import Mail


def job_in_sight(actor: Any, job_id: int) -> jobs.Job | None:
    """A job that the actor asked for."""
    return jobs.in_sight(actor, job_id)


def is_ready() -> bool:
    """Whether the database answers and somebody is working; with a broker, whether a relay feeds it."""
    session.connection()
    return beats.is_anyone_working(with_relay=bool(settings.current().queue_url))


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much work waits: numbers by state, and seconds since the oldest was due (0: nothing waits)."""

    jobs: dict[str, int]
    oldest_job: float
    mails: dict[str, int]
    oldest_mail: float


def waiting_work() -> Waiting:
    """What waits in this installation, of every customer together: the transaction is ``of_all``."""
    at = now()
    job_due, mail_due = Job.run_at <= at, Mail.due_at <= at
    return Waiting(
        jobs=_counts(Job.state, {"waiting": job_due, "running": None, "failed": None}),
        oldest_job=_age(select(func.min(Job.run_at)).where(Job.state == "waiting", job_due), at),
        mails=_counts(Mail.state, {"waiting": mail_due, "leaving": None, "failed": None}),
        oldest_mail=_age(select(func.min(Mail.due_at)).where(Mail.state == "waiting", mail_due), at),
    )


def signs_of_life() -> tuple[int, float | None]:
    """Workers that live, and seconds since the last sign of any of them (None: never yet)."""
    at = now()
    alive = select(func.count()).select_from(beats.Beat).where(beats.Beat.at > at - beats.SILENCE)
    last: datetime | None = session.scalar(select(func.max(beats.Beat.at)))
    return session.scalar(alive) or 0, None if last is None else (at - last).total_seconds()


def _counts(state: InstrumentedAttribute[str], wanted: dict[str, Any]) -> dict[str, int]:
    """How many rows are in each state, counted where an index leads to them."""
    found = {}
    for name, due in wanted.items():
        which = [state == name] if due is None else [state == name, due]
        found[name] = session.scalar(select(func.count()).select_from(state.class_).where(*which)) or 0
    return found


def _age(oldest: db.AnySelect, at: datetime) -> float:
    found: datetime | None = session.scalar(oldest)
    return 0.0 if found is None else max(0.0, (at - found).total_seconds())
