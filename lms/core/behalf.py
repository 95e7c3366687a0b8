"""In whose name: somebody at the keys acts for a learner under a mandate, and may open only what a route lets them.

A route says ``on_behalf``: never unless it says otherwise, always (help, the way out), or under a mandate of that scope.
"""

import enum
from dataclasses import dataclass
from datetime import datetime

from lms.core.errors import Refused


class Scope(enum.StrEnum):
    """What a mandate is for."""

    COURSES = "courses"
    PAPERS = "papers"


class OnBehalf(enum.StrEnum):
    """Whether a route may be used in somebody's name."""

    NEVER = "never"
    ALWAYS = "always"
    COURSES = Scope.COURSES.value
    PAPERS = Scope.PAPERS.value


@dataclass(frozen=True)
class Behalf:
    """Who is really at the keys, while the actor is the learner."""

    account_id: int
    person_id: int
    name: str
    mandate_id: int
    scopes: frozenset[str]
    until: datetime


class NotOnBehalf(Refused):
    """Only the learner may do this."""

    status = 403


def is_open(on_behalf: OnBehalf, behalf: Behalf) -> bool:
    """Whether a route that says this may be used under this mandate."""
    return on_behalf is OnBehalf.ALWAYS or on_behalf.value in behalf.scopes
