"""Who looked at my file: everybody sees it of their own; and whoever looks at many is told on."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select

from config import settings as house
from config.settings import Settings
from lms.core import db, journal
from lms.core.db import Mode, session
from lms.core.journal import Entry
from lms.core.post import Mail
from lms.people.models import Person
from tests.house import filled
from tests.support.page import Visitor
from tests.support.worlds import World

Visit = Callable[..., Visitor]


@pytest.fixture
def limit(app: Flask, settings: Settings) -> Iterator[int]:
    house.use(replace(settings, reads_per_hour=3))
    yield 3
    house.use(settings)


def lines(browser: Visitor) -> list[str]:
    page = browser.get("/my-data/readers")
    return [" ".join("".join(row.itertext()).split()) for row in page.tree.findall(".//tbody/tr")]


def verbs(tenant_id: int) -> list[str]:
    with db.transaction(Mode.READ, tenant_id):
        return list(session.scalars(select(Entry.verb).order_by(Entry.id)))


def mails(tenant_id: int) -> list[Mail]:
    with db.transaction(Mode.READ, tenant_id):
        found = select(Mail).where(Mail.tenant_id == tenant_id, Mail.kind == "records.many_files")
        return list(session.scalars(found.order_by(Mail.id)))


def test_one_sees_who_in_what_quality_when_and_what(world: World, visit: Visit) -> None:
    mine = visit(world.one.learner)
    assert "Personne n’a encore ouvert votre dossier" in mine.get("/my-data/readers").text("main")
    visit(world.one.adviser).get(f"/people/{world.one.learner.person_id}")
    (line,) = lines(mine)
    assert "Claire" in line
    assert "Conseil et suivi, Agence CANARI-1" in line
    assert "A lu un dossier personnel" in line
    assert "Identité et coordonnées" in line
    assert lines(visit(world.one.other_learner)) == []


def test_each_kind_of_file_is_told(world: World, visit: Visit) -> None:
    from tests.house import seeds

    known = seeds.subjects(world)
    staff = visit(world.one.adviser)
    staff.get(f"/cohorts/{world.one.cohort_id}/members/{known['member_id']}")
    staff.get(f"/certificates/{known['certificate_id']}")
    found = lines(visit(world.one.learner))
    assert any("Progression dans une cohorte" in line for line in found)
    assert any("Un certificat" in line for line in found)


def test_ones_own_looks_are_not_told(world: World, visit: Visit) -> None:
    from tests.house import seeds

    certificate_id = seeds.subjects(world)["certificate_id"]
    mine = visit(world.one.learner)
    mine.get(f"/certificates/{certificate_id}")
    assert lines(mine) == []


def test_the_page_is_linked_from_ones_data_and_account(world: World, visit: Visit) -> None:
    mine = visit(world.one.learner)
    for path in ("/my-data", "/me"):
        assert "/my-data/readers" in mine.get(path).links()


def test_whoever_opens_many_files_is_told_on_once(world: World, visit: Visit, limit: int) -> None:
    with db.transaction(tenant_id=world.one.tenant_id):
        session.get_one(Person, world.one.admin.person_id).email = "direction@exemple.fr"
    people = [one.person_id for one in filled.learners(world.one, limit + 3)]
    staff = visit(world.one.adviser)
    for person_id in people[:limit]:
        staff.get(f"/people/{person_id}")
        staff.get(f"/people/{person_id}")  # the same file again is the same file
    assert journal.WARNED not in verbs(world.one.tenant_id)
    for person_id in people[limit:]:
        staff.get(f"/people/{person_id}")
    assert verbs(world.one.tenant_id).count(journal.WARNED) == 1
    (mail,) = mails(world.one.tenant_id)
    assert (mail.address, mail.person_id) == ("direction@exemple.fr", world.one.admin.person_id)
    assert mail.details["files"] == limit + 1
    assert "Claire" not in str(mail.details), "a mail outlives whoever it might name"
    page = visit(world.one.admin).get("/records")
    assert "Claire CANARI-1 a ouvert beaucoup de dossiers" in page.text("main")


def test_one_customer_is_not_told_of_another(world: World, visit: Visit, limit: int) -> None:
    for corner in (world.one, world.two):
        with db.transaction(tenant_id=corner.tenant_id):
            session.get_one(Person, corner.admin.person_id).email = f"admin@{corner.tenant_id}.fr"
    staff = visit(world.two.adviser)
    for one in filled.learners(world.two, limit + 1):
        staff.get(f"/people/{one.person_id}")
    assert mails(world.one.tenant_id) == []
    assert [mail.address for mail in mails(world.two.tenant_id)] == [f"admin@{world.two.tenant_id}.fr"]


def test_zero_means_that_nobody_is_told_on(world: World, visit: Visit, settings: Settings) -> None:
    house.use(replace(settings, reads_per_hour=0))
    try:
        staff = visit(world.one.adviser)
        for one in filled.learners(world.one, 3):
            staff.get(f"/people/{one.person_id}")
    finally:
        house.use(settings)
    assert journal.WARNED not in verbs(world.one.tenant_id)
