"""A customer of some hundred learners: written in slices, killed, gone on with, and true to itself."""

import os
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from config.demo.scale import load as loading
from config.demo.scale import plan
from config.demo.scale.rows import COLUMNS
from lms.certificates.models import Certificate, RegisterEntry
from lms.core import bulk, db
from lms.core.clock import now
from lms.core.db import Mode, Model, session
from lms.courses.models import Activity
from lms.enrolment.models import Cohort, Enrolment, Member
from lms.enrolment.states import MemberState
from lms.organisations.models import Membership, Organisation, Role
from lms.organisations.queries import by_slug
from lms.people.models import Person
from lms.progress import figures
from lms.progress.models import LearningEvent, Standing

LEARNERS = 500
WANTED = plan.scale("agency", LEARNERS)


def quietly(_text: str) -> None:
    """Nobody listens."""


def run(app: Flask, *words: str) -> tuple[int, str]:
    """Exit status and all that was said."""
    done = app.test_cli_runner().invoke(args=list(words))
    return done.exit_code, done.output


def number(table: type[Model]) -> int:
    """Rows of a table."""
    return session.scalar(select(func.count()).select_from(table)) or 0


def tenant() -> int:
    """The customer that was loaded."""
    with db.transaction(Mode.READ):
        root = by_slug(WANTED.slug)
        assert root is not None
        return root.tenant_id


def killed(after: int) -> None:
    """A process that loads, and is killed with -9 in the middle of a slice: when it has written so many sets of rows."""
    db.disconnect_idle()
    child = os.fork()
    if not child:
        db.disconnect_inherited()
        bulk.write = dying(bulk.write, after)
        try:
            loading.load(WANTED, quietly)
        finally:
            os._exit(0)
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "it ended before it was killed"


def dying(write: Callable[..., int], after: int) -> Callable[..., int]:
    """``write`` that does its work so many times."""
    left = iter(range(after))

    def once(*said: Any) -> int:
        done = write(*said)
        if next(left, None) is None:
            os.kill(os.getpid(), 9)
        return done

    return once


def test_killed_at_any_moment_it_goes_on_and_nothing_is_double(app: Flask) -> None:
    for after in (1, 8, 17, 23):
        killed(after)
    told = loading.load(WANTED, quietly)
    assert 0 < told.learners <= LEARNERS
    assert told.found + told.learners == LEARNERS
    tenant_id = tenant()
    with db.transaction(Mode.READ, tenant_id):
        assert number(Member) == LEARNERS
        learners = select(func.count()).select_from(Membership).where(Membership.role == Role.LEARNER)
        assert session.scalar(learners) == LEARNERS
        agencies = plan.agencies(WANTED)
        root = session.scalars(select(Organisation).where(Organisation.slug == WANTED.slug)).one()
        today = (root.created_at + loading.SINCE).date()
        planned = [one for agency in agencies for some in plan.slices(WANTED, agency, today) for one in some]
        assert number(Cohort) == len(planned)
        assert number(Enrolment) == sum(one.size * one.courses for one in planned)
        units = Counter(session.scalars(select(Organisation.level)))
        assert units["agence"] == len(agencies)
        assert len(set(session.scalars(select(Person.agency_identifier)))) == LEARNERS + 1  # and None
    assert run(app, "progress", "verify", "--organisation", WANTED.slug)[0] == 0
    again = run(app, "demo", "load", "--scale", "agency", "--learners", str(LEARNERS))
    assert again == (0, "The demo was there already.\n")


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_killed_fifty_times_it_stands_once(app: Flask) -> None:
    for after in range(50):
        killed(1 + after % 11)  # each try gets further: a slice is kept before the next kill
    assert loading.load(WANTED, quietly).found > 0
    with db.transaction(Mode.READ, tenant()):
        assert number(Member) == LEARNERS


