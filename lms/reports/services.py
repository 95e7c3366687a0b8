"""Order a report, make its file, open it again."""

import hashlib
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import BinaryIO, cast

from sqlalchemy import select

from lms.core import db, files, i18n, jobs, journal, retention, tables
from lms.core.clock import now
from lms.core.db import session
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.core.tables import Properties, Sheet, TextSheet
from lms.enrolment.models import Level
from lms.organisations.actor import Actor
from lms.reports import queries
from lms.reports.models import ReportRun
from lms.reports.report import Report
from lms.reports.scope import Asker, Scope, asker_of

FORMS = ("xlsx", "csv")
_CHUNK = 1024 * 1024
_OLD_FILES = 1_000  #: that one night lets go of, for each customer
Heard = Callable[[int], None]  #: told, now and then, how many rows are written


class NothingInSight(Refused):
    """The cohort does not exist, or is not shown to the one who asks."""

    status = 404

    def __init__(self, reason: str) -> None:
        super().__init__(reason, _("Choose another cohort, or ask whoever runs it to share it with you."))


class NotAllowed(Refused):
    """The asker is nothing any more in this organisation, or never had reports."""

    status = 403


@dataclass(frozen=True, slots=True)
class Written:
    """A file that was written: its rows of data, its bytes and their SHA-256."""

    rows: int
    size: int
    sha256: str


def report_named(name: str) -> Report | None:
    """The report of this name."""
    kind = Report.registered.get(name)
    return kind() if kind else None


def all_reports() -> list[Report]:
    """Every report there is, by name."""
    return [Report.registered[name]() for name in sorted(Report.registered)]


def scope_for(
    asker: Asker,
    *,
    cohort_id: int | None = None,
    cohort: str = "",
    as_of: date | None = None,
    level: Level | None = None,
) -> Scope:
    """What this asker may have of what they ask for. Raises ``Refused``."""
    if not (asker.is_watcher or asker.is_partner):
        raise NotAllowed(_("Reports are for those who follow people, and for partners."))
    found = queries.choices(asker, cohort_id, cohort)
    if not found:
        raise NothingInSight(_("There is no such cohort among those you may see."))
    scope = Scope(asker, now(), level or Level.NOMINATIVE, as_of)
    if cohort_id is None and not cohort:
        return scope
    own = [one for one in found if one.organisation_id == asker.organisation_id] or list(found)
    if len(own) > 1:
        raise NothingInSight(_("Several cohorts have this name: name the organisation that runs it."))
    return replace(scope, cohort_id=own[0].cohort_id, cohort=own[0].name)


def whole(asker: Asker) -> Scope:
    """All that this asker may see, as it is now: what the page of reports shows."""
    return Scope(asker, now())


def order(
    actor: Actor, report: Report, *, cohort_id: int | None, as_of: date | None, level: Level | None, form: str
) -> ReportRun:
    """Ask for a report: its job is written with it. Raises ``Refused``."""
    scope = scope_for(asker_of(actor), cohort_id=cohort_id, as_of=as_of, level=level)
    run = ReportRun(
        tenant_id=actor.tenant_id,
        person_id=actor.person_id,
        organisation_id=actor.organisation_id,
        report=report.name,
        cohort_id=cohort_id,
        level=scope.level.value,
        as_of=as_of,
        shares=queries.shares(scope),
        file_name=file_name(report, scope, form),
        asked_at=scope.asked_at,
    )
    session.add(run)
    session.flush()  # the job carries its number
    run.job_id = jobs.later("reports.make", actor, run_id=run.id).id
    journal.note("report-ordered", actor, run=run.id, report=report.name, cohort=cohort_id, level=run.level)
    return run


def scope_again(run: ReportRun) -> Scope:
    """The scope of a report that was ordered, with the rights that its asker has now. Raises ``Refused``."""
    asker = queries.asker_again(run.tenant_id, run.person_id, run.organisation_id)
    if asker is None or not queries.still_open(asker, run):
        raise NotAllowed(_("What this report is about is not open to its asker any more."))
    scope = scope_for(asker, cohort_id=run.cohort_id, as_of=run.as_of, level=Level(run.level))
    return replace(scope, asked_at=run.asked_at)


def write(
    report: Report, scope: Scope, target: BinaryIO, form: str, heard: Heard = lambda _n: None
) -> Written:
    """Write the report as ``xlsx`` or ``csv`` in its asker's language; the file stands at its start again.

    The transaction (``Mode.REPORT``) is the caller's, and this its first work: all sheets show one state of the data.
    """
    queries.steady()
    tally = _Tally(heard)
    with i18n.speaking_to(scope.asker.language, scope.asker.zone):
        if form == "csv":
            tables.write_csv(target, report.columns, tally.of(report.rows(scope)))
        else:
            about = Properties(str(report.label), subject=scope.asker.organisation, language=i18n.language())
            tables.write_xlsx(target, tally.sheets(report, scope), about)
    size = target.seek(0, 2)
    target.seek(0)
    digest = hashlib.sha256()
    while chunk := target.read(_CHUNK):
        digest.update(chunk)
    target.seek(0)
    return Written(tally.rows, size, digest.hexdigest())


def kept(run: ReportRun, written: Written, key: str) -> None:
    """Note that the file is there."""
    run.file_key, run.sha256, run.rows, run.made_at = key, written.sha256, written.rows, now()


def opened(actor: Actor, run: ReportRun) -> BinaryIO:
    """The file; a line in the journal says who took it, and how many rows it has."""
    if run.file_key is None:
        raise files.FileGone("")
    journal.note(
        "report-downloaded",
        actor,
        run=run.id,
        report=run.report,
        cohort=run.cohort_id,
        level=run.level,
        rows=run.rows,
    )
    return files.storage().open(run.file_key)


def forget_old_files(tenant_id: int) -> int:
    """Let go of files older than ``core.retention`` keeps them; the line of who asked for what stays. How many went."""
    old = select(ReportRun).where(
        ReportRun.tenant_id == tenant_id,
        ReportRun.file_key.is_not(None),
        ReportRun.made_at < retention.before("report_file", tenant_id),
    )
    gone = session.scalars(old.limit(_OLD_FILES)).all()
    for run in gone:
        db.then(partial(files.storage().delete, run.file_key or ""))
        run.file_key = None
    return len(gone)


def file_name(report: Report, scope: Scope, form: str) -> str:
    """``progress-2026-11-24.xlsx``: no name of anybody, as it shows in folders and mails."""
    return f"{report.name}-{scope.today.isoformat()}.{form}"


def scratch() -> BinaryIO:
    """A file for the time of the work, gone afterwards."""
    return cast(BinaryIO, tempfile.TemporaryFile())


class _Tally:
    """Counts the rows of the report proper while they pass, and tells of it now and then."""

    def __init__(self, heard: Heard) -> None:
        self.rows = 0
        self._heard = heard

    def of(self, rows: Iterable[Sequence[object]]) -> Iterator[Sequence[object]]:
        try:
            for row in rows:
                self.rows += 1
                if self.rows % 500 == 0:
                    self._heard(self.rows)
                yield row
        finally:  # whoever stops half way leaves no cursor open
            if isinstance(rows, Generator):
                rows.close()

    def sheets(self, report: Report, scope: Scope) -> Iterator[Sheet | TextSheet]:
        own = [field.key for field in report.fields]
        for sheet in report.sheets(scope):
            is_own = isinstance(sheet, Sheet) and [column.key for column in sheet.columns] == own
            yield replace(sheet, rows=self.of(sheet.rows)) if isinstance(sheet, Sheet) and is_own else sheet
