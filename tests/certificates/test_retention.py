"""A certificate whose person was erased: set aside for administrators alone, gone after its day, still verified."""

from collections.abc import Callable
from datetime import date

from flask import Flask
from sqlalchemy import select

from lms.certificates import facts, retention
from lms.certificates.models import Certificate, RegisterEntry
from lms.core import db, files
from lms.core.db import Mode, session
from lms.enrolment.models import Enrolment
from lms.people import services as people
from tests.certificates.earned import DONE, complete, drawn
from tests.support.page import Visitor
from tests.support.worlds import World


def erase(world: World) -> None:
    with db.transaction(tenant_id=world.one.tenant_id):
        people.erase(world.one.tenant_id, [world.one.learner.person_id])


def test_evidence_is_kept_to_the_end_of_the_sixth_year() -> None:
    assert retention.kept_until(DONE) == date(2032, 12, 31)


def test_it_is_there_for_administrators_alone(
    app: Flask, world: World, visit: Callable[..., Visitor]
) -> None:
    certificate, _pdf = drawn(world.one, world.one.learner)
    path = f"/certificates/{certificate.id}"
    assert visit(world.one.adviser).fetch(path).status_code == 200
    erase(world)
    assert visit(world.one.adviser).fetch(path).status_code == 404
    admin = visit(world.one.admin)
    page = admin.get(path)
    assert "Nadia" in page.text("main")
    assert not page.all(f"form[@action='{path}/replace']")
    app.config["WTF_CSRF_ENABLED"] = False
    try:
        assert admin.client.post(f"{path}/replace").status_code == 403
    finally:
        app.config["WTF_CSRF_ENABLED"] = True


def test_it_goes_after_its_day_and_is_still_verified(
    app: Flask, world: World, visit: Callable[..., Visitor]
) -> None:
    certificate, _pdf = drawn(world.one, world.one.learner)
    erase(world)
    tenant_id = world.one.tenant_id
    with db.transaction(tenant_id=tenant_id):
        assert retention.let_go(tenant_id, date(2032, 12, 31)) == []
    with db.transaction(Mode.READ, tenant_id):
        (key,) = session.scalars(select(Certificate.pdf_key))
    assert key
    assert files.storage().exists(key)
    with db.transaction(tenant_id=tenant_id):
        assert retention.let_go(tenant_id, date(2033, 1, 1)) == [certificate.id]
    assert not files.storage().exists(key)
    page = visit().get(f"/certificates/verify/{certificate.code}")
    assert "N. C." in page.text("main")
    assert "Nadia" not in page.text("main")
    with db.transaction(Mode.READ):
        assert session.get_one(RegisterEntry, certificate.code).initials == "N. C."


def test_what_is_past_its_day_goes_at_once(app: Flask, world: World) -> None:
    certificate, _pdf = drawn(world.one, world.one.learner)
    with db.transaction(tenant_id=world.one.tenant_id):
        one = session.get_one(Enrolment, certificate.enrolment_id)
        assert one.completed_at is not None
        one.completed_at = one.completed_at.replace(year=2019)
    erase(world)
    with db.transaction(Mode.READ):
        assert session.scalars(select(Certificate)).all() == []


def test_the_erased_earn_no_certificate_afterwards(app: Flask, world: World) -> None:
    complete(world.one, world.one.learner)
    erase(world)
    with db.transaction(Mode.READ, world.one.tenant_id):
        assert not facts.earned(world.one.tenant_id, Enrolment.id > 0, 10)
