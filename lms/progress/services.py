"""What a learner does: a step opened, sent, put aside. Each is a fact of the ledger, and the figures follow from it."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from lms.core import db
from lms.core.clock import now
from lms.core.db import session
from lms.core.errors import Refused
from lms.core.i18n import day
from lms.core.i18n import gettext as _
from lms.courses.activity import ActivityKind, Learner, Outcome
from lms.courses.models import Activity
from lms.enrolment.models import Enrolment
from lms.progress import figures, ledger, queries
from lms.progress.ledger import Fact
from lms.progress.models import Standing
from lms.progress.queries import Place

_HELD = (
    select(Enrolment.id)
    .where(Enrolment.tenant_id == bindparam("tenant_id"), Enrolment.id == bindparam("enrolment_id"))
    .with_for_update()
)
_STANDING = (
    select(Standing)
    .where(
        Standing.tenant_id == bindparam("tenant_id"),
        Standing.enrolment_id == bindparam("enrolment_id"),
        Standing.activity_id == bindparam("activity_id"),
    )
    .execution_options(populate_existing=True)
)
IDLE_LIMIT = 5 * 60  #: seconds: a longer silence between two signs of life counts as this much


class StepLocked(Refused):
    """The step waits for another one, or for the end of the course before."""


class NoLongerEnrolled(Refused):
    """Whoever was withdrawn from a course, or is suspended, keeps what was done, and can't go on."""


def kind_of(activity: Activity) -> ActivityKind:
    """The kind that plays this activity."""
    made: ActivityKind = ActivityKind.registered[activity.kind]()
    return made


def open_activity(learner: Learner, activity: Activity) -> None:
    """Note that the learner begins or takes up a step: from here on, time is counted."""
    _refuse_unless_open(_place(learner, activity))
    _lock(learner)
    at = now()
    _standing(learner, activity, at)
    figures.write(learner, [Fact("opened", activity.id, at)])


def submit(learner: Learner, activity: Activity, sent: dict[str, list[str]]) -> Outcome:
    """Give the kind what the learner sent, and keep what came of it. Raises ``StepLocked``."""
    _lock(learner)  # two tabs take turns: the second one sees what the first one wrote
    place = _place(learner, activity)
    _refuse_unless_open(place)
    outcome = kind_of(activity).receive(activity, learner, place.state, sent)
    _write(learner, activity, outcome, now())
    return outcome


def record(learner: Learner, activity: Activity, outcome: Outcome, at: datetime | None = None) -> None:
    """Write an outcome: ledger, standing, figures of the enrolment and of the cohort's member.

    What was reached is never lost: the best mark stays, and a step done once stays done. ``CoursesCompleted``
    is announced with the last mandatory step, once.
    """
    _lock(learner)
    _write(learner, activity, outcome, at or now())


def _write(learner: Learner, activity: Activity, outcome: Outcome, at: datetime) -> None:
    """Under the enrolment's lock."""
    head = ledger.head(learner.tenant_id, learner.enrolment_id)
    standing, is_new = _standing(learner, activity, at)
    signs = [sign for sign in (head.at, None if is_new else standing.last_at) if sign]
    active = active_seconds(max(signs), at) if signs else 0
    facts = [Fact("opened", activity.id, at)] if is_new else []
    details = {} if outcome.score is None else {"score": outcome.score}
    if learner.mandate_id:  # somebody else was at the keys: the evidence says so
        details["mandate"] = learner.mandate_id
    saved = 0 if is_new else standing.seconds - figures.seconds_written(learner, activity.id)
    facts.append(Fact(_verb(outcome, standing), activity.id, at, active + saved, details))
    standing.state = outcome.state
    standing.seconds += active
    standing.last_at = at
    if outcome.score is not None:
        standing.score = max(outcome.score, standing.score or 0)
    if outcome.done and standing.done_at is None:
        standing.done_at = at
    figures.write(learner, facts, head)


def save_draft(learner: Learner, activity: Activity, sent: dict[str, list[str]]) -> None:
    """Keep what was typed so far; nothing is judged. Time goes on being counted."""
    _lock(learner)
    place = _place(learner, activity)
    _refuse_unless_open(place)
    at = now()
    standing, is_new = _standing(learner, activity, at)
    last = standing.last_at if not is_new else ledger.head(learner.tenant_id, learner.enrolment_id).at
    standing.state = kind_of(activity).save(activity, place.state, sent)
    standing.seconds += active_seconds(last, at) if last else 0
    standing.last_at = at
    if is_new:
        figures.write(learner, [Fact("opened", activity.id, at)])


def active_seconds(since: datetime, until: datetime) -> int:
    """Whole seconds between two signs of life by the server's clock; a long silence counts as ``IDLE_LIMIT``."""
    return max(0, min(int((until - since).total_seconds()), IDLE_LIMIT))


def _lock(learner: Learner) -> None:
    """Hold the enrolment's row until the end of the transaction, so that its chain grows in one place."""
    db.rows(_HELD, {"tenant_id": learner.tenant_id, "enrolment_id": learner.enrolment_id})


def _place(learner: Learner, activity: Activity) -> Place:
    place = queries.place_of(learner, activity.id)
    if place is None:
        raise LookupError(f"activity {activity.id} is not in enrolment {learner.enrolment_id}")
    return place


def _refuse_unless_open(place: Place) -> None:
    if place.course.withdrawn_at is not None:
        raise NoLongerEnrolled(
            _("You are no longer enrolled in this course."),
            _("What you have done is kept. If this is a mistake, call the person who accompanies you."),
        )
    if place.course.suspended_at is not None:
        raise NoLongerEnrolled(
            _("Your training is suspended."),
            _("What you have done is kept. Call the person who accompanies you to take it up again."),
        )
    if not place.course.is_latest:
        raise StepLocked(_("You are on this course again."), why_locked(place))
    if place.opens_on is not None:
        raise StepLocked(_("This course is not open yet."), why_locked(place))
    if not place.is_open:
        raise StepLocked(_("This step is not open yet."), why_locked(place))


def why_locked(place: Place) -> str:
    """What must be done first, in words; empty when the step is open."""
    if place.is_open:
        return ""
    if not place.course.is_latest:
        return _("What you did the time before is kept. Your path leads you to where you are now.")
    if place.opens_on is not None:
        return _(
            "It opens on %(day)s. Come back then: your path will lead you there.", day=day(place.opens_on)
        )
    if place.course.waits_for is not None:
        return _("It opens when the course “%(title)s” is finished.", title=place.course.waits_for)
    return _("It opens when step %(number)s is done.", number=place.step.waits_for)


def _standing(learner: Learner, activity: Activity, at: datetime) -> tuple[Standing, bool]:
    """How the learner stands in this activity, and whether that is new. Under the enrolment's lock."""
    key: dict[str, Any] = {
        "tenant_id": learner.tenant_id, "enrolment_id": learner.enrolment_id, "activity_id": activity.id
    }  # fmt: skip
    if (standing := session.scalars(_STANDING, key).one_or_none()) is not None:
        return standing, False
    standing = Standing(**key, state={}, seconds=0, started_at=at, last_at=at)
    session.add(standing)
    return standing, True


def _verb(outcome: Outcome, standing: Standing) -> str:
    if outcome.score is not None:
        return "passed" if outcome.done else "failed"
    if outcome.done:
        return "done" if standing.done_at is None else "opened"  # seen again
    return "answered"
