"""When two persons or two organisations become one, no row is forgotten: every column that points at them is handed over."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from lms.core import db, handover
from lms.core.db import Mode, Model, session
from lms.core.handover import AS_THEY_WERE, Handover, Pair
from lms.organisations import services as tree
from lms.organisations.models import Organisation, OrganisationKind
from lms.people import services
from lms.people.models import Person
from tests.house import filled
from tests.support import sight, worlds
from tests.support.queries import statements
from tests.support.worlds import Corner, World

TARGETS = ("person", "organisation")


def keys(target: str) -> Iterator[str]:
    """Tables of which a key names what is pointed at: two rows could become one."""
    for table, columns in handover.pointing_at(target).items():
        names = {column.name for column in columns}
        for key in table.constraints:
            if isinstance(key, sa.UniqueConstraint | sa.PrimaryKeyConstraint) and names & {
                column.name for column in key.columns
            }:
                yield f"{table.name}.{target}"


@pytest.mark.parametrize("target", TARGETS)
def test_a_table_whose_key_names_them_says_what_becomes_of_two_rows(app: Flask, target: str) -> None:
    assert set(keys(target)) - set(Handover.registered) == set()


def test_every_member_speaks_of_a_table_that_points_there(app: Flask) -> None:
    for name, kind in Handover.registered.items():
        table, _dot, target = name.partition(".")
        assert target in TARGETS, name
        assert kind.table.__table__.name == table, name
        assert kind.table.__table__ in handover.pointing_at(target), name


def pointers(target: str, number: int) -> dict[str, int]:
    """Table and column -> how many rows point at this number."""
    found = {}
    with sight.everything(Mode.READ):
        for table, columns in handover.pointing_at(target).items():
            for column in columns:
                rows = sa.select(sa.func.count()).select_from(table).where(column == number)
                found[f"{table.name}.{column.name}"] = session.scalar(rows) or 0
    return found


def numbers() -> dict[str, int]:
    """How many rows each table has."""
    with sight.everything(Mode.READ):
        return {
            table.name: session.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in Model.metadata.sorted_tables
            if table.name not in AS_THEY_WERE
        }


def a_twin(corner: Corner) -> int:
    """Somebody new with the learner's name, who is nowhere yet."""
    return worlds.newcomer(corner, "Nadia", "CANARI-1")


def test_all_that_points_at_a_person_points_at_the_one_who_stays(app: Flask, world: World) -> None:
    one = world.one
    filled.every_table(one, one.learner, one.learner)  # also what only staff have
    twin, before = a_twin(one), numbers()
    held = pointers("person", one.learner.person_id)
    assert sum(1 for count in held.values() if count) >= 10, held
    with db.transaction(tenant_id=one.tenant_id):
        gone, kept = session.get_one(Person, one.learner.person_id), session.get_one(Person, twin)
        services.merge(gone, kept, None)
    left = {name: count for name, count in pointers("person", one.learner.person_id).items() if count}
    assert left == {}
    got = pointers("person", twin)
    assert {name for name, count in held.items() if count} - {name for name, n in got.items() if n} == set()
    after = numbers()
    assert {name: (before[name], after[name]) for name in before if after[name] != before[name]} == {
        "membership": (before["membership"], before["membership"] - 1)  # both were learners of the agency
    }


def test_all_that_points_at_an_organisation_points_at_the_one_that_stays(app: Flask, world: World) -> None:
    one = world.one
    filled.every_table(one, one.learner, one.adviser)
    with db.transaction(tenant_id=one.tenant_id):
        agency = session.get_one(Organisation, one.agency_id)
        tree.add("guichet-1", "Guichet", OrganisationKind.AGENCY, parent=agency)
    before = numbers()
    with db.transaction(tenant_id=one.tenant_id):
        gone = session.get_one(Organisation, one.agency_id)
        kept = session.get_one(Organisation, one.other_agency_id)
        tree.merge(gone, kept, None)
    left = {name for name, count in pointers("organisation", one.agency_id).items() if count}
    assert left == set()
    assert numbers() == before


def test_the_number_of_statements_does_not_depend_on_the_rows(app: Flask, world: World) -> None:
    one, sent = world.one, []
    goes = one.learner.person_id
    for turn in (1, 2):
        filled.more_of_everything(one, turn)
        twin = worlds.newcomer(one, f"Nadia{turn}", "Autre")
        with db.transaction(tenant_id=one.tenant_id), statements() as said:
            handover.hand_over("person", Pair(one.tenant_id, goes, twin))
        sent.append(len(said))
        goes = twin
    assert sent[0] == sent[1]
