"""Rules work in sets: as many statements for three people as for sixty, and slices where there are very many."""

import pytest
from flask import Flask
from sqlalchemy import select, update

from lms.core import db
from lms.core.db import Mode, session
from lms.enrolment.condition import Kept
from lms.enrolment.models import Batch, BatchKind, Cohort, Rule
from lms.enrolment.services import rules
from lms.organisations.models import Membership, Role
from lms.people.models import Person
from tests.enrolment.rules import (
    admin,
    empty_cohort,
    rehearsed,
    run_again,
    runs,
    switch_on,
    take_back,
    there,
    write,
)
from tests.enrolment.test_rules import in_agency
from tests.support import worlds
from tests.support.queries import statements
from tests.support.worlds import Corner, World


@pytest.fixture
def one(world: World) -> Corner:
    return world.one


def test_it_costs_the_same_whatever_the_number_of_people(app: Flask, one: Corner) -> None:
    """Statements of a rehearsal, of a run by which people enter, of one by which they leave, and of its undo."""

    def cost(many: int, name: str) -> list[int]:
        costs = []
        with db.transaction(tenant_id=one.tenant_id):
            for n in range(many):
                worlds.person(
                    one.tenant_id, one.agency_id, Role.LEARNER, f"{name}{n}", "Foule", postcode="69003"
                )
        cohort = empty_cohort(one, name)
        rule = write(one, cohort, [in_agency(one), ("postcode", Kept({"starts": ["69"]}), False)])
        with db.transaction(tenant_id=one.tenant_id):
            rules.switch_on(session.get_one(Cohort, cohort), admin(one))
        with statements() as sent:
            rehearsed(one, cohort)
        costs.append(len(sent))
        for code in ("69003", "75011"):
            with db.transaction(tenant_id=one.tenant_id):
                own = Person.tenant_id == one.tenant_id, Person.last_name == "Foule"
                session.execute(update(Person).where(*own).values(postcode=code))
            with statements() as sent, db.transaction(tenant_id=one.tenant_id):
                assert rules.go_on(one.tenant_id, rule, is_first=True) >= many
            costs.append(len(sent))
        with statements() as sent:
            assert take_back(one, runs(one, cohort)[0]).people >= many
        return [*costs, len(sent)]

    assert cost(3, "Peu") == cost(60, "Plus")


def test_a_large_run_is_done_in_slices(app: Flask, one: Corner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "SLICE", 2)
    with db.transaction(tenant_id=one.tenant_id):
        for n in range(5):
            worlds.person(one.tenant_id, one.agency_id, Role.LEARNER, f"L{n}", "Lot")
    cohort = empty_cohort(one)
    rule = write(one, cohort, [in_agency(one)])
    enter, _leave = rehearsed(one, cohort)
    switch_on(one, cohort)
    assert there(one, cohort) == enter
    with db.transaction(Mode.READ, one.tenant_id):
        kept = session.get_one(Rule, rule)
        assert (kept.entered, kept.left) == (7, 0)
        totals = session.scalars(
            select(Batch.total).where(Batch.kind == BatchKind.RULE).order_by(Batch.id)
        ).all()
        assert totals == [2, 2, 2, 1]
    with db.transaction(tenant_id=one.tenant_id):
        learning = update(Membership).filter_by(tenant_id=one.tenant_id, role=Role.LEARNER)
        session.execute(learning.values(organisation_id=one.company_id))
    run_again(one, rule)
    assert there(one, cohort) == set()
