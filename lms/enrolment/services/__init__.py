"""Verbs that change who is in which cohort. They never commit and never see the request."""

from lms.enrolment.services.cohorts import (
    NameTaken,
    NoSuchPartner,
    NotPublished,
    change,
    make_cohort,
    share,
    stop_sharing,
)
from lms.enrolment.services.figures import keep_figures
from lms.enrolment.services.members import REASONS, NobodyChosen, enrol, move, withdraw

__all__ = [
    "REASONS",
    "NameTaken",
    "NoSuchPartner",
    "NobodyChosen",
    "NotPublished",
    "change",
    "enrol",
    "keep_figures",
    "make_cohort",
    "move",
    "share",
    "stop_sharing",
    "withdraw",
]
