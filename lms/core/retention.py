"""How long what is only a log is kept: one table, which ``LMS_KEEP_DAYS`` may change line by line, and a customer shorten.

What proves that somebody learned (events, certificates) is no log, and is not here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select

from config import settings
from config.settings import Settings, SettingsError
from lms.core import journal, post, seals
from lms.core.clock import now
from lms.core.db import session
from lms.core.jobs import Job
from lms.core.post import Mail

#: name -> days, and what goes then. docs/operations.md shows the same table.
PERIODS: dict[str, tuple[int, str]] = {
    "mail": (180, "mails that were sent or given up, with their address"),
    "proof": (2_190, "proof of convocations and reminders: to whom, when, by which way, what was answered"),
    "job": (90, "jobs that ended, with their arguments and results"),
    "journal": (
        365,
        "lines of the audit journal, from the beginning of its chain",
    ),  # people are told so: lms/core/privacy/papers.py
    "report_file": (30, "files of reports; the line that says who asked for what stays"),
    "import_file": (30, "files of people that were sent, and what was said about their lines"),
    "session": (30, "sessions that ended"),
    "mandate": (365, "mandates that are over, or were never signed"),
    "request": (1_095, "what people asked about their data, once it was answered"),
}
#: The fewest days that a customer may choose; what is not here is for the installation alone to say.
LEAST: dict[str, int] = {
    "mail": 30,
    "proof": 365,
    "job": 7,
    "journal": 182,  # CNIL, deliberation 2021-122: six months to a year
    "report_file": 1,
    "import_file": 1,
    "mandate": 182,  # as long as the lines of what was done under it
    "request": 365,
}
#: ``finder(tenant)``: days by name that this customer chose, within the transaction in hand.
Chosen = Callable[[int], Mapping[str, int]]
_chosen: Chosen | None = None  # the room of organisations knows
CHUNK = 5_000  #: rows that one statement deletes: SQLite has one writer, and others wait for it


OVER = ("sent", "failed", "posted")  #: states of messages with which nothing more happens


@dataclass(frozen=True, slots=True)
class Log:
    """Rows that go with time, tenant by tenant. ``old`` says which, with an index to find them by."""

    name: str
    model: type[Mail] | type[Job]
    old: Callable[[datetime], tuple[ColumnElement[bool], ...]]


LOGS = (
    Log("mail", Mail, lambda at: (Mail.state.in_(OVER), Mail.about == "", Mail.due_at < at)),
    Log("proof", Mail, lambda at: (Mail.state.in_(OVER), Mail.about != "", Mail.due_at < at)),
    Log("job", Job, lambda at: (Job.state.in_(("done", "failed", "cancelled")), Job.run_at < at)),
)


def days(name: str) -> int:
    """After how many days what ``name`` stands for goes in this installation."""
    return dict(settings.current().keep_days).get(name, PERIODS[name][0])


def chosen_by(finder: Chosen) -> None:
    """Who knows what a customer chose."""
    global _chosen
    _chosen = finder


def limits(name: str) -> tuple[int, int]:
    """From how many to how many days a customer may choose: never more than the installation keeps."""
    most = days(name)
    return min(LEAST[name], most), most


def days_of(name: str, tenant_id: int | None) -> int:
    """After how many days it goes for this customer: what they chose, within the limits of today."""
    if tenant_id is None or _chosen is None or name not in LEAST:
        return days(name)
    return days_chosen(name, _chosen(tenant_id))


def days_chosen(name: str, chosen: Mapping[str, int]) -> int:
    """The same for such a choice: the limits may have moved since it was made."""
    least, most = limits(name)
    return min(max(chosen.get(name, most), least), most)


def before(name: str, tenant_id: int | None = None) -> datetime:
    """The moment before which it goes, of this customer's rows or of nobody's."""
    return now() - timedelta(days=days_of(name, tenant_id))


def check(chosen: Settings) -> None:
    """Raises ``SettingsError`` where the settings name something that the table does not have."""
    for name, _days in chosen.keep_days:
        if name not in PERIODS:
            raise SettingsError(f"LMS_KEEP_DAYS knows no {name!r}; it knows {', '.join(sorted(PERIODS))}")


def forget(log: Log, tenant_id: int | None) -> int:
    """Delete at most ``CHUNK`` old rows of this tenant, or of nobody, in the current transaction; how many there were."""
    table = log.model.__table__
    mine = table.c.tenant_id.is_(None) if tenant_id is None else table.c.tenant_id == tenant_id
    chosen = select(table.c.id).where(*log.old(before(log.name, tenant_id)), mine).limit(CHUNK)
    told = Mail.key if log.model is Mail else table.c.id
    gone = delete(log.model).where(table.c.id.in_(chosen)).returning(told)
    rows = session.scalars(gone.execution_options(synchronize_session=False)).all()
    if log.model is Mail:
        post.drop_copies(rows)
    count = len(rows)
    prove(log.name, count, tenant_id)
    return count


def forget_journal(tenant_id: int | None) -> int:
    """The same for lines of the journal: they go from the beginning of their chain."""
    seals.seal(tenant_id)
    count = seals.let_go(tenant_id, before("journal", tenant_id), CHUNK)
    prove("journal", count, tenant_id)
    return count


def prove(name: str, count: int, tenant_id: int | None = None) -> None:
    """Write into the journal what went, how many, and up to which moment: in the transaction in which they go."""
    if count:
        until = before(name, tenant_id).isoformat(timespec="seconds")
        journal.note("purged", tenant_id=tenant_id, what=name, rows=count, before=until)
