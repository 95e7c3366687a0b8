"""Why somebody is in a cohort, or is not: each condition of its rule with yes or no, and what follows."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select

from lms.core.db import session
from lms.enrolment.models import Batch, Joins, Member, MovedOut
from lms.enrolment.queries import sight
from lms.enrolment.queries.rules import left_by_rule
from lms.enrolment.queries.standing import is_there
from lms.enrolment.services.rule_people import Plan, has_begun, is_brought, is_learner
from lms.people.models import Person


class Verdict(enum.StrEnum):
    """What the rule does with somebody the next time it works."""

    ENTERS = "enters"
    LEAVES = "leaves"
    BROUGHT = "brought"  # there by the rule, and meets it
    KEPT = "kept"  # there by the rule, meets it no more, and the rule takes nobody out
    COMPLETED = "completed"
    BEGUN = "begun"
    UNSEEN = "unseen"  # would leave, but is in the sight of the owner no more
    BY_HAND = "by-hand"  # there, and it was people who enrolled them
    TAKEN_OUT = "taken-out"  # people withdrew them
    MOVED = "moved"  # people moved them to another cohort
    OUTSIDE = "outside"  # not there, and not meant


@dataclass(frozen=True, slots=True)
class Answer:
    """A condition in words, and whether this person meets it."""

    words: str
    is_met: bool


@dataclass(frozen=True, slots=True)
class Why:
    """All that decides about one person."""

    answers: Sequence[Answer]
    #: Whether they learn where the owner of the rule looks, and are in the owner's sight.
    is_learner: bool
    is_meant: bool
    verdict: Verdict
    #: When they came, or went; None where they never were there.
    at: datetime | None


def why(plan: Plan, person_id: int) -> Why:
    """Four statements, however many conditions there are; the same SELECTs as the run's."""
    asked = [is_learner(plan).label("is_learner"), *(one.of(Person.id) for one in plan.conditions)]
    own = Person.tenant_id == plan.cohort.tenant_id, Person.id == person_id
    learns, *met = (bool(value) for value in session.execute(select(*asked).where(*own)).one())
    enough = any(met) if plan.rule.joins is Joins.ANY else all(met)
    is_meant = bool(learns and met and enough)
    answers = [Answer(one.words, yes) for one, yes in zip(plan.conditions, met, strict=True)]
    verdict, at = _verdict(plan, person_id, is_meant)
    return Why(answers, learns, is_meant, verdict, at)


def _verdict(plan: Plan, person_id: int, is_meant: bool) -> tuple[Verdict, datetime | None]:
    cohort = plan.cohort
    theirs = (
        select(
            is_there(), left_by_rule(), is_brought(cohort), has_begun(), sight.members(plan.owner),
            Member.completed_at, Member.withdrawn_at, Batch.at,
        )
        .join(Batch, and_(Batch.tenant_id == Member.tenant_id, Batch.id == Member.batch_id))
        .where(
            Member.tenant_id == cohort.tenant_id, Member.cohort_id == cohort.id, Member.person_id == person_id
        )
    )  # fmt: skip
    row = session.execute(theirs).one_or_none()
    moved = select(MovedOut.at).where(
        MovedOut.tenant_id == cohort.tenant_id,
        MovedOut.cohort_id == cohort.id,
        MovedOut.person_id == person_id,
    )
    moved_at = session.scalar(moved)
    if row is None or not row[0]:
        gone_at = row.withdrawn_at if row is not None else None
        if row is not None and not row[1]:
            return Verdict.TAKEN_OUT, gone_at
        if moved_at is not None:
            return Verdict.MOVED, moved_at
        return (Verdict.ENTERS if is_meant else Verdict.OUTSIDE), gone_at
    if not row[2]:
        return Verdict.BY_HAND, row.at
    if is_meant:
        return Verdict.BROUGHT, row.at
    return _stays_or_leaves(plan, row.completed_at is not None, bool(row[3]), bool(row[4])), row.at


def _stays_or_leaves(plan: Plan, has_completed: bool, has_begun: bool, is_seen: bool) -> Verdict:
    if not plan.rule.removes:
        return Verdict.KEPT
    if has_completed:
        return Verdict.COMPLETED
    if has_begun and not plan.rule.removes_begun:
        return Verdict.BEGUN
    return Verdict.LEAVES if is_seen else Verdict.UNSEEN
