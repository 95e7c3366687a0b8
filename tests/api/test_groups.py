"""Groups of an identity system as cohorts: members are enrolled and withdrawn as sets."""

import pytest
from flask import Flask
from sqlalchemy import select

from lms.core import db
from lms.core.db import Mode, session
from lms.core.post import Mail
from lms.courses.models import Course
from lms.enrolment import services as enrolment
from lms.enrolment.models import Batch, BatchKind, Cohort, Enrolment, Member
from lms.enrolment.states import MemberState
from lms.organisations.models import Organisation
from lms.people.models import Person
from tests.api.provisioning import GROUP, USER, System, token_of
from tests.support.queries import statements
from tests.support.worlds import World


@pytest.fixture
def system(app: Flask, world: World) -> System:
    """The identity system of the first tenant's company."""
    return System(app, token_of(world.one))


@pytest.fixture
def courses(world: World) -> None:
    """A cohort waits in the company under the name “Accueil”, with a course."""
    with db.transaction(tenant_id=world.one.tenant_id):
        company = session.get_one(Organisation, world.one.company_id)
        enrolment.make_cohort(company, "Accueil", courses=[session.get_one(Course, world.one.course_id)])


def standing(world: World, cohort: str) -> dict[str, str]:
    """Last name and state of everybody in this cohort."""
    with db.transaction(Mode.READ, world.one.tenant_id):
        found = (
            select(Person.last_name, Member.state)
            .join(Member, Member.person_id == Person.id)
            .join(Cohort, Cohort.id == Member.cohort_id)
            .where(Cohort.name == cohort)
        )
        return {name: state.value for name, state in session.execute(found)}


def cohorts(world: World) -> set[str]:
    with db.transaction(Mode.READ, world.one.tenant_id):
        return set(session.scalars(select(Cohort.name).where(Cohort.organisation_id == world.one.company_id)))


def named(system: System, *names: str) -> list[dict[str, str]]:
    return [system.add_user(name, name={"familyName": name}) for name in names]


def test_a_group_is_the_cohort_that_waits_under_its_name(system: System, world: World, courses: None) -> None:
    ana, bob = named(system, "Ana", "Bob")
    group = system.add_group("Accueil", ana, bob)
    assert standing(world, "Accueil") == {"Ana": "registered", "Bob": "registered"}
    assert [one["value"] for one in group["members"]] == [ana["id"], bob["id"]]
    with db.transaction(Mode.READ, world.one.tenant_id):
        assert len(session.scalars(select(Enrolment).join(Cohort).where(Cohort.name == "Accueil")).all()) == 2
        kinds = session.scalars(select(Batch.kind).join(Cohort).where(Cohort.name == "Accueil")).all()
    assert kinds == [BatchKind.DIRECTORY]
    (shown,) = system.told("GET", f"/Users/{ana['id']}")["groups"]
    assert (shown["value"], shown["type"]) == (group["id"], "direct")
    assert shown["$ref"].endswith(f"/Groups/{group['id']}")


def test_members_come_and_go_as_entra_and_okta_say_it(system: System, world: World, courses: None) -> None:
    ana, bob, cleo = named(system, "Ana", "Bob", "Cleo")
    group = system.add_group("Accueil", ana)
    path = f"/Groups/{group['id']}"
    system.patch(
        path, {"op": "Add", "path": "members", "value": [{"value": bob["id"]}, {"value": cleo["id"]}]}
    )
    system.patch(path, {"op": "Remove", "path": "members", "value": [{"value": ana["id"]}]})
    system.patch(path, {"op": "remove", "path": f'members[value eq "{bob["id"]}"]'})
    assert standing(world, "Accueil") == {"Ana": "abandoned", "Bob": "abandoned", "Cleo": "registered"}
    system.patch(path, {"op": "Add", "path": "members", "value": [{"value": ana["id"]}]})
    assert standing(world, "Accueil")["Ana"] == "registered", "what was done before is still there"


def test_who_is_deleted_leaves_the_groups(system: System, world: World, courses: None) -> None:
    ana, bob = named(system, "Ana", "Bob")
    group = system.add_group("Accueil", ana, bob)
    before = system.told("GET", f"/Groups/{group['id']}")["meta"]["version"]
    system.told("DELETE", f"/Users/{ana['id']}", status=204)
    after = system.told("GET", f"/Groups/{group['id']}")
    assert [one["value"] for one in after["members"]] == [bob["id"]]
    assert after["meta"]["version"] != before
    assert standing(world, "Accueil") == {"Ana": "abandoned", "Bob": "registered"}


