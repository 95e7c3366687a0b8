"""An installation of one's own for each test of this folder: its programs, its disk and its database may break."""

import itertools
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from flask import Flask

from config.settings import Settings
from lms.core import db
from tests.bad_days import place as places
from tests.bad_days.place import DATABASE, Place
from tests.bad_days.postgres import Server
from tests.support import databases, servers, worlds
from tests.support.databases import Addresses
from tests.support.worlds import World


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A PostgreSQL at rest, with every table and role: to be copied."""
    with servers.ground() as ground:
        made = Server(ground.folder, ground.tools, ground.user, servers.free_port())
        made.make()
        made.start()
        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("LMS_TEST_SERVER", made.address)
                databases.prepare("postgresql", DATABASE.removeprefix("lms_test_"))
        finally:
            made.stop()
        yield made


@contextmanager
def open_to_all() -> Iterator[Path]:
    """A temporary folder that the account of PostgreSQL may enter, which pytest's are not."""
    with tempfile.TemporaryDirectory(prefix="lms-days-", dir="/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def place(the_app: Flask, settings: Settings, new_places: Callable[[], Place]) -> Iterator[Place]:
    """Where an installation may be started; this process works on the same database."""
    with places.at(settings, new_places()) as there:
        yield there
        db.disconnect()


@pytest.fixture
def new_place(new_places: Callable[[], Place]) -> Place:
    """Another one, empty: where a backup is put back."""
    return new_places()


@pytest.fixture
def new_places(
    settings: Settings,
    addresses: Addresses,
    on_postgresql: bool,
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> Iterator[Callable[[], Place]]:
    """Makes places; their servers end with the test."""
    numbers = itertools.count(1)
    with ExitStack() as ends:

        def make() -> Place:
            var = tmp_path / f"var-{next(numbers)}"
            var.mkdir()
            if not on_postgresql:
                assert addresses.template
                return places.on_sqlite(settings, addresses.template, var)
            server: Server = request.getfixturevalue("cluster").copy(ends.enter_context(open_to_all()))
            ends.callback(server.pull_out)
            server.start()
            return places.on_postgresql(settings, server, var)

        yield make


@pytest.fixture
def town(place: Place) -> World:
    """Two tenants in it."""
    return worlds.make()


@pytest.fixture
def wide_open() -> Iterator[Path]:
    """A folder that every account of the machine may enter."""
    with open_to_all() as folder:
        yield folder
