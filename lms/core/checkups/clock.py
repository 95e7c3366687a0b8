"""The clock of this machine is that of the others; the database knows its tables."""

from collections.abc import Iterator

from sqlalchemy import func, select, text

from config import settings
from lms.core import beats, db
from lms.core.backup import sqlite
from lms.core.clock import Later, now
from lms.core.db import Mode, session
from lms.core.doctor import Checkup, Finding
from lms.core.i18n import gettext as _

_SECONDS = 5.0
_LARGE = 20 * 1024 * 1024  #: bytes of a SQLite database from which on its figures matter
_UNKNOWN = text("""
    select relname from pg_stat_user_tables
    where n_live_tup > 10000 and last_analyze is null and last_autoanalyze is null order by n_live_tup desc limit 5
""")


class ClockCheckup(Checkup):
    """This machine and the database agree about the time."""

    name = "clock"
    needs = "migrations"

    def findings(self) -> Iterator[Finding]:
        with db.transaction(Mode.READ):
            theirs = session.execute(select(Later())).scalar_one()
            last = session.scalar(select(func.max(beats.Beat.at)))
        off = abs((now() - theirs).total_seconds())
        ahead = (last - now()).total_seconds() if last is not None else 0.0
        if max(off, ahead) > _SECONDS:
            yield Finding(
                _("The clocks differ by %(seconds)s s.", seconds=round(max(off, ahead))),
                _("Run a time service (chrony, systemd-timesyncd) on every machine."),
            )


class StatisticsCheckup(Checkup):
    """The database has looked at its tables, and finds its way in them."""

    name = "statistics"
    needs = "migrations"

    def findings(self) -> Iterator[Finding]:
        with db.transaction(Mode.READ):
            bare = list(session.scalars(_UNKNOWN)) if db.is_postgresql() else _unknown_to_sqlite()
        if bare:
            yield Finding(
                _("The database has never looked at large tables: %(tables)s.", tables=", ".join(bare)),
                _("Run ANALYZE once, as the owner; autovacuum or a worker does it from then on."),
                is_warning=True,
            )


def _unknown_to_sqlite() -> list[str]:
    file = sqlite.path_of(settings.current().database_url)
    known = session.scalar(text("select count(*) from sqlite_master where name = 'sqlite_stat1'"))
    return [file.name] if not known and file.stat().st_size > _LARGE else []
