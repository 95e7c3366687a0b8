"""What holds for every report: add one, and it is tried here."""

import pytest
from flask import Flask

from lms.core import db
from lms.core.db import Mode
from lms.enrolment.models import Level
from lms.organisations.models import Role
from lms.reports import services
from lms.reports.report import Report
from lms.reports.scope import Scope
from tests.reports.scenes import made, scope, share
from tests.support import worlds
from tests.support.queries import statements
from tests.support.worlds import World

SECRETS = ("@exemple.fr", "0199004210", "1980-")


@pytest.fixture(params=["progress"])
def report(request: pytest.FixtureRequest, app: Flask) -> Report:
    found = services.report_named(request.param)
    assert found is not None
    return found


def test_no_report_is_forgotten_here(app: Flask) -> None:
    assert sorted(Report.registered) == ["progress"]


def test_columns_match_rows_and_keys_are_stable_words(report: Report, world: World) -> None:
    chosen = scope(world.one.admin)
    with db.transaction(Mode.REPORT, world.one.tenant_id):
        rows = list(report.rows(chosen))
        assert report.count(chosen) == len(rows) > 0
    assert {len(row) for row in rows} == {len(report.fields)}
    keys = [field.key for field in report.fields]
    assert len(set(keys)) == len(keys)
    assert all(key.isidentifier() and key == key.lower() for key in keys)
    assert all(str(field.label) and str(field.meaning) for field in report.fields)


def test_the_number_of_statements_does_not_depend_on_the_rows(report: Report, world: World) -> None:
    corner, counts = world.one, []
    for turn in range(2):
        with statements() as sent:
            made(scope(corner.admin), report.name)
        counts.append(len(sent))
        with db.transaction(tenant_id=corner.tenant_id):
            people = [
                worlds.person(corner.tenant_id, corner.agency_id, Role.LEARNER, f"A{turn}{n}", "B")
                for n in range(20)
            ]
            course, _steps = worlds.course(corner.tenant_id, corner.root_id, f"c{turn}", "C")
            worlds.cohort(corner.tenant_id, corner.agency_id, f"Autre {turn}", [course], people)
    assert counts[0] == counts[1]


def test_an_adviser_of_another_agency_sees_no_row(report: Report, world: World) -> None:
    with pytest.raises(services.NothingInSight):
        scope(world.one.other_adviser)
    with pytest.raises(services.NothingInSight):
        scope(world.one.other_adviser, cohort_id=world.one.cohort_id)
    chosen = scope(world.one.adviser)
    other = Scope(scope(world.one.admin).asker, chosen.asked_at)
    with db.transaction(Mode.REPORT, world.one.tenant_id):
        assert report.count(chosen) == report.count(other) == 2


def test_no_other_tenant_in_any_file(report: Report, world: World) -> None:
    for form in services.FORMS:
        _written, content = made(scope(world.one.admin), report.name, form)
        if form == "xlsx":
            from tests.reports.scenes import sheets

            content = str(sheets(content)).encode()
        assert b"CANARI-1" in content
        assert b"CANARI-2" not in content


def test_a_partner_sees_what_is_shared_and_nothing_else(report: Report, world: World) -> None:
    with pytest.raises(services.NothingInSight):
        scope(world.one.partner)
    with db.transaction(tenant_id=world.one.tenant_id):
        course, _steps = worlds.course(world.one.tenant_id, world.one.root_id, "secret", "Secret")
        worlds.cohort(world.one.tenant_id, world.one.agency_id, "Pas partagée", [course], [world.one.learner])
    share(world.one, Level.NOMINATIVE)
    chosen = scope(world.one.partner)
    with db.transaction(Mode.REPORT, world.one.tenant_id):
        rows = str(list(report.rows(chosen)))
    assert "Cohorte CANARI-1" in rows
    assert "Pas partagée" not in rows


def test_no_contact_and_no_birth_date(report: Report, world: World) -> None:
    for level in Level:
        _written, content = made(scope(world.one.admin, level=level), report.name, "csv")
        assert not [secret for secret in SECRETS if secret.encode() in content]
