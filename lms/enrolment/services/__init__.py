"""Verbs that change who is in which cohort. They never commit and never see the request."""

from lms.enrolment.services.assigning import NothingToDo, assign, assign_to_new
from lms.enrolment.services.by_hand import NumberTaken, add_known, add_new
from lms.enrolment.services.changes import Changed, NobodyChosen, change_state
from lms.enrolment.services.cohorts import (
    NameTaken,
    NoSuchPartner,
    NotPublished,
    change,
    make_cohort,
    share,
    stop_sharing,
)
from lms.enrolment.services.column_names import forget_columns, name_columns
from lms.enrolment.services.convocations import Convoked, NothingToPost, convoke, posted
from lms.enrolment.services.declarations import NothingChosen, declare, take_tick_back
from lms.enrolment.services.figures import keep_figures
from lms.enrolment.services.intents import (
    MANY,
    CohortGone,
    Meant,
    PlacesNeeded,
    foreseen,
    grant,
    order_of,
    places_needed,
)
from lms.enrolment.services.members import enrol, move, withdraw
from lms.enrolment.services.other_days import REASONS, NotACourse, change_days, change_own_days, following
from lms.enrolment.services.taking_back import CHUNK, Undone, undo
from lms.enrolment.services.teaching import NoSuchTrainer, let_teach, stop_teaching
from lms.enrolment.services.undo_rules import NotUndoable, demand_undoable
from lms.enrolment.services.uploads import LARGEST, NotReady, ask_to_write, given, receive_file

__all__ = [
    "CHUNK",
    "LARGEST",
    "MANY",
    "REASONS",
    "Changed",
    "CohortGone",
    "Convoked",
    "Meant",
    "NameTaken",
    "NoSuchPartner",
    "NoSuchTrainer",
    "NobodyChosen",
    "NotACourse",
    "NotPublished",
    "NotReady",
    "NotUndoable",
    "NothingChosen",
    "NothingToDo",
    "NothingToPost",
    "NumberTaken",
    "PlacesNeeded",
    "Undone",
    "add_known",
    "add_new",
    "ask_to_write",
    "assign",
    "assign_to_new",
    "change",
    "change_days",
    "change_own_days",
    "change_state",
    "convoke",
    "declare",
    "demand_undoable",
    "enrol",
    "following",
    "foreseen",
    "forget_columns",
    "given",
    "grant",
    "keep_figures",
    "let_teach",
    "make_cohort",
    "move",
    "name_columns",
    "order_of",
    "places_needed",
    "posted",
    "receive_file",
    "share",
    "stop_sharing",
    "stop_teaching",
    "take_tick_back",
    "undo",
    "withdraw",
]
