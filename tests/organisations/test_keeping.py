"""How long a customer's data is kept: read, shortened within limits, written down, and obeyed at night with a proof."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from config import settings as house
from config.settings import Settings
from lms.core import db, jobs, retention
from lms.core.clock import now
from lms.core.db import Mode, session
from lms.core.jobs import Job
from lms.core.journal import Entry
from lms.core.post import Mail
from lms.enrolment.models import ImportRun
from lms.enrolment.services.uploads import forget_old as forget_uploads
from lms.mandates.models import Mandate
from lms.mandates.services import forget_old as forget_mandates
from lms.organisations import queries
from lms.organisations.keeping import CHOSEN
from lms.organisations.models import Organisation
from lms.records.models import DataRequest
from lms.records.services.requests import forget_old as forget_requests
from lms.reports.models import ReportRun
from lms.reports.services import forget_old_files
from tests.house import filled
from tests.support.page import Visitor
from tests.support.worlds import World

Visit = Callable[..., Visitor]


def chosen(world: World) -> dict[str, int]:
    with db.transaction(Mode.READ, world.one.tenant_id):
        return queries.keep_days(world.one.tenant_id)


def choose(world: World, **days: int) -> None:
    with db.transaction(tenant_id=world.one.tenant_id):
        session.get_one(Organisation, world.one.root_id).keep_days = days


@pytest.mark.parametrize(
    ("name", "days", "status"),
    [
        ("report_file", "10", 200), ("report_file", "0", 422), ("report_file", "31", 422), ("report_file", "x", 422),
        ("report_file", "", 200), ("journal", "182", 200), ("journal", "181", 422), ("journal", "366", 422),
        ("request", "364", 422), ("mail", "-30", 422), ("mail", "30", 200),
    ],
)  # fmt: skip
def test_a_customer_shortens_within_limits(
    world: World, visit: Visit, name: str, days: str, status: int
) -> None:
    admin, path = visit(world.one.admin), f"/organisations/{world.one.root_id}/keep"
    admin.get(path)
    page = admin.send(path, **{name: days})
    assert page.status == status
    assert chosen(world) == ({name: int(days)} if status == 200 and days else {})
    if status == 422:
        least, most = retention.limits(name)
        assert f"de {least} à {most}" in page.words or "nombre" in page.words, "what may be written is said"


def test_the_page_says_what_is_kept_how_long_and_why(world: World, visit: Visit) -> None:
    said = visit(world.one.admin).get(f"/organisations/{world.one.root_id}/keep").text("main")
    for words in (
        "De 182 à 365 jours", "délibération 2021-122", "sixième année après la formation", "dix en cas de fonds européens",
        "Mandats terminés", "Sessions terminées", "30 jours",
    ):  # fmt: skip
        assert words in said, words
    assert {line.name for line in CHOSEN} == set(retention.LEAST), "each that may be chosen has its line"


def test_it_is_for_administrators_of_the_whole_tree(world: World, visit: Visit) -> None:
    one = world.one
    for who, number, code in (
        ("admin", one.root_id, 200), ("admin", one.agency_id, 403), ("trainer", one.root_id, 403), ("hr", one.root_id, 404),
        ("learner", one.root_id, 403),
    ):  # fmt: skip
        found = visit(one.people[who]).fetch(f"/organisations/{number}/keep").status_code
        assert found == code or (code == 403 and found == 404), (who, number)
    assert visit(world.two.admin).fetch(f"/organisations/{one.root_id}/keep").status_code == 404


def test_what_was_chosen_stands_in_the_journal(world: World, visit: Visit) -> None:
    admin, path = visit(world.one.admin), f"/organisations/{world.one.root_id}/keep"
    admin.get(path)
    admin.send(path, mail="40", journal="200")
    admin.get(path)
    admin.send(path)  # the same once more
    admin.get(path)
    admin.send(path, mail="")
    with db.transaction(Mode.READ, world.one.tenant_id):
        lines = session.scalars(
            select(Entry.details).where(Entry.verb == "days-chosen").order_by(Entry.id)
        ).all()
    assert [line["kept"] for line in lines] == [{"mail": 40, "journal": 200}, {"mail": 180}]
    said = visit(world.one.admin).get("/records?kind=rights").text("main")
    assert "A choisi combien de temps" in said
    assert "jours gardés : Les plus anciennes lignes de ce journal 200, Messages 40" in said.replace(
        "\u00a0", " "
    )


def test_an_installation_that_keeps_less_narrows_the_choice(world: World, settings: Settings) -> None:
    choose(world, mail=100, job=1)
    house.use(replace(settings, keep_days=(("mail", 20),)))
    try:
        with db.transaction(Mode.READ, world.one.tenant_id):
            assert retention.limits("mail") == (20, 20)
            assert retention.days_of("mail", world.one.tenant_id) == 20
            assert retention.days_of("job", world.one.tenant_id) == 7, "never below the least"
            assert retention.days_of("mail", world.two.tenant_id) == 20
            assert retention.days_of("session", world.one.tenant_id) == 30, "not theirs to choose"
    finally:
        house.use(settings)


def night() -> None:
    with db.transaction():
        jobs.later("core.forget_logs", unique_key="this-night")
    run = jobs.claim("here:1")
    assert run is not None
    run.run()
    db.session.remove()


def kept(world: World, model: type[Mail] | type[Job] | type[Entry], **which: Any) -> list[int]:
    """How many rows each of the two customers has."""
    found = []
    for corner in (world.one, world.two):
        with db.transaction(Mode.READ, corner.tenant_id):
            rows = select(model.id).filter_by(tenant_id=corner.tenant_id, **which)
            found.append(len(session.scalars(rows).all()))
    return found


def proofs(world: World) -> dict[str, tuple[int, str]]:
    with db.transaction(Mode.READ, world.one.tenant_id):
        rows = session.scalars(select(Entry.details).where(Entry.verb == "purged")).all()
    return {one["what"]: (one["rows"], one["before"][:10]) for one in rows}


def test_the_night_obeys_and_proves_it(app: Flask, world: World) -> None:
    """Two customers with the same rows: those of the one who chose go, the other one's stay."""
    choose(world, mail=40, job=10, journal=200)
    for corner in (world.one, world.two):
        with db.transaction(tenant_id=corner.tenant_id):
            for age in (39, 41):
                at = now() - timedelta(days=age)
                session.add(
                    Mail(
                        tenant_id=corner.tenant_id,
                        key=f"{corner.tenant_id}-{age}",
                        kind="a",
                        address="a@b.fr",
                        state="sent",
                        due_at=at,
                    )
                )
            for age in (9, 11):
                session.add(
                    Job(
                        tenant_id=corner.tenant_id, kind="a", state="done", run_at=now() - timedelta(days=age)
                    )
                )
            for age in (201, 199):  # as they were written
                session.add(Entry(tenant_id=corner.tenant_id, verb="a", at=now() - timedelta(days=age)))
    night()
    assert kept(world, Mail) == [1, 2]
    assert kept(world, Job, kind="a") == [1, 2]
    assert kept(world, Entry, verb="a") == [1, 2]
    days = {
        name: (now() - timedelta(days=age)).date().isoformat()
        for name, age in (("mail", 40), ("job", 10), ("journal", 200))
    }
    assert proofs(world) == {name: (1, day) for name, day in days.items()}


