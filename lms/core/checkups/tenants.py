"""On PostgreSQL, the database itself keeps the customers apart: its roles are bound, and every table is guarded."""

from collections.abc import Iterator

from config import settings
from lms.core import db, roles
from lms.core.db import Mode, session
from lms.core.doctor import Checkup, Finding
from lms.core.i18n import gettext as _


class WallsCheckup(Checkup):
    """The database keeps the customers apart."""

    name = "walls"
    needs = "migrations"

    def findings(self) -> Iterator[Finding]:
        chosen = settings.current()
        if not chosen.database_url.startswith("postgresql"):
            return
        if not roles.walls_are_wanted(chosen):
            yield Finding(
                _("Row-level security is off: one role owns the tables and works on them."),
                _("Make three roles and name them in the settings. See docs/postgresql.md."),
                is_warning=True,
            )
            return
        with db.transaction(Mode.READ):
            connection = session.connection()
            reason, bare = roles.why_unbound(connection), roles.tables_without_wall(connection)
        if reason:
            yield Finding(
                _("LMS_DATABASE_URL: %(reason)s, so that nothing keeps the customers apart.", reason=reason),
                _("Name a role that owns nothing, without SUPERUSER and BYPASSRLS."),
            )
        for table in bare:
            yield Finding(
                _("The table %(table)s has rows of customers and no policy.", table=table),
                _("Run `flask db upgrade`; if it stays so, a migration forgot to guard it."),
            )
        yield from self._queues()

    def _queues(self) -> Iterator[Finding]:
        with db.transaction(Mode.READ, of_all=True):
            connection = session.connection()
            reason, sees = roles.why_unbound(connection), roles.sees_queues(connection)
        if reason:
            yield Finding(
                _("LMS_WORKER_DATABASE_URL: %(reason)s.", reason=reason),
                _("Name a role that owns nothing, without SUPERUSER and BYPASSRLS."),
            )
        elif not sees:
            yield Finding(
                _("The workers' role does not see the jobs and mails of the customers."),
                _("Name it in LMS_WORKER_DATABASE_URL, then run `flask db upgrade` as the owner."),
            )
