"""What the house does by itself, every so often: a row a duty, and a job each time it is due.

@every(hours=24, name="people.forget_old_links")
def forget_old_links(run: Run) -> None: ...
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Mapped, mapped_column

from lms.core import db, jobs
from lms.core.clock import Instant, now
from lms.core.db import Mode, Model, session


class Duty(Model):
    """When something that repeats is due next."""

    __tablename__ = "duty"

    #: Name of the task.
    name: Mapped[str] = mapped_column(primary_key=True)
    next_at: Mapped[datetime] = mapped_column(Instant)


duties: dict[str, timedelta] = {}


def every(*, name: str, hours: float = 0, minutes: float = 0) -> Callable[[jobs.Task], jobs.Task]:
    """Make the decorated function a task that is done once per period, by one worker."""
    duties[name] = timedelta(hours=hours, minutes=minutes)
    return jobs.task(name)


def turn() -> bool:
    """Write a job for each duty that is due; says whether any was. Two workers cannot both take one."""
    at, taken = now(), 0
    with db.transaction(Mode.READ):
        known = dict(session.execute(select(Duty.name, Duty.next_at)).all())
    if not [n for n in duties if n not in known or known[n] <= at]:
        return False
    with db.transaction(Mode.WRITE):
        for name, period in duties.items():
            if name not in known:  # another worker may be writing the same row just now
                session.execute(db.as_first_written(Duty, {"name": name, "next_at": at + period}, ["name"]))
            elif known[name] <= at:
                mine = update(Duty).where(Duty.name == name, Duty.next_at == known[name])
                changed = session.execute(mine.values(next_at=at + period).returning(Duty.name)).first()
                if changed:
                    jobs.later(name)
                    taken += 1
    return taken > 0
