"""A replica answers lists and reports; never who is there, never what one just wrote, and not when it is away or behind."""

import logging
import os
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.exc import InternalError

from config.settings import Settings
from lms.core import db, replica
from lms.core.db import Mode, session
from lms.enrolment.models import Cohort
from lms.people.models import SignIn
from tests.support import databases, servers
from tests.support.databases import Addresses
from tests.support.page import Visitor
from tests.support.servers import free_port
from tests.support.waiting import until
from tests.support.worlds import World

pytestmark = pytest.mark.postgresql
Visit = Callable[..., Visitor]
NAME = "lms_test_copy"


@pytest.fixture
def copy(world: World, addresses: Addresses, settings: Settings) -> Iterator[str]:
    """A second database with the same rows, but that its first cohort is called "Of the copy"; the application reads it."""
    db.disconnect()
    address = databases.copied(addresses, NAME)
    owner = databases.as_role(addresses.owner_url, "lms_owner", sa.make_url(address).database or "")
    engine = sa.create_engine(owner, poolclass=sa.NullPool)
    with engine.begin() as connection:
        renamed = update(Cohort).where(Cohort.id == world.one.cohort_id).values(name="Of the copy")
        connection.execute(renamed)
    db.connect(settings.database_url, address)
    yield address
    db.connect(settings.database_url, settings.read_database_url, settings.worker_database_url)


@pytest.fixture
def away(world: World, settings: Settings) -> Iterator[None]:
    """The application has a replica that does not answer."""
    db.connect(settings.database_url, f"postgresql+psycopg://lms_app@127.0.0.1:{free_port()}/none")
    yield
    db.connect(settings.database_url, settings.read_database_url, settings.worker_database_url)


def cohort_in(mode: Mode, world: World) -> str:
    with db.transaction(mode, world.one.tenant_id):
        return session.execute(select(Cohort.name).where(Cohort.id == world.one.cohort_id)).scalar_one()


def test_lists_and_reports_are_asked_of_the_copy_and_nothing_else(copy: str, world: World) -> None:
    assert {mode.value: cohort_in(mode, world) for mode in Mode} == {
        "read": "Cohorte CANARI-1",
        "write": "Cohorte CANARI-1",
        "list": "Of the copy",
        "report": "Of the copy",
    }


@pytest.mark.parametrize("mode", [Mode.LIST, Mode.REPORT])
def test_nobody_writes_to_the_copy(copy: str, world: World, mode: Mode) -> None:
    with pytest.raises(InternalError, match="read-only"), db.transaction(mode, world.one.tenant_id):
        session.execute(update(Cohort).values(name="x"))


@pytest.mark.parametrize("path", ["/cohorts", "/cohorts/{cohort}", "/reports"])
def test_pages_with_lists_come_from_the_copy(copy: str, world: World, visit: Visit, path: str) -> None:
    page = visit(world.one.adviser).get(path.format(cohort=world.one.cohort_id))
    assert "Of the copy" in page.words


def test_other_pages_do_not(copy: str, world: World, visit: Visit) -> None:
    page = visit(world.one.adviser).get(f"/cohorts/{world.one.cohort_id}/add")
    assert "Of the copy" not in page.words


def test_who_is_there_is_never_asked_of_the_copy(copy: str, world: World, visit: Visit) -> None:
    """The session was opened after the copy was made, and its end counts at once."""
    claire = visit(world.one.adviser)
    assert claire.get("/people").status == 200
    with db.transaction():
        session.execute(update(SignIn).values(ended_at=sa.func.now()))
    assert claire.client.get("/people").location.startswith("/sign-in")


