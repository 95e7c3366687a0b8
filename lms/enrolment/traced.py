"""What batches of enrolment make and change: persons, where they learn, their places in cohorts, their courses."""

from lms.core.i18n import lazy
from lms.enrolment.models import Cohort, CohortCourse, Enrolment, Member, Wish
from lms.enrolment.undoing import Traced
from lms.organisations.models import Membership
from lms.people.models import Person

_NUMBERS = ("session_number", "action_number", "funder", "scheme")


class TracedEnrolment(Traced):
    """A course of somebody; moved to another cohort, one that was not begun may go."""

    name = "enrolment"
    table = Enrolment
    label = lazy("Course of a person")
    columns = (
        *("cohort_id", "due_on", "opens_on", "due_reason"),
        *("suspended_at", "withdrawn_at", "withdrawal_reason"),
    )
    is_whole = True
    goes_with = ("enrolment_reminder",)


class TracedMember(Traced):
    """A place in a cohort. Its figures follow from its courses; whoever says where it stands leaves a date as well."""

    name = "cohort_member"
    table = Member
    label = lazy("Place in a cohort")
    columns = (
        *("cohort_id", "batch_id", "state", "convoked_at", "suspended_at", "withdrawn_at", "withdrawal_reason"),
        *(*_NUMBERS, "enters_on", "leaves_on", "agency", "adviser", "siret"),
    )  # fmt: skip
    follows = ("state",)
    goes_with = ("enrolment_last_said",)


class TracedWish(Traced):
    """A request to enter: settled by whoever lets the person in."""

    name = "cohort_wish"
    table = Wish
    label = lazy("Request to enter the cohort")
    columns = ("state", "queued_at", "decided_at")


class TracedMembership(Traced):
    """Where somebody learns, and who follows them there."""

    name = "membership"
    table = Membership
    label = lazy("Learner of an organisation")
    columns = ("organisation_id", "role", "follower_id")


class TracedPerson(Traced):
    """Who somebody is, as files say it."""

    name = "person"
    table = Person
    label = lazy("Personal file")
    columns = (
        *("account_id", "first_name", "last_name", "sort_name", "email", "phone", "birth_date", "postcode"),
        *("agency_identifier", "hr_number", "situation", "archived_at"),
    )
    person = "id"


class TracedCohortCourse(Traced):
    """A course of a cohort."""

    name = "cohort_course"
    table = CohortCourse
    label = lazy("Course of a cohort")
    columns = ("cohort_id", "course_id", "position", "due_rule", "due_on", "due_days", "opens_on")
    person = ""


class TracedCohort(Traced):
    """The cohort itself."""

    name = "cohort"
    table = Cohort
    label = lazy("Cohort")
    columns = (*_NUMBERS, "name", "sort_name", "curriculum_id", "starts_on", "due_on", "agreement")
    person = ""
    goes_with = ("cohort_course", "enrolment_batch")
