"""Row 5: the disk of the data, of the files, or of temporary files is full. People read words; room is all it takes to go on."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from flask import Flask
from sqlalchemy import func, select

from config.settings import Settings
from lms.core import db
from lms.core.db import Mode, session
from lms.enrolment.models import ImportRun
from tests.bad_days import accounts, disks, people
from tests.bad_days import place as places
from tests.bad_days.disks import Disk
from tests.bad_days.installation import Installation
from tests.bad_days.people import Browser
from tests.bad_days.place import Place
from tests.bad_days.postgres import Server
from tests.support import needs, worlds
from tests.support.databases import Addresses
from tests.support.waiting import until
from tests.support.worlds import World

NO_ROOM = "Il n’y a plus de place de notre côté"
FORM = "/cohorts/imports/new"
BACK = 10.0  #: seconds after room was made (and PostgreSQL stands) within which everybody goes on


@pytest.fixture
def narrow(
    the_app: Flask,
    settings: Settings,
    addresses: Addresses,
    on_postgresql: bool,
    wide_open: Path,
    request: pytest.FixtureRequest,
) -> Iterator[tuple[Place, Disk]]:
    """An installation whose database lies on a small disk of its own."""
    with disks.small_disk(wide_open / "disk", 96) as disk:
        if not on_postgresql:
            assert addresses.template
            with places.at(settings, places.on_sqlite(settings, addresses.template, disk.folder)) as there:
                yield there, disk
            return
        cluster: Server = request.getfixturevalue("cluster")
        server = cluster.copy(disk.folder)
        server.start()
        try:
            with places.at(settings, places.on_postgresql(settings, server, wide_open / "var")) as there:
                yield there, disk
                db.disconnect()
        finally:
            server.pull_out()


def test_no_room_for_the_data(the_app: Flask, narrow: tuple[Place, Disk], tmp_path: Path) -> None:
    place, disk = narrow
    town = worlds.make()
    with Installation(place.settings, logs=tmp_path) as house:
        crowd = people.Crowd(people.learners(the_app, house.url, town.one, 3, 400))
        with crowd:
            until(lambda: crowd.acknowledged() >= 6, 30, house.said)
            disk.fill()
            until(lambda: crowd.answers()[503] + crowd.answers()[507] > 3, 60, house.said)
            assert house.status("/healthz") == 200
            disk.free()
            _as_an_operator(place)
            before = crowd.acknowledged()
            until(lambda: crowd.acknowledged() >= before + 6, 2 * BACK, house.said)
        until(house.is_ready, 2 * BACK, house.said)
        assert house.starts == {"web": 1, "worker": 1}
    toll = accounts.reckon(town.one, crowd.learners)
    print(f"\ndisk of the data full: {toll}; answers {dict(crowd.answers())}")
    assert (toll.lost, toll.double) == (0, 0)
    assert set(crowd.answers()) <= {200, 302, 503, 507}
    assert all(_reads_well(page) for one in crowd.learners for page in one.browser.words.values())
    assert not place.faults()


@needs.once
def test_no_room_for_files_or_temporary_files(
    the_app: Flask, place: Place, town: World, tmp_path: Path, on_postgresql: bool
) -> None:
    if on_postgresql:
        pytest.skip("the database has no part in it")
    with disks.small_disk(tmp_path / "one", 32) as kept, disks.small_disk(tmp_path / "two", 8) as passing:
        chosen = replace(place.settings, storage_url=f"file://{kept.folder / 'files'}")
        with Installation(chosen, more={"TMPDIR": str(passing.folder)}) as house:
            claire = people.browser(the_app, house.url, town.one.adviser)
            learner = people.learners(the_app, house.url, town.one, 1, 3)[0]
            for _ in range(6):  # each process of the server has found its folder by then
                assert _sent(claire, town, 600_000).status_code == 302
            for disk in (kept, passing):
                before = _files(kept)
                disk.fill()
                _is_refused_in_words(claire, town)
                assert _files(kept) == before, "no half of a file stays"
                learner.finish(learner.steps.pop(0))  # what needs no file goes on
                disk.free()
                assert _sent(claire, town).status_code == 302
    assert _imports(town) == 8


def _files(disk: Disk) -> set[Path]:
    return {path for path in (disk.folder / "files").rglob("*") if path.is_file()}


def _is_refused_in_words(claire: Browser, town: World) -> None:
    before = _imports(town)
    answer = _sent(claire, town)
    assert answer.status_code == 507, answer.text[:3000]
    assert NO_ROOM in answer.text
    assert _reads_well(answer.text)
    assert _imports(town) == before


def _sent(claire: Browser, town: World, size: int = 3_000_000) -> requests.Response:
    """A file of people on its way in: large enough that it does not fit in memory alone."""
    people_file = "Nom;Prénom\n" + "Tenace;Léa\n" * (size // 11)
    typed = {
        "csrf_token": claire.token(FORM),
        "cohort": "0",
        "name": "Étroite",
        "path": f"course:{town.one.course_id}",
    }
    answer = claire.once("POST", FORM, data=typed, files={"file": ("gens.csv", people_file.encode())})
    assert answer is not None
    return answer


def _imports(town: World) -> int:
    with db.transaction(Mode.READ, town.one.tenant_id):
        return session.scalar(select(func.count()).select_from(ImportRun)) or 0


def _reads_well(html: str) -> bool:
    """Words for people, and nothing of what only we should know."""
    return "<h1" in html and not any(secret in html for secret in ("Traceback", "sqlite", "psycopg", "Errno"))


def _as_an_operator(place: Place) -> None:
    """PostgreSQL gives up on a full disk, and stays down until somebody starts it: nothing more is asked of them."""
    if place.server is not None and not (place.server.is_up() and place.server.answers()):
        place.server.stop()
        place.server.start()