def test_whoever_has_just_written_reads_where_it_was_written(
    copy: str, world: World, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    claire, other = visit(world.one.adviser), visit(world.one.adviser)
    form = claire.get(f"/cohorts/{world.one.cohort_id}/settings")
    token = next(i.get("value") for i in form.all("input") if i.get("name") == "csrf_token")
    answer = claire.client.post(
        f"/cohorts/{world.one.cohort_id}/settings", data={"csrf_token": token, "name": "Of Claire"}
    )
    assert answer.status_code == 302
    assert "Of Claire" in claire.get("/cohorts").words
    assert "Of the copy" in other.get("/cohorts").words, "everybody else may wait a moment"
    monkeypatch.setattr("lms.core.web.FRESH", -1)
    assert "Of the copy" in claire.get("/cohorts").words, "in the end she does, too"


def test_a_copy_that_is_away_is_told_once_and_the_original_answers(
    away: None, world: World, visit: Visit, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "lms.replica")
    claire = visit(world.one.adviser)
    for _ in range(3):
        assert "CANARI-1" in claire.get("/cohorts").text("table")
    assert cohort_in(Mode.REPORT, world) == "Cohorte CANARI-1"
    assert len(caplog.records) == 1
    assert caplog.records[0].message.startswith("the replica is not used, the main database answers for it: ")


def test_a_copy_that_fails_in_the_midst_is_replaced_within_the_page(
    copy: str, world: World, addresses: Addresses, settings: Settings, visit: Visit
) -> None:
    claire = visit(world.one.adviser)
    db.connect(settings.database_url, f"{copy}?options=-clock_timeout%3D200")
    assert "Of the copy" in claire.get("/cohorts").words
    owner = databases.as_role(addresses.owner_url, "lms_owner", sa.make_url(copy).database or "")
    with sa.create_engine(owner, poolclass=sa.NullPool).begin() as connection:
        connection.execute(text("lock table cohort"))  # the last look, a moment ago, saw nothing wrong
        assert "Cohorte CANARI-1" in claire.get("/cohorts").words


@pytest.mark.timeout(180)
def test_a_real_standby_follows_lags_and_leaves(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(replica, "_LOOK_EVERY", 0.0)
    caplog.set_level(logging.WARNING, "lms.replica")
    name = sa.make_url(settings.database_url).database or ""

    def rename(to: str) -> None:
        with db.transaction(tenant_id=world.one.tenant_id):
            session.execute(update(Cohort).where(Cohort.id == world.one.cohort_id).values(name=to))

    with servers.standby(os.environ["LMS_TEST_SERVER"]) as standby:
        db.connect(settings.database_url, databases.as_role(standby, "lms_app", name))
        engine = sa.create_engine(standby, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
        try:
            rename("first")
            patient(monkeypatch, 60.0)
            assert cohort_in(Mode.REPORT, world) == "first", "a report waits until everything is there"
            assert cohort_in(Mode.LIST, world) == "first"
            assert on_replica(Mode.REPORT) is on_replica(Mode.LIST) is True
            with engine.connect() as connection:
                connection.execute(text("select pg_wal_replay_pause()"))
                patient(monkeypatch, 1.0)
                rename("second")
                connection.execute(text("select pg_sleep(2)"))
                assert cohort_in(Mode.REPORT, world) == cohort_in(Mode.LIST, world) == "second"
                assert on_replica(Mode.REPORT) is on_replica(Mode.LIST) is False
                connection.execute(text("select pg_wal_replay_resume()"))
            patient(monkeypatch, 60.0)
            until(lambda: on_replica(Mode.REPORT), 60)  # what it replays now may cancel a question or two
            assert cohort_in(Mode.LIST, world) == "second"
        finally:
            db.disconnect_idle()
    try:
        assert cohort_in(Mode.LIST, world) == cohort_in(Mode.REPORT, world) == "second"
        assert on_replica(Mode.LIST) is False
    finally:
        db.connect(settings.database_url, settings.read_database_url, settings.worker_database_url)
    said = [record.message.partition(",")[0] for record in caplog.records]
    assert said == ["the replica is not used", "the replica answers again", "the replica is not used"]


def patient(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """So long one waits for the copy, and so far it may be behind: other tests write on the same server meanwhile."""
    monkeypatch.setattr(replica, "LIMIT", seconds)
    monkeypatch.setattr(replica, "_WAIT", seconds)


def on_replica(mode: Mode) -> bool:
    with db.transaction(mode):
        return bool(db.session().info["is_on_replica"])


def test_without_a_copy_nothing_is_written_into_the_cookie(app: Flask, world: World, visit: Visit) -> None:
    claire = visit(world.one.adviser)
    form = claire.get(f"/cohorts/{world.one.cohort_id}/settings")
    token = next(i.get("value") for i in form.all("input") if i.get("name") == "csrf_token")
    claire.client.post(f"/cohorts/{world.one.cohort_id}/settings", data={"csrf_token": token, "name": "x"})
    with claire.client.session_transaction() as cookie:
        assert "wrote" not in cookie
