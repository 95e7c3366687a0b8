"""Questions about attempts."""

from sqlalchemy import select

from lms.assessment.models import Attempt
from lms.core.db import session
from lms.courses.activity import Learner
from lms.courses.models import Activity


def latest(learner: Learner, activity: Activity) -> Attempt | None:
    """The learner's last try at this quiz, finished or not; None before the first, and for whoever only looks."""
    if not learner.enrolment_id:
        return None
    found = (
        select(Attempt)
        .where(
            Attempt.tenant_id == learner.tenant_id, Attempt.enrolment_id == learner.enrolment_id,
            Attempt.activity_id == activity.id,
        )
        .order_by(Attempt.number.desc())
        .limit(1)
    )  # fmt: skip
    return session.scalars(found).one_or_none()
