"""There is a way back: a backup, snapshots of SQLite, the archived log of PostgreSQL."""

from collections.abc import Iterator

from sqlalchemy import text

from config import settings
from lms.core import db
from lms.core.backup import marks, snapshots
from lms.core.clock import now
from lms.core.db import Mode, session
from lms.core.doctor import Checkup, Finding
from lms.core.i18n import gettext as _

_DAYS = 2  #: a nightly backup that failed once may be taken for late, not twice
_ARCHIVER = text("""
    select current_setting('archive_mode') <> 'off',
      coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false)
    from pg_stat_archiver
""")


class BackupCheckup(Checkup):
    """A backup of everything was made lately."""

    name = "backup"

    def findings(self) -> Iterator[Finding]:
        age = marks.last_backup(settings.current())
        if age is None:
            wrong = _("No backup was ever made from this machine.")
        elif age > _DAYS * 86_400:
            wrong = _("The last backup is %(days)s days old.", days=int(age / 86_400))
        else:
            return
        remedy = _("Have `flask backup make FILE` done every night, and keep a copy elsewhere.")
        yield Finding(wrong, remedy, is_warning=True)


class WayBackCheckup(Checkup):
    """What was written since can be had again: by snapshots, or by the archived log."""

    name = "way-back"
    needs = "migrations"

    def findings(self) -> Iterator[Finding]:
        yield from self._archived() if db.is_postgresql() else self._snapshots()

    def _snapshots(self) -> Iterator[Finding]:
        chosen = settings.current()
        minutes = chosen.snapshot_minutes
        if not minutes:
            yield Finding(
                _("No snapshots are made: a lost disk loses all since the last backup."),
                _("Set LMS_SNAPSHOT_MINUTES, and LMS_SNAPSHOTS to a folder on another disk."),
                is_warning=True,
            )
            return
        last = max(snapshots.taken(chosen.snapshots), default=None)
        if last is not None and (now() - last).total_seconds() > 3 * minutes * 60:
            yield Finding(
                _(
                    "The last snapshot is %(minutes)s minutes old.",
                    minutes=int((now() - last).total_seconds() / 60),
                ),
                _("See `flask jobs list --state failed`; `flask backup snapshot` says what is in the way."),
            )

    def _archived(self) -> Iterator[Finding]:
        with db.transaction(Mode.READ):
            is_on, fails = session.execute(_ARCHIVER).one()
        if fails:
            yield Finding(
                _("PostgreSQL cannot archive its log; it keeps the pieces until its disk is full."),
                _("See its log for what archive_command said, and make room where the pieces go."),
            )
        elif not is_on:
            yield Finding(
                _("PostgreSQL does not archive its log: there is no way back but the last backup."),
                _("Set it up as docs/operations.md says."),
                is_warning=True,
            )
