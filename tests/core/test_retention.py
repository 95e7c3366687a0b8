"""What is only a log goes with time, in small bites; what is not, stays."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from config import settings as house
from config.settings import ROOT, Settings, SettingsError
from lms.core import db, jobs, retention
from lms.core.clock import now
from lms.core.db import Mode, session
from lms.core.jobs import Job
from lms.core.journal import Entry
from lms.core.post import Mail
from lms.core.tenants import Tenant


def forget() -> None:
    """The night's work."""
    with db.transaction():
        jobs.later("core.forget_logs", unique_key=f"night-{now().isoformat()}")
    run = jobs.claim("here:1")
    assert run is not None
    run.run()
    db.session.remove()


def count(model: type[Mail] | type[Job]) -> int:
    with db.transaction(Mode.READ, of_all=True):
        return session.execute(select(func.count()).select_from(model)).scalar_one()


def lines(tenant_id: int | None) -> int:
    """Of the journal, of this tenant or of nobody."""
    with db.transaction(Mode.READ, tenant_id):
        mine = Entry.tenant_id.is_(None) if tenant_id is None else Entry.tenant_id == tenant_id
        mine &= Entry.verb == "a"
        return session.execute(select(func.count()).select_from(Entry).where(mine)).scalar_one()


def proofs(tenant_id: int | None) -> dict[str, int]:
    """What the journal of this tenant says went."""
    with db.transaction(Mode.READ, tenant_id):
        mine = Entry.tenant_id.is_(None) if tenant_id is None else Entry.tenant_id == tenant_id
        found = session.scalars(select(Entry.details).where(mine, Entry.verb == "purged"))
        return {one["what"]: one["rows"] for one in found}


def test_each_log_is_kept_as_long_as_the_table_says(app: Flask) -> None:
    with db.transaction():
        session.add_all([Tenant(id=1, name="a"), Tenant(id=2, name="b")])
    for log, days in (("mail", 180), ("job", 90), ("journal", 365)):
        assert retention.days(log) == days
    with db.transaction(tenant_id=1):
        for n, age in enumerate((1, 89, 91, 179, 181, 364, 366)):
            at = now() - timedelta(days=age)
            for state in ("sent", "failed", "waiting"):
                session.add(
                    Mail(tenant_id=1, key=f"{state}{n}", kind="a", address="a@b.fr", state=state, due_at=at)
                )
            for state in ("done", "failed", "cancelled", "running"):
                lease = now() + timedelta(hours=1)
                session.add(Job(tenant_id=1, kind="a", state=state, run_at=at, lease_until=lease))
    for tenant_id in (1, 2, None):
        with db.transaction(tenant_id=tenant_id):
            for age in (366, 364):  # as they were written
                session.add(Entry(tenant_id=tenant_id, verb="a", at=now() - timedelta(days=age)))
    forget()
    assert count(Mail) == 7 + 2 * 4, "what waits never goes; of the others those of up to 179 days stay"
    assert count(Job) == 7 + 3 * 2 + 1, "and the night's own"
    assert [lines(tenant_id) for tenant_id in (1, 2, None)] == [1, 1, 1], "of every tenant, and of nobody"
    assert proofs(1) == {"mail": 7 * 2 - 8, "job": 7 * 3 - 6, "journal": 1}
    assert (proofs(2), proofs(None)) == ({"journal": 1}, {"journal": 1})


def test_it_goes_in_bites(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "CHUNK", 10)
    old = now() - timedelta(days=400)
    with db.transaction():
        session.add_all(
            [Mail(key=str(n), kind="a", address="a@b.fr", state="sent", due_at=old) for n in range(35)]
        )
    forget()
    assert count(Mail) == 0
    with db.transaction(Mode.READ, of_all=True):
        assert session.scalars(select(Job.progress)).one() == 35


def test_an_installation_may_keep_otherwise(app: Flask, settings: Settings) -> None:
    house.use(replace(settings, keep_days=(("mail", 7),)))
    try:
        assert (retention.days("mail"), retention.days("job")) == (7, 90)
    finally:
        house.use(settings)
    with pytest.raises(SettingsError, match="knows no 'mails'; it knows import_file, job"):
        retention.check(replace(settings, keep_days=(("mails", 7),)))


def test_the_papers_show_the_same_table() -> None:
    paper = (ROOT / "docs/operations.md").read_text("utf-8")
    for name, (days, what) in retention.PERIODS.items():
        least = f" {retention.LEAST[name]} |" if name in retention.LEAST else " |"
        assert f"| `{name}` | {days} | {what} |{least}\n" in paper
