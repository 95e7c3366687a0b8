"""Which cohorts and which of their people an actor sees: conditions that every other question begins with."""

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, true

from lms.core.db import AnySelect
from lms.enrolment.models import Cohort, CohortTrainer, Level, Member, Share
from lms.enrolment.states import GONE
from lms.organisations.actor import STAFF, WATCHERS, Actor
from lms.organisations.models import Membership, Role
from lms.organisations.queries import in_hand


def cohorts(actor: Actor) -> ColumnElement[bool]:
    """Those of the organisation in hand and below; for staff who only follow or teach, those with theirs; for partners, the shared ones."""
    ways = [_shared(actor)] if actor.is_any(Role.PARTNER) else []
    own = Cohort.organisation_id.in_(in_hand(actor))
    if actor.is_any(*WATCHERS):
        ways.append(own)
    elif actor.is_any(*STAFF):
        theirs = [has_somebody_followed_by(actor.tenant_id, actor.person_id)]
        if actor.is_any(Role.TRAINER):
            theirs.append(Cohort.id.in_(taught_by(actor)))
        ways.append(and_(own, or_(*theirs)))
    return and_(Cohort.tenant_id == actor.tenant_id, or_(*ways) if ways else false())


def members(actor: Actor) -> ColumnElement[bool]:
    """Whom of a cohort in sight the actor sees by name."""
    ways: list[ColumnElement[bool]] = []
    own = (
        exists()
        .where(
            Cohort.tenant_id == Member.tenant_id,
            Cohort.id == Member.cohort_id,
            Cohort.organisation_id.in_(in_hand(actor)),
        )
        .correlate(Member)
    )
    if actor.sees_branch:
        ways.append(own)
    elif actor.is_any(*STAFF):
        theirs = [follows(actor.tenant_id, actor.person_id)]
        if actor.is_any(Role.TRAINER):
            theirs.append(and_(Member.state.not_in(GONE), Member.cohort_id.in_(taught_by(actor))))
        ways.append(and_(own, or_(*theirs)))
    if actor.is_any(Role.PARTNER):
        named = exists().where(
            Share.tenant_id == Member.tenant_id,
            Share.cohort_id == Member.cohort_id,
            Share.person_id == actor.person_id,
            Share.level == Level.NOMINATIVE,
        )
        ways.append(named.correlate(Member))
    return and_(Member.tenant_id == actor.tenant_id, or_(*ways) if ways else false())


def taught_by(actor: Actor) -> AnySelect:
    """Ids of the cohorts that were given to this trainer, wherever they are."""
    return select(CohortTrainer.cohort_id).where(
        CohortTrainer.tenant_id == actor.tenant_id, CohortTrainer.person_id == actor.person_id
    )


def follows(tenant_id: int, person_id: int) -> ColumnElement[bool]:
    """Whether the member is followed by this person. A set that stands for itself: it is made once, not once a member."""
    theirs = select(Membership.person_id).where(
        Membership.tenant_id == tenant_id,
        Membership.role == Role.LEARNER,
        Membership.follower_id == person_id,
    )
    return Member.person_id.in_(theirs)


def has_somebody_followed_by(
    tenant_id: int, person_id: int, *more: ColumnElement[bool]
) -> ColumnElement[bool]:
    """Whether somebody in the cohort is followed by this person; ``more`` is asked of the member."""
    there = select(Member.cohort_id).where(
        Member.tenant_id == tenant_id, follows(tenant_id, person_id), *more
    )
    return Cohort.id.in_(there.correlate(None))


def everybody() -> ColumnElement[bool]:
    """No limit: for counts of what the partner sees without names."""
    return true()


def _shared(actor: Actor) -> ColumnElement[bool]:
    mine = select(Share.cohort_id).where(
        Share.tenant_id == actor.tenant_id, Share.person_id == actor.person_id
    )
    return Cohort.id.in_(mine)
