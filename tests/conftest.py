"""One database per test process, from a migrated template, emptied after each test that touched it."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
from flask import Flask
from sqlalchemy import Engine, event

from config.settings import ROOT, Settings
from lms.app import create_app
from lms.core import anchors, db, i18n
from tests.support import databases, worlds
from tests.support.databases import Addresses
from tests.support.page import Visitor
from tests.support.worlds import World

#: ``sqlite`` or ``postgresql``: which database this run is about.
KIND = os.environ.get("LMS_TEST_DATABASE", "sqlite")
DATA = Path(os.environ.get("LMS_TEST_DATA") or ROOT.parent / "shared" / "data")


# A machine that is busy with other things draws examples slowly: that says nothing about us.
hypothesis.settings.register_profile(
    "house", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("house")


@event.listens_for(Engine, "connect")
def _in_no_order(raw: object, _record: object) -> None:
    """Rows of a statement that names no order come backwards: who relies on theirs finds out here, not on PostgreSQL."""
    if isinstance(raw, sqlite3.Connection):
        raw.execute("PRAGMA reverse_unordered_selects=ON")


@pytest.fixture(scope="session")
def addresses(worker_id: str) -> Addresses:
    """The database for its owner and for the application."""
    return databases.prepare("postgresql" if KIND == "postgresql" else "sqlite", worker_id)


@pytest.fixture(scope="session")
def settings(addresses: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The settings of the tests: no mail server, files in a folder that goes away."""
    var = tmp_path_factory.mktemp("var")
    return Settings(
        database_url=addresses.app_url,
        worker_database_url=addresses.worker_url,
        owner_database_url=addresses.owner_url,
        var=var,
        secret_key="a key for tests only",
        base_url="http://localhost",
        storage_url=f"file://{var / 'files'}",
        env="test",
        outgoing_allow=("127.0.0.1", "localhost"),
        trusted_proxies=("192.0.2.0/24",),  # no test comes from there unless it says so
        snapshots=var / "snapshots",
    )


@pytest.fixture(scope="session")
def the_app(settings: Settings) -> Flask:
    return create_app(settings)


@pytest.fixture
def app(the_app: Flask, settings: Settings, addresses: Addresses) -> Iterator[Flask]:
    """The application over an empty database, and without what the machine remembers of an earlier one."""
    anchors.set_aside(settings)
    yield the_app
    db.session.remove()
    db.disconnect_idle()  # PostgreSQL keeps plans with a connection: those for empty tables are bad ones for thousands
    databases.empty(addresses)


@pytest.fixture
def world(app: Flask) -> World:
    """Two tenants with people in every role; see ``tests/support/worlds.py``."""
    return worlds.make()


@pytest.fixture
def visit(app: Flask) -> Callable[..., Visitor]:
    """``visit(person)``: a browser in which that person is signed in; ``visit()``: nobody is."""

    def open_browser(person: worlds.Someone | None = None) -> Visitor:
        client = app.test_client()
        if person is not None:
            with client.session_transaction() as cookie:
                cookie.update(worlds.cookie_of(person))
        return Visitor(client)

    return open_browser


@pytest.fixture
def data() -> Path:
    """The folder of more input; tests that need it are skipped, with this reason, where it is absent."""
    if not DATA.is_dir():
        pytest.skip(f"no {DATA}: set LMS_TEST_DATA to the folder of real layouts")
    return DATA


@pytest.fixture
def on_postgresql() -> bool:
    return KIND == "postgresql"


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    """Whoever was spoken to in the test before, this one begins in French and without a transaction."""
    i18n.speak_to()
    yield
    db.session.remove()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("postgresql") and KIND != "postgresql":
            item.add_marker(pytest.mark.skip(reason="this is PostgreSQL's own"))
