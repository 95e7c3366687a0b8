"""The team answers wishes, several at once; the reason is told to whoever asked."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from lms.core import journal
from lms.core.clock import now
from lms.core.db import session
from lms.core.i18n import gettext as _
from lms.enrolment.models import Cohort, Wish, WishState
from lms.enrolment.services import seats, wish_mails
from lms.enrolment.services.changes import NobodyChosen
from lms.enrolment.services.promotion import promote

_TO_APPROVE = (WishState.ASKED, WishState.REFUSED)
_TO_REFUSE = (WishState.ASKED, WishState.WAITING)


@dataclass(frozen=True, slots=True)
class Approved:
    """What became of those who were approved: some are in, the others wait for a seat."""

    entered: int
    waiting: int


def approve(cohort: Cohort, wish_ids: Collection[int], answer: str, by: Any) -> Approved:
    """They may enter: as far as there is room at once, the others wait. Raises ``NobodyChosen``."""
    held = seats.hold(cohort.tenant_id, cohort.id)
    at = now()
    done = _decide(
        held, wish_ids, _TO_APPROVE, state=WishState.WAITING, answer=answer, queued_at=at, decided_at=at
    )
    journal.note("wishes-approved", by, tenant_id=held.tenant_id, cohort=held.id, people=len(done))
    promote(held.tenant_id, held.id, by)
    left = select(Wish.id).where(
        Wish.tenant_id == held.tenant_id, Wish.id.in_(done), Wish.state == WishState.WAITING
    )
    waiting = session.scalars(left).all()
    wish_mails.write(held, waiting, WishState.WAITING)
    return Approved(len(done) - len(waiting), len(waiting))


def refuse(cohort: Cohort, wish_ids: Collection[int], answer: str, by: Any) -> int:
    """They may not enter, and are told why; how many. Raises ``NobodyChosen``."""
    held = seats.hold(cohort.tenant_id, cohort.id)
    done = _decide(
        held, wish_ids, _TO_REFUSE, state=WishState.REFUSED, answer=answer, queued_at=None, decided_at=now()
    )
    wish_mails.write(held, done, WishState.REFUSED)
    journal.note("wishes-refused", by, tenant_id=held.tenant_id, cohort=held.id, people=len(done))
    return len(done)


def _decide(
    cohort: Cohort, wish_ids: Collection[int], states: Collection[WishState], **values: Any
) -> Sequence[int]:
    """Change those of these wishes that are in one of the states; their numbers."""
    chosen = update(Wish).where(
        Wish.tenant_id == cohort.tenant_id,
        Wish.cohort_id == cohort.id,
        Wish.id.in_(wish_ids),
        Wish.state.in_(states),
    )
    deciding = chosen.values(**values).returning(Wish.id).execution_options(synchronize_session=False)
    done = session.scalars(deciding).all()
    if not done:
        raise NobodyChosen(
            _("Nobody was chosen."), _("Tick at least one request that still waits for this answer.")
        )
    return done
