"""By when a course should be finished, and from when it is open: said once, for any number of people."""

from dataclasses import dataclass
from datetime import date

from lms.enrolment.models import DueRule

MOST_DAYS = 1_100  #: after the entry: three years


@dataclass(frozen=True, slots=True)
class Timing:
    """The deadline by ``rule``, and the first day; ``due_on`` belongs to ``DAY``, ``due_days`` to ``DAYS``."""

    rule: DueRule = DueRule.COHORT
    due_on: date | None = None
    due_days: int | None = None
    opens_on: date | None = None


#: As the courses of the cohort have it.
AS_THE_COHORT = Timing()
