"""The journal is as it was written: no line changed, taken out or put in, in any customer's chain."""

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import select, text

from lms.core import db, seals, walls
from lms.core.clock import now
from lms.core.db import Mode, session
from lms.core.doctor import Checkup, Finding
from lms.core.i18n import gettext as _
from lms.core.i18n import moment, number_
from lms.core.seals import Fault, Looked
from lms.core.tenants import Tenant

_LATE = timedelta(minutes=30)  #: a line that waits longer for its seal waits for a worker
_GUARDS = {
    "journal_entry_insert", "journal_entry_update", "journal_entry_delete", "journal_head_update", "journal_head_delete",
}  # fmt: skip
_STANDING = {
    "postgresql": "select tgname from pg_trigger where tgenabled <> 'D' and not tgisinternal",
    "sqlite": "select name from sqlite_master where type = 'trigger'",
}


class JournalCheckup(Checkup):
    """Every line of the journal, and the guards that keep it."""

    name = "journal"
    needs = "migrations"

    def __init__(self) -> None:
        self._sealed = 0
        self._waiting = 0

    def findings(self) -> Iterator[Finding]:
        with db.transaction(Mode.READ):
            asked = text(_STANDING[session.get_bind().dialect.name])
            fallen = sorted(_GUARDS - set(session.scalars(asked)))
            tenants = [None, *walls.every_tenant()]
        for guard in fallen:
            yield Finding(
                _("The database does not guard the journal any more: %(guard)s is gone.", guard=guard),
                _(
                    "Find out who took it away. The migration that made the journal’s guards says how it stood."
                ),
            )
        for tenant_id in tenants:
            with db.transaction(Mode.REPORT, tenant_id):
                found, whose = seals.check(tenant_id), _whose(tenant_id)
            self._sealed += found.sealed
            self._waiting += found.waiting
            yield from _of(found, whose)

    def summary(self) -> str:
        return _(
            "%(sealed)s lines are sealed, %(waiting)s wait for their seal",
            sealed=number_(self._sealed), waiting=number_(self._waiting),
        )  # fmt: skip


def _of(found: Looked, whose: str) -> Iterator[Finding]:
    if found.fault is not None:
        yield Finding(
            _("%(whose)s: %(fault)s", whose=whose, fault=_told(found.fault)),
            _(
                "Nothing in the application does this: look at who may write in the database, and compare with a backup."
                " After a backup was taken back by other means than ours, remove journal-anchors.json from LMS_VAR."
            ),
        )
    elif found.waiting_since is not None and found.waiting_since < now() - _LATE:
        yield Finding(
            _(
                "%(whose)s: %(lines)s lines of the journal wait for their seal since %(moment)s.",
                whose=whose, lines=number_(found.waiting), moment=moment(found.waiting_since, "long"),
            ),
            _("Start a worker: it seals the journal every five minutes."),
            is_warning=True,
        )  # fmt: skip


def _told(fault: Fault) -> str:
    """The first line that is not as it was written, by its number in the chain, its id, its verb and its time."""
    if fault.reason == "head":
        return _("the head of the journal’s chain was changed or removed.")
    if fault.reason == "missing":
        return _("line %(number)s of the journal is missing.", number=fault.number)
    if fault.at is None:
        return _("line %(number)s of the journal was changed.", number=fault.number)
    place = _("number %(number)s", number=fault.number) if fault.number else _("not sealed yet")
    named = f"{place}, id {fault.entry_id}, {fault.verb}, {fault.at.isoformat(timespec='seconds')}"
    if fault.reason == "altered":
        return _("a line of the journal was changed: %(line)s.", line=named)
    if fault.reason == "doubled":
        return _("a line of the journal stands there twice: %(line)s.", line=named)
    return _("a line of the journal was put in, or changed, by somebody else: %(line)s.", line=named)


def _whose(tenant_id: int | None) -> str:
    if tenant_id is None:
        return _("What belongs to no customer")
    return session.scalar(select(Tenant.name).where(Tenant.id == tenant_id)) or str(tenant_id)
