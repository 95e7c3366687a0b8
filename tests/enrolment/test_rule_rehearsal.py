"""A rehearsal says what happens: over all conditions, on random people, with what is decided by hand in between."""

import itertools
import random
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from lms.core import db
from lms.core.clock import now
from lms.core.db import Mode, session
from lms.enrolment import services
from lms.enrolment.condition import Condition, Kept
from lms.enrolment.models import Cohort, Enrolment, Joins, Member
from lms.enrolment.services.why import Verdict, why
from lms.organisations.models import Membership, Organisation, Role
from lms.people.models import Person, Situation
from tests.enrolment.rules import (
    empty_cohort,
    read_plan,
    rehearsed,
    run_again,
    runs,
    switch_on,
    take_back,
    there,
    write,
)
from tests.support import worlds
from tests.support.worlds import Corner, World


@pytest.fixture
def one(world: World) -> Corner:
    return world.one


_numbers = itertools.count()
_STARTS = ["69", "75", "2A"]
_CODES = ["69003", "75011", "20090", "13001", None]


def _random_people(one: Corner, chance: random.Random) -> list[int]:
    """Learners, managers and archived people all over the tree, some in the corner's cohort, some having completed its course."""
    units = [one.root_id, one.agency_id, one.other_agency_id, one.company_id]
    found = []
    with db.transaction(tenant_id=one.tenant_id):
        for n in range(chance.randint(0, 9)):
            role = chance.choice([Role.LEARNER, Role.LEARNER, Role.LEARNER, Role.MANAGER])
            who = worlds.person(
                one.tenant_id, chance.choice(units), role, f"P{n}", f"H{next(_numbers)}",
                postcode=chance.choice(_CODES), situation=chance.choice(list(Situation)),
                archived_at=now() if chance.random() < 0.1 else None,
            )  # fmt: skip
            own = update(Membership).where(Membership.person_id == who.person_id)
            days = chance.choice([1, 20, 400])
            session.execute(
                own.values(
                    created_at=now() - timedelta(days=days),
                    follower_id=chance.choice([None, one.adviser.person_id]),
                    ends_at=now() - timedelta(days=1) if chance.random() < 0.1 else None,
                )
            )
            found.append(who.person_id)
    return found


def _day(days_ago: int) -> str:
    return (now() - timedelta(days=days_ago)).date().isoformat()


def _random_conditions(one: Corner, other: int, chance: random.Random) -> list[tuple[str, Kept, bool]]:
    kept = {
        "unit": Kept(organisation_id=chance.choice([one.root_id, one.agency_id, one.company_id])),
        "follower": Kept(person_id=one.adviser.person_id),
        "role": Kept({"role": "manager"}),
        "situation": Kept({"situation": chance.choice(list(Situation)).value}),
        "joined": Kept(
            chance.choice(
                [{"days": 10}, {"days": 100}, {"since": _day(30)}, {"since": _day(500), "until": _day(10)}]
            )
        ),
        "postcode": Kept({"starts": chance.sample(_STARTS, chance.randint(1, 3))}),
        "agency-number": Kept({"numbers": ["69001"]}),
        "cohort": Kept(cohort_id=other),
        "completed": Kept(
            chance.choice([{}, {"since": _day(0)}, {"since": _day(-3)}, {"days": 1}]), course_id=one.course_id
        ),
    }
    assert set(kept) == set(Condition.registered), "each condition takes part"
    names = chance.sample(sorted(kept), chance.randint(1, 3))
    return [(name, kept[name], chance.random() < 0.4) for name in names]


def _shuffle(one: Corner, cohort: int, other: int, people: list[int], chance: random.Random) -> None:
    """People begin, complete, move about, are put in and taken out by hand."""
    with db.transaction(tenant_id=one.tenant_id):
        here, elsewhere = session.get_one(Cohort, cohort), session.get_one(Cohort, other)
        for person in people:
            own = Member.cohort_id == cohort, Member.person_id == person, Member.withdrawn_at.is_(None)
            member = session.scalar(select(Member.id).where(*own))
            if member and chance.random() < 0.5:
                _happens_inside(member, here, elsewhere, chance)
            else:
                _happens_outside(one, person, here, elsewhere, chance)


