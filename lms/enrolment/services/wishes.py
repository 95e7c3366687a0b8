"""Somebody wants to enter a cohort: they ask, and may take it back."""

from typing import Any

from sqlalchemy import select

from lms.core import journal
from lms.core.clock import now, today
from lms.core.db import as_written, session
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.enrolment.models import OPEN_WISHES, Cohort, Member, Way, WayMode, Wish, WishState
from lms.enrolment.services import seats, ways
from lms.enrolment.services.promotion import promote
from lms.enrolment.states import GONE, MemberState
from lms.organisations.models import Organisation

LONGEST = 500  #: letters of a reason


class NoNeed(Refused):
    """Whoever asks is in the cohort, or was answered already."""


class NotOpen(Refused):
    """A wish that was answered cannot be taken back."""


def ask(way: Way, why: str, by: Any) -> Wish:
    """Whoever acts wants to enter by this way. Enters at once, waits for a seat, or for the team's answer.

    Whoever left the cohort before waits for the answer in any case. Asking again changes nothing. Raises ``NoNeed`` or
    ``WayClosed``.
    """
    cohort = seats.hold(way.tenant_id, way.cohort_id)
    known, member_state = _wish(cohort, by.person_id), _member_state(cohort, by.person_id)
    if known is not None and known.state in OPEN_WISHES:
        return known
    _refuse_needless(known, member_state)
    if (
        known is None or known.way_id != way.id
    ):  # a way is used once a person, however often they change their mind
        ways.use(way, today(_zone(cohort)))
    enters = way.mode is WayMode.AT_ONCE and member_state is None
    made = _write(cohort, way, why, by.person_id, enters=enters)
    journal.note(
        "wish-made", by, tenant_id=cohort.tenant_id, cohort=cohort.id, wish=made.id, person=by.person_id
    )
    if enters:
        promote(cohort.tenant_id, cohort.id, by)
        session.refresh(made)
    return made


def take_back(wish: Wish, by: Any) -> None:
    """Whoever asked does not want to any more. Raises ``NotOpen``."""
    seats.hold(wish.tenant_id, wish.cohort_id)
    session.refresh(wish)
    if wish.state not in OPEN_WISHES:
        raise NotOpen(
            _("This request was answered meanwhile."),
            _("To leave a cohort, speak to whoever accompanies you."),
        )
    wish.state, wish.queued_at = WishState.WITHDRAWN, None
    journal.note(
        "wish-withdrawn", by, tenant_id=wish.tenant_id, cohort=wish.cohort_id, wish=wish.id, person=wish.person_id
    )  # fmt: skip


def _refuse_needless(known: Wish | None, member_state: MemberState | None) -> None:
    if member_state not in (None, *GONE):
        raise NoNeed(_("You are in this cohort already."), _("You find it on your first page."))
    if known is not None and known.state is WishState.REFUSED:
        raise NoNeed(
            _("Your request was not accepted."),
            _("Speak to whoever accompanies you if something has changed."),
        )


def _wish(cohort: Cohort, person_id: int) -> Wish | None:
    own = select(Wish).where(
        Wish.tenant_id == cohort.tenant_id, Wish.cohort_id == cohort.id, Wish.person_id == person_id
    )
    return session.scalars(own.execution_options(populate_existing=True)).one_or_none()


def _member_state(cohort: Cohort, person_id: int) -> MemberState | None:
    own = select(Member.state).where(
        Member.tenant_id == cohort.tenant_id, Member.cohort_id == cohort.id, Member.person_id == person_id
    )
    return session.scalar(own)


def _zone(cohort: Cohort) -> str:
    return session.get_one(Organisation, cohort.organisation_id).zone


def _write(cohort: Cohort, way: Way, why: str, person_id: int, *, enters: bool) -> Wish:
    at = now()
    values: dict[str, Any] = {
        "tenant_id": cohort.tenant_id, "cohort_id": cohort.id, "person_id": person_id, "way_id": way.id,
        "state": WishState.WAITING if enters else WishState.ASKED, "why": why, "asked_at": at,
        "queued_at": at if enters else None, "answer": "", "decided_at": None,
    }  # fmt: skip
    session.execute(as_written(Wish, values, ["tenant_id", "cohort_id", "person_id"]))
    found = _wish(cohort, person_id)
    assert found is not None
    return found
