"""When people get no place, and what they are told: how many were wanted, how many are left, who holds more."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, select

from lms.core.clock import today
from lms.core.db import session
from lms.core.errors import Refused
from lms.core.i18n import day
from lms.core.i18n import gettext as _
from lms.enrolment import amounts
from lms.enrolment.models import Cohort, CohortCourse, Part, Pool
from lms.enrolment.services.pools import free_of
from lms.ledger.models import Account
from lms.organisations.models import Branch, Organisation

_HOLDERS = 3  #: organisations above that a refusal names


class PlacesShort(Refused):
    """More people than places: nobody of them is enrolled."""


class PoolClosed(Refused):
    """A pool is used within its days."""


class WrongPath(Refused):
    """A pool for one course is not used for another."""


def refuse_closed(pool: Pool) -> None:
    """Raises ``PoolClosed`` before its first day and after its last, by the clock of whoever holds it."""
    zone = session.get_one(Organisation, pool.organisation_id).zone
    on = today(zone)
    if on < pool.starts_on:
        raise PoolClosed(
            _("“%(pool)s” begins on %(day)s only.", pool=pool.name, day=day(pool.starts_on)),
            _("Wait until then, or let it begin earlier, on its page."),
        )
    if pool.ends_on is not None and on > pool.ends_on:
        raise PoolClosed(
            _("“%(pool)s” ended on %(day)s.", pool=pool.name, day=day(pool.ends_on)),
            _("Renew it, on its page: the cohort follows the new period."),
        )


def refuse_wrong_path(cohort: Cohort, pool: Pool) -> None:
    """Raises ``WrongPath`` where the pool is for a course, or a curriculum, that the cohort does not follow."""
    is_right = True
    if pool.curriculum_id is not None:
        is_right = cohort.curriculum_id == pool.curriculum_id
    elif pool.course_id is not None:
        there = select(CohortCourse.id).where(
            CohortCourse.tenant_id == cohort.tenant_id,
            CohortCourse.cohort_id == cohort.id,
            CohortCourse.course_id == pool.course_id,
        )
        is_right = session.scalar(there) is not None
    if not is_right:
        raise WrongPath(
            _(
                "“%(pool)s” pays for another path than that of “%(cohort)s”.",
                pool=pool.name,
                cohort=cohort.name,
            ),
            _("Choose a cohort that follows the pool’s path, or another pool."),
        )


def too_few(pool: Pool, cohort: Cohort, wanted: int) -> PlacesShort:
    """How many are wanted, how many are left, and who holds more."""
    organisation = session.get_one(Organisation, cohort.organisation_id)
    reason = _(
        "%(wanted)s are wanted, and %(name)s has %(left)s left in “%(pool)s”.",
        wanted=amounts.of(pool, wanted * pool.price), name=organisation.name,
        left=amounts.of(pool, free_of(pool, organisation.id)), pool=pool.name,
    )  # fmt: skip
    above = _holders(pool, organisation.id)
    if not above:
        return PlacesShort(reason, _("Nobody above has any left: ask the funder, or enrol fewer people."))
    named = ", ".join(f"{row.name} ({amounts.of(pool, row.balance)})" for row in above)
    return PlacesShort(reason, _("Ask for more: %(holders)s. Or enrol fewer people.", holders=named))


def _holders(pool: Pool, organisation_id: int) -> Sequence[Any]:
    """Who above this organisation has some left: name and balance, the largest first."""
    found = (
        select(Organisation.name, Account.balance)
        .join(Branch, and_(Branch.tenant_id == Organisation.tenant_id, Branch.above_id == Organisation.id))
        .join(
            Account,
            and_(Account.tenant_id == Organisation.tenant_id, Account.organisation_id == Organisation.id),
        )
        .where(
            Organisation.tenant_id == pool.tenant_id, Branch.below_id == organisation_id,
            Organisation.id != organisation_id, Account.book_id == pool.book_id,
            Account.kind == Part.FREE.value, Account.closed_at.is_(None), Account.balance > 0,
        )
    )  # fmt: skip
    return session.execute(found.order_by(Account.balance.desc(), Organisation.id).limit(_HOLDERS)).all()