def _happens_inside(member: int, here: Cohort, elsewhere: Cohort, chance: random.Random) -> None:
    deed = chance.choice(["withdraw", "move", "begin", "complete"])
    person = session.scalar(select(Member.person_id).where(Member.id == member))
    twice = select(Member.id).where(Member.cohort_id == elsewhere.id, Member.person_id == person)
    courses = update(Enrolment).where(Enrolment.member_id == member)
    if deed == "withdraw":
        services.withdraw([member], here, "job", None)
    elif deed == "move" and session.scalar(twice) is None:
        services.move([member], here, elsewhere, None)
    elif deed == "begin":
        session.execute(courses.values(started_at=now()))
    elif deed == "complete":
        session.execute(courses.values(started_at=now(), completed_at=now()))
        theirs = select(Enrolment.id).where(Enrolment.member_id == member)
        services.keep_figures(here.tenant_id, session.scalars(theirs).all())


def _happens_outside(
    one: Corner, person: int, here: Cohort, elsewhere: Cohort, chance: random.Random
) -> None:
    deed = chance.choice(["", "add", "other", "unit", "postcode"])
    if deed == "add":
        services.add_known(here, person, None)
    elif deed == "other":
        services.add_known(elsewhere, person, None)
    elif deed == "postcode":
        own = update(Person).where(Person.id == person)
        session.execute(own.values(postcode=chance.choice(_CODES)))
    elif deed == "unit":
        unit, theirs = chance.choice([one.agency_id, one.company_id]), Membership.person_id == person
        if session.scalar(select(Membership.id).where(theirs, Membership.organisation_id == unit)) is None:
            first = session.scalar(select(Membership.id).where(theirs).order_by(Membership.id).limit(1))
            session.execute(update(Membership).where(Membership.id == first).values(organisation_id=unit))


def _verdicts(one: Corner, cohort: int, people: list[int]) -> tuple[set[int], set[int]]:
    with db.transaction(Mode.READ, one.tenant_id):
        plan = read_plan(one, cohort)
        said = {person: why(plan, person).verdict for person in people}
    return (
        {person for person, word in said.items() if word is Verdict.ENTERS},
        {person for person, word in said.items() if word is Verdict.LEAVES},
    )


def _undone_and_done_again(
    one: Corner, cohort: int, rule: int, before: set[int], said: tuple[set[int], set[int]]
) -> None:
    """Taken back, a run has brought nobody and taken out nobody; the night does not do it again, and switching on does."""
    if not any(said):
        return
    after = there(one, cohort)
    done = take_back(one, runs(one, cohort)[0])
    assert (done.people, done.left_out) == (len(said[0] | said[1]), 0)
    assert there(one, cohort) == before
    run_again(one, rule)
    assert there(one, cohort) == before, "it is off"
    assert rehearsed(one, cohort) == said
    switch_on(one, cohort)
    assert there(one, cohort) == after


def _rehearsal_is_true(one: Corner, seed: int) -> None:
    chance = random.Random(seed)
    nth = next(_numbers)  # the same seed may come twice
    cohort, other = empty_cohort(one, f"Règle {nth}"), empty_cohort(one, f"Autre {nth}")
    with db.transaction(tenant_id=one.tenant_id):
        session.get_one(Organisation, one.agency_id).safir = "69001"
    people = _random_people(one, chance)
    how: dict[str, Any] = {
        "joins": chance.choice(list(Joins)),
        "removes": chance.random() < 0.8,
        "removes_begun": chance.random() < 0.4,
    }
    rule = write(one, cohort, _random_conditions(one, other, chance), **how)
    everybody = [*people, one.learner.person_id, one.other_learner.person_id, one.employee.person_id]
    _shuffle(one, cohort, other, everybody, chance)
    for turn in range(3):
        before, (enter, leave) = there(one, cohort), rehearsed(one, cohort)
        assert _verdicts(one, cohort, everybody) == (enter & set(everybody), leave), (
            "why? says what the rehearsal says"
        )
        switch_on(one, cohort) if turn == 0 else run_again(one, rule)
        after = there(one, cohort)
        assert (after - before, before - after) == (enter, leave), (seed, turn)
        assert rehearsed(one, cohort) == (set(), set()), "done once, there is nothing left to do"
        if chance.random() < 0.4:
            _undone_and_done_again(one, cohort, rule, before, (enter, leave))
        _shuffle(one, cohort, other, everybody, chance)


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32))
def test_a_rehearsal_is_what_happens(app: Flask, one: Corner, seed: int) -> None:
    _rehearsal_is_true(one, seed)


@pytest.mark.long
@pytest.mark.parametrize("part", range(4))  # each in a world of its own: people add up
@settings(max_examples=75, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32))
def test_a_rehearsal_is_what_happens_many_times(app: Flask, one: Corner, part: int, seed: int) -> None:
    _rehearsal_is_true(one, 4 * seed + part)
