"""How much one customer may keep, and one person may have waiting: told in words, with what to do."""

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from config import settings as house
from config.settings import Settings
from lms.core import db, files, jobs, quotas
from lms.core.db import session
from lms.core.jobs import Job, TooMuchWaiting
from lms.courses.models import Media
from lms.enrolment.models import ImportRun
from lms.enrolment.services import uploads
from tests.support.page import Visitor
from tests.support.worlds import Corner, World


@pytest.fixture
def small(app: Flask, settings: Settings) -> Iterator[None]:
    """One MiB each."""
    house.use(replace(settings, upload_quota=1))
    yield
    house.use(settings)


def give(corner: Corner, size: int, name: str = "a.png") -> None:
    with db.transaction(tenant_id=corner.tenant_id):
        session.add(
            Media(
                tenant_id=corner.tenant_id, course_id=corner.course_id, name=name, file_key="0" * 32, sha256="0" * 64,
                media_type="image/png", size=size,
            )
        )  # fmt: skip


def weight(corner: Corner) -> int:
    with db.transaction(db.Mode.READ, corner.tenant_id):
        return quotas.used(corner.tenant_id)


def send(corner: Corner, size: int) -> None:
    actor: Any = corner.people["adviser"]
    with db.transaction(tenant_id=corner.tenant_id):
        uploads.receive_file(actor, io.BytesIO(b"x" * size), "people.csv", "A cohort")


def test_what_is_kept_is_counted_and_what_went_is_not(small: None, world: World) -> None:
    give(world.one, 1000)
    give(world.two, 5)
    send(world.one, 300)
    assert (weight(world.one), weight(world.two)) == (1300, 5)
    with db.transaction(tenant_id=world.one.tenant_id):
        session.execute(
            update(ImportRun).where(ImportRun.tenant_id == world.one.tenant_id).values(file_key="")
        )
    assert weight(world.one) == 1000


def test_a_file_without_room_is_refused_before_it_is_kept(small: None, world: World) -> None:
    give(world.one, quotas.MIB - 100)
    before = set(files.storage().keys())
    send(world.one, 100)
    kept = set(files.storage().keys())
    with pytest.raises(quotas.NoRoom) as caught:
        send(world.one, 1)
    assert set(files.storage().keys()) == kept > before
    assert "1 Mio sur les 1 Mio" in caught.value.reason
    assert caught.value.status == 413
    send(world.two, 1000)  # a neighbour has its own


def test_no_limit_is_no_limit(app: Flask, settings: Settings, world: World) -> None:
    house.use(replace(settings, upload_quota=0))
    try:
        give(world.one, 10 * quotas.MIB)
        send(world.one, 10)
    finally:
        house.use(settings)


def test_the_page_says_what_to_do(small: None, world: World, visit: Callable[..., Visitor]) -> None:
    give(world.one, quotas.MIB)
    claire = visit(world.one.adviser)
    claire.get("/cohorts/imports/new")
    token = next(i.get("value") for i in claire.page.all("input") if i.get("name") == "csrf_token")  # type: ignore[union-attr]
    sent = {
        "csrf_token": token, "cohort": "0", "name": "Une cohorte", "path": f"course:{world.one.course_id}",
        "file": (io.BytesIO(b"nom;prenom\nA;B\n"), "a.csv"),
    }  # fmt: skip
    answer = claire.client.post("/cohorts/imports/new", data=sent)
    assert "Supprimez des fichiers" in answer.get_data(as_text=True)
    with db.transaction(db.Mode.READ, world.one.tenant_id):
        assert session.scalars(select(ImportRun)).all() == []


def test_one_person_may_not_fill_the_queue(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "WAITING_EACH", 3)
    monkeypatch.setitem(jobs.tasks, "probe.wait", jobs.Named(lambda _run: None, ""))
    claire, yann = world.one.people["adviser"], world.one.people["other_adviser"]
    with db.transaction(tenant_id=world.one.tenant_id):
        asked = [jobs.later("probe.wait", claire).id for _ in range(3)]
        with pytest.raises(TooMuchWaiting) as caught:
            jobs.later("probe.wait", claire)
        jobs.later("probe.wait", yann)
        jobs.later("probe.wait")  # the house's own work is nobody's
        session.execute(update(Job).where(Job.id == asked[0]).values(state="done"))
        jobs.later("probe.wait", claire)
    assert (caught.value.status, bool(caught.value.remedy)) == (429, True)