def forget_reports(tenant_id: int) -> None:
    """As the night does it."""
    retention.prove("report_file", forget_old_files(tenant_id), tenant_id)


@pytest.mark.parametrize(
    ("name", "forget", "age", "fewer"),
    [
        ("report_file", forget_reports, 20, 10), ("import_file", forget_uploads, 20, 10),
        ("mandate", forget_mandates, 300, 200), ("request", forget_requests, 800, 700),
    ],
)  # fmt: skip
def test_every_other_room_obeys_too(
    world: World, name: str, forget: Callable[[int], object], age: int, fewer: int
) -> None:
    one, old = world.one, now() - timedelta(days=age)
    filled.every_table(one, one.learner, one.adviser)
    with db.transaction(tenant_id=one.tenant_id):
        session.execute(update(ReportRun).values(made_at=old))
        session.execute(update(ImportRun).values(at=old))
        session.execute(update(Mandate).values(made_at=old, ends_at=old, ended_at=old))
        session.execute(update(DataRequest).values(asked_at=old, answered_at=old))
    for days, gone in (({}, False), ({name: fewer}, True)):
        choose(world, **days)
        with db.transaction(tenant_id=one.tenant_id):
            forget(one.tenant_id)
        assert (name in proofs(world)) == gone, days
    rows, before = proofs(world)[name]
    assert rows > 0
    assert before == (now() - timedelta(days=fewer)).date().isoformat()
