"""Ways into a cohort: of a cohort, for the team; by their code, for those to whom they are open."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, ScalarSelect, and_, exists, func, or_, select

from lms.core import counting
from lms.core.clock import now, today
from lms.core.db import AnyRow, AnySelect, session
from lms.enrolment import way_codes
from lms.enrolment.models import OPEN_WISHES, Cohort, Member, Way, Wish, WishState
from lms.enrolment.queries import sight
from lms.enrolment.queries.listing import PAGE, Page
from lms.enrolment.states import GONE
from lms.organisations.actor import Actor
from lms.organisations.models import Branch, Membership, Organisation, Role
from lms.organisations.queries import in_hand

_MOST = 50  #: ways that a page shows
_LOOK_ON = (Role.PARTNER, Role.AUDITOR)


def ways_of(cohort: Cohort) -> Sequence[Way]:
    """The latest ways into a cohort, at most 50."""
    own = Way.tenant_id == cohort.tenant_id, Way.cohort_id == cohort.id
    return session.scalars(select(Way).where(*own).order_by(Way.id.desc()).limit(_MOST)).all()


def way_in_hand(actor: Actor, way_id: int) -> Way | None:
    """The way, if its cohort belongs to the organisation in hand or below."""
    there = and_(Cohort.tenant_id == Way.tenant_id, Cohort.id == Way.cohort_id)
    found = (
        select(Way)
        .join(Cohort, there)
        .where(
            Way.tenant_id == actor.tenant_id, Way.id == way_id, Cohort.organisation_id.in_(in_hand(actor)),
            sight.cohorts(actor),
        )
    )  # fmt: skip
    return session.scalars(found).one_or_none()


def way_by_code(actor: Actor, code: str) -> AnyRow | None:
    """``Way``, ``Cohort`` and ``Organisation`` of this code, and ``is_near``: whether it is open to whoever acts.

    Where it is not, they see the cohort for another reason; else it is as if there were no such code.
    """
    near = _is_near(actor)
    found = (
        select(Way, Cohort, Organisation, near.label("is_near"))
        .join(Cohort, and_(Cohort.tenant_id == Way.tenant_id, Cohort.id == Way.cohort_id))
        .join(
            Organisation,
            and_(Organisation.tenant_id == Cohort.tenant_id, Organisation.id == Cohort.organisation_id),
        )
        .where(
            Way.tenant_id == actor.tenant_id,
            Way.code_hash == way_codes.code_hash(code),
            or_(near, sight.cohorts(actor)),
        )
    )
    return session.execute(found).one_or_none()


@dataclass(frozen=True, slots=True)
class Opening:
    """A cohort that somebody may enter without having been given a code. ``left``: seats; None: no limit."""

    code: str
    cohort: Cohort
    organisation: str
    left: int | None


def public_ways(actor: Actor, number: int) -> Page:
    """One page of the open trainings of whoever acts, each an ``Opening``, the next to begin first.

    One way a cohort, the latest; without cohorts in which they are or which they asked to enter.
    """
    mine = (
        Cohort.tenant_id == actor.tenant_id, _is_near(actor), ~_is_member(actor), ~_has_asked(actor),
        Way.id.in_(_latest_open(actor)),
    )  # fmt: skip
    there = and_(Cohort.tenant_id == Way.tenant_id, Cohort.id == Way.cohort_id)
    number, total, and_more = counting.page_of(select(Way.id).join(Cohort, there).where(*mine), number, PAGE)
    found = (
        select(Way.sealed_code, Cohort, Organisation.name.label("organisation"), _taken().label("taken"))
        .select_from(Way)
        .join(Cohort, there)
        .join(
            Organisation,
            and_(Organisation.tenant_id == Cohort.tenant_id, Organisation.id == Cohort.organisation_id),
        )
        .where(*mine)
        .order_by(Cohort.starts_on.is_(None), Cohort.starts_on, Cohort.sort_name, Cohort.id)
    )
    rows = session.execute(found.limit(PAGE).offset((number - 1) * PAGE)).all()
    return Page([_opening(row) for row in rows], number, total, and_more=and_more)


def _opening(row: AnyRow) -> Opening:
    seats = row.Cohort.seats
    left = None if seats is None else max(0, seats - row.taken)
    return Opening(way_codes.code_of(row.sealed_code), row.Cohort, row.organisation, left)


def _taken() -> ScalarSelect[int]:
    there = Member.tenant_id == Cohort.tenant_id, Member.cohort_id == Cohort.id, Member.state.not_in(GONE)
    limited = select(func.count(Member.id)).where(*there, Cohort.seats.is_not(None))
    return limited.correlate(Cohort).scalar_subquery()


def _latest_open(actor: Actor) -> AnySelect:
    own = Way.tenant_id == actor.tenant_id, Way.is_public, Way.closed_at.is_(None)
    lasts = or_(Way.ends_on.is_(None), Way.ends_on >= today(actor.zone))
    left = or_(Way.most.is_(None), Way.used < Way.most)
    return select(func.max(Way.id)).where(*own, lasts, left).group_by(Way.cohort_id)


def _is_member(actor: Actor) -> ColumnElement[bool]:
    return exists().where(
        Member.tenant_id == Cohort.tenant_id, Member.cohort_id == Cohort.id, Member.person_id == actor.person_id,
        Member.state.not_in(GONE),
    )  # fmt: skip


def _has_asked(actor: Actor) -> ColumnElement[bool]:
    open_or_refused = (*OPEN_WISHES, WishState.REFUSED)
    return exists().where(
        Wish.tenant_id == Cohort.tenant_id, Wish.cohort_id == Cohort.id, Wish.person_id == actor.person_id,
        Wish.state.in_(open_or_refused),
    )  # fmt: skip


def _is_near(actor: Actor) -> ColumnElement[bool]:
    """Whether the person belongs to the cohort's organisation, or to one below it, and does not only look on."""
    below = and_(Branch.tenant_id == Membership.tenant_id, Branch.below_id == Membership.organisation_id)
    return exists().where(
        below,
        Branch.above_id == Cohort.organisation_id,
        Membership.tenant_id == Cohort.tenant_id,
        Membership.person_id == actor.person_id,
        Membership.role.not_in(_LOOK_ON),
        or_(Membership.ends_at.is_(None), Membership.ends_at > now()),
    )
