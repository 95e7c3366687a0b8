"""What may be taken back, and when."""

from sqlalchemy import ColumnElement, exists, select

from lms.core.clock import now
from lms.core.db import session
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.core.jobs import Job
from lms.enrolment.models import Batch, BatchKind, ImportRun, ImportState
from lms.enrolment.services.receipts import UNDONE_WITHIN


class NotUndoable(Refused):
    """An undo, what was undone before, and what is too old are not taken back."""

    status = 409


def demand_undoable(batch: Batch) -> None:
    """Raises ``NotUndoable`` with the reason."""
    if batch.kind is BatchKind.UNDO:
        raise NotUndoable(_("An undo is not undone."), _("Do again what was undone, if it was right."))
    if batch.undone_at and batch.kind is BatchKind.PLACES:
        raise NotUndoable(_("This was taken back already."), _("Look at the pool to see where it stands."))
    if batch.at < now() - UNDONE_WITHIN:
        raise NotUndoable(
            _("This was done more than a month ago: how things stood before is not known any more."),
            _("Withdraw or correct people on the pages of their cohorts."),
        )
    if _is_being_written(batch):
        raise NotUndoable(
            _("This file is still being written."), _("Wait until everybody has entered, then take it back.")
        )


def _is_being_written(batch: Batch) -> bool:
    """Whether people are still entering, part by part; not so where that was stopped."""
    running = Job.id == ImportRun.job_id, Job.state.in_(("waiting", "running"))
    found = select(ImportRun.id).where(*unfinished(batch), exists().where(*running))
    return session.scalar(found) is not None


def unfinished(batch: Batch) -> tuple[ColumnElement[bool], ...]:
    """Its file, where not everybody of it has entered."""
    return (
        ImportRun.tenant_id == batch.tenant_id,
        ImportRun.batch_id == batch.id,
        ImportRun.state == ImportState.WRITING,
    )
