"""Status and alert of a row, in words: a colour alone says nothing to a printer, nor to many readers."""

import enum
from datetime import date

from lms.core.i18n import Lazy, lazy, ngettext
from lms.core.i18n import gettext as _
from lms.enrolment.states import NEVER_CAME
from lms.reports.courses import Line

UNBEGUN_DAYS = 7  #: after the entry without having begun
IDLE_DAYS = 14  #: without activity on a course that was begun
SOON_DAYS = 7  #: before the deadline


class Status(enum.Enum):
    """Where somebody stands on one course: the states of the cohort, as far as this course is concerned."""

    REGISTERED = "registered"
    CONVOKED = "convoked"
    ENTERED = "entered"
    IN_PROGRESS = "in-progress"
    SUSPENDED = "suspended"
    COMPLETED = "completed"
    ABANDONED = "abandoned"
    NOT_ENTERED = "not-entered"

    @property
    def is_open(self) -> bool:
        """Whether something may still be done."""
        return self in (*_UNBEGUN, Status.ENTERED, Status.IN_PROGRESS)

    @property
    def has_reason(self) -> bool:
        """Whether somebody gave a reason."""
        return self is Status.ABANDONED

    @property
    def label(self) -> Lazy:
        """The word for it."""
        return _LABELS[self]


_UNBEGUN = (Status.REGISTERED, Status.CONVOKED)
_LABELS: dict[Status, Lazy] = {
    Status.REGISTERED: lazy("enrolled"),
    Status.CONVOKED: lazy("convoked"),
    Status.ENTERED: lazy("entered"),
    Status.IN_PROGRESS: lazy("in progress"),
    Status.SUSPENDED: lazy("suspended"),
    Status.COMPLETED: lazy("completed"),
    Status.ABANDONED: lazy("abandoned"),
    Status.NOT_ENTERED: lazy("not entered"),
}


class Concern(enum.Enum):
    """What may call for attention, with a number of days."""

    LATE = "late"
    NOT_BEGUN = "not-begun"
    SILENT = "silent"
    DUE = "due"


def status(row: Line) -> Status:
    """The status of a row; what was completed stays so, whatever came after."""
    if row.completed_on:
        return Status.COMPLETED
    if row.withdrawn_on:
        return Status.NOT_ENTERED if row.reason == NEVER_CAME else Status.ABANDONED
    if row.suspended:
        return Status.SUSPENDED
    if row.started:
        return Status.IN_PROGRESS if row.steps_done else Status.ENTERED
    return Status.CONVOKED if row.convoked else Status.REGISTERED


def concern(today: date, row: Line, state: Status) -> tuple[Concern, int] | None:
    """The most urgent thing to say, if any: late, not begun, silent, soon due; and how many days."""
    if not state.is_open:
        return None
    due = row.due_on or row.leaves_on
    if due and due < today:
        return Concern.LATE, (today - due).days
    if state in _UNBEGUN:
        entered = row.enters_on or row.joined_on
        days = (today - max(entered, row.opens_on or entered)).days
        if days > UNBEGUN_DAYS and row.attempt == 1:  # nobody enters a second time
            return Concern.NOT_BEGUN, days
    elif row.last_on and (days := (today - row.last_on).days) > IDLE_DAYS:
        return Concern.SILENT, days
    if due and (left := (due - today).days) <= SOON_DAYS:
        return Concern.DUE, left
    return None


def sentence(what: Concern, days: int) -> str:
    """The concern in the reader's language."""
    if what is Concern.LATE:
        return ngettext(
            "Late: the deadline passed %(num)s day ago", "Late: the deadline passed %(num)s days ago", days
        )
    if what is Concern.NOT_BEGUN:
        return ngettext(
            "Not begun, %(num)s day after the entry", "Not begun, %(num)s days after the entry", days
        )
    if what is Concern.SILENT:
        return ngettext("No activity for %(num)s day", "No activity for %(num)s days", days)
    return (
        ngettext("Deadline in %(num)s day", "Deadline in %(num)s days", days) if days else _("Deadline today")
    )
