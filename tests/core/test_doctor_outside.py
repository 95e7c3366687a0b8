"""What the doctor says of a broker, a store for files and a replica: nothing where they work, a sentence where they do not."""

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from flask import Flask

from config import settings as house
from config.settings import Settings
from lms.core import beats, doctor, files
from lms.core.checkups.outside import BrokerCheckup, RelayCheckup, ReplicaCheckup, StoreCheckup
from lms.core.doctor import Checkup
from tests.support import brokers, stores
from tests.support.servers import free_port
from tests.support.stores import BUCKET

Said = Callable[..., None]


@pytest.fixture
def said(app: Flask, settings: Settings) -> Iterator[Said]:
    """``said(queue_url=...)``: the settings of this process, changed for one test."""

    def change(**changes: Any) -> None:
        house.use(replace(settings, **changes))

    yield change
    house.use(settings)


def wrong(check: type[Checkup]) -> list[str]:
    """What it finds wrong, in words."""
    return [finding.wrong for finding in check().findings()]


def test_an_installation_of_one_machine_has_none_of_them(app: Flask) -> None:
    assert [wrong(check) for check in (BrokerCheckup, RelayCheckup, ReplicaCheckup, StoreCheckup)] == [[]] * 4


def test_a_broker_that_answers_and_one_that_is_away(said: Said) -> None:
    with brokers.redis() as broker:
        said(queue_url=broker.url)
        assert wrong(BrokerCheckup) == []
        broker.kill()
        (sentence,) = wrong(BrokerCheckup)
    assert "broker" in sentence


def test_a_queue_without_a_relay_is_told(said: Said) -> None:
    said(queue_url=f"redis://127.0.0.1:{free_port()}/0")
    beats.beat("here:1")
    assert len(wrong(RelayCheckup)) == 1
    beats.beat(f"{beats.RELAY}here")
    assert wrong(RelayCheckup) == []


def test_a_folder_that_takes_nothing(
    app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Settings
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setattr(files, "_storage", files.LocalStorage(tmp_path / "file"))
    (found,) = StoreCheckup().findings()
    assert "LMS_STORAGE_URL" in found.remedy


def test_a_store_that_gives_back_something_else(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    class Forgetful(files.LocalStorage):
        def open(self, key: str) -> BinaryIO:
            return io.BytesIO(b"something else")

    folder, before = files.storage().folder, set(files.storage().keys())  # type: ignore[attr-defined]
    monkeypatch.setattr(files, "_storage", Forgetful(folder))
    assert len(wrong(StoreCheckup)) == 1
    assert set(files.storage().keys()) == before, "the probe was taken away"


def test_a_bucket_that_answers_and_one_that_is_away(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with stores.s3() as own:
        for name, value in own.environ.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(files, "_storage", None)
        files.configure(f"s3://{BUCKET}")
        assert wrong(StoreCheckup) == []
        assert own.objects() == {}
        monkeypatch.setattr(files, "_storage", None)
        files.configure("s3://another-bucket")
        assert len(wrong(StoreCheckup)) == 1


def test_a_replica_that_is_away_is_a_warning(said: Said) -> None:
    said(read_database_url=f"postgresql+psycopg://lms_app@127.0.0.1:{free_port()}/none")
    (found,) = ReplicaCheckup().findings()
    assert found.is_warning


@pytest.mark.postgresql
def test_a_replica_that_is_there_and_one_that_is_behind(
    said: Said, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    said(read_database_url=settings.database_url)
    assert wrong(ReplicaCheckup) == []
    monkeypatch.setattr("lms.core.replica.LIMIT", -1.0)
    assert len(wrong(ReplicaCheckup)) == 1


def test_they_stand_among_the_others(app: Flask) -> None:
    assert {"broker", "files", "relay", "replica"} <= {one.name for one in doctor.look()}
