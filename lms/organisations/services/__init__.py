"""What changes the tree, who is what in it, and who is invited into it."""

from lms.organisations.services.branding import remove_logo, set_logo
from lms.organisations.services.invitations import accept, arrive, give_link, mail_invitations, revoke
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
    choose_days,
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
    "accept",
    "add",
    "add_below",
    "add_member",
    "add_person",
    "archive",
    "arrive",
    "choose_days",
    "end",
    "follow",
    "foresee_archive",
    "foresee_merge",
    "foresee_move",
    "give_link",
    "mail_invitations",
    "merge",
    "move",
    "move_learner",
    "put_right",
    "remove_logo",
    "restore",
    "revoke",
    "set_logo",
    "settle",
    "switch",
]
