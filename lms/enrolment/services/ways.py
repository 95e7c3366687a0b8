"""Ways into a cohort: opened and closed by the team."""

from datetime import date
from typing import Any

from sqlalchemy import update

from lms.core import journal
from lms.core.clock import now
from lms.core.db import session
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.core.sealing import seal
from lms.enrolment import way_codes
from lms.enrolment.models import Cohort, Way, WayMode, WayState
from lms.organisations import invitation


class WayClosed(Refused):
    """A way that lets nobody ask any more; the reason says why."""

    status = 410


def open_way(
    cohort: Cohort, mode: WayMode, *, most: int | None, ends_on: date | None, by: Any, is_public: bool = False
) -> Way:
    """A new code and its link into this cohort. ``most``: how many people may come by it; ``is_public``: they find it without the code."""
    code = invitation.draw()
    made = Way(
        tenant_id=cohort.tenant_id, cohort_id=cohort.id, mode=mode, is_public=is_public, code_hash=way_codes.code_hash(code),
        sealed_code=seal(code), most=most, ends_on=ends_on,
    )  # fmt: skip
    session.add(made)
    session.flush()  # its number, for its page
    journal.note(
        "way-opened",
        by,
        tenant_id=cohort.tenant_id,
        cohort=cohort.id,
        way=made.id,
        mode=mode.value,
        public=is_public,
    )
    return made


def close_way(way: Way, by: Any) -> None:
    """From now on nobody comes by it; whoever asked keeps their place in the list."""
    way.closed_at = way.closed_at or now()
    journal.note("way-closed", by, tenant_id=way.tenant_id, cohort=way.cohort_id, way=way.id)


def use(way: Way, today: date) -> None:
    """Take one of its uses; of many who come together no more than it allows get through. Raises ``WayClosed``."""
    if (state := way.state(today)) is not WayState.OPEN:
        raise closed(state)
    using = update(Way).where(
        Way.tenant_id == way.tenant_id,
        Way.id == way.id,
        Way.most.is_(None) | (Way.used < Way.most),
        Way.closed_at.is_(None),
    )
    used = using.values(used=Way.used + 1).returning(Way.id).execution_options(synchronize_session=False)
    if session.execute(used).first() is None:
        raise closed(WayState.SPENT)


def closed(state: WayState) -> WayClosed:
    """Why nobody comes by it, in words."""
    reasons = {
        WayState.ENDED: _("The last day to enrol with this code is over."),
        WayState.SPENT: _("As many people as it was for have used this code."),
    }
    return WayClosed(
        reasons.get(state, _("This code was closed.")),
        _("Ask whoever gave it to you for another one."),
    )
