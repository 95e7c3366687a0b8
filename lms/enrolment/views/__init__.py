"""The pages of cohorts: the list, a cohort and its people, files of people, sharing, trainers."""

from lms.core.web import Room

room = Room("enrolment")

from lms.enrolment.views import cohorts, imports, members, sharing, teaching  # noqa: E402, F401  (they hang their pages in it)
