"""The rule of a cohort as it is kept, whose it is, and whom people took out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import aliased

from lms.core.clock import now
from lms.core.db import AnySelect, session
from lms.core.i18n import sort_key
from lms.courses.models import Course
from lms.enrolment.models import Cohort, Member, MovedOut, Rule, RuleCondition
from lms.enrolment.queries.cohorts import cohort_in_hand
from lms.enrolment.queries.standing import is_there
from lms.enrolment.states import BY_RULE
from lms.organisations import queries as organisations
from lms.organisations.actor import ENROLLERS, Actor
from lms.organisations.models import Branch, Membership, Organisation
from lms.people.models import Person

FOUND = 20  #: people that a search shows
_Named = aliased(Cohort)


@dataclass(frozen=True, slots=True)
class Whose:
    """A cohort of the organisation in hand, and somebody in sight: who is asked about."""

    cohort: Cohort
    person: Person


def rule_of(cohort: Cohort) -> Rule | None:
    """The rule, if the cohort has one."""
    found = select(Rule).where(Rule.tenant_id == cohort.tenant_id, Rule.cohort_id == cohort.id)
    return session.scalars(found).one_or_none()


def conditions_of(rule: Rule) -> Sequence[tuple[RuleCondition, str]]:
    """Its conditions in the order in which they were added, each with the name of what it names."""
    first = func.trim(Person.first_name + " " + Person.last_name)
    called = func.coalesce(Organisation.name, first, Course.title, _Named.name, "")
    of = RuleCondition.tenant_id
    found = (
        select(RuleCondition, called)
        .outerjoin(
            Organisation, and_(Organisation.tenant_id == of, Organisation.id == RuleCondition.organisation_id)
        )
        .outerjoin(Person, and_(Person.tenant_id == of, Person.id == RuleCondition.person_id))
        .outerjoin(Course, and_(Course.tenant_id == of, Course.id == RuleCondition.course_id))
        .outerjoin(_Named, and_(_Named.tenant_id == of, _Named.id == RuleCondition.cohort_id))
        .where(RuleCondition.tenant_id == rule.tenant_id, RuleCondition.rule_id == rule.id)
        .order_by(RuleCondition.id)
    )
    return [(one, name) for one, name in session.execute(found)]


def owner_of(rule: Rule) -> Actor | None:
    """Whoever switched the rule on, with what they are today where they did; None where they are nothing there any more."""
    if rule.owner_id is None or rule.organisation_id is None:
        return None
    place = session.get(Organisation, rule.organisation_id)
    person = session.get(Person, rule.owner_id)
    roles = organisations.roles_at(rule.tenant_id, rule.owner_id, rule.organisation_id)
    if place is None or person is None or place.archived_at or not person.is_open or not roles:
        return None
    return Actor(
        account_id=person.account_id or 0,
        person_id=person.id,
        sign_in_id=0,
        tenant_id=rule.tenant_id,
        organisation_id=place.id,
        organisation_name=place.name,
        first_name=person.first_name,
        name=person.name,
        roles=roles,
        language=person.language,
        zone=place.zone,
        features=_switched(rule, place),
    )


def _switched(rule: Rule, place: Organisation) -> frozenset[str]:
    """What is switched on there, and wherever the owner's roles come from: as when they have it in hand."""
    held = (
        select(Organisation.features)
        .join(Branch, and_(Branch.tenant_id == Organisation.tenant_id, Branch.above_id == Organisation.id))
        .join(
            Membership,
            and_(
                Membership.tenant_id == Organisation.tenant_id, Membership.organisation_id == Organisation.id
            ),
        )
        .where(
            Organisation.tenant_id == rule.tenant_id,
            Branch.below_id == place.id,
            Membership.person_id == rule.owner_id,
            or_(Membership.ends_at.is_(None), Membership.ends_at > now()),
        )
    )
    return frozenset(place.features).union(*session.scalars(held))


def left_by_rule() -> ColumnElement[bool]:
    """Whether a member is there no more because the rule said so."""
    return and_(~is_there(), Member.withdrawal_reason == BY_RULE)


def not_to_bring(cohort: Cohort) -> tuple[AnySelect, AnySelect]:
    """Ids of persons whom the rule leaves alone: those who are there or were taken out by people; those moved elsewhere."""
    known = select(Member.person_id).where(
        Member.tenant_id == cohort.tenant_id, Member.cohort_id == cohort.id, ~left_by_rule()
    )
    return known, moved_out(cohort)


def moved_out(cohort: Cohort) -> AnySelect:
    """Ids of persons whom people moved from here to another cohort."""
    return select(MovedOut.person_id).where(
        MovedOut.tenant_id == cohort.tenant_id, MovedOut.cohort_id == cohort.id
    )


def asked_about(actor: Actor, cohort_id: int, person_id: int) -> Whose | None:
    """The cohort, if it is in hand, and the person, if the actor sees them."""
    cohort = cohort_in_hand(actor, cohort_id)
    found = select(Person).where(
        Person.tenant_id == actor.tenant_id,
        Person.id == person_id,
        Person.id.in_(organisations.people_in_sight(actor)),
    )
    person = session.scalars(found).one_or_none()
    return Whose(cohort, person) if cohort is not None and person is not None else None


def people_called(actor: Actor, words: str) -> Sequence[Any]:
    """Learners in sight whose name begins so, by name: number and names. At most ``FOUND``; nobody for no words."""
    key = sort_key(words)
    if not key:
        return []
    found = select(Person.id, Person.first_name, Person.last_name).where(
        Person.tenant_id == actor.tenant_id,
        Person.archived_at.is_(None),
        Person.sort_name.startswith(key, autoescape=True),
        Person.id.in_(organisations.learners_in_hand(actor)),
        Person.id.in_(organisations.people_in_sight(actor)),
    )
    return session.execute(found.order_by(Person.sort_name, Person.id).limit(FOUND)).all()


def leans_on(tenant_id: int) -> dict[int, set[int]]:
    """Cohort -> those that the conditions of its rule name."""
    found = (
        select(Rule.cohort_id, RuleCondition.cohort_id)
        .join(
            RuleCondition, and_(RuleCondition.tenant_id == Rule.tenant_id, RuleCondition.rule_id == Rule.id)
        )
        .where(Rule.tenant_id == tenant_id, RuleCondition.cohort_id.is_not(None))
    )
    named: dict[int, set[int]] = {}
    for cohort_id, other_id in session.execute(found):
        assert other_id is not None, "so it was asked"
        named.setdefault(cohort_id, set()).add(other_id)
    return named


def may_still_enrol(actor: Actor | None) -> bool:
    """Whether the owner of a rule may enrol today where they switched it on."""
    return actor is not None and actor.is_any(*ENROLLERS)
