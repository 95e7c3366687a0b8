"""The partners' workbook: what each learner has done on each course, and a summary per cohort."""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache

from lms.core.i18n import gettext as _
from lms.core.i18n import lazy
from lms.core.tables import Kind, Sheet, TextSheet
from lms.enrolment.models import Level
from lms.reports import courses, readme, summary
from lms.reports.alerts import Concern, Status, concern, sentence, status
from lms.reports.courses import Line
from lms.reports.report import Field, Report
from lms.reports.scope import Scope


class Progress(Report):
    """One row per learner and course, streamed."""

    name = "progress"
    label = lazy("Progress of the courses")
    summary = lazy("One line per person and course, and a summary per cohort.")
    fields = (
        Field("reference", lazy("Enrolment reference"), lazy("Number of this person on this course; it never changes."), width=14),
        Field("identifier", lazy("Agency identifier or staff number"), lazy("As the agency or the employer gave it."), width=18),
        Field("last_name", lazy("Last name"), lazy("In a pseudonymous report: a code that stays the same for you."), width=22),
        Field("first_name", lazy("First name"), lazy("Empty in a pseudonymous report."), width=16),
        Field("agency_code", lazy("Agency code"), lazy("SAFIR code of a public agency."), width=10),
        Field("agency", lazy("Agency or site"), lazy("Where the person is accompanied."), width=24),
        Field("followed_by", lazy("Accompanied by"), lazy("Adviser or manager. Empty in a pseudonymous report."), width=22),
        Field("cohort", lazy("Cohort"), lazy("Group of people who follow the same courses."), width=26),
        Field("funder", lazy("Funder"), lazy("Who pays, as the file or the cohort says."), width=18),
        Field("scheme", lazy("Scheme"), lazy("Under which scheme, as the file or the cohort says."), width=14),
        Field("agreement", lazy("Agreement no."), lazy("Number of the agreement with the funder."), width=18),
        Field("action", lazy("Action no."), lazy("As the agency or the region gave it."), width=14),
        Field("session", lazy("Session no."), lazy("As the agency or the region gave it."), width=14),
        Field("course", lazy("Course title"), lazy("Title of the course."), width=34),
        Field("entered_on", lazy("Date of entry"), lazy("Planned entry, else the day of enrolment."), Kind.DATE, 12),
        Field("due_on", lazy("Planned end"), lazy("Deadline of the course, else the planned exit."), Kind.DATE, 12),
        Field("ended_on", lazy("Actual end"), lazy("Day of completion, or of withdrawal."), Kind.DATE, 12),
        Field("status", lazy("Status"), lazy("Enrolled, convoked, entered, in progress, suspended, completed, abandoned or not entered."), width=14),
        Field("reason", lazy("Reason for leaving"), lazy("Why the person left."), width=18),
        Field("hours_planned", lazy("Hours planned"), lazy("Estimated mean duration of the course, in hours and hundredths."), Kind.NUMBER, 10),
        Field("hours_done", lazy("Hours done"), lazy("Active time measured, idle time cut, in hours and hundredths."), Kind.NUMBER, 10),
        Field("progress", lazy("Share of steps done"), lazy("Mandatory steps done, out of all of them."), Kind.PERCENT, 10),
        Field("last_on", lazy("Last activity"), lazy("Last day on which something was done."), Kind.DATE, 12),
        Field("idle_days", lazy("Days without activity"), lazy("Since the last activity, for courses that are going on."), Kind.INTEGER, 10),
        Field("score", lazy("Assessment (out of 100)"), lazy("Best mark of the tests. Empty: no test yet, or, for an earlier day, a later activity."), Kind.INTEGER, 12),
        Field("certificate", lazy("Certificate no."), lazy("Number of the certificate that holds; in a pseudonymous report: issued."), width=16),
        Field("certified_on", lazy("Certificate of"), lazy("Day on which it was issued."), Kind.DATE, 12),
        Field("alert", lazy("To watch"), lazy("What calls for attention, in words."), width=40),
        Field("attempt", lazy("Attempt"), lazy("1, then 2 and more for who is on the course again: each attempt has a line of its own, and the summary counts the latest."), Kind.INTEGER, 9),
    )  # fmt: skip

    def count(self, scope: Scope) -> int:
        """How many rows there will be."""
        return courses.count(scope)

    def rows(self, scope: Scope) -> Iterator[Sequence[object]]:
        """Sorted by cohort, name and place in the path; cohorts open as totals only have none."""
        words = _Words(scope.today)
        for row in courses.rows(scope):
            level = scope.level_of(row.level)
            yield (*_who(scope, row, level), *_where(row, level), *_what(words, row, level))

    def sheets(self, scope: Scope) -> Iterator[Sheet | TextSheet]:
        """Read me, summary, one row per learner and course."""
        yield readme.sheet(self, scope, summary.FIELDS)
        yield Sheet(
            _("Summary of cohorts"), [field.column() for field in summary.FIELDS], summary.rows(scope)
        )
        yield Sheet(_("Courses of each person"), self.columns, self.rows(scope))


class _Words:
    """What is said in many rows, worded once, in the language spoken when the report was begun."""

    def __init__(self, today: date) -> None:
        self.today = today
        self.states = {state: str(state.label) for state in Status}
        self.reason = cache(courses.reason)
        self.issued = _("issued")
        self._sentence = cache(sentence)

    def alert(self, found: tuple[Concern, int] | None) -> str | None:
        """The sentence for what was found, if anything was."""
        return self._sentence(*found) if found else None


def _who(scope: Scope, row: Line, level: Level) -> tuple[object, ...]:
    if level is Level.NOMINATIVE:
        return f"E-{row.id}", row.agency_identifier or row.hr_number, row.last_name, row.first_name
    return scope.pseudonym("E", row.id), None, scope.pseudonym("P", row.person_id), None


def _where(row: Line, level: Level) -> tuple[object, ...]:
    follower = " ".join(part for part in (row.follower_first, row.follower_last) if part) or row.adviser
    return (
        row.safir,
        row.placed or row.agency or row.organisation,
        follower if level is Level.NOMINATIVE else None,
        row.cohort,
        row.member_funder or row.funder,
        row.member_scheme or row.scheme,
        row.agreement,
        row.action_number,
        row.session_number,
    )


def _what(words: _Words, row: Line, level: Level) -> tuple[object, ...]:
    state = status(row)
    last_on = row.last_on
    return (
        row.course,
        row.enters_on or row.joined_on,
        row.due_on or row.leaves_on,
        row.completed_on or row.withdrawn_on,
        words.states[state],
        words.reason(row.reason) if state.has_reason else None,
        round(row.minutes / 60, 2),
        round(row.seconds / 3600, 2),
        min(row.steps_done, row.steps_total) / row.steps_total if row.steps_total else None,
        last_on,
        (words.today - last_on).days if last_on and state.is_open else None,
        row.score,
        row.certificate and (row.certificate if level is Level.NOMINATIVE else words.issued),
        row.certified_on,
        words.alert(concern(words.today, row, state)),
        row.attempt,
    )
