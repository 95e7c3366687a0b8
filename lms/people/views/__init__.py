"""The pages of people: the door, one's own account, and the staff's list."""

from lms.core.web import Room

room = Room("people")

from lms.people.views import card, filing, leave, me, password, sign_in, staff  # noqa: E402, F401  (they hang their pages in it)
