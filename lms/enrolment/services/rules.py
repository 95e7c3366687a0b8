"""The rule of a cohort: written, switched on and off, and done in sets."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, select

from lms.core import jobs, journal
from lms.core.clock import now, today
from lms.core.db import AnySelect, session
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.enrolment.condition import Kept
from lms.enrolment.models import Batch, BatchKind, Cohort, Joins, Rule, RuleCondition
from lms.enrolment.queries import rules as queries
from lms.enrolment.services.members import enrol, withdraw
from lms.enrolment.services.receipts import open_batch
from lms.enrolment.services.rule_people import Plan, entering, leaving, once, plan
from lms.enrolment.states import BY_RULE
from lms.organisations.actor import Actor
from lms.organisations.models import Organisation
from lms.people.models import Person

MOST = 12  #: conditions of one rule
SLICE = 5_000  #: people who enter or leave in one transaction: others write in between
RUN = "enrolment.run_rule"


class NoConditions(Refused):
    """A rule without conditions would mean everybody, so it means nobody."""


class TooManyConditions(Refused):
    """A rule is something that one can read."""


class RulesInARing(Refused):
    """Two cohorts that wait for one another would change places every night."""


class NobodyAnswers(Refused):
    """A rule does what its owner may do, and no more."""


@dataclass(frozen=True, slots=True)
class Teller:
    """Which cohort a run is about, and in whose words it tells what went wrong."""

    cohort_id: int
    language: str
    zone: str


def keep_rule(cohort: Cohort, joins: Joins, *, removes: bool, removes_begun: bool, by: Any = None) -> Rule:
    """How the conditions are joined, and who leaves. What is changed is off until it was rehearsed again."""
    rule = made(cohort)
    said = (joins, removes, removes and removes_begun)
    if said != (rule.joins, rule.removes, rule.removes_begun):
        rule.joins, rule.removes, rule.removes_begun = said
        _changed(rule, by)
    return rule


def add_condition(cohort: Cohort, kind: str, kept: Kept, *, is_not: bool = False, by: Any = None) -> None:
    """One condition more. Raises ``TooManyConditions`` or ``RulesInARing``."""
    rule = made(cohort)
    own = RuleCondition.tenant_id == rule.tenant_id, RuleCondition.rule_id == rule.id
    if (session.scalar(select(func.count(RuleCondition.id)).where(*own)) or 0) >= MOST:
        raise TooManyConditions(
            _("A rule has at most %(most)s conditions.", most=MOST),
            _("Take one away, or make a second cohort with a rule of its own."),
        )
    if kept.cohort_id is not None:
        _refuse_rings(cohort, kept.cohort_id)
    session.add(
        RuleCondition(
            tenant_id=rule.tenant_id, rule_id=rule.id, kind=kind, is_not=is_not, settings=dict(kept.settings),
            organisation_id=kept.organisation_id, person_id=kept.person_id, course_id=kept.course_id,
            cohort_id=kept.cohort_id,
        )
    )  # fmt: skip
    _changed(rule, by)


def remove_condition(cohort: Cohort, condition_id: int, by: Any = None) -> bool:
    """One condition less; whether there was one of this number."""
    rule = made(cohort)
    own = RuleCondition.tenant_id == rule.tenant_id, RuleCondition.rule_id == rule.id
    gone = delete(RuleCondition).where(*own, RuleCondition.id == condition_id).returning(RuleCondition.id)
    found = session.execute(gone.execution_options(synchronize_session=False)).first() is not None
    if found:
        _changed(rule, by)
    return found


def switch_on(cohort: Cohort, by: Actor) -> jobs.Job:
    """From now on the rule works, every night and right now, with what ``by`` may see and do. Raises ``NoConditions``."""
    rule = made(cohort)
    if not queries.conditions_of(rule):
        raise NoConditions(
            _("This rule has no conditions: it means nobody."), _("Add at least one condition.")
        )
    rule.owner_id, rule.organisation_id = by.person_id, by.organisation_id
    rule.on_since, rule.refusal, rule.undone_at = now(), "", None
    journal.note("rule-switched-on", by, tenant_id=cohort.tenant_id, cohort=cohort.id)
    return ask_to_run(rule, by)


def switch_off(cohort: Cohort, by: Any = None) -> None:
    """It works no more; whoever is there stays there."""
    rule = made(cohort)
    if rule.on_since is not None:
        rule.on_since = None
        journal.note("rule-switched-off", by, tenant_id=cohort.tenant_id, cohort=cohort.id)


def pause(run: Batch, by: Any = None) -> None:
    """A run of a rule is about to be taken back: the rule is off, or the next night would do the same again."""
    own = select(Rule).where(Rule.tenant_id == run.tenant_id, Rule.cohort_id == run.cohort_id)
    rule = session.scalars(own.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if rule is not None:
        switch_off(session.get_one(Cohort, rule.cohort_id), by)
        rule.undone_at = now()


def ask_to_run(rule: Rule, by: Any = None) -> jobs.Job:
    """The job that does what the rule says, for whoever may follow it."""
    session.flush()  # the number of the rule
    return jobs.later(RUN, by, tenant_id=rule.tenant_id, rule_id=rule.id)


def ask_for_all(tenant_id: int) -> None:
    """A job for each rule of this tenant that is on; asked twice a day, done once."""
    found = select(Rule.id).where(Rule.tenant_id == tenant_id, Rule.on_since.is_not(None)).order_by(Rule.id)
    for number in session.scalars(found).all():
        jobs.later(RUN, tenant_id=tenant_id, unique_key=f"{RUN}/{number}/{today()}", rule_id=number)


def go_on(tenant_id: int, rule_id: int, *, is_first: bool) -> int:
    """Let at most ``SLICE`` people leave or enter; says how many. 0: the rule has done its work, or is off.

    The statements are the same whatever their number. Raises ``NobodyAnswers``, or what enrolling raises.
    """
    own = select(Rule).where(Rule.tenant_id == tenant_id, Rule.id == rule_id).with_for_update()
    rule = session.scalars(own.execution_options(populate_existing=True)).one_or_none()
    if rule is None or rule.on_since is None:
        return 0
    if is_first:
        rule.entered = rule.left = 0
    ready = plan(rule, session.get_one(Cohort, rule.cohort_id), answering(rule))
    entered, left = _work(ready)
    rule.entered, rule.left = rule.entered + entered, rule.left + left
    rule.ran_at, rule.refusal = now(), ""
    return entered + left


def teller(tenant_id: int, rule_id: int) -> Teller | None:
    """Whom a run speaks to; None where the rule is gone."""
    rule = session.scalars(select(Rule).where(Rule.tenant_id == tenant_id, Rule.id == rule_id)).one_or_none()
    if rule is None:
        return None
    place = session.get_one(Organisation, rule.organisation_id) if rule.organisation_id else None
    owner = session.get(Person, rule.owner_id) if rule.owner_id else None
    return Teller(rule.cohort_id, owner.language if owner else "fr", place.zone if place else "Europe/Paris")


def answering(rule: Rule) -> Actor:
    """The owner, as long as they may enrol where they switched it on. Raises ``NobodyAnswers``."""
    owner = queries.owner_of(rule)
    if owner is None or not queries.may_still_enrol(owner):
        raise NobodyAnswers(
            _("Whoever switched this rule on may not enrol people here any more: it changed nothing."),
            _("Look at the rehearsal, and switch it on in your own name."),
        )
    return owner


def give_up(tenant_id: int, rule_id: int, refusal: Refused) -> None:
    """Why the rule changed nothing this time; it is tried again the next night."""
    rule = session.scalars(select(Rule).where(Rule.tenant_id == tenant_id, Rule.id == rule_id)).one()
    rule.ran_at, rule.refusal = now(), f"{refusal.reason} {refusal.remedy}".strip()


def made(cohort: Cohort) -> Rule:
    """The cohort's rule; made, off and without conditions, where there is none."""
    found = queries.rule_of(cohort)
    if found is None:
        found = Rule(tenant_id=cohort.tenant_id, cohort_id=cohort.id)
        session.add(found)
        session.flush()  # its number goes into the conditions
    return found


