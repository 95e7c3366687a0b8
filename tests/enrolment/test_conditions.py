"""The contract of conditions, tried over every member of the family; and whom each one means."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from werkzeug.datastructures import MultiDict

from lms.core import db, i18n
from lms.core.clock import now
from lms.core.db import Mode, session
from lms.courses.models import Course
from lms.enrolment.condition import Condition, Said, kinds, named
from lms.enrolment.conditions import postcode
from lms.enrolment.models import Cohort, Enrolment
from lms.organisations.models import Membership, Organisation, Role
from lms.people.models import Person, Situation
from tests.enrolment.rules import admin, empty_cohort
from tests.support import worlds
from tests.support.sight import everything
from tests.support.worlds import Corner, World

#: What somebody types in the form of each; a new member is added here once.
TYPED: dict[str, Any] = {
    "unit": lambda one, _other: {"unit": one.agency_id},
    "follower": lambda one, _other: {"follower": one.adviser.person_id},
    "role": lambda _one, _other: {"role": "adviser"},
    "situation": lambda _one, _other: {"situation": "job-seeker"},
    "joined": lambda _one, _other: {"days": "30"},
    "postcode": lambda _one, _other: {"starts": "69, 2a"},
    "agency-number": lambda _one, _other: {"numbers": "69001 69002"},
    "cohort": lambda _one, other: {"cohort": other},
    "completed": lambda one, _other: {"course": one.course_id, "since": "2026-01-01"},
}
#: What they are to be refused for, and at which field.
WRONG: list[tuple[str, str, dict[str, str]]] = [
    ("joined", "until", {"since": "2026-11-30", "until": "2026-11-01"}),
    ("joined", "until", {"until": "9999-12-31"}),
    ("joined", "since", {"since": "0001-01-01"}),
    ("joined", "since", {"since": "31/12/2026"}),
    ("joined", "days", {"since": "2026-11-30", "days": "30"}),
    ("joined", "days", {"days": "abc"}),
    ("joined", "days", {"days": "9" * 30}),
    ("joined", "days", {}),
    ("postcode", "starts", {"starts": "le Rhône"}),
    ("postcode", "starts", {"starts": "69," * 400}),
    ("postcode", "starts", {"starts": " "}),
    ("agency-number", "numbers", {"numbers": "123"}),
    ("completed", "days", {"since": "2026-11-30", "days": "30"}),
    ("completed", "since", {"since": "9999-12-31"}),
    ("completed", "course", {"course": "9" * 30}),
    ("completed", "course", {"course": "x"}),
    ("role", "role", {"role": "king"}),
]


def said_of(one: Corner, kind: Condition, typed: dict[str, Any], called: str = "") -> Said:
    """What its form comes to, as the rule reads it."""
    with db.transaction(Mode.READ, one.tenant_id):
        cohort = session.get_one(Cohort, one.cohort_id)
        form = kind.asked(MultiDict(typed), admin(one), cohort)
        assert form.validate(), form.errors
        kept = kind.keep(form)
    return Said(
        one.tenant_id, "Europe/Paris", kept.settings, kept.organisation_id, kept.person_id, kept.course_id,
        kept.cohort_id, called,
    )  # fmt: skip


def found(said: Said, kind: str) -> set[int]:
    """Whom a condition means, past the walls."""
    one = named(kind)
    assert one is not None
    with everything(Mode.READ):
        return set(session.scalars(one.persons(said)))


def test_every_condition_is_tried_here(app: Flask) -> None:
    assert {kind.name for some in kinds().values() for kind in some} == set(TYPED)
    assert named("nothing of the kind") is None


@pytest.mark.parametrize("name", sorted(TYPED))
def test_a_condition_asks_keeps_and_answers_within_its_tenant(app: Flask, world: World, name: str) -> None:
    one, kind = world.one, Condition.registered[name]()
    other = empty_cohort(one, "Autre")
    said = said_of(one, kind, TYPED[name](one, other), "CANARI-1")
    persons = kind.persons(said)
    assert len(persons.selected_columns) == 1
    with everything(Mode.READ):
        rows = list(session.scalars(persons))
        own = set(session.scalars(select(Person.id).where(Person.tenant_id == one.tenant_id)))
    assert None not in rows
    assert set(rows) <= own, "nobody of another tenant, whatever is named"
    for language in i18n.LANGUAGES:
        with i18n.speaking_to(language):
            assert len({kind.words(said, False), kind.words(said, True), str(kind.yes), str(kind.no)}) == 4
    with db.transaction(Mode.READ, one.tenant_id):
        cohort = session.get_one(Cohort, one.cohort_id)
        assert not kind.asked(MultiDict({"is_not": ""}), admin(one), cohort).validate()
        odd = TYPED[name](one, other) | {"is_not": "perhaps"}
        assert not kind.asked(MultiDict(odd), admin(one), cohort).validate()


@pytest.mark.parametrize(("name", "field", "typed"), WRONG)
def test_what_cannot_be_is_told_at_its_field(
    app: Flask, world: World, name: str, field: str, typed: dict[str, str]
) -> None:
    one, kind = world.one, Condition.registered[name]()
    more = {"course": str(one.course_id)} if name == "completed" else {}
    with i18n.speaking_to("fr"), db.transaction(Mode.READ, one.tenant_id):
        cohort = session.get_one(Cohort, one.cohort_id)
        form = kind.asked(MultiDict({"is_not": "", **more, **typed}), admin(one), cohort)
        assert not form.validate()
        assert set(form.errors) == {field}
        for sentence in map(str, form.errors[field]):
            assert not any(word in sentence.split() for word in ("Not", "valid", "Field", "than")), sentence
            assert len(sentence) > 10


@pytest.mark.parametrize("name", ["unit", "follower", "cohort", "completed"])
def test_what_is_of_others_is_not_offered(app: Flask, world: World, name: str) -> None:
    one, two, kind = world.one, world.two, Condition.registered[name]()
    typed = TYPED[name](two, empty_cohort(two, "Autre"))
    with db.transaction(Mode.READ, one.tenant_id):
        cohort = session.get_one(Cohort, one.cohort_id)
        assert not kind.asked(MultiDict(typed), admin(one), cohort).validate()


def test_whom_each_one_means(app: Flask, world: World) -> None:
    one, other = world.one, empty_cohort(world.one, "Autre")
    nadia, odile, emeka = (one.people[who].person_id for who in ("learner", "other_learner", "employee"))
    with db.transaction(tenant_id=one.tenant_id):
        of = update(Person).where(Person.tenant_id == one.tenant_id)
        session.execute(of.where(Person.id == nadia).values(postcode="69003", situation=Situation.JOB_SEEKER))
        session.execute(of.where(Person.id == odile).values(postcode="20090"))
        session.execute(of.where(Person.id == emeka).values(postcode="06900"))
        learns = update(Membership).where(Membership.person_id == nadia)
        session.execute(learns.values(follower_id=one.adviser.person_id))
        session.get_one(Organisation, one.agency_id).safir = "69001"
        worlds.cohort(one.tenant_id, one.agency_id, "Seul", [], [one.employee])
        done = update(Enrolment).where(Enrolment.person_id == odile)
        session.execute(done.values(completed_at=date_time("2026-03-31T22:30:00+00:00")))
    meant = {
        "unit": {nadia, odile},
        "follower": {nadia},
        "role": {one.adviser.person_id, one.other_adviser.person_id},
        "situation": {nadia},
        "joined": {nadia, odile, emeka},
        "postcode": {nadia, odile},
        "agency-number": {nadia, odile},
        "cohort": set(),
        "completed": {odile},
    }
    for name, expected in meant.items():
        said = said_of(one, Condition.registered[name](), TYPED[name](one, other))
        assert found(said, name) == expected, name
    in_april: dict[str, Any] = {"course": one.course_id, "since": "2026-04-01"}
    later: dict[str, Any] = {"course": one.course_id, "since": "2026-04-02"}
    for typed, expected in ((in_april, {odile}), (later, set())):
        said = said_of(one, Condition.registered["completed"](), typed)
        assert found(said, "completed") == expected, "a day begins at midnight where the rule looks"
    for days, expected in ((100, {odile}), (1000, set())):
        said = said_of(one, Condition.registered["completed"](), {"course": one.course_id, "days": days})
        assert found(said, "completed") == expected
    with db.transaction(tenant_id=one.tenant_id):  # taken again: the last time counts
        again = worlds.cohort(
            one.tenant_id,
            one.agency_id,
            "Encore",
            [session.get_one(Course, one.course_id)],
            [one.other_learner],
        )
        done = update(Enrolment).where(Enrolment.cohort_id == again.id)
        session.execute(done.values(completed_at=now() - timedelta(days=2)))
    said = said_of(one, Condition.registered["completed"](), {"course": one.course_id, "days": 100})
    assert found(said, "completed") == set()
    with db.transaction(tenant_id=one.tenant_id):
        own = update(Membership).where(Membership.person_id == emeka, Membership.role == Role.LEARNER)
        session.execute(own.values(created_at=date_time("2026-01-31T23:30:00+00:00")))
    for joined, is_meant in (
        ({"since": "2026-02-01", "until": "2026-02-01"}, True),
        ({"until": "2026-01-31"}, False),
    ):
        said = said_of(one, Condition.registered["joined"](), joined)
        assert (emeka in found(said, "joined")) is is_meant


def date_time(text: str) -> Any:
    """An instant from its text."""
    return datetime.fromisoformat(text)


def test_lists_are_read_as_people_type_them() -> None:
    assert postcode.starts(" 75;92 , 2a\n2A 69003") == ["75", "92", "2A", "69003"]
    assert postcode.starts("") == []
