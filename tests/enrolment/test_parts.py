"""A long file is written part by part: what comes out is what one transaction makes of it."""

from typing import Any

import pytest
from sqlalchemy import select

from lms.core import db
from lms.core.db import Mode, session
from lms.enrolment.models import Cohort, Enrolment, ImportMode, Member
from lms.enrolment.services import imports, writing
from lms.enrolment.services.place_rules import PlacesShort
from lms.people.models import Person
from tests.enrolment.conftest import Import, five
from tests.enrolment.pools import bound, opened
from tests.enrolment.test_undo import differing, file, undo, whole
from tests.support.worlds import World

LINES = [
    f"Nom{chr(97 + n)};Ada;7654{n:03}B;a{n % 7}@exemple.fr;063998{n:04};{4 + n % 3};S1" for n in range(25)
]


def members(world: World, cohort: str = "Novembre") -> list[tuple[Any, ...]]:
    """What is known of everybody in a cohort, by name."""
    with db.transaction(Mode.READ, world.one.tenant_id):
        columns = (
            *(
                Person.sort_name,
                Person.email,
                Person.phone,
                Member.funder,
                Member.session_number,
                Member.state,
            ),
            *(Enrolment.course_id, Enrolment.steps_total, Member.steps_total),
        )
        found = select(*columns).join(Member, Member.person_id == Person.id)
        found = found.join(Enrolment, Enrolment.member_id == Member.id).join(
            Cohort, Cohort.id == Member.cohort_id
        )
        found = found.where(Cohort.name == cohort).order_by(Person.sort_name)
        return [tuple(row) for row in session.execute(found)]


def test_a_long_file_gives_what_a_short_one_gives(
    world: World, imported: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole_name, parts_name = "D'un trait", "Par parties"
    found = []
    for name, size, mark in ((whole_name, writing.PART, "B"), (parts_name, 4, "D")):
        monkeypatch.setattr(writing, "PART", size)
        monkeypatch.setattr(imports, "COMPARED", 7)
        lines = [line.replace("B;a", f"{mark};{mark}").replace("Nom", f"Nom{mark}") for line in LINES]
        reports = [
            five(imported(file(*lines[:12]), cohort_name=name)),
            five(imported(file(*(line.replace(";S1", ";S2") for line in lines[6:])), cohort_name=name)),
        ]
        replacing: dict[str, Any] = {"mode": ImportMode.REPLACE, "cohort_name": name}
        seen = imported(file(*lines[10:]), is_dry=True, **replacing)
        reports.append(five(imported(file(*lines[10:]), leaving=seen.leaving, **replacing)))
        reports.append(five(imported(file(*lines[10:]), cohort_name=name)))
        assert reports == [(12, 12, 0, 0, 0), (19, 13, 6, 0, 0), (15, 0, 15, 0, 0), (15, 0, 0, 15, 0)]
        assert seen.leaving == 10
        found.append([(row[0][5:], *row[2:]) for row in members(world, name)])
    assert found[0] == found[1]
    assert len(found[0]) == 25


def test_it_is_taken_back_like_any_other(
    world: World, imported: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported(file(*LINES[:5]))
    before = whole(world)
    monkeypatch.setattr(writing, "PART", 4)
    report = imported(file(*(line.replace(";S1", ";S2") for line in LINES)))
    assert five(report) == (25, 20, 5, 0, 0)
    assert undo(world, report.batch_id).people == 25
    assert differing(whole(world), before) == {}


def test_whoever_was_made_meanwhile_is_made_once(
    world: World, imported: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "PART", 4)
    write_part, meanwhile = writing.write_part, [LINES[9], "Lovelace;Augusta;;;;;"]

    def interrupted(work: writing.Writing, lines: tuple[int, int]) -> None:
        if meanwhile:  # as another worker would, between two parts
            own = {"first_name": "Ada", "last_name": "Nomj", "sort_name": "nomj ada"}
            session.add(Person(tenant_id=work.target.tenant_id, agency_identifier="7654009B", **own))
            session.flush()
            meanwhile.clear()
        write_part(work, lines)

    monkeypatch.setattr(writing, "write_part", interrupted)
    report = imported(file(*LINES))
    assert five(report) == (25, 25, 0, 0, 0)
    with db.transaction(Mode.READ, world.one.tenant_id):
        numbered = select(Person.id).where(Person.agency_identifier == "7654009B")
        [person_id] = session.scalars(numbered)
        assert session.scalar(select(Member.batch_id).where(Member.person_id == person_id)) == report.batch_id


def test_where_there_are_places_for_so_many_all_enter_or_nobody(
    world: World, imported: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    cohort_id = imported(file(LINES[0])).cohort_id
    bound(world.one, opened(world.one, 10, at=world.one.agency_id), cohort_id)
    monkeypatch.setattr(writing, "PART", 4)
    before = len(members(world))
    with pytest.raises(PlacesShort):
        imported(file(*LINES))
    assert len(members(world)) == before
