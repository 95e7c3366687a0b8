"""An import of 2,000 people and its mail run of 200, while everybody who works on it is killed with -9 at random moments.

The programs are those of an installation, with its leases. No row is lost or doubled, and progress tells the truth. No mail is lost;
one is doubled only where the kill falls between the server's answer and our mark, and then under the same Message-ID.
"""

import math
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from email import message_from_bytes
from io import BytesIO
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from flask import Flask
from sqlalchemy import Connection, Engine, NullPool, create_engine, func, select, text
from sqlalchemy.exc import DBAPIError

from config.settings import Settings
from lms.core import db
from lms.core.db import Mode, session
from lms.core.jobs import Job
from lms.core.post import Mail
from lms.enrolment.models import Batch, Cohort, Enrolment, ImportRun, ImportState, Member, StagedRow
from lms.enrolment.services import ask_to_write, receive_file
from lms.organisations.actor import Actor
from lms.organisations.queries import actor_by_key
from tests.enrolment.test_imports import crowd
from tests.support import brokers, worlds
from tests.support.brokers import Broker
from tests.support.crews import Crew
from tests.support.servers import free_port
from tests.support.worlds import World

FULL = int(os.environ.get("KILLS", "50"))
PEOPLE, MAILS = 2000, 200
LIMIT = 120.0  #: seconds until a job counts as stuck, and mails that none leaves
ENGINES: dict[str, Callable[[], AbstractContextManager[Broker | None]]] = {
    "embedded": nullcontext,
    "redis": brokers.redis,
    "rabbitmq": brokers.rabbitmq,
}


class Box:
    """A mail server that counts what it took, by Message-ID."""

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.taken[str(message_from_bytes(envelope.content)["Message-ID"])] += 1
        return "250 OK"


@pytest.fixture
def box() -> Iterator[tuple[Box, str]]:
    """The server, and its address."""
    kept, port = Box(), free_port()
    controller = Controller(kept, hostname="127.0.0.1", port=port)
    controller.start()
    yield kept, f"smtp://127.0.0.1:{port}"
    controller.stop()


@pytest.fixture
def durable(app: Flask, settings: Settings) -> Iterator[Settings]:
    """The settings, with a PostgreSQL that waits for its disk: what was answered outlives the fall of the server."""
    if not settings.database_url.startswith("postgresql"):
        yield settings
        return
    on = "?options=-csynchronous_commit%3Don"
    db.connect(settings.database_url + on, worker_url=settings.worker_database_url + on)
    yield replace(
        settings,
        database_url=settings.database_url + on,
        worker_database_url=settings.worker_database_url and settings.worker_database_url + on,
    )
    db.connect(settings.database_url, worker_url=settings.worker_database_url)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("engine", ENGINES)
def test_in_full(durable: Settings, world: World, box: tuple[Box, str], engine: str) -> None:
    survives(world, durable, box, engine, FULL, databases_fall=durable.database_url.startswith("postgresql"))


@pytest.mark.timeout(300)
def test_shortly(app: Flask, world: World, settings: Settings, box: tuple[Box, str]) -> None:
    survives(world, settings, box, "embedded", 2)


def survives(
    world: World,
    settings: Settings,
    box: tuple[Box, str],
    engine: str,
    kills: int,
    databases_fall: bool = False,
) -> None:
    """One import after the other, each killed while it is checked and again while it is written."""
    server, address = box
    chance, claire, killed = random.Random(7), _claire(world), Counter[str]()
    sent: list[int] = []
    with ENGINES[engine]() as broker, Crew(replace(settings, smtp_url=address), broker, is_real=True) as crew:
        while killed.total() < kills:
            sent.append(_send(world, claire, len(sent)))
            checking = _job_of(world, sent[-1])
            killed[_strike(crew, chance, databases_fall)] += 1
            _over(world, checking)
            with db.transaction(tenant_id=world.one.tenant_id):
                job_id = ask_to_write(session.get_one(ImportRun, sent[-1]), claire, valid_rows=False)
            killed[_strike(crew, chance, databases_fall)] += 1
            _over(world, job_id)
        _all_leave(world)
    expected = len(sent) * MAILS
    double = server.taken.total() - len(server.taken)
    print(
        f"\n{engine}: {killed.total()} kills {dict(killed)}, {len(sent)} imports of {PEOPLE} rows, {expected} mails:"
        f" lost {expected - len(server.taken)}, double {double}"
    )
    assert _mails(world) == expected == len(server.taken), "no mail is lost, none is made up"
    assert double <= killed.total(), "at most the one in hand, each time"
    for import_id in sent:
        _is_whole(world, import_id)


