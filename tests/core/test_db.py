"""The rules of ``core.db`` and ``core.web``: modes, apart, failing commits, streams, time-outs."""

import sqlite3
import threading
from collections.abc import Callable, Iterator

import pytest
from flask import Flask, Response, stream_with_context
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError, OperationalError
from werkzeug.test import TestResponse

from config.settings import Settings
from lms.app import create_app
from lms.core import db, journal
from lms.core.db import Mode, session
from lms.core.errors import Refused
from lms.core.journal import Entry
from lms.core.tenants import Tenant
from lms.core.web import Room, anyone
from lms.people.models import Person
from tests.support.databases import Addresses
from tests.support.sight import everything


def verbs() -> list[str]:
    with everything(Mode.READ):
        return list(session.scalars(select(Entry.verb).order_by(Entry.id)))


def tenants() -> int:
    with db.transaction(Mode.READ):
        return session.execute(select(func.count()).select_from(Tenant)).scalar_one()


class No(Refused):
    """Never."""


def _misbehaving() -> Room:
    room = Room("probe")

    @room.get("/probe/get-writes", may=anyone)
    def get_writes() -> str:
        session.add(Tenant(name="x"))
        return "written"

    @room.post("/probe/refused", may=anyone)
    def refused() -> str:
        session.add(Tenant(name="x"))
        session.flush()  # so that there is something to roll back
        journal.note_refusal("refused", tenant_id=1, why="no")
        raise No("Not today.")

    @room.post("/probe/said-no", may=anyone)
    def said_no() -> tuple[str, int]:
        session.add(Tenant(name="x"))
        return "no", 422

    @room.post("/probe/bad-commit", may=anyone)
    def bad_commit() -> str:
        session.add(Person(tenant_id=404, first_name="A", last_name="B", sort_name="b a"))
        return "fine"

    @room.get("/probe/stream", may=anyone)
    def stream() -> Response:
        def rows() -> Iterator[str]:
            yield str(session.execute(select(func.count()).select_from(Tenant)).scalar_one())

        return Response(stream_with_context(rows()))

    return room


@pytest.fixture
def client(app: Flask, settings: Settings) -> Callable[[str, str], TestResponse]:
    """``client("POST", path)`` against an application with pages that misbehave."""
    probe = create_app(settings)
    probe.register_blueprint(_misbehaving().blueprint)
    probe.config.update(WTF_CSRF_ENABLED=False, TESTING=False)
    return lambda method, path: probe.test_client().open(path, method=method)


def test_a_get_cannot_write(client: Callable[[str, str], TestResponse]) -> None:
    assert client("GET", "/probe/get-writes").status_code in (500, 503)
    assert tenants() == 0


def test_a_refusal_leaves_only_what_was_put_apart(client: Callable[[str, str], TestResponse]) -> None:
    answer = client("POST", "/probe/refused")
    assert answer.status_code == 409
    assert "Not today." in answer.get_data(as_text=True)
    assert tenants() == 0
    assert verbs() == ["refused"]


def test_an_answer_of_422_keeps_nothing(client: Callable[[str, str], TestResponse]) -> None:
    assert client("POST", "/probe/said-no").status_code == 422
    assert tenants() == 0


def test_a_failing_commit_is_a_500_without_a_cookie(client: Callable[[str, str], TestResponse]) -> None:
    answer = client("POST", "/probe/bad-commit")
    assert answer.status_code == 500
    assert "Set-Cookie" not in answer.headers


def test_a_stream_reads_after_the_commit(client: Callable[[str, str], TestResponse]) -> None:
    assert client("GET", "/probe/stream").get_data(as_text=True) == "0"


def test_work_put_apart_would_wait_for_itself_if_it_were_done_at_once(
    app: Flask, on_postgresql: bool
) -> None:
    """Why ``apart`` waits: inside, on SQLite, it would be locked out by its own request."""
    if on_postgresql:
        pytest.skip("PostgreSQL has many writers")
    with db.transaction():
        session.add(Tenant(name="x"))
        session.flush()  # takes the writer's place
        other = sqlite3.connect(session.get_bind().engine.url.database or "", timeout=0.05)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()


@pytest.fixture
def hurried(app: Flask, addresses: Addresses, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A process whose readers have one second."""
    monkeypatch.setitem(db.SECONDS, Mode.READ, 1)
    db.connect(addresses.app_url, worker_url=addresses.worker_url)
    yield
    monkeypatch.undo()
    db.connect(addresses.app_url, worker_url=addresses.worker_url)


@pytest.mark.usefixtures("hurried")
def test_a_statement_that_takes_too_long_is_stopped() -> None:
    endless = (
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 1000000000)"
        " select count(*) from n"
    )
    with pytest.raises(OperationalError) as caught, db.transaction(Mode.READ):
        session.execute(text(endless))
    assert db.too_slow(caught.value)


def test_a_writer_cannot_become_something_else(app: Flask) -> None:
    with db.transaction(Mode.WRITE):
        session.execute(select(1))
        with pytest.raises(RuntimeError):
            db.begin(Mode.READ)


def test_readers_that_become_writers_never_meet_a_lock(app: Flask) -> None:
    """Read then write, four at once: with a plain BEGIN three quarters of these failed on SQLite."""
    with db.transaction():
        session.add(Tenant(name="counter"))
    faults: list[str] = []

    def work() -> None:
        for _ in range(10):
            try:
                with db.transaction():
                    session.execute(select(Tenant.name)).all()
                    session.execute(text("update tenant set name = name"))
            except OperationalError as error:
                faults.append(str(error))
        session.remove()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def test_no_row_points_into_another_tenant(app: Flask) -> None:
    from tests.support import worlds

    world = worlds.make()
    from lms.organisations.models import Membership, Role

    with pytest.raises(IntegrityError), db.transaction(tenant_id=world.one.tenant_id):
        session.add(
            Membership(
                tenant_id=world.one.tenant_id,
                person_id=world.two.learner.person_id,
                organisation_id=world.one.agency_id,
                role=Role.LEARNER,
            )
        )
