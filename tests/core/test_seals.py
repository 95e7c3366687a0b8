"""The journal's chain: nothing is changed, taken out or put in without the doctor naming it, and the database says no."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from config import settings as house
from config.settings import Settings
from lms.core import anchors, db, jobs, journal, retention, seals
from lms.core.clock import now
from lms.core.db import Mode, session
from lms.core.doctor import Checkup
from lms.core.journal import Entry, Oneself
from lms.core.seals import Fault, Head, Looked
from lms.core.tenants import Tenant
from tests.support.sight import everything
from tests.support.tampering import tamper


@pytest.fixture(autouse=True)
def var(app: Flask, settings: Settings, tmp_path: Path) -> Iterator[Path]:
    """Each test has its own anchors, and two customers."""
    house.use(replace(settings, var=tmp_path))
    with everything():
        session.add_all([Tenant(id=1, name="Agence Nord"), Tenant(id=2, name="Agence Sud")])
    yield tmp_path
    house.use(settings)


def written(lines: int, tenant_id: int | None = 1) -> None:
    with db.transaction(tenant_id=tenant_id):
        for n in range(lines):
            journal.note("enrolled", Oneself(9, 7), cohort=n, people=[1, 2], why="été")


def sealed(tenant_id: int | None = 1) -> int:
    with db.transaction(tenant_id=tenant_id):
        return seals.seal(tenant_id)


def looked(tenant_id: int | None = 1) -> Looked:
    with db.transaction(Mode.READ, tenant_id):
        return seals.check(tenant_id)


def fault(tenant_id: int | None = 1) -> Fault:
    found = looked(tenant_id).fault
    assert found is not None
    return found


def doctor() -> list[str]:
    found = [one.wrong for one in Checkup.registered["journal"]().findings()]
    db.session.remove()
    return found


def lines(tenant_id: int | None = 1) -> list[Entry]:
    with db.transaction(Mode.READ, tenant_id):
        return list(session.scalars(select(Entry).order_by(Entry.id)))


@pytest.mark.parametrize("tenant_id", [1, None])
def test_a_chain_that_nobody_touched_holds(tenant_id: int | None) -> None:
    written(3, tenant_id)
    assert (looked(tenant_id).sealed, looked(tenant_id).waiting) == (0, 3)
    assert (sealed(tenant_id), sealed(tenant_id)) == (3, 0)
    written(2, tenant_id)
    assert sealed(tenant_id) == 2
    written(1, tenant_id)
    found = looked(tenant_id)
    assert (found.sealed, found.waiting, found.fault) == (5, 1, None)
    assert [line.number for line in lines(tenant_id)] == [1, 2, 3, 4, 5, None]


def test_each_customer_has_a_chain_of_its_own() -> None:
    for tenant_id in (1, 2, None):
        written(2, tenant_id)
        sealed(tenant_id)
    tamper("update journal_entry set verb = 'x' where tenant_id = 2 and number = 1")
    assert [looked(one).fault is None for one in (1, 2, None)] == [True, False, True]
    (said,) = doctor()
    assert said.startswith("Agence Sud")


@pytest.mark.parametrize(
    "change",
    [
        "verb = 'read'", "person_id = 8", "account_id = 1", "subject_id = 3", "for_id = 3", "details = '{}'",
        "at = '2026-01-01 00:00:00+00'", "mark = ''", "hash = 'x'",
    ],
)  # fmt: skip
@pytest.mark.parametrize("number", [1, 2, 4])
def test_a_line_that_was_changed_is_named(change: str, number: int) -> None:
    written(3)
    sealed()
    written(1)  # the fourth is not sealed yet
    which = lines()[number - 1].id
    tamper(f"update journal_entry set {change} where id = {which}")
    if number == 4 and change == "hash = 'x'":
        return  # nothing was said of the line: its hash is written when it is sealed
    found = fault()
    assert (found.entry_id, found.number) == (which, number if number < 4 else None)
    (said,) = doctor()
    assert f"id {which}" in said


@pytest.mark.parametrize("number", [1, 2])
def test_a_line_that_was_taken_out_is_named(number: int) -> None:
    written(3)
    sealed()
    tamper(f"delete from journal_entry where number = {number}")
    assert (fault().reason, fault().number) == ("missing", number)
    assert doctor() == [f"Agence Nord\u00a0: la ligne {number} du journal manque."]


def test_the_last_lines_taken_out_are_told_by_the_head() -> None:
    written(3)
    sealed()
    tamper("delete from journal_entry where number > 1")
    assert (fault().reason, fault().number) == ("missing", 2)


def test_a_head_that_was_moved_is_told() -> None:
    written(3)
    sealed()
    first = lines()[0].hash
    tamper(
        "delete from journal_entry where number > 1",
        f"update journal_head set number = 1, hash = '{first}'",
    )
    assert fault().reason == "head", "nobody can sign one without the key"
    tamper("delete from journal_head")
    assert fault().reason == "head"


def test_an_old_head_put_back_is_told_by_the_anchor_alone(var: Path) -> None:
    written(1)
    sealed()
    with everything(Mode.READ):
        old = dict(session.execute(select(Head.__table__)).one()._mapping)
    written(2)
    sealed()
    tamper(
        "delete from journal_entry where number > 1",
        f"update journal_head set number = 1, hash = '{old['hash']}', mark = '{old['mark']}'",
    )
    assert (fault().reason, fault().number) == ("missing", 2)
    (var / "journal-anchors.json").unlink()
    assert looked().fault is None, (
        "what cannot be had: who also takes the file away leaves the log alone to tell"
    )


@pytest.mark.parametrize("number", ["null", "4", "2"])
def test_a_line_that_was_put_in_is_named(number: str) -> None:
    written(3)
    sealed()
    which = lines()[2].id + 5
    renumbered = ["update journal_entry set number = number + 10 where number >= 2"] if number == "2" else []
    tamper(
        *renumbered,
        "insert into journal_entry (id, tenant_id, at, verb, details, mark, number, hash) values"
        f" ({which}, 1, '2026-11-30 08:00:00', 'signed-in', '{{}}', 'x', {number}, 'x')",
    )
    assert fault().entry_id == which
    assert f"id {which}" in doctor()[0]


def test_a_line_that_was_copied_is_named() -> None:
    written(2)
    which = lines()[-1].id + 5
    copied = "tenant_id, at, account_id, person_id, verb, details, mark"
    tamper(
        f"insert into journal_entry (id, {copied}) select {which}, {copied} from journal_entry"
        " where id = (select min(id) from journal_entry)"
    )
    assert (fault().reason, fault().entry_id) == ("doubled", which)


def test_a_chain_written_anew_without_the_key_is_told() -> None:
    written(3)
    sealed()
    with everything(Mode.READ):
        rows = session.execute(select(Entry.__table__).order_by(Entry.__table__.c.id)).all()
    changes, last = [], ""
    for row in rows:
        said = row._asdict() | {"verb": "x"}
        changed = type("Row", (), {**said, "_mapping": said})()
        last = seals.fingerprint(changed, row.number, last)
        changes.append(f"update journal_entry set verb = 'x', hash = '{last}' where id = {row.id}")
    tamper(*changes, f"update journal_head set hash = '{last}'")
    assert fault().reason == "head"


@pytest.mark.parametrize(
    "statement",
    [
        "update journal_entry set verb = 'x'", "update journal_entry set number = null, hash = null",
        "update journal_entry set number = 7, hash = 'x', verb = 'x' where number is null",
        "update journal_entry set at = '2026-01-01 00:00:00+00'", "update journal_entry set details = '{}'",
        "delete from journal_entry", "delete from journal_entry where number is null",
        "delete from journal_entry where number = 1", "delete from journal_head",
        "update journal_head set number = 0", "update journal_head set let_go = 99",
        "insert into journal_entry (id, tenant_id, at, verb, details, mark, number) values (99, 1, '2026-11-30 08:00', '', '{}', '', 9)",
    ],
)  # fmt: skip
def test_the_database_itself_refuses(statement: str) -> None:
    written(2)
    sealed()
    written(1)
    for arranged in (db.transaction(tenant_id=1), everything()):
        with pytest.raises(DBAPIError, match="journal_"), arranged:
            session.execute(text(statement))
    assert [line.verb for line in lines()] == ["enrolled"] * 3
    assert looked().fault is None


@pytest.mark.postgresql
def test_no_table_is_emptied_at_once() -> None:
    written(1)
    with pytest.raises(DBAPIError, match="journal_entry"), everything():
        session.execute(text("truncate journal_entry"))


def test_a_guard_that_is_gone_is_told() -> None:
    switched = "alter table journal_entry {} trigger journal_entry_update"
    away = switched.format("disable") if db.is_postgresql() else "drop trigger journal_entry_update"
    with everything():
        session.execute(text(away))
    try:
        (said,) = doctor()
        assert "journal_entry_update" in said
    finally:
        if db.is_postgresql():  # SQLite's is laid anew after each test
            with everything():
                session.execute(text(switched.format("enable")))


def test_what_is_old_goes_from_the_beginning_and_leaves_a_proof() -> None:
    with db.transaction(tenant_id=1):
        journal.note("enrolled", Oneself(9, 7), cohort=1)
    written(1)
    sealed()
    first = lines()[0].at
    with db.transaction(tenant_id=1):
        assert seals.let_go(1, first + timedelta(microseconds=1), 10) == 1
    assert (looked().sealed, looked().fault) == (1, None)
    written(1)
    sealed()
    assert [line.number for line in lines()] == [2, 3]
    assert looked().fault is None


def test_the_nights_purge_says_what_went(monkeypatch: pytest.MonkeyPatch) -> None:
    written(3)
    sealed()
    monkeypatch.setattr(retention, "before", lambda *_whose: now() + timedelta(seconds=1))
    with db.transaction(tenant_id=1):
        assert retention.forget_journal(1) == 3
    (line,) = lines()
    assert (line.verb, line.details["what"], line.details["rows"]) == ("purged", "journal", 3)
    sealed()
    assert (looked().sealed, looked().fault) == (1, None)
    assert lines()[0].number == 4


def test_the_duty_seals_every_chain_in_bites(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seals, "BITE", 2)
    for tenant_id in (1, 2, None):
        written(5, tenant_id)
    with db.transaction():
        jobs.later("core.seal_journal", unique_key="now")
    run = jobs.claim("here:1")
    assert run is not None
    run.run()
    db.session.remove()
    assert [(looked(one).sealed, looked(one).waiting) for one in (1, 2, None)] == [(5, 0)] * 3
    assert {chain: number for chain, (number, _hash) in anchors.known().items()} == {0: 5, 1: 5, 2: 5}
    assert doctor() == []


def test_the_doctor_says_how_far_it_is_sealed() -> None:
    written(2)
    sealed()
    written(1)
    checkup = Checkup.registered["journal"]()
    assert list(checkup.findings()) == []
    db.session.remove()
    assert checkup.summary() == "2 lignes sont scellées, 1 attendent leur sceau"


def test_lines_that_nobody_seals_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    written(1)
    monkeypatch.setattr("lms.core.checkups.journal.now", lambda: now() + timedelta(hours=1))
    (finding,) = Checkup.registered["journal"]().findings()
    db.session.remove()
    assert finding.is_warning
    assert "attendent leur sceau" in finding.wrong


def test_lines_from_before_are_taken_as_they_are() -> None:
    """What stood there when the journal got its chain has no mark; what is put in later without one is told."""
    tamper(
        "insert into journal_entry (id, tenant_id, at, verb, details, mark)"
        " values (5, 1, '2026-11-01 08:00:00', 'signed-in', '{}', '')",
        "insert into journal_head values (1, 1, 0, '', 0, '', 5, '')",
    )
    assert looked().fault is None
    sealed()
    assert (looked().sealed, looked().fault) == (1, None)
    tamper(
        "insert into journal_entry (id, tenant_id, at, verb, details, mark)"
        " values (6, 1, '2026-11-01 08:00:00', 'signed-in', '{}', '')"
    )
    assert fault().entry_id == 6
