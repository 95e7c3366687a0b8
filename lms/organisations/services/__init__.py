"""What changes the tree, and who is what in it."""

from lms.organisations.services.members import (
    Added,
    BadAddress,
    BadLogin,
    NotTheirs,
    add_member,
    add_person,
    end,
    follow,
    settle,
)
from lms.organisations.services.members import move as move_learner
from lms.organisations.services.pruning import (
    Foreseen,
    archive,
    foresee_archive,
    foresee_merge,
    foresee_move,
    merge,
    move,
    restore,
)
from lms.organisations.services.tree import (
    BadSlug,
    CannotBeDone,
    NoName,
    SlugTaken,
    add,
    add_below,
    put_right,
    switch,
)

__all__ = [
    "Added",
    "BadAddress",
    "BadLogin",
    "BadSlug",
    "CannotBeDone",
    "Foreseen",
    "NoName",
    "NotTheirs",
    "SlugTaken",
    "add",
    "add_below",
    "add_member",
    "add_person",
    "archive",
    "end",
    "follow",
    "foresee_archive",
    "foresee_merge",
    "foresee_move",
    "merge",
    "move",
    "move_learner",
    "put_right",
    "restore",
    "settle",
    "switch",
]