def test_a_group_that_is_deleted_leaves_its_cohort(system: System, world: World, courses: None) -> None:
    (ana,) = named(system, "Ana")
    group = system.add_group("Accueil", ana)
    system.told("DELETE", f"/Groups/{group['id']}", status=204)
    assert standing(world, "Accueil") == {"Ana": "registered"}
    assert "groups" not in system.told("GET", f"/Users/{ana['id']}")


def test_two_groups_of_one_name_are_two_cohorts_and_a_cohort_is_called_as_its_group(
    system: System, world: World
) -> None:
    first, second = system.add_group("Ventes"), system.add_group("Ventes")
    assert cohorts(world) == {"Ventes", "Ventes (2)"}
    rename = {"op": "replace", "path": "displayName"}
    system.patch(f"/Groups/{first['id']}", rename | {"value": "Achats"})
    system.patch(f"/Groups/{second['id']}", rename | {"value": "Achats"})
    assert cohorts(world) == {"Achats", "Achats (2)"}


def test_a_member_of_nobody_is_told_and_nothing_is_done(system: System, world: World, courses: None) -> None:
    (ana,) = named(system, "Ana")
    sent = {
        "schemas": [GROUP],
        "displayName": "Accueil",
        "members": [{"value": ana["id"]}, {"value": "0" * 32}],
    }
    answer = system.told("POST", "/Groups", sent, 400)
    assert answer["scimType"] == "invalidValue"
    assert "0" * 32 in answer["detail"]
    assert standing(world, "Accueil") == {}
    assert system.told("GET", "/Groups")["totalResults"] == 0


def test_newcomers_with_an_address_are_welcomed_once(system: System, world: World, courses: None) -> None:
    ana = system.add_user("Ana", emails=[{"value": "ana@exemple.fr"}])
    group = system.add_group("Accueil", ana)
    for op in ("remove", "add"):
        system.patch(f"/Groups/{group['id']}", {"op": op, "path": "members", "value": [{"value": ana["id"]}]})
    with db.transaction(Mode.READ, world.one.tenant_id):
        assert session.scalars(select(Mail.address)).all() == ["ana@exemple.fr"]


def test_a_large_group_takes_no_more_statements_than_a_small_one(
    system: System, world: World, courses: None
) -> None:
    people = named(system, *(f"P{n}" for n in range(12)))
    counts = []
    for name, members in (("Un", people[:2]), ("Deux", people)):
        group = system.add_group(name)
        value = [{"value": one["id"]} for one in members]
        with statements() as said:
            system.patch(f"/Groups/{group['id']}", {"op": "add", "path": "members", "value": value})
        counts.append(len(said))
        assert len(standing(world, name)) == len(members)
    assert counts[0] == counts[1]


def test_a_bulk_request_may_speak_of_what_it_has_just_made(system: System, world: World) -> None:
    """Its operations fail one by one: what failed leaves nothing behind, the rest stands."""
    operations = [
        {"method": "POST", "path": "/Users", "bulkId": "a", "data": {"schemas": [USER], "userName": "Ana", "name": {"familyName": "Ana"}}},
        {"method": "POST", "path": "/Users", "bulkId": "b", "data": {"schemas": [USER], "userName": "ANA"}},
        {"method": "POST", "path": "/Groups", "bulkId": "g", "data": {"schemas": [GROUP], "displayName": "Accueil", "members": [{"value": "bulkId:a"}]}},
    ]  # fmt: skip
    sent = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations}
    done = system.told("POST", "/Bulk", sent)
    assert [one["status"] for one in done["Operations"]] == ["201", "409", "201"]
    assert standing(world, "Accueil") == {"Ana": "registered"}
    assert system.told("GET", "/Users")["totalResults"] == 1
    many = sent | {"Operations": operations[:1] * 101}
    assert system.told("POST", "/Bulk", many, 413)["status"] == "413"


def test_who_was_erased_is_in_the_group_no_more(system: System, world: World, courses: None) -> None:
    from lms.people import services as people

    ana, bob = named(system, "Ana", "Bob")
    group = system.add_group("Accueil", ana, bob)
    with db.transaction(Mode.READ, world.one.tenant_id):
        person_id = session.scalars(select(Person.id).where(Person.last_name == "Ana")).one()
    with db.transaction(tenant_id=world.one.tenant_id):
        people.erase(world.one.tenant_id, [person_id])
    assert [one["value"] for one in system.told("GET", f"/Groups/{group['id']}")["members"]] == [bob["id"]]
    system.told("GET", f"/Users/{ana['id']}", status=404)
    assert MemberState.ABANDONED.value not in standing(world, "Accueil").values()
