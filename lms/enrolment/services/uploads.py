"""A file that somebody sent by the browser: kept, checked by a job, written by another, forgotten in time."""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import partial
from typing import Any, BinaryIO

from sqlalchemy import and_, or_, select, update

from lms.core import db, files, jobs, journal, quotas, retention
from lms.core.clock import now, today
from lms.core.db import session
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.core.jobs import Job
from lms.courses.models import Course
from lms.curricula.models import Curriculum
from lms.enrolment.models import Batch, ImportMode, ImportRun, ImportState
from lms.enrolment.queries.imports import remembered_columns
from lms.enrolment.reading.faults import ColumnsMissing
from lms.enrolment.services import remembering, staging, writing
from lms.enrolment.services.cohorts import clean_name
from lms.enrolment.services.corrected import Given
from lms.enrolment.services.imports import Begun
from lms.enrolment.services.order import Order
from lms.enrolment.services.report import Report
from lms.organisations.models import Organisation

LARGEST = 50 * 1024 * 1024  #: bytes
_UNDONE_WITHIN = 31  #: days for which what earlier files said is kept
KEPT = 500  #: errors and warnings that a report keeps; all are in the file handed back


class NotReady(Refused):
    """A file is written once, after it was checked."""


class NotConfirmed(Refused):
    """Nobody is taken out of a cohort whom somebody did not count."""

    status = 422


def receive_file(
    actor: Any,
    stream: BinaryIO,
    name: str,
    cohort_name: str,
    *,
    course_id: int | None = None,
    curriculum_id: int | None = None,
    due_on: date | None = None,
    mode: ImportMode = ImportMode.CHANGES,
) -> ImportRun:
    """Keep the file and have it checked. Raises ``FileTooLarge`` beyond 50 MB, ``quotas.NoRoom``."""
    quotas.demand_room(actor.tenant_id, _size(stream))
    stream.seek(0)
    key = files.storage().put(name, stream, limit=LARGEST)
    run = ImportRun(
        tenant_id=actor.tenant_id, organisation_id=actor.organisation_id, by_id=actor.person_id, file_name=name[:200],
        file_size=_size(stream), file_key=key, cohort_name=clean_name(cohort_name), course_id=course_id,
        curriculum_id=curriculum_id, due_on=due_on, mode=mode,
    )  # fmt: skip
    session.add(run)
    session.flush()  # the job is given its number
    run.job_id = jobs.later("enrolment.check_file", actor, import_id=run.id).id
    journal.note("file-received", actor, file=run.id, size=run.file_size)
    return run


def ask_to_write(run: ImportRun, actor: Any, *, valid_rows: bool, leaving: int | None = None) -> int:
    """Have a checked file written; the number of the job. Asked twice, it is done once.

    ``leaving``: how many are said to leave the cohort, where the file replaces it. Raises ``NotReady``, ``NotConfirmed``.
    """
    if run.mode == ImportMode.REPLACE and (leaving or 0) != run.report.get("leaving", 0):
        raise NotConfirmed(
            _("The number of people who leave the cohort was not confirmed: nothing was written."),
            _("Look at who leaves, then type how many they are."),
        )
    stopped = select(Job.id).where(Job.state.in_(("failed", "cancelled")))
    is_checked = ImportRun.state == ImportState.CHECKED
    was_stopped = and_(ImportRun.state == ImportState.WRITING, ImportRun.job_id.in_(stopped))
    taken = (
        update(ImportRun)
        .where(
            ImportRun.tenant_id == run.tenant_id,
            ImportRun.id == run.id,
            or_(is_checked, was_stopped),
        )
        .values(state=ImportState.WRITING)
        .returning(ImportRun.id)
    )
    if session.execute(taken).one_or_none() is None:
        raise NotReady(
            _("This file is not waiting to be written."),
            _("Look at its page: it may have been written already."),
        )
    job = jobs.later("enrolment.write_file", actor, import_id=run.id, valid_rows=valid_rows, leaving=leaving)
    session.execute(
        update(ImportRun)
        .where(ImportRun.tenant_id == run.tenant_id, ImportRun.id == run.id)
        .values(job_id=job.id)
    )
    return job.id


