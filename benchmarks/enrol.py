"""People of an agency are enrolled in a cohort of five courses, with all that goes with it: receipt, welcome, journal."""

from benchmarks import floors, seed
from benchmarks.meter import Figures, Outcome, typical
from benchmarks.places import Place
from lms.core import bulk, db
from lms.core.db import session
from lms.enrolment import services
from lms.enrolment.models import BatchKind, Cohort, CohortCourse

SIZE = 5_000
COURSES = 5
_ROUNDS = 3


def run(place: Place, size: int) -> Outcome:
    """``size``: people. The floor writes the enrolments alone, in one statement."""
    here = seed.ground(COURSES)
    seed.crowd(here, size)
    bare = place.bare(here.tenant_id)
    ours: list[Figures] = []
    theirs: list[Figures] = []
    for n in range(_ROUNDS if size <= SIZE else 1):
        members = _members_only(here, f"Sol {n}")
        bulk.refresh_statistics()  # else the server's housekeeping after the rows before would be counted with these
        with place.meter.measured() as floor:
            floors.enrolled(bare, here.tenant_id, members)
        theirs.append(floor)
        cohort_id = seed.cohort(here, f"Cohorte {n}", COURSES, with_people=False)
        bulk.refresh_statistics()
        with place.meter.measured() as house, db.transaction(tenant_id=here.tenant_id):
            services.enrol(here.everyone(), session.get_one(Cohort, cohort_id), kind=BatchKind.BY_HAND)
        ours.append(house)
    bare.dispose()
    return Outcome(typical(ours), typical(theirs).cpu, units=size * COURSES)


def _members_only(here: seed.Ground, name: str) -> int:
    """A cohort of the same people and courses that nobody was put on yet."""
    cohort_id = seed.cohort(here, name, 0)
    with db.transaction(tenant_id=here.tenant_id):
        for position, course_id in enumerate(here.course_ids, 1):
            session.add(
                CohortCourse(
                    tenant_id=here.tenant_id, cohort_id=cohort_id, course_id=course_id, position=position
                )
            )
    return cohort_id
