"""``flask doctor``: what it looks at, what it says, and how it ends."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import pytest
from click.testing import Result
from flask import Flask

from config import settings as house
from config.settings import Settings
from lms.core import beats, db, doctor, roles
from lms.core.doctor import Checkup, Finding

Flasked = Callable[..., Result]


@pytest.fixture
def flask(app: Flask) -> Flasked:
    """``flask("doctor")``."""
    runner = app.test_cli_runner()
    return lambda *words: runner.invoke(args=list(words))


@pytest.fixture
def said(app: Flask, settings: Settings) -> Iterator[Callable[..., None]]:
    """``said(var=...)``: the settings of this process, changed for one test."""

    def change(**changes: Any) -> None:
        house.use(replace(settings, **changes))

    yield change
    house.use(settings)


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """``only(*names)``: the doctor looks at nothing else."""

    def narrow(*names: str) -> None:
        kept = {name: kind for name, kind in Checkup.registered.items() if name in names}
        monkeypatch.setattr(Checkup, "registered", kept)

    return narrow


def found(name: str) -> list[str]:
    """What the check of this name finds wrong."""
    return [finding.wrong for one in doctor.look() if one.name == name for finding in one.findings]


def test_a_sound_installation_is_said_to_be_so(
    flask: Flasked, said: Callable[..., None], only: Callable[..., None]
) -> None:
    only("settings", "database", "migrations", "walls", "worker", "var")
    said(secret_key="k" * 40, worker_database_url="")
    beats.beat("here:1")
    done = flask("doctor", "--json")
    answer = json.loads(done.stdout)
    ill = [check for check in answer["checks"] if not check["healthy"]]
    assert [check["name"] for check in ill] in (
        [],
        ["settings"],
        ["settings", "walls"],
    )  # without a worker's role
    assert all(check["name"] in done.stderr for check in answer["checks"])


def test_every_check_says_what_is_wrong_and_what_to_do(flask: Flasked, said: Callable[..., None]) -> None:
    said(secret_key="short", base_url="http://formation.example.org", env="production")
    done = flask("doctor")
    assert done.exit_code == 1
    assert "LMS_SECRET_KEY" in done.stderr
    assert "https" in done.stderr
    assert "flask jobs work" in done.stderr, "nobody works"


def test_every_check_names_what_it_needs_and_speaks_in_sentences(app: Flask) -> None:
    for name, kind in Checkup.registered.items():
        assert kind.needs in {"", *Checkup.registered} - {name}, name
        assert (kind.__doc__ or "").endswith("."), name
        for finding in kind().findings():
            assert finding.wrong.endswith("."), name
            assert finding.remedy, name


def test_an_unencrypted_address_is_a_warning_outside_of_production(
    said: Callable[..., None], only: Callable[..., None]
) -> None:
    only("settings")
    said(secret_key="k" * 40, base_url="http://formation.example.org", owner_database_url="")
    (looked,) = doctor.look()
    assert (len(looked.findings), looked.is_ill) == (1, False)


def test_a_folder_that_takes_nothing_is_told_and_its_disk_left_out(
    said: Callable[..., None], only: Callable[..., None], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("not a folder")
    only("var", "disk")
    said(var=tmp_path / "file")
    looked = {one.name: one for one in doctor.look()}
    assert str(tmp_path / "file") in looked["var"].findings[0].wrong
    assert looked["disk"].was_left_out


def test_a_full_disk_is_told(only: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    only("var", "disk")
    for free, is_ill in ((100 * 2**20, True), (2**30, False)):
        monkeypatch.setattr("shutil.disk_usage", lambda _folder, free=free: Disk(free))
        disk = next(one for one in doctor.look() if one.name == "disk")
        assert (len(disk.findings), disk.is_ill) == (1, is_ill)
    monkeypatch.setattr("shutil.disk_usage", lambda _folder: Disk(2**39))
    assert found("disk") == []


def test_a_database_that_is_away_is_told_once(
    settings: Settings, flask: Flasked, said: Callable[..., None], only: Callable[..., None]
) -> None:
    only("database", "migrations", "walls", "worker")
    db.connect("postgresql+psycopg://nobody@127.0.0.1:1/none")
    try:
        looked = {one.name: one for one in doctor.look()}
    finally:
        roles.connect(settings)
    assert len(looked["database"].findings) == 1
    assert all(looked[name].was_left_out for name in ("migrations", "walls", "worker"))


def test_tables_of_another_version_are_told(
    settings: Settings, said: Callable[..., None], only: Callable[..., None], tmp_path: Path
) -> None:
    only("database", "migrations")
    db.connect(f"sqlite:///{tmp_path / 'bare.db'}")
    try:
        (wrong,) = found("migrations")
    finally:
        roles.connect(settings)
    assert wrong.startswith("Les tables en sont à rien")


def test_a_check_that_breaks_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Checkup, "registered", {})

    class Broken(Checkup):
        name: ClassVar[str] = "broken"

        def findings(self) -> Iterator[Finding]:
            yield from ()
            raise OSError("the cable is out")

    class Later(Checkup):
        name: ClassVar[str] = "later"

        def findings(self) -> Iterator[Finding]:
            yield Finding("a bit late", "hurry", is_warning=True)

    broken, later = doctor.look()
    assert (broken.is_ill, broken.findings[0].wrong) == (True, "the cable is out")
    assert (later.is_ill, later.findings[0].wrong) == (False, "a bit late")


class Disk(NamedTuple):
    """What ``shutil.disk_usage`` says of a disk of one tebibyte with so many bytes free."""

    free: int
    total: int = 2**40