def order_of(run: ImportRun, *, is_dry: bool, valid_rows: bool, by: Any, leaving: int | None = None) -> Order:
    """What this file asks for."""
    organisation = session.get_one(Organisation, run.organisation_id)
    course = session.get(Course, run.course_id) if run.course_id else None
    curriculum = session.get(Curriculum, run.curriculum_id) if run.curriculum_id else None
    return Order(
        organisation, run.cohort_name, (course,) if course else (), curriculum, run.due_on, is_dry, valid_rows, by,
        run.file_name, run.mode, leaving, remembered_columns(run.tenant_id, run.organisation_id),
    )  # fmt: skip


def given(run: ImportRun) -> Given:
    """What the workbook of this file is made from."""
    organisation = session.get_one(Organisation, run.organisation_id)
    faults = [*run.report.get("errors", []), *run.report.get("warnings", [])]
    remembered = remembered_columns(run.tenant_id, run.organisation_id)
    return Given(run.file_name, today(organisation.zone), remembered, faults, run.report.get("changes", {}))


def refuse(import_id: int, tenant_id: int, refusal: Refused) -> None:
    """Write down why the file is not read at all, and forget it."""
    run = _run(import_id, tenant_id)
    run.state, run.report = ImportState.REFUSED, {"refused": refusal.reason, "remedy": refusal.remedy}
    _forget_file(run)


def ask(import_id: int, tenant_id: int, missing: ColumnsMissing) -> None:
    """Keep the file until somebody has said what its columns are."""
    run = _run(import_id, tenant_id)
    run.state = ImportState.ASKING
    run.report = {
        "refused": missing.reason, "remedy": missing.remedy, "columns": dict(missing.sight)
    }  # fmt: skip


def steps_of(run: ImportRun, *, is_dry: bool) -> int | None:
    """What a job's progress counts up to: the lines, twice where they are read first and then written part by part."""
    total: int | None = run.report.get("total")
    return total * 2 if total is not None and total > writing.PART and not is_dry else total


def begun(run: ImportRun, done: int) -> Begun | None:
    """What an earlier try wrote of the file, ``done`` being how far that came; None where nobody was enrolled yet."""
    if run.state != ImportState.WRITING or run.batch_id is None:
        return None
    return Begun(run.batch_id, max(0, done - int(run.report["total"])) // writing.PART)


def settle(
    import_id: int,
    tenant_id: int,
    report: Report,
    batch: Batch | None,
    is_over: bool,
    *,
    is_begun: bool = False,
) -> None:
    """Write down what the file comes to, or came to; a file without a wrong line is not needed any more once written.

    ``is_begun``: what it comes to was written down by the try that began.
    """
    run = _run(import_id, tenant_id)
    if not is_begun:
        run.report = report.kept(KEPT)
        run.batch_id = batch.id if batch else None
    if not is_over:
        return
    run.state = ImportState.DONE if batch else ImportState.CHECKED
    if batch is not None and not run.report["all_errors"]:
        _forget_file(run)


def forget_old(tenant_id: int) -> None:
    """A tenant's files, and what was said about their lines, after a month (``core.retention``).

    Lines that a dead worker left waiting go after a day.
    """
    staging.forget_older_than(tenant_id, now() - timedelta(days=1))
    remembering.forget_earlier(tenant_id, now() - timedelta(days=_UNDONE_WITHIN))
    old = select(ImportRun).where(
        ImportRun.tenant_id == tenant_id,
        ImportRun.at < retention.before("import_file", tenant_id),
        ImportRun.state != ImportState.FORGOTTEN,
    )
    runs = session.scalars(old.limit(1_000)).all()
    forget(runs)
    retention.prove("import_file", len(runs), tenant_id)


def forget(runs: Iterable[ImportRun]) -> None:
    """Take the files of these away, and what was said about their lines; the counts stay."""
    for run in runs:
        counts = {name: value for name, value in run.report.items() if isinstance(value, int)}
        run.report, run.state = counts, ImportState.FORGOTTEN
        _forget_file(run)


def _run(import_id: int, tenant_id: int) -> ImportRun:
    return session.scalars(
        select(ImportRun).where(ImportRun.tenant_id == tenant_id, ImportRun.id == import_id)
    ).one()


def _forget_file(run: ImportRun) -> None:
    """Once this is kept: a rollback must not lose a file that a row still names."""
    if run.file_key:
        db.then(partial(files.storage().delete, run.file_key))
        run.file_key = ""


def _size(stream: BinaryIO) -> int:
    stream.seek(0, 2)
    return stream.tell()
