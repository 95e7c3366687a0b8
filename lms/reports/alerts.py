"""Status and alert of a row, in words: a colour alone says nothing to a printer, nor to many readers."""

import enum
from typing import Any

from lms.core.i18n import Lazy, lazy, ngettext
from lms.core.i18n import gettext as _
from lms.reports.scope import Scope

UNBEGUN_DAYS = 7  #: after the entry without having begun
IDLE_DAYS = 14  #: without activity on a course that was begun
SOON_DAYS = 7  #: before the deadline


class Status(enum.Enum):
    """Where somebody stands on one course."""

    ENROLLED = "enrolled"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    WITHDRAWN = "withdrawn"

    @property
    def is_open(self) -> bool:
        """Whether something may still be done."""
        return self in (Status.ENROLLED, Status.IN_PROGRESS)

    @property
    def has_reason(self) -> bool:
        """Whether somebody gave a reason."""
        return self is Status.WITHDRAWN

    @property
    def label(self) -> Lazy:
        """The word for it."""
        return _LABELS[self]


_LABELS: dict[Status, Lazy] = {
    Status.ENROLLED: lazy("not begun"),
    Status.IN_PROGRESS: lazy("in progress"),
    Status.COMPLETED: lazy("completed"),
    Status.WITHDRAWN: lazy("withdrawn"),
}


def status(row: Any) -> Status:
    """The status of a row of figures; what was completed stays so, whatever came after."""
    if row.completed_at:
        return Status.COMPLETED
    if row.withdrawn_at:
        return Status.WITHDRAWN
    return Status.IN_PROGRESS if row.started_at else Status.ENROLLED


def alert(scope: Scope, row: Any, state: Status) -> str | None:
    """The most urgent thing to say, if any: late, not begun, silent, soon due."""
    if not state.is_open:
        return None
    due = row.due_on or row.leaves_on
    if due and due < scope.today:
        days = (scope.today - due).days
        return ngettext(
            "Late: the deadline passed %(num)s day ago", "Late: the deadline passed %(num)s days ago", days
        )
    if state is Status.ENROLLED:
        days = (scope.today - (row.enters_on or scope.day(row.joined_at) or scope.today)).days
        return _not_begun(days) if days > UNBEGUN_DAYS else _soon(scope, due)
    last = scope.day(row.last_at)
    if last and (scope.today - last).days > IDLE_DAYS:
        days = (scope.today - last).days
        return ngettext("No activity for %(num)s day", "No activity for %(num)s days", days)
    return _soon(scope, due)


def _not_begun(days: int) -> str:
    return ngettext("Not begun, %(num)s day after the entry", "Not begun, %(num)s days after the entry", days)


def _soon(scope: Scope, due: Any) -> str | None:
    if due is None or (due - scope.today).days > SOON_DAYS:
        return None
    days = (due - scope.today).days
    return (
        ngettext("Deadline in %(num)s day", "Deadline in %(num)s days", days) if days else _("Deadline today")
    )
