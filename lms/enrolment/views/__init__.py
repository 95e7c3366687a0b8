"""The pages of cohorts: the list, a cohort and its people, files of people, sharing, trainers; pools of places."""

from lms.core.web import Room

room = Room("enrolment")

from lms.enrolment.views import (  # noqa: E402, F401  (they hang their pages in it)
    cohorts,
    imports,
    members,
    pool_deeds,
    pool_periods,
    pools,
    sharing,
    teaching,
)
