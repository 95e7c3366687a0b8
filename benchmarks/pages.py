"""The two pages that learners see most: their path, and a lesson. The line is the dearer of the two."""

from sqlalchemy import select

from benchmarks import floors, seed, visits
from benchmarks.meter import Outcome
from benchmarks.places import Place
from lms.core import db
from lms.core.db import session
from lms.courses.activity import Learner
from lms.courses.activity import Outcome as Done
from lms.courses.models import Activity
from lms.enrolment.models import Enrolment
from lms.progress import services

SIZE = 200
CROWD = 2_000  #: other people around the learner
_COURSES = 3


def run(place: Place, size: int) -> Outcome:
    """``size``: requests of each page."""
    here = seed.ground(_COURSES)
    seed.crowd(here, min(CROWD, size * 10))
    cohort_id = seed.cohort(here, "Cohorte", _COURSES)
    ((person_id, cookie),) = seed.signed_in(place.app, here, 1)
    cookie, _html = seed.settled(place.app, cookie, "/learn")
    bare = place.bare(here.tenant_id)
    floor = floors.page(bare, here.tenant_id), [visits.page("/bare")] * size
    found = []
    for name, path in (("home", "/learn"), ("lesson", _lesson(here, cohort_id, person_id))):
        house, least = visits.compared(place.meter, (place.app, [visits.page(path, cookie)] * size), floor)
        found.append(Outcome(house, least, units=size, requests=size, more={"page": name}))
    bare.dispose()
    return max(found, key=lambda one: one.house.own)


def _lesson(here: seed.Ground, cohort_id: int, person_id: int) -> str:
    """The learner has done two steps; the address of the third."""
    with db.transaction(tenant_id=here.tenant_id):
        own = select(Enrolment).where(Enrolment.cohort_id == cohort_id, Enrolment.person_id == person_id)
        enrolment = session.scalars(own.order_by(Enrolment.position).limit(1)).one()
        steps = select(Activity).where(Activity.course_id == enrolment.course_id).order_by(Activity.position)
        one, two, three = session.scalars(steps.limit(3))
        for step in (one, two):
            services.record(Learner(here.tenant_id, person_id, enrolment.id), step, Done(done=True))
        return f"/learn/{enrolment.id}/{three.id}"
