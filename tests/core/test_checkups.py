"""What ``flask doctor`` says of operations: each thing is broken on purpose, and has its sentence."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from config import settings as house
from config.settings import Settings
from lms.core import beats, db, doctor
from lms.core.backup import marks, snapshots
from lms.core.beats import Beat
from lms.core.clock import now
from lms.core.db import session
from lms.core.doctor import Checkup
from lms.core.jobs import Job
from lms.core.post import Mail

Said = Callable[..., Settings]


@pytest.fixture
def said(app: Flask, settings: Settings, tmp_path: Path) -> Iterator[Said]:
    """``said(var=...)``: the settings of this process, changed for one test."""

    def change(**changes: Any) -> Settings:
        return house.use(replace(settings, **{"var": tmp_path, "snapshots": tmp_path / "kept"} | changes))

    yield change
    house.use(settings)


def found(name: str) -> list[str]:
    """What the check of this name finds, whatever the others say."""
    try:
        return [finding.wrong for finding in Checkup.registered[name]().findings()]
    finally:
        db.session.remove()


def test_what_waits_too_long_is_told(app: Flask) -> None:
    assert found("queues") == []
    with db.transaction():
        session.add(Job(kind="a", run_at=now() - timedelta(minutes=9)))
        session.add(Mail(key="1", kind="a", address="a@b.fr", due_at=now() - timedelta(minutes=14)))
    assert found("queues") == []
    with db.transaction():
        session.add(Job(kind="a", run_at=now() - timedelta(minutes=30)))
        session.add(Mail(key="2", kind="a", address="a@b.fr", due_at=now() - timedelta(minutes=40)))
    assert found("queues") == [
        "Une tâche attend depuis 30 minutes.",
        "Un message attend depuis 40 minutes.",
    ]


def test_a_backup_that_is_old_or_was_never_made_is_told(said: Said) -> None:
    chosen = said()
    assert found("backup") == ["Aucune sauvegarde n’a jamais été faite depuis cette machine."]
    marks.mark_backup(chosen)
    assert found("backup") == []
    (chosen.var / "last-backup").write_text((now() - timedelta(days=3, hours=1)).isoformat())
    assert found("backup") == ["La dernière sauvegarde date de 3 jours."]


def test_snapshots_that_stopped_are_told(said: Said, on_postgresql: bool) -> None:
    if on_postgresql:
        pytest.skip("PostgreSQL archives its log instead")
    chosen = said(snapshot_minutes=10)
    assert found("way-back") == [], "the first one is not due yet"
    snapshots.take(chosen)
    assert found("way-back") == []
    [taken] = snapshots.taken(chosen.snapshots).values()
    taken.rename(chosen.snapshots / (now() - timedelta(minutes=45)).strftime("lms-%Y%m%dT%H%M%SZ.db"))
    assert found("way-back") == ["La dernière copie instantanée date de 45 minutes."]
    said(snapshot_minutes=0)
    assert "Aucune copie instantanée" in found("way-back")[0]


@pytest.mark.postgresql
def test_a_log_that_is_not_archived_is_told(said: Said) -> None:
    said()
    assert ["n’archive pas son journal" in one for one in found("way-back")] == [True]


def test_a_clock_that_was_set_back_is_told(app: Flask) -> None:
    beats.beat("here:1")
    assert found("clock") == []
    with db.transaction():
        session.add(Beat(worker="there:1", at=now() + timedelta(hours=1)))
    [told] = found("clock")
    assert "Les horloges diffèrent de 3" in told


def test_a_database_that_never_looked_at_its_tables_is_told(
    said: Said, on_postgresql: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert found("statistics") == []
    if on_postgresql:
        return
    large = tmp_path / "large.db"
    large.touch()
    os.truncate(large, 30 * 1024 * 1024)
    said(database_url=f"sqlite:///{large}")
    with db.transaction():
        is_known = (
            session.connection()
            .exec_driver_sql("select 1 from sqlite_master where name = 'sqlite_stat1'")
            .first()
        )
    assert [("large.db" in one) for one in found("statistics")] == ([] if is_known else [True])


def test_the_doctor_looks_at_all_of_it(app: Flask) -> None:
    began = time.monotonic()
    names = {one.name for one in doctor.look()}
    assert {"queues", "backup", "way-back", "clock", "statistics"} <= names
    assert time.monotonic() - began < 20
