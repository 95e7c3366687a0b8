"""The pages of cohorts: the list, a cohort and its people, files of people and their columns, sharing, trainers; pools;
self-enrolment; people put on courses, and their deadlines.
"""

from lms.core.web import Room

room = Room("enrolment")

from lms.enrolment.views import (  # noqa: E402, F401  (they hang their pages in it)
    assigning,
    cohorts,
    columns,
    deadlines,
    declarations,
    imports,
    joining,
    members,
    messages,
    pool_deeds,
    pool_periods,
    pool_sharing,
    pools,
    receipts,
    rules,
    sharing,
    teaching,
    ways,
    wishes,
)
