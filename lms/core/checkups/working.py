"""Somebody does the work that is done later."""

from collections.abc import Iterator

from lms.core import beats, db
from lms.core.db import Mode
from lms.core.doctor import Checkup, Finding
from lms.core.i18n import gettext as _


class WorkerCheckup(Checkup):
    """A worker gives signs of life."""

    name = "worker"
    needs = "migrations"

    def findings(self) -> Iterator[Finding]:
        with db.transaction(Mode.READ):
            is_working = beats.is_anyone_working()
        if not is_working:
            yield Finding(
                _("No worker gives a sign of life: files, certificates and mails wait."),
                _("Start one: `flask jobs work`."),
            )
