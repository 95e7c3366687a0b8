"""Whom a rule means, as SELECTs: the rehearsal counts them, the run writes them, and nothing else decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, ColumnElement, and_, exists, false, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from lms.core.db import AnySelect, session
from lms.core.i18n import gettext as _
from lms.enrolment.condition import Condition, Said, named
from lms.enrolment.models import Batch, BatchKind, Cohort, Enrolment, Joins, Member, Rule, RuleCondition
from lms.enrolment.queries import rules as queries
from lms.enrolment.queries import sight
from lms.enrolment.queries.standing import is_there
from lms.organisations import queries as organisations
from lms.organisations.actor import Actor
from lms.people.models import Person

SHOWN = 50  #: names on each side of a rehearsal


@dataclass(frozen=True, slots=True)
class Met:
    """A condition of a rule, ready to be asked."""

    row: RuleCondition
    #: None: it went with its plug-in; then nobody meets the condition, lest the rule grows by that.
    kind: Condition | None
    said: Said

    @property
    def words(self) -> str:
        """As one reads it."""
        if self.kind is None:
            return _("A condition that is not installed any more")
        return self.kind.words(self.said, self.row.is_not)

    def of(self, person_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
        """Whether this person meets it."""
        if self.kind is None:
            return false()
        theirs = self.kind.persons(self.said)
        return person_id.not_in(theirs) if self.row.is_not else person_id.in_(theirs)


@dataclass(frozen=True, slots=True)
class Plan:
    """A rule, its cohort and its conditions, in the eyes of whoever owns it or would."""

    rule: Rule
    cohort: Cohort
    owner: Actor
    conditions: Sequence[Met]


@dataclass(frozen=True, slots=True)
class Side:
    """Those who would enter, or leave: how many, and the first by name (number, names), as far as the reader sees them."""

    number: int
    shown: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a rule would do now."""

    entering: Side
    leaving: Side
    #: How many are in the cohort today.
    there: int


def plan(rule: Rule, cohort: Cohort, owner: Actor) -> Plan:
    """The rule, read once."""
    return Plan(rule, cohort, owner, conditions(rule, owner.zone))


def conditions(rule: Rule, zone: str) -> list[Met]:
    """Its conditions, in the order in which they were added."""
    return [_met(row, called, zone) for row, called in queries.conditions_of(rule)]


def _met(row: RuleCondition, called: str, zone: str) -> Met:
    said = Said(
        row.tenant_id,
        zone,
        row.settings,
        row.organisation_id,
        row.person_id,
        row.course_id,
        row.cohort_id,
        called,
    )
    return Met(row, named(row.kind), said)


def is_learner(plan: Plan) -> ColumnElement[bool]:
    """Whether ``Person`` learns where the owner looks, and is in their sight."""
    return and_(
        Person.archived_at.is_(None),
        Person.id.in_(organisations.learners_in_hand(plan.owner)),
        Person.id.in_(organisations.people_in_sight(plan.owner)),
    )


def joined(plan: Plan) -> ColumnElement[bool]:
    """Whether ``Person`` meets the conditions; a rule without any means nobody."""
    if not plan.conditions:
        return false()
    join = or_ if plan.rule.joins is Joins.ANY else and_
    return join(*(one.of(Person.id) for one in plan.conditions))


def matching(plan: Plan) -> AnySelect:
    """Ids of those whom the rule describes."""
    return select(Person.id).where(Person.tenant_id == plan.cohort.tenant_id, is_learner(plan), joined(plan))


def entering(plan: Plan) -> AnySelect:
    """``person_id`` of those who enter: described, not there, and not taken out by people."""
    known, moved = queries.not_to_bring(plan.cohort)
    return select(Person.id.label("person_id")).where(
        Person.tenant_id == plan.cohort.tenant_id,
        is_learner(plan),
        joined(plan),
        Person.id.not_in(known),
        Person.id.not_in(moved),
    )


def leaving(plan: Plan) -> AnySelect:
    """Ids of members who leave: the rule brought them, it describes them no more, and it may take them out."""
    rule, cohort = plan.rule, plan.cohort
    which = [
        Member.tenant_id == cohort.tenant_id,
        Member.cohort_id == cohort.id,
        is_there(),
        sight.members(plan.owner),
        is_brought(cohort),
        Member.person_id.not_in(matching(plan)),
        Member.completed_at.is_(None),
    ]
    if not rule.removes_begun:
        which.append(~has_begun())
    return select(Member.id).where(*which) if rule.removes else select(Member.id).where(false())


def is_brought(cohort: Cohort) -> ColumnElement[bool]:
    """Whether it was the rule that put the member into the cohort."""
    own = select(Batch.id).where(
        Batch.tenant_id == cohort.tenant_id, Batch.cohort_id == cohort.id, Batch.kind == BatchKind.RULE
    )
    return Member.batch_id.in_(own)


def has_begun() -> ColumnElement[bool]:
    """Whether the member has opened a step of a course of the cohort."""
    begun = exists().where(
        Enrolment.tenant_id == Member.tenant_id,
        Enrolment.member_id == Member.id,
        Enrolment.started_at.is_not(None),
    )
    return begun.correlate(Member)


def rehearse(plan: Plan, reader: Actor) -> Rehearsal:
    """Who would enter and leave if the rule ran now. Writes nothing; five statements, however many they are."""
    in_sight = organisations.people_in_sight(reader)
    leavers = select(Member.person_id).where(
        Member.tenant_id == plan.cohort.tenant_id, Member.id.in_(leaving(plan))
    )
    there = select(func.count(Member.id)).where(
        Member.tenant_id == plan.cohort.tenant_id, Member.cohort_id == plan.cohort.id, is_there()
    )
    return Rehearsal(
        _side(plan, entering(plan), in_sight), _side(plan, leavers, in_sight), session.scalar(there) or 0
    )


def once(chosen: AnySelect) -> CTE:
    """A set that is made before it is put in order and cut: asked for the first fifty, PostgreSQL would look for them one by one."""
    return chosen.cte().prefix_with("MATERIALIZED", dialect="postgresql")


def _side(plan: Plan, persons: AnySelect, sight: AnySelect) -> Side:
    number = session.scalar(select(func.count()).select_from(persons.subquery())) or 0
    if not number:
        return Side(0, ())
    meant = once(persons)
    seen = once(select(meant.c.person_id).where(meant.c.person_id.in_(sight)))
    first = (
        select(Person.id, Person.first_name, Person.last_name)
        .join(seen, seen.c.person_id == Person.id)
        .where(Person.tenant_id == plan.cohort.tenant_id)
        .order_by(Person.sort_name, Person.id)
        .limit(SHOWN)
    )
    return Side(number, session.execute(first).all())
