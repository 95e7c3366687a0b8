"""The database answers, and its tables are those of this version."""

from collections.abc import Iterator

from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from config import settings
from lms.core import db, roles
from lms.core.db import Mode, session
from lms.core.doctor import Checkup, Finding, first_words
from lms.core.i18n import gettext as _


class DatabaseCheckup(Checkup):
    """The database answers."""

    name = "database"

    def findings(self) -> Iterator[Finding]:
        try:
            with db.transaction(Mode.READ):
                session.execute(text("select 1"))
        except db.AWAY as error:
            yield Finding(
                _("The database does not answer: %(said)s", said=first_words(error)),
                _("Check that it runs, and LMS_DATABASE_URL: address, role and password."),
            )
        except roles.Unbound as error:
            yield Finding(str(error), _("Name a role that owns nothing, without SUPERUSER and BYPASSRLS."))


class MigrationsCheckup(Checkup):
    """The tables are those of this version."""

    name = "migrations"
    needs = "database"

    def findings(self) -> Iterator[Finding]:
        newest = ScriptDirectory(str(settings.ROOT / "migrations")).get_current_head()
        with db.transaction(Mode.READ):
            there = inspect(session.connection()).has_table("alembic_version")
            now = session.scalar(text("select version_num from alembic_version")) if there else None
        if now != newest:
            yield Finding(
                _(
                    "The tables stand at %(now)s, this version wants %(newest)s.",
                    now=now or _("nothing"),
                    newest=newest,
                ),
                _("Run `flask db upgrade`."),
            )
