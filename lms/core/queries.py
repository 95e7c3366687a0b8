"""Questions of the pages that belong to no room."""

from typing import Any

from lms.core import beats, jobs
from lms.core.db import session


def job_in_sight(actor: Any, job_id: int) -> jobs.Job | None:
    """A job that the actor asked for."""
    return jobs.in_sight(actor, job_id)


def is_ready() -> bool:
    """Whether the database answers and somebody is working."""
    session.connection()
    return beats.is_anyone_working()