def _strike(crew: Crew, chance: random.Random, databases_fall: bool) -> str:
    """Kill somebody at some moment of the next seconds, and start again who was killed."""
    time.sleep(chance.random() * 2.5)
    if databases_fall and chance.random() < 0.15:
        return _kill_backend(chance)
    names = sorted(crew.running)
    name, how = chance.choice(names), chance.choice(("child", "parent", "family"))
    if crew.broker and chance.random() < 0.15:
        name, how = "broker", "whole"
        crew.broker.kill()
    elif how == "child":
        crew.kill_child(name, chance)
    else:
        crew.kill(name, alone=how == "parent")
    crew.start()
    return f"{name}: {how}"


def _kill_backend(chance: random.Random) -> str:
    """One process of PostgreSQL that serves the application: the server ends all others, recovers and goes on.

    Comes back when it does: what follows asks it as this test, not as an application that tries again.
    """
    serving = text("select pid from pg_stat_activity where usename in ('lms_app', 'lms_worker') order by pid")
    engine = create_engine(os.environ["LMS_TEST_SERVER"], poolclass=NullPool)
    with suppress(DBAPIError), engine.connect() as connection:
        found = list(connection.scalars(serving))
        if found:
            os.kill(chance.choice(found), signal.SIGKILL)
            _until(lambda: _is_cut(connection), "the server ends its others")
    _until(lambda: _answers(engine), "the server is there again")
    session.remove()
    return "PostgreSQL: one backend"


def _is_cut(connection: Connection) -> bool:
    try:
        connection.execute(text("select 1"))
    except DBAPIError:
        return True
    return False


def _answers(engine: Engine) -> bool:
    try:
        with engine.connect():
            return True
    except DBAPIError:
        return False


def _is_whole(world: World, import_id: int) -> None:
    with db.transaction(Mode.READ, world.one.tenant_id):
        sent = session.get_one(ImportRun, import_id)
        job = session.get_one(Job, sent.job_id)
        assert (sent.state, sent.report["imported"], job.state) == (ImportState.DONE, PEOPLE, "done"), (
            job.error
        )
        assert (job.progress, job.total) == (PEOPLE, PEOPLE)
        cohort = session.scalars(select(Cohort).where(Cohort.name == sent.cohort_name)).one()
        for table, wanted in ((Member, PEOPLE), (Enrolment, PEOPLE), (Batch, 1)):
            found = select(func.count()).select_from(table).where(table.cohort_id == cohort.id)
            assert session.scalar(found) == wanted, table.__name__
        assert session.scalar(select(func.count()).select_from(StagedRow)) == 0


def _send(world: World, claire: Actor, number: int) -> int:
    """A file of people who are new, of whom the first have an address."""
    header, *lines = crowd(PEOPLE, first=number * PEOPLE).splitlines()
    for n in range(MAILS, PEOPLE):
        cells = lines[n].split(";")
        lines[n] = ";".join("" if "@" in cell else cell for cell in cells)
    file = BytesIO("\n".join([header, *lines, ""]).encode())
    with db.transaction(tenant_id=world.one.tenant_id):
        return receive_file(claire, file, "gens.csv", f"Cohorte {number}", course_id=world.one.course_id).id


def _claire(world: World) -> Actor:
    key = worlds.cookie_of(world.one.adviser)["_user_id"]
    with db.transaction(Mode.READ, world.one.tenant_id):
        actor = actor_by_key(key)
    assert actor is not None
    return actor


def _job_of(world: World, import_id: int) -> int:
    with db.transaction(Mode.READ, world.one.tenant_id):
        return session.get_one(ImportRun, import_id).job_id or 0


def _mails(world: World, *which: Any) -> int:
    with db.transaction(Mode.READ, world.one.tenant_id):
        return session.execute(select(func.count()).select_from(Mail).where(*which)).scalar_one()


def _over(world: World, job_id: int) -> None:
    def is_over() -> bool:
        with db.transaction(Mode.READ, world.one.tenant_id):
            return session.get_one(Job, job_id).is_over

    _until(is_over, f"job {job_id}")


def _until(true: Callable[[], object], what: str) -> None:
    end = time.monotonic() + LIMIT
    while not _tried(true):
        assert time.monotonic() < end, f"{what}: waited too long"
        time.sleep(0.05)


def _all_leave(world: World) -> None:
    """Wait for the last mail to be sent: as long as some leave, it is a matter of time."""
    fewest, end = math.inf, time.monotonic() + LIMIT
    while fewest:
        assert time.monotonic() < end, f"{fewest} mails do not leave"
        found = _tried(lambda: [_mails(world, Mail.state != "sent")])
        if isinstance(found, list) and found[0] < fewest:
            fewest, end = found[0], time.monotonic() + LIMIT
        time.sleep(0.05)


def _tried(true: Callable[[], object]) -> object:
    try:
        return true()
    except db.AWAY:  # the server recovers
        session.remove()
        return False
