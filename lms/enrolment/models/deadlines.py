"""By which rule people get the day by which a course should be finished."""

import enum


class DueRule(enum.StrEnum):
    """What the deadline of a course goes by."""

    #: The day of the cohort, whatever becomes of it.
    COHORT = "cohort"
    #: None at all.
    NONE = "none"
    #: A day of its own, the same for all.
    DAY = "day"
    #: So many days after each person's entry.
    DAYS = "days"
