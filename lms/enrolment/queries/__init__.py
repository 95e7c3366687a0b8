"""Questions about cohorts, their people and the files they came from. Nothing here writes."""

from lms.enrolment.queries.cohorts import (
    CohortFilter,
    Page,
    cohort_in_hand,
    cohort_in_sight,
    cohorts_for_choice,
    cohorts_in_sight,
    courses_of,
    partners,
    shared_level,
    shares,
    target_cohorts,
)
from lms.enrolment.queries.imports import import_in_sight, named_courses, recent_imports
from lms.enrolment.queries.members import (
    Figures,
    MemberFilter,
    MemberSheet,
    chosen_members,
    figures,
    followers,
    look_alikes,
    member_in_sight,
    members,
)

__all__ = [
    "CohortFilter",
    "Figures",
    "MemberFilter",
    "MemberSheet",
    "Page",
    "chosen_members",
    "cohort_in_hand",
    "cohort_in_sight",
    "cohorts_for_choice",
    "cohorts_in_sight",
    "courses_of",
    "figures",
    "followers",
    "import_in_sight",
    "look_alikes",
    "member_in_sight",
    "members",
    "named_courses",
    "partners",
    "recent_imports",
    "shared_level",
    "shares",
    "target_cohorts",
]
