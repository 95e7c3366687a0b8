"""The database goes away in the middle of the day, and comes back: 503 with words meanwhile, nobody restarts anything."""

import signal
import subprocess
import time

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from config.settings import Settings
from tests.core import probe
from tests.support import databases, servers
from tests.support.page import Page


def write(client: FlaskClient, name: str) -> int:
    return client.post("/probe/write", data={"name": name}).status_code


@pytest.mark.postgresql
def test_pages_rest_while_the_database_is_away_and_come_back_with_it(app: Flask, settings: Settings) -> None:
    """Stopped as by a crash (SIGQUIT: no farewell to its clients), with connections in the pool."""
    with servers.ground() as place:
        servers.initialise(place, "data")
        kept, port = {"synchronous_commit": "on"}, servers.free_port()
        with servers.running(place, "data", kept, port) as address:
            url = _database(address)
            with probe.application(settings, database_url=url) as house:
                house.config["WTF_CSRF_ENABLED"] = False
                client, acknowledged = house.test_client(), []
                acknowledged += [n for n in range(20) if write(client, str(n)) == 200]
                assert len(acknowledged) == 20
                _crash(place)
                resting = Page(client.post("/probe/write", data={"name": "lost"}))
                assert (resting.status, resting.faults()) == (503, [])
                assert resting.response.headers["Retry-After"]
                assert client.get("/readyz").status_code == 503
                assert client.get("/healthz").status_code == 200
                assert client.get("/metrics").get_data(as_text=True).count("kokoroe_database_up 0.0") == 1
                with servers.running(place, "data", kept, port):
                    began = time.monotonic()
                    while write(client, "back") != 200:
                        assert time.monotonic() - began < 10
                        time.sleep(0.1)
                    assert "kokoroe_database_up 1.0" in client.get("/metrics").get_data(as_text=True)
                    names = _names(url)
    assert [str(n) for n in acknowledged] == names[:20], "each that was acknowledged, once"
    assert set(names[20:]) == {"back"}


def _database(address: str) -> str:
    plain = sa.make_url(address).set(drivername="postgresql")
    with psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True) as server:
        server.execute("create database lms")
    url = databases.as_role(address, "postgres", "lms")
    databases.migrate(url)
    return url


def _crash(place: servers.Ground) -> None:
    """End the server at once, and wait until it is gone."""
    pid = int((place.folder / "data/postmaster.pid").read_text().split()[0])
    subprocess.run(["kill", f"-{int(signal.SIGQUIT)}", str(pid)], check=True)
    deadline = time.monotonic() + 20
    while (place.folder / "data/postmaster.pid").exists() and time.monotonic() < deadline:
        time.sleep(0.05)


def _names(url: str) -> list[str]:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        found = list(connection.scalars(sa.text("select name from tenant order by id")))
    engine.dispose()
    return found
