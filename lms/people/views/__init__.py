"""The pages of people: the door, one's own account, and the staff's list."""

from lms.core.web import Room

room = Room("people")

from lms.people.views import (  # noqa: E402, F401  (they hang their pages in it)  # noqa: E402, F401
    card,
    contacts,
    filing,
    leave,
    me,
    passkeys,
    password,
    proof,
    second,
    sign_in,
    staff,
)
