"""Ways into cohorts and wishes for tests."""

from typing import Any

from sqlalchemy import select

from lms.core import db
from lms.core.db import Mode, session
from lms.enrolment import way_codes
from lms.enrolment.models import Cohort, Member, Way, WayMode, Wish, WishState
from lms.enrolment.services import deciding, seats, ways, wishes
from lms.enrolment.states import GONE
from lms.organisations.models import Role
from tests.support import worlds
from tests.support.worlds import Corner, Someone


def opened(corner: Corner, mode: WayMode = WayMode.AT_ONCE, cohort_id: int = 0, **terms: Any) -> str:
    """A way into the corner's cohort, or another one: its code."""
    terms = {"most": None, "ends_on": None} | terms
    with db.transaction(tenant_id=corner.tenant_id):
        cohort = session.get_one(Cohort, cohort_id or corner.cohort_id)
        made = ways.open_way(cohort, mode, **terms, by=corner.adviser)
        return way_codes.code_of(made.sealed_code)


def limited(corner: Corner, number: int | None, cohort_id: int = 0) -> None:
    """The cohort takes so many."""
    with db.transaction(tenant_id=corner.tenant_id):
        seats.limit(session.get_one(Cohort, cohort_id or corner.cohort_id), number, corner.adviser)


def learners(corner: Corner, number: int) -> list[Someone]:
    """So many learners of the agency, with an account and an address, who are in no cohort."""
    with db.transaction(tenant_id=corner.tenant_id):
        return [
            worlds.person(
                corner.tenant_id, corner.agency_id, Role.LEARNER, f"Vœu{n}", f"T{corner.tenant_id}",
                email=f"voeu{n}.t{corner.tenant_id}@exemple.fr",
            )
            for n in range(number)
        ]  # fmt: skip


def asked(corner: Corner, who: Someone, why: str = "", cohort_id: int = 0) -> WishState:
    """Somebody asks by the latest way into the cohort; what becomes of it at once."""
    with db.transaction(tenant_id=corner.tenant_id):
        there = select(Way).where(Way.cohort_id == (cohort_id or corner.cohort_id))
        way = session.scalars(there.order_by(Way.id.desc()).limit(1)).one()
        return wishes.ask(way, why, who).state


def states(corner: Corner, cohort_id: int = 0) -> dict[int, WishState]:
    """Person -> how far their wish has come."""
    with db.transaction(Mode.READ, corner.tenant_id):
        own = select(Wish.person_id, Wish.state).where(Wish.cohort_id == (cohort_id or corner.cohort_id))
        return dict(session.execute(own).all())


def wish_of(corner: Corner, who: Someone) -> int:
    """The number of somebody's only wish."""
    with db.transaction(Mode.READ, corner.tenant_id):
        return session.scalars(select(Wish.id).where(Wish.person_id == who.person_id)).one()


def inside(corner: Corner, cohort_id: int = 0) -> set[int]:
    """Who is in the cohort and has not left."""
    with db.transaction(Mode.READ, corner.tenant_id):
        own = Member.cohort_id == (cohort_id or corner.cohort_id), Member.state.not_in(GONE)
        return set(session.scalars(select(Member.person_id).where(*own)))


def decided(corner: Corner, deed: str, people: list[Someone], answer: str = "") -> Any:
    """``approve`` or ``refuse`` the wishes of these people."""
    numbers = [wish_of(corner, who) for who in people]
    with db.transaction(tenant_id=corner.tenant_id):
        cohort = session.get_one(Cohort, corner.cohort_id)
        return getattr(deciding, deed)(cohort, numbers, answer, corner.adviser)
