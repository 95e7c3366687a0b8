"""What waits goes out: jobs, mails."""

from collections.abc import Iterator

from lms.core import db, queries
from lms.core.db import Mode
from lms.core.doctor import Checkup, Finding
from lms.core.i18n import gettext as _

JOBS, MAILS = 10, 15  #: minutes after which something that waits is stuck


class QueueCheckup(Checkup):
    """Jobs and mails do not wait for long."""

    name = "queues"
    needs = "worker"

    def findings(self) -> Iterator[Finding]:
        with db.transaction(Mode.READ, of_all=True):
            work = queries.waiting_work()
        if work.oldest_job > JOBS * 60:
            yield Finding(
                _("A job has been waiting for %(minutes)s minutes.", minutes=int(work.oldest_job / 60)),
                _("Start more workers (`flask jobs work --concurrency 4`), and look at `flask jobs list`."),
                is_warning=True,
            )
        if work.oldest_mail > MAILS * 60:
            yield Finding(
                _("A mail has been waiting for %(minutes)s minutes.", minutes=int(work.oldest_mail / 60)),
                _("Check LMS_SMTP_URL and the mail server; the mails leave by themselves once it answers."),
                is_warning=True,
            )
