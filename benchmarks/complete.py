"""A step is marked complete: the form of the player, sent; ledger, standing and figures of course and cohort follow."""

from sqlalchemy import select

from benchmarks import floors, seed, visits
from benchmarks.meter import Outcome
from benchmarks.places import Place
from benchmarks.visits import Environ
from lms.core import db
from lms.core.clock import now
from lms.core.db import session
from lms.courses.models import Activity
from lms.enrolment.models import Enrolment

SIZE = 120
_STEPS = 6  #: lessons of the demo's first course; its quiz comes last


def run(place: Place, size: int) -> Outcome:
    """``size``: steps completed, six by each learner. The floor writes one row of the ledger from a bare form."""
    here = seed.ground(1)
    learners = -(-size // _STEPS)
    seed.crowd(here, max(learners, min(2_000, size * 10)))
    cohort_id = seed.cohort(here, "Cohorte", 1)
    forms = [
        form
        for person_id, cookie in seed.signed_in(place.app, here, learners)
        for form in _forms(place, here, cohort_id, person_id, cookie)
    ]
    bare = place.bare(here.tenant_id)
    at = now().replace(tzinfo=None).isoformat(" ") if place.is_sqlite else now()
    enrolment_id, activity_id = _somewhere(here, cohort_id)
    row = {
        "tenant_id": here.tenant_id, "enrolment_id": enrolment_id, "activity_id": activity_id, "at": at,
        "hash": "0" * 64, "number": 1_000,
    }  # fmt: skip
    floor = floors.deed(bare, row), [visits.form("/bare", "", done="1")] * len(forms)
    house, least = visits.compared(place.meter, (place.app, forms), floor, expected=302)
    bare.dispose()
    return Outcome(house, least, units=len(forms), requests=len(forms))


def _forms(place: Place, here: seed.Ground, cohort_id: int, person_id: int, cookie: str) -> list[Environ]:
    """What the learner's browser sends, lesson after lesson; its first page gave it the token."""
    with db.transaction(db.Mode.READ, here.tenant_id):
        own = select(Enrolment).where(Enrolment.cohort_id == cohort_id, Enrolment.person_id == person_id)
        enrolment = session.scalars(own).one()
        steps = (
            select(Activity.id).where(Activity.course_id == enrolment.course_id).order_by(Activity.position)
        )
        paths = [f"/learn/{enrolment.id}/{one}" for one in session.scalars(steps.limit(_STEPS))]
    cookie, html = seed.settled(place.app, cookie, paths[0])
    return [visits.form(path, cookie, csrf_token=visits.csrf_token(html)) for path in paths]


def _somewhere(here: seed.Ground, cohort_id: int) -> tuple[int, int]:
    """An enrolment and a step for the floor to write about."""
    with db.transaction(db.Mode.READ, here.tenant_id):
        found = select(Enrolment.id, Activity.id).join(Activity, Activity.course_id == Enrolment.course_id)
        last = (
            found.where(Enrolment.cohort_id == cohort_id).order_by(Enrolment.id.desc(), Activity.id).limit(1)
        )
        enrolment_id, activity_id = session.execute(last).one()
        return enrolment_id, activity_id
