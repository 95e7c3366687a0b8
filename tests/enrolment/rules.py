"""Rules of cohorts for tests: written as a page writes them, rehearsed, run by the worker."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import select

from lms.core import db, jobs, worker
from lms.core.db import Mode, session
from lms.courses.models import Course
from lms.enrolment import services
from lms.enrolment.condition import Kept
from lms.enrolment.models import Batch, BatchKind, Cohort, Joins, Member, Rule
from lms.enrolment.queries.standing import is_there
from lms.enrolment.services import rule_people, rules
from lms.enrolment.services.rule_people import Plan
from lms.organisations.actor import Actor
from tests.house.test_kinds import actor
from tests.support import worlds
from tests.support.worlds import Corner

#: A condition: its kind, what it keeps, whether it is turned round.
Said = tuple[str, Kept, bool]


def admin(corner: Corner) -> Actor:
    """The administrator, with the whole customer in hand."""
    return actor(corner, "admin")


def empty_cohort(corner: Corner, name: str = "Dynamique") -> int:
    """A cohort of the agency without anybody, on the corner's course."""
    with db.transaction(tenant_id=corner.tenant_id):
        course = session.get_one(Course, corner.course_id)
        return worlds.cohort(corner.tenant_id, corner.agency_id, name, [course], []).id


def write(corner: Corner, cohort_id: int, said: Sequence[Said], by: Actor | None = None, **how: Any) -> int:
    """The rule of this cohort, with these conditions, off: its number."""
    with db.transaction(tenant_id=corner.tenant_id):
        cohort = session.get_one(Cohort, cohort_id)
        asked: dict[str, Any] = {"joins": Joins.ALL, "removes": True, "removes_begun": False} | how
        rule = rules.keep_rule(cohort, asked.pop("joins"), **asked, by=by)
        for kind, kept, is_not in said:
            rules.add_condition(cohort, kind, kept, is_not=is_not, by=by)
        return rule.id


def switch_on(corner: Corner, cohort_id: int, by: Actor | None = None) -> None:
    """On, and done at once."""
    with db.transaction(tenant_id=corner.tenant_id):
        rules.switch_on(session.get_one(Cohort, cohort_id), by or admin(corner))
    work()


def run_again(corner: Corner, rule_id: int) -> None:
    """As every night."""
    with db.transaction(tenant_id=corner.tenant_id):
        jobs.later(rules.RUN, tenant_id=corner.tenant_id, rule_id=rule_id)
    work()


def work() -> None:
    """Whatever waits is done, and nothing of it broke."""
    while (run := jobs.claim(worker.me())) is not None:
        run.run()
    with db.transaction(Mode.READ, of_all=True):
        assert session.scalars(select(jobs.Job.error).where(jobs.Job.error.is_not(None))).all() == []


def read_plan(corner: Corner, cohort_id: int, by: Actor | None = None) -> Plan:
    """The rule as a page reads it, inside a transaction."""
    rule = session.scalars(select(Rule).where(Rule.cohort_id == cohort_id)).one()
    return rule_people.plan(rule, session.get_one(Cohort, cohort_id), by or admin(corner))


def rehearsed(corner: Corner, cohort_id: int, by: Actor | None = None) -> tuple[set[int], set[int]]:
    """Persons who would enter, and who would leave; as many as the rehearsal's counts say."""
    with db.transaction(Mode.READ, corner.tenant_id):
        plan = read_plan(corner, cohort_id, by)
        enter = set(session.scalars(rule_people.entering(plan)))
        leaving = rule_people.leaving(plan)
        leave = set(session.scalars(select(Member.person_id).where(Member.id.in_(leaving))))
        told = rule_people.rehearse(plan, by or admin(corner))
        assert (told.entering.number, told.leaving.number) == (len(enter), len(leave))
        assert {row.id for row in told.entering.shown} <= enter
        return enter, leave


def there(corner: Corner, cohort_id: int) -> set[int]:
    """Persons who are in the cohort."""
    with db.transaction(Mode.READ, corner.tenant_id):
        return set(session.scalars(select(Member.person_id).where(Member.cohort_id == cohort_id, is_there())))


def runs(corner: Corner, cohort_id: int) -> list[int]:
    """Numbers of the receipts that the rule of this cohort left, the newest first."""
    own = select(Batch.id).where(Batch.cohort_id == cohort_id, Batch.kind == BatchKind.RULE)
    with db.transaction(Mode.READ, corner.tenant_id):
        return list(session.scalars(own.order_by(Batch.id.desc())))


def take_back(corner: Corner, batch_id: int, *, told: bool = False) -> services.Undone:
    """What a receipt says is undone, step by step."""

    @contextmanager
    def step(_people: int) -> Iterator[None]:
        with db.transaction(tenant_id=corner.tenant_id):
            yield

    with db.transaction(Mode.READ, corner.tenant_id):
        batch = session.get_one(Batch, batch_id)
        session.expunge(batch)
    return services.undo(batch, step, told=told)
