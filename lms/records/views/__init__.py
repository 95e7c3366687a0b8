"""The pages of the journal, and those of one's own data."""

from lms.core.web import Room

room = Room("records")

from lms.records.views import mine, staff  # noqa: E402, F401  (they hang their pages in it)