def _changed(rule: Rule, by: Any) -> None:
    rule.on_since = None
    journal.note("rule-changed", by, tenant_id=rule.tenant_id, cohort=rule.cohort_id)


def _work(ready: Plan) -> tuple[int, int]:
    """A slice under one receipt, those who leave first, so that their places are free: how many entered, how many left."""
    leavers = _first_of(leaving(ready), SLICE)
    newcomers = _first_of(entering(ready), SLICE - len(leavers))
    if not leavers and not newcomers:
        return 0, 0
    batch = open_batch(ready.cohort, BatchKind.RULE, ready.owner)
    if leavers:
        withdraw(leavers, ready.cohort, BY_RULE, ready.owner, batch)
    if newcomers:
        own = Person.tenant_id == ready.cohort.tenant_id, Person.id.in_(newcomers)
        people = select(Person.id.label("person_id")).where(*own)
        enrol(people, ready.cohort, kind=BatchKind.RULE, by=ready.owner, batch=batch)
    entered, left = batch.imported or 0, len(leavers)
    batch.total, batch.updated = entered + left, left
    return entered, left


def _first_of(numbers: AnySelect, most: int) -> Sequence[int]:
    """The lowest numbers of a set."""
    (number,) = once(numbers).c
    return session.scalars(select(number).order_by(number).limit(most)).all()


def _refuse_rings(cohort: Cohort, other_id: int) -> None:
    named = queries.leans_on(cohort.tenant_id)
    seen, waiting = {other_id}, [other_id]
    while waiting:
        more = named.get(waiting.pop(), set()) - seen
        seen |= more
        waiting += more
    if cohort.id in seen:
        raise RulesInARing(
            _("The rule of that cohort looks at this one: the two would wait for one another."),
            _("Choose another cohort, or take that condition away there."),
        )