def test_its_figures_are_those_that_follow_from_the_ledger(app: Flask) -> None:
    loading.load(WANTED, quietly)
    tenant_id = tenant()
    with db.transaction(Mode.WRITE, tenant_id):
        before = written()
        everything = select(Enrolment.id).where(Enrolment.tenant_id == tenant_id)
        figures.recount(tenant_id, everything)
        assert written() == before
        seconds = dict(
            session.execute(
                select(LearningEvent.enrolment_id, func.sum(LearningEvent.seconds)).group_by(
                    LearningEvent.enrolment_id
                )
            ).all()
        )
        told = select(Enrolment.id, Enrolment.seconds).where(Enrolment.started_at.is_not(None))
        assert dict(session.execute(told).all()) == seconds
        assert number(Standing) == len(
            session.execute(
                select(LearningEvent.enrolment_id, LearningEvent.activity_id)
                .where(LearningEvent.activity_id.is_not(None))
                .distinct()
            ).all()
        )
        completed = set(session.scalars(everything.where(Enrolment.completed_at.is_not(None))))
        assert set(session.scalars(select(Certificate.enrolment_id))) == completed
        assert number(RegisterEntry) == number(Certificate) == len(completed)
        named = (
            select(Membership.sort_name, Person.sort_name)
            .join(Person, Person.id == Membership.person_id)
            .where(Membership.sort_name != Person.sort_name)
        )
        assert session.execute(named).all() == []


def written() -> list[Any]:
    """The figures of every enrolment and member, as they stand."""
    session.expire_all()
    courses = select(
        Enrolment.id, Enrolment.steps_done, Enrolment.steps_total, Enrolment.score, Enrolment.seconds,
        Enrolment.started_at, Enrolment.last_at, Enrolment.completed_at,
    )  # fmt: skip
    members = select(
        Member.id, Member.state, Member.steps_done, Member.steps_total, Member.seconds, Member.last_at,
        Member.completed_at,
    )  # fmt: skip
    rows = [session.execute(courses.order_by(Enrolment.id)), session.execute(members.order_by(Member.id))]
    return [list(map(tuple, one)) for one in rows]


def test_it_looks_true(app: Flask) -> None:
    loading.load(WANTED, quietly)
    tenant_id = tenant()
    with db.transaction(Mode.READ, tenant_id):
        states = Counter(session.scalars(select(Member.state)))
        starts = session.scalars(select(Cohort.starts_on)).all()
        people = session.scalars(select(Person).where(Person.agency_identifier.is_not(None))).all()
        reached = (
            select(Activity.position, func.count())
            .join(Standing, Standing.activity_id == Activity.id)
            .where(Standing.done_at.is_not(None), Activity.course_id == first_course(tenant_id))
            .group_by(Activity.position)
        )
        done = [count for _at, count in session.execute(reached.order_by(Activity.position))]
        late = session.scalars(select(LearningEvent.at).where(LearningEvent.at > now())).all()
    assert set(states) >= set(MemberState) - {MemberState.ENTERED}  # rare: somebody who came and did nothing
    assert all(day is not None and day.weekday() < 5 for day in starts)
    assert done == sorted(done, reverse=True)  # each step is done by fewer than the one before
    assert done[0] > done[-1] > 0
    assert late == []
    years = {one.birth_date.year for one in people if one.birth_date}
    names = Counter(one.last_name for one in people)
    assert names.most_common(1)[0][1] > 2 * min(names.values())  # some are borne by many, many by few
    assert len({one.situation for one in people}) > 3
    assert min(years) < 1970 < 2000 < max(years)
    sizes = [agency.learners for agency in plan.agencies(WANTED)]
    assert max(sizes) > 2 * min(sizes)


def first_course(tenant_id: int) -> int:
    """The first course of the path."""
    first = select(Enrolment.course_id).where(Enrolment.tenant_id == tenant_id, Enrolment.position == 1)
    return session.scalars(first.limit(1)).one()


def test_what_is_written_are_columns_that_are_there() -> None:
    for table, columns in COLUMNS.items():
        assert set(columns.split()) <= set(table.__table__.c.keys())


def test_a_nation_wants_postgresql(app: Flask, on_postgresql: bool) -> None:
    if on_postgresql:
        pytest.skip("it is one")
    status, said = run(app, "demo", "load", "--scale", "national")
    assert (status, "PostgreSQL" in said) == (2, True)
    status, said = run(app, "demo", "load", "--scale", "small", "--learners", "500")
    assert (status, "--learners goes with" in said) == (2, True)


@pytest.mark.parametrize(("name", "learners"), [("agency", 50_000), ("national", 3_400_000)])
def test_the_plan_of_a_scale_has_all_its_people(name: str, learners: int) -> None:
    wanted = plan.scale(name)
    agencies = plan.agencies(wanted)
    assert sum(one.learners for one in agencies) == learners
    assert len({one.name for one in agencies}) == len({one.safir for one in agencies}) == len(agencies)
    assert all(len(one.safir) == 5 for one in agencies)
    assert agencies[0].learners > 5 * agencies[-1].learners or name == "agency"
